"""
The rule book, read, searched and written: the list on one side, one page on the other, a change above both.

Rule 1: without a change nothing can be written; the first press of "edit" begins one.
Rule 2: what is typed is kept while one looks at other pages, and while others save.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import book_reading, new_page_form, templates
from admin.console.book_editor import BookEditor, Draft
from admin.console.book_reading import Shown
from admin.console.book_shelf import ADDED_TO, Entry, Sentence, entries, sentences
from admin.console.book_side import BookSide
from admin.console.change_bar import ChangeBar, bar_of
from admin.console.draw import Part, put
from admin.console.live import Watch
from admin.console.new_page_form import NewPage
from admin.console.phrases import with_status
from admin.console.place import WRITES, Place
from admin.console.states import empty
from admin.console.submission import Submission
from admin.console.wording_editor import WordingDraft, WordingEditor
from admin.console.wording_file import FileBroken, file_for, without, written
from bot.editions import Change, ChangeMoved, State
from bot.errors import BadRequest

Editor = BookEditor | WordingEditor

# Two people who save at the same instant: the second reads again and saves on top, this often at most.
SAVE_ATTEMPTS = 3


class BookPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._bench = place.house.workbench
        self._wanted_change = query.get("change", "")
        self._key = query.get("page", "")
        line = query.get("line", "")
        self._line = int(line) if line.isascii() and line.isdigit() else 0
        self._mode = "edit" if self._line else "read"
        self._new_chapter = "understanding"
        self._change: Change | None = None
        self._changes: list[Change] = []
        self._conflicts: tuple[str, ...] = ()
        self._own: dict[str, str] = {}
        self._entries: tuple[Entry, ...] = ()
        self._editor: Editor | None = None
        self._drafts: dict[tuple[str, str], Draft | WordingDraft] = {}
        self._watch = Watch(place, self._look)
        hands = {
            "choose": self._choose_change,
            "begin": self._begin,
            "rename": self._rename,
            "submit": self._submit,
        }
        self._bar = ChangeBar(place, hands)
        self._submission = Submission(place, self._watch.at_once, self._jump)
        self._side = BookSide(place, self._choose, self._open_new)

    # the frame

    def build(self) -> None:
        """The frame of the page; nothing of the tenant is in it yet."""
        with put("div", "book"):
            put("h1", "unseen", self._place.say("book"))
            self._bar.build()
            self._submission.build()
            with put("div", "columns"):
                self._side.build()
                self._main = Part(put("div", "main"), self._draw_main)

    async def open(self) -> None:
        """Show the book, and stay up to date."""
        await self._look()
        self._watch.start()

    async def _look(self) -> None:
        place, bench = self._place, self._bench
        self._changes = await bench.changes(place.tenant_id)
        await self._take_change()
        live = bench.live(place.tenant_id)
        edits = self._change.edits if self._change else {}
        self._own = self._change.over(live.own) if self._change else dict(live.own)
        self._entries = entries(bench.shipped_files(), self._own, edits)
        self._conflicts = await bench.conflicts(self._change) if self._change else ()
        self._show()

    async def _take_change(self) -> None:
        if not self._wanted_change:
            self._change = None
            return
        known = next((c for c in self._changes if c.id == self._wanted_change), None)
        if known is None and self._change is not None:
            # It ended while we were looking: it is read once more, for its last words.
            self._place.tell(self._place.say("change_ended"))
            self._wanted_change, self._change, self._mode = "", None, "read"
            self._remember()
            return
        self._change = known
        if known is None:
            self._wanted_change = ""

    def _show(self) -> None:
        place = self._place
        live = self._bench.live(place.tenant_id)
        edition = place.house.playbooks.edition(place.tenant_id)
        self._bar.show(bar_of(place, edition, live.version, self._changes, self._change, self._conflicts))
        unsaved = frozenset(
            key
            for (change, key), draft in self._drafts.items()
            if draft.is_dirty and change == self._wanted_change
        )
        if (entry := self._entry()) is not None:
            self._key = entry.key
        self._side.show(self._entries, self._key, unsaved)
        if not self._can_write and self._mode == "edit":
            self._mode = "read"
        if self._mode == "edit" and self._editor is not None and self._follow(self._editor):
            return
        self._main.show(self._state())

    # what stands in the middle

    def _state(self) -> Any:
        """What the middle shows; it is drawn anew when this differs."""
        if self._mode == "new":
            return ("new", self._new_chapter)
        entry = self._entry()
        if entry is None:
            return ("nothing", bool(self._key))
        if self._mode == "edit" and self._change is not None:
            return ("edit", self._change.id, entry.key)
        said = self._sentences_of(entry)
        return (
            "read",
            Shown(entry, self._text(entry), self._before(entry), self._mode == "compare", said, self._titles()),
        )

    def _draw_main(self, state: Any) -> None:
        self._leave_editor()
        match state:
            case ("new", chapter):
                new_page_form.draw(self._place, chapter, self._create, self._close)
            case ("nothing", is_gone):
                with put("div", "sheet"):
                    empty(
                        "book",
                        self._place.say("page_gone" if is_gone else "choose_page"),
                        self._place.say("choose_hint"),
                    )
            case ("edit", _, key):
                self._draw_editor(key)
            case ("read", shown):
                book_reading.draw(self._place, shown, self._hands())

    def _hands(self) -> dict[str, Callable[..., Awaitable[None]]]:
        return {
            "edit": self._edit,
            "undo": self._undo,
            "drop": self._drop,
            "status": self._set_status,
            "compare": self._compare,
            "add_to_safety": self._add_to_safety,
        }

    def _entry(self) -> Entry | None:
        found = next((entry for entry in self._entries if entry.key == self._key), None)
        if found is None and "#" in self._key:
            # A sentence that moved into the tenant's own file keeps its name.
            name = self._key.partition("#")[2]
            found = next((e for e in self._entries if e.shelf == "wording" and e.id == name), None)
        return found

    def _text(self, entry: Entry) -> str:
        if entry.shelf == "wording":
            sentence = self._sentences().get(entry.id)
            return f"{sentence.ar}\n\n{sentence.en}\n" if sentence else ""
        return entry.text

    def _before(self, entry: Entry) -> str | None:
        """What stands in force, or for a page in the place of ours, what we ship."""
        shipped, live = self._bench.shipped_files(), self._bench.live(self._place.tenant_id)
        if entry.shelf == "wording":
            every = sentences({**shipped}) | ({} if not entry.is_changed else sentences(live.own))
            known = every.get(entry.id)
            return f"{known.ar}\n\n{known.en}\n" if known else None
        return live.files.get(entry.path) if entry.is_changed else shipped.get(entry.path)

    def _sentences(self) -> dict[str, Sentence]:
        return sentences(self._bench.shipped_files()) | sentences(self._own)

    def _sentences_of(self, entry: Entry) -> tuple[tuple[str, Sentence], ...]:
        every = self._sentences()
        return tuple((key, sentence) for key, sentence in every.items() if f"say: {key}" in entry.text)

    def _titles(self) -> tuple[tuple[str, str], ...]:
        return tuple((entry.id, entry.title) for entry in self._entries if entry.shelf == "understanding")

    # choosing

    def _choose(self, key: str) -> None:
        self._key, self._mode, self._line = key, "read", 0
        self._remember()
        self._show()

    def _jump(self, path: str, line: int) -> None:
        """Open a file at a line, for writing when that is possible."""
        if path.startswith("wording/"):
            path = next((e.key for e in self._entries if e.path == path), path)
        self._key, self._line = path, line
        entry = self._entry()
        self._mode = "edit" if self._can_write and entry is not None and not entry.is_locked else "read"
        self._remember()
        self._show()

    def _remember(self) -> None:
        self._place.remember(change=self._wanted_change, page=self._key)

    async def _choose_change(self, change_id: str) -> None:
        self._wanted_change, self._change = change_id, None
        self._mode = "read"
        self._submission.clear()
        self._remember()
        await self._place.act(self._look())

    async def _compare(self) -> None:
        self._mode = "read" if self._mode == "compare" else "compare"
        self._show()

    def _close(self) -> None:
        self._mode = "read"
        self._show()

    # writing

    @property
    def _can_write(self) -> bool:
        return self._change is not None and self._change.state is State.OPEN and self._place.may(WRITES)

    async def _begin(self) -> None:
        await self._place.act(self._begun(""), "ok_begun")

    async def _begun(self, title: str) -> Change:
        self._place.require(*WRITES)
        change = await self._bench.begin(self._place.tenant_id, self._place.visitor, title)
        self._wanted_change, self._change = change.id, change
        self._submission.clear()
        self._remember()
        await self._look()
        return change

    async def _writable(self) -> Change:
        """The change to write in: the chosen one, else a new one."""
        self._place.require(*WRITES)
        if self._change is not None and self._change.state is State.OPEN:
            return self._change
        return await self._begun("")

    async def _rename(self, title: str) -> None:
        async def renamed() -> None:
            self._place.require(*WRITES)
            assert self._change is not None
            change = await self._bench.change(self._place.tenant_id, self._change.id)
            self._change = await self._bench.rename(self._place.tenant_id, change.id, change.v, title)

        await self._place.act(renamed(), "ok_saved")
        self._watch.at_once()

    async def _submit(self) -> None:
        unsaved = [
            key
            for (change, key), draft in self._drafts.items()
            if draft.is_dirty and change == self._wanted_change
        ]
        if unsaved:
            self._place.tell(self._place.say("save_first", n=len(unsaved)), is_bad=True)
            return
        if self._change is not None:
            self._mode = "read"
            self._show()
            await self._submission.submit(self._change)

    async def _edit(self) -> None:
        async def opened() -> None:
            await self._writable()
            self._mode = "edit"
            self._show()

        await self._place.act(opened())

    def _draw_editor(self, key: str) -> None:
        entry, change = self._entry(), self._change
        assert change is not None
        if entry is None:
            return
        if entry.shelf == "wording":
            sentence = self._sentences()[entry.id]
            kept = self._kept(change.id, entry.id)
            draft = kept if isinstance(kept, WordingDraft) else WordingDraft(entry.id, sentence, sentence)
            self._drafts[change.id, entry.id] = draft
            form = WordingEditor(
                self._place, change, self._own, draft, self._save_wording, self._close, self._jump
            )
            self._editor = form
            form.build()
            return
        base = self._base(change, entry.path)
        kept = self._kept(change.id, key)
        text = kept if isinstance(kept, Draft) else Draft(key, base, base or _beginning(entry))
        self._drafts[change.id, key] = text
        editor = BookEditor(self._place, entry, change, text, self._save, self._close, self._jump)
        self._editor = editor
        editor.build(self._line)

    def _kept(self, change_id: str, key: str) -> Draft | WordingDraft | None:
        """What was typed before and not saved."""
        kept = self._drafts.get((change_id, key))
        return kept if kept is not None and kept.is_dirty else None

    def _base(self, change: Change, path: str) -> str | None:
        """The text that a writer begins from, and that nobody may have changed when she saves."""
        if path in change.edits and change.edits[path] is not None:
            return change.edits[path]
        live, shipped = self._bench.live(self._place.tenant_id), self._bench.shipped_files()
        if path in live.own and path not in change.edits:
            return live.own[path]
        return None if path in ADDED_TO else shipped.get(path)

    def _follow(self, editor: Editor) -> bool:
        """Let an open editor know what was saved meanwhile; False when it is not the one to show."""
        entry, change = self._entry(), self._change
        if entry is None or change is None:
            return False
        if isinstance(editor, WordingEditor):
            if editor.draft.key != entry.id:
                return False
            editor.follow(change, self._own, self._sentences()[entry.id])
            return True
        if editor.draft.key != entry.key:
            return False
        editor.follow(change, self._base(change, entry.path))
        return True

    def _leave_editor(self) -> None:
        if self._editor is not None:
            self._editor.stop()
            self._editor = None

    # saving

    async def _save(self, draft: Draft) -> bool:
        async def saved() -> None:
            def text_over(now: str | None) -> str | None:
                if now not in (draft.base, draft.text):
                    draft.theirs, draft.has_conflict = now, True
                    raise ChangeMoved(self._both("conflict", "en"), self._both("conflict", "ar"))
                return draft.text

            await self._put(draft.key, text_over)
            draft.base, draft.has_conflict, draft.theirs = draft.text, False, None

        return await self._saving(saved())

    async def _save_wording(self, draft: WordingDraft) -> bool:
        async def saved() -> None:
            own = self._own
            path = file_for(draft.key, own)

            def text_over(now: str | None) -> str | None:
                theirs = sentences({path: now or ""}).get(draft.key)
                if theirs and (theirs.ar, theirs.en) not in (_said(draft.base), _said(draft.now)):
                    draft.theirs = theirs
                    raise ChangeMoved(self._both("conflict", "en"), self._both("conflict", "ar"))
                try:
                    return written(now or "", draft.now)
                except FileBroken as broken:
                    raise BadRequest(f"{path}: {broken}", f"{path}: {broken}") from broken

            await self._put(path, text_over)
            draft.base, draft.theirs = draft.now, None

        return await self._saving(saved())

    async def _saving(self, doing: Awaitable[None]) -> bool:
        is_saved = await self._place.act(doing, "ok_saved")
        self._watch.at_once()
        return is_saved

    async def _put(self, path: str, text_over: Callable[[str | None], str | None]) -> None:
        """Save a file over what stands there now; `text_over` refuses when that is not what it began from."""
        self._place.require(*WRITES)
        tenant_id = self._place.tenant_id
        change_id = (await self._writable()).id
        for attempt in range(1, SAVE_ATTEMPTS + 1):
            change = await self._bench.change(tenant_id, change_id)
            text = text_over(self._base(change, path))
            try:
                self._change = await self._bench.edit(tenant_id, change.id, change.v, path, text)
            except ChangeMoved:
                if attempt == SAVE_ATTEMPTS:
                    raise
                continue
            self._forget_drafts(path, besides=text)
            return

    def _forget_drafts(self, path: str, besides: str | None) -> None:
        """A file that was put or taken away by a button has no older draft any more."""
        for key, draft in list(self._drafts.items()):
            if key[1] == path and isinstance(draft, Draft) and draft.text != besides:
                del self._drafts[key]

    async def _undo(self) -> None:
        entry = self._entry()

        async def undone() -> None:
            self._place.require(*WRITES)
            assert self._change is not None and entry is not None
            tenant_id = self._place.tenant_id
            if entry.shelf == "wording":
                await self._without_sentence(entry)
                return
            change = await self._bench.change(tenant_id, self._change.id)
            self._change = await self._bench.undo(tenant_id, change.id, change.v, entry.path)
            self._forget_drafts(entry.path, besides=None)

        await self._saving(undone())

    async def _drop(self) -> None:
        """Take the tenant's own file away: the shipped one stands again, or none."""
        entry = self._entry()

        async def dropped() -> None:
            assert entry is not None
            if entry.shelf == "wording":
                await self._without_sentence(entry)
            else:
                await self._put(entry.path, lambda now: None)

        await self._saving(dropped())

    async def _without_sentence(self, entry: Entry) -> None:
        path = file_for(entry.id, self._own)
        self._drafts = {
            k: d for k, d in self._drafts.items() if not (isinstance(d, WordingDraft) and d.key == entry.id)
        }
        before = sentences(dict(self._bench.live(self._place.tenant_id).own)).get(entry.id)

        def text_over(now: str | None) -> str | None:
            if entry.is_changed and before is not None:
                return written(now or "", before)
            return without(now or "", entry.id)

        await self._put(path, text_over)

    async def _set_status(self, status: str) -> None:
        entry = self._entry()

        async def done() -> None:
            assert entry is not None
            await self._put(entry.path, lambda now: with_status(now or "", status))

        await self._saving(done())

    # a new page

    def _open_new(self) -> None:
        self._mode, self._new_chapter = "new", "understanding"
        self._show()

    async def _add_to_safety(self) -> None:
        self._mode, self._new_chapter = "new", "safety"
        self._show()

    async def _create(self, page: NewPage) -> None:
        async def created() -> None:
            path = f"{page.chapter}/{page.name}.yml"
            if not templates.NAME.fullmatch(page.name):
                raise BadRequest(self._both("bad_name", "en"), self._both("bad_name", "ar"))
            if any(entry.id == page.name and entry.shelf != "wording" for entry in self._entries):
                raise BadRequest(self._both("name_taken", "en"), self._both("name_taken", "ar"))
            phrase = page.phrase or page.title or page.name
            text = templates.page(page.chapter, page.name, page.title, page.intent, phrase)
            await self._put(path, lambda now: text)
            if page.chapter == "safety":
                await self._put("safety/order.yml", lambda now: templates.ordered(now or "", page.name))
            self._key, self._mode = path, "edit"

        if await self._saving(created()):
            self._remember()
            await self._place.act(self._look())

    def _both(self, key: str, language: str) -> str:
        arabic, english = self._place.sentences[key]
        return arabic if language == "ar" else english


def _said(sentence: Sentence) -> tuple[str, str]:
    return (sentence.ar, sentence.en)


def _beginning(entry: Entry) -> str:
    """What stands in a file of the tenant's that does not exist yet and only adds to ours."""
    if entry.path == "safety/order.yml":
        return "safest_first:\n"
    return "" if entry.path in ADDED_TO else entry.text
