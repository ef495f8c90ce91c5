"""
The rule book, read, searched and written: the list on one side, one page on the other, a change above both.

Rule 1: without a change one looks at what is in force; the first thing that is saved begins one (`book_pen.py`).
Rule 2: what is typed is kept while one looks at other pages, and while others save.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import book_reading, new_page_form
from admin.console.book_editor import BookEditor, Draft
from admin.console.book_pen import Pen
from admin.console.book_reading import Shown
from admin.console.book_shelf import Entry, Sentence, content_of, entries, sentences
from admin.console.book_side import BookSide
from admin.console.change_bar import ChangeBar, bar_of
from admin.console.draw import Part, button, put
from admin.console.live import Watch
from admin.console.new_page_form import NewPage
from admin.console.place import WRITES, Place
from admin.console.states import empty
from admin.console.submission import Submission
from admin.console.wording_editor import WordingDraft, WordingEditor
from bot.errors import NotFound
from bot.workbench.editions import Change, State

Editor = BookEditor | WordingEditor
Hands = dict[str, Callable[..., Awaitable[None]]]


class BookPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._bench = place.house.workbench
        self._pen = Pen(place, self._took)
        self._wanted_change = query.get("change", "")
        self._key = query.get("page", "")
        line = query.get("line", "")
        self._line = int(line) if line.isascii() and line.isdigit() else 0
        self._mode = "edit" if self._line else "read"
        self._openings = 0
        self._new_chapter = "understanding"
        self._changes: list[Change] = []
        self._conflicts: tuple[str, ...] = ()
        self._entries: tuple[Entry, ...] = ()
        self._editor: Editor | None = None
        self._watch = Watch(place, self._look)
        hands: Hands = {
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
            self._columns = put("div", "columns")
            with self._columns:
                self._side.build()
                with put("div", "main"):
                    button(self._place.say("all_pages"), self._leave, look="quiet to-list", data_all_pages="")
                    self._main = Part(put("div"), self._draw_main)

    async def open(self) -> None:
        """Show the book, and stay up to date."""
        await self._look()
        self._watch.start()

    async def _look(self) -> None:
        self._changes = await self._bench.changes(self._place.tenant_id)
        await self._take_change()
        change = self._pen.change
        self._conflicts = await self._bench.conflicts(change) if change else ()
        self._show()

    async def _take_change(self) -> None:
        """The change that is looked at, as it is now; one that ended meanwhile is let go."""
        wanted, pen = self._wanted_change, self._pen
        if not wanted:
            pen.change = None
            return
        known = next((c for c in self._changes if c.id == wanted), None) or await self._looked_up(wanted)
        if self._wanted_change != wanted:
            return  # another one was chosen, or begun, while we looked
        if known is None:
            self._place.tell(self._place.say("change_ended"))
            self._wanted_change, self._mode, pen.change = "", "read", None
            self._remember()
        elif pen.change is None or pen.change.id != wanted or pen.change.v <= known.v:
            # An older state than the pen has just written is no news.
            pen.change = known

    async def _looked_up(self, change_id: str) -> Change | None:
        """A change that was begun since the list was read; None for one that has ended or never was."""
        try:
            change = await self._bench.change(self._place.tenant_id, change_id)
        except NotFound:
            return None
        return change if change.state in (State.OPEN, State.SUBMITTED) else None

    def _took(self, change: Change) -> None:
        """The pen wrote, perhaps into a change that it had to begin."""
        if change.id != self._wanted_change:
            self._wanted_change = change.id
            self._submission.clear()
            self._remember()

    def _show(self) -> None:
        place, pen = self._place, self._pen
        live = self._bench.live(place.tenant_id)
        edits = pen.change.edits if pen.change else {}
        self._entries = entries(self._bench.shipped_files(), pen.own, edits)
        edition = place.house.playbooks.edition(place.tenant_id)
        self._bar.show(bar_of(place, edition, live.version, self._changes, pen.change, self._conflicts))
        if (entry := self._entry()) is not None:
            self._key = entry.key
        self._side.show(self._entries, self._key, pen.unsaved)
        self._columns.props.update({"data-shows": "page" if self._key or self._mode == "new" else "list"})
        self._columns.update()
        if self._mode == "edit" and not pen.may_write:
            self._mode = "read"
        if self._mode == "edit" and self._editor is not None and self._follow(self._editor):
            return
        self._main.show(self._state())

    # what stands in the middle

    def _state(self) -> Any:
        """What the middle shows; it is drawn anew when this differs."""
        entry = self._entry()
        if self._mode == "new":
            return ("new", self._new_chapter)
        if entry is None:
            return ("nothing", bool(self._key))
        if self._mode == "edit" and not entry.is_locked:
            return ("edit", entry.key, self._openings)
        said = self._sentences_of(entry)
        shown = Shown(
            entry,
            self._text(entry),
            self._before(entry),
            self._mode == "compare",
            said,
            self._titles(),
            self._said_by(entry),
        )
        return ("read", shown)

    def _draw_main(self, state: Any) -> None:
        self._leave_editor()
        match state:
            case ("new", chapter):
                new_page_form.draw(self._place, chapter, self._create, self._close)
            case ("nothing", is_gone):
                with put("div", "sheet"):
                    words = "page_gone" if is_gone else "choose_page"
                    empty("book", self._place.say(words), self._place.say("choose_hint"))
            case ("edit", _, _):
                self._draw_editor()
            case ("read", shown):
                book_reading.draw(self._place, shown, self._hands(shown.entry))

    def _entry(self) -> Entry | None:
        found = next((entry for entry in self._entries if entry.key == self._key), None)
        if found is None and "#" in self._key:
            # A sentence that moved into the tenant's own file keeps its name.
            name = self._key.partition("#")[2]
            found = next((e for e in self._entries if e.shelf == "wording" and e.id == name), None)
        return found

    def _text(self, entry: Entry) -> str:
        return _both(self._pen.sentences().get(entry.id)) if entry.shelf == "wording" else entry.text

    def _before(self, entry: Entry) -> str | None:
        """What stands in force, or for a page in the place of ours, what we ship."""
        shipped, live = self._bench.shipped_files(), self._bench.live(self._place.tenant_id)
        if entry.shelf == "wording":
            known = sentences(shipped) | (sentences(live.own) if entry.is_changed else {})
            return _both(known[entry.id]) if entry.id in known else None
        return live.files.get(entry.path) if entry.is_changed else shipped.get(entry.path)

    def _sentences_of(self, entry: Entry) -> tuple[tuple[str, Sentence], ...]:
        """The sentences that a page says."""
        every = self._pen.sentences()
        if entry.shelf == "wording":
            return ((entry.id, every[entry.id]),)
        said = _said(entry.text)
        return tuple((key, sentence) for key, sentence in every.items() if key in said)

    def _said_by(self, entry: Entry) -> tuple[tuple[str, str], ...]:
        """The pages that say a sentence."""
        if entry.shelf != "wording":
            return ()
        return tuple(
            (e.path, e.called(self._place.language))
            for e in self._entries
            if e.status and entry.id in _said(e.text)
        )

    def _titles(self) -> tuple[tuple[str, str], ...]:
        language = self._place.language
        return tuple((e.id, e.called(language)) for e in self._entries if e.shelf == "understanding")

    # choosing

    def _choose(self, key: str) -> None:
        self._key, self._mode, self._line = key, "read", 0
        self._remember()
        self._show()

    def _leave(self) -> None:
        """On a phone: back to the list."""
        self._choose("")

    def _jump(self, path: str, line: int) -> None:
        """Open a file at a line, for writing when that is possible."""
        if path.startswith("wording/"):
            path = next((e.key for e in self._entries if e.path == path), path)
        self._key, self._line, self._mode = path, line, "edit"
        self._openings += 1
        self._leave_editor()
        self._remember()
        self._show()

    def _remember(self) -> None:
        self._place.remember(change=self._wanted_change, page=self._key)

    async def _choose_change(self, change_id: str) -> None:
        self._wanted_change, self._mode = change_id, "read"
        self._submission.clear()
        self._remember()
        await self._place.act(self._look())

    def _close(self) -> None:
        self._mode = "read"
        self._show()

    def _open_new(self, chapter: str = "understanding") -> None:
        self._mode, self._new_chapter = "new", chapter
        self._show()

    # the change

    async def _begin(self) -> None:
        async def begun() -> None:
            self._place.require(*WRITES)
            if self._pen.change is not None:
                self._pen.change = None
            await self._pen.begin()

        await self._place.act(begun(), "ok_begun")
        await self._place.act(self._look())

    async def _rename(self, title: str) -> None:
        await self._saving(self._pen.rename(title))

    async def _submit(self) -> None:
        if unsaved := len(self._pen.unsaved):
            self._place.tell(self._place.say("save_first", n=unsaved), is_bad=True)
        elif self._pen.change is not None:
            self._mode = "read"
            self._show()
            await self._submission.submit(self._pen.change)

    # one page

    def _hands(self, entry: Entry) -> Hands:
        pen = self._pen

        async def edit() -> None:
            self._place.require(*WRITES)
            self._mode = "edit"
            self._openings += 1
            self._show()

        async def compare() -> None:
            self._mode = "read" if self._mode == "compare" else "compare"
            self._show()

        async def add_to_safety() -> None:
            self._open_new("safety")

        async def undo() -> None:
            await self._saving(pen.undo(entry))

        async def drop() -> None:
            await self._saving(pen.drop(entry))

        async def status(name: str) -> None:
            await self._saving(pen.set_status(entry, name))

        return {
            "edit": edit,
            "undo": undo,
            "drop": drop,
            "status": status,
            "compare": compare,
            "add_to_safety": add_to_safety,
        }

    def _draw_editor(self) -> None:
        entry, pen, place = self._entry(), self._pen, self._place
        if entry is None:
            return
        if entry.shelf == "wording":
            draft = pen.wording_draft(entry)
            form = WordingEditor(place, pen.in_hand, pen.own, draft, self._save_wording, self._close, self._jump)
            self._editor = form
            form.build()
            return
        editor = BookEditor(place, entry, pen.in_hand, pen.draft(entry), self._save, self._close, self._jump)
        self._editor = editor
        editor.build(self._line)

    def _follow(self, editor: Editor) -> bool:
        """Let an open editor know what was saved meanwhile; False when it is not the one to show."""
        entry, pen = self._entry(), self._pen
        if entry is None:
            return False
        if isinstance(editor, WordingEditor):
            if editor.draft.key != entry.id:
                return False
            editor.follow(pen.in_hand, pen.own, pen.sentences()[entry.id])
            return True
        if editor.draft.key != entry.key:
            return False
        editor.follow(pen.in_hand, pen.base(entry.path))
        return True

    def _leave_editor(self) -> None:
        if self._editor is not None:
            self._editor.stop()
            self._editor = None

    # saving

    async def _save(self, draft: Draft) -> bool:
        entry = self._entry()
        return await self._saving(self._pen.save(draft, entry.called(self._place.language) if entry else ""))

    async def _save_wording(self, draft: WordingDraft) -> bool:
        return await self._saving(self._pen.save_wording(draft))

    async def _saving(self, doing: Awaitable[None]) -> bool:
        is_saved = await self._place.act(doing, "ok_saved")
        self._watch.at_once()
        return is_saved

    async def _create(self, page: NewPage) -> None:
        async def created() -> None:
            self._key, self._mode = await self._pen.create(page, self._entries), "edit"
            self._openings += 1

        if await self._saving(created()):
            self._remember()
            await self._place.act(self._look())


@lru_cache(maxsize=2_048)
def _said(text: str) -> frozenset[str]:
    """The wordings that a page names in its `then`."""
    then = content_of(text).get("then")
    said = then.get("say") if isinstance(then, Mapping) else None
    return frozenset({said}) if isinstance(said, str) else frozenset()


def _both(sentence: Sentence | None) -> str:
    return f"{sentence.ar}\n\n{sentence.en}\n" if sentence else ""
