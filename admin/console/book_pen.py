"""
The pen of one visitor: writes files and sentences into a change, and never over what somebody else wrote.

Rule 1: a change begins with the first thing that is saved, not with looking around; nobody sweeps up empty ones.
Rule 2: a text is put where it stood when its writer began; where somebody else's stands now, she sees it first.
Rule 3: what is typed and not saved is kept here, page by page.
"""

from collections.abc import Callable, Sequence

from admin.console import templates
from admin.console.book_editor import Draft
from admin.console.book_shelf import ADDED_TO, Entry, Sentence, sentences
from admin.console.new_page_form import NewPage
from admin.console.phrases import with_status
from admin.console.place import WRITES, Place
from admin.console.wording_editor import WordingDraft
from admin.console.wording_file import FileBroken, file_for, without, written
from bot.errors import BadRequest
from bot.workbench.editions import Change, ChangeMoved, State

# Two people who save at the same instant: the second reads again and saves on top, this often at most.
SAVE_ATTEMPTS = 3

TextOver = Callable[[str | None], str | None]
"""The new text over the one that stands there now; refuses when that is not what it began from."""


class Pen:
    """Writes for one page."""

    def __init__(self, place: Place, begun: Callable[[Change], None]) -> None:
        """`begun` is told of a change that had to be begun, or of a newer state of the one in hand."""
        self._place = place
        self._bench = place.house.workbench
        self._begun = begun
        self._drafts: dict[tuple[str, str], Draft | WordingDraft] = {}
        self.change: Change | None = None
        """The change that is looked at; None before there is one."""

    # what there is

    @property
    def may_write(self) -> bool:
        """Whether this visitor may write, in the change at hand or in a new one."""
        return self._place.may(WRITES) and (self.change is None or self.change.state is State.OPEN)

    @property
    def in_hand(self) -> Change:
        """The change that checks look at; before there is one, an empty one that nobody stores."""
        if self.change is not None:
            return self.change
        now, live = self._place.now(), self._place.house.playbooks.edition(self._place.tenant_id)
        return Change("", self._place.tenant_id, "", self._place.visitor, now, now, live)

    @property
    def own(self) -> dict[str, str]:
        """The tenant's own files, with the change applied."""
        live = dict(self._bench.live(self._place.tenant_id).own)
        return self.change.over(live) if self.change else live

    def sentences(self) -> dict[str, Sentence]:
        """Every wording, as it would be with the change."""
        return sentences(self._bench.shipped_files()) | sentences(self.own)

    def base(self, path: str, change: Change | None = None) -> str | None:
        """The text that a writer of this file begins from; None when it adds to ours and there is none yet."""
        edits = (change or self.in_hand).edits
        if edits.get(path) is not None:
            return edits[path]
        live = self._bench.live(self._place.tenant_id).own
        if path in live and path not in edits:
            return live[path]
        return None if path in ADDED_TO else self._bench.shipped_files().get(path)

    # drafts

    def draft(self, entry: Entry) -> Draft:
        """What is typed in this file, from before or from now on."""
        kept = self._drafts.get((self.in_hand.id, entry.key))
        if isinstance(kept, Draft) and kept.is_dirty:
            return kept
        base = self.base(entry.path)
        draft = Draft(entry.key, base, base if base is not None else _beginning(entry))
        self._drafts[self.in_hand.id, entry.key] = draft
        return draft

    def wording_draft(self, entry: Entry) -> WordingDraft:
        """The same for a sentence."""
        kept = self._drafts.get((self.in_hand.id, entry.id))
        if isinstance(kept, WordingDraft) and kept.is_dirty:
            return kept
        sentence = self.sentences()[entry.id]
        draft = WordingDraft(entry.id, sentence, sentence)
        self._drafts[self.in_hand.id, entry.id] = draft
        return draft

    @property
    def unsaved(self) -> frozenset[str]:
        """Keys of files, and of sentences, in which something is typed and not saved."""
        here = self.in_hand.id
        return frozenset(
            key for (change, key), draft in self._drafts.items() if change == here and draft.is_dirty
        )

    # writing

    async def begin(self, title: str = "") -> Change:
        """Begin a change; what was typed before comes along. Raises Forbidden."""
        self._place.require(*WRITES)
        change = await self._bench.begin(self._place.tenant_id, self._place.visitor, title)
        self._drafts = {(here or change.id, key): draft for (here, key), draft in self._drafts.items()}
        self._take(change)
        return change

    async def rename(self, title: str) -> None:
        """Say what the change is for."""
        for attempt in range(1, SAVE_ATTEMPTS + 1):
            change = await self._fresh("")
            try:
                self._take(await self._bench.rename(change.tenant_id, change.id, change.v, title))
            except ChangeMoved:  # a file was saved at the same moment; a title overwrites nothing of it
                if attempt == SAVE_ATTEMPTS:
                    raise
                continue
            return

    async def save(self, draft: Draft, title: str) -> None:
        """Save a file. Raises ChangeMoved when somebody else saved it meanwhile; the draft then shows theirs."""

        def text_over(now: str | None) -> str | None:
            if now not in (draft.base, draft.text):
                draft.theirs, draft.has_conflict = now, True
                raise ChangeMoved(*self._both("conflict"))
            return draft.text

        await self.put(draft.key, text_over, title)
        draft.base, draft.has_conflict, draft.theirs = draft.text, False, None

    async def save_wording(self, draft: WordingDraft) -> None:
        """Save a sentence. Raises ChangeMoved like `save`."""
        path = file_for(draft.key, self.own)

        def text_over(now: str | None) -> str | None:
            theirs = sentences({path: now or ""}).get(draft.key)
            if theirs and (theirs.ar, theirs.en) not in (_said(draft.base), _said(draft.now)):
                draft.theirs = theirs
                raise ChangeMoved(*self._both("conflict"))
            return _mended(path, lambda: written(now or "", draft.now))

        await self.put(path, text_over, draft.key)
        draft.base, draft.theirs = draft.now, None

    async def put(self, path: str, text_over: TextOver, title: str) -> None:
        """Write a file over what stands there now; `title` names the change, if one must begin."""
        for attempt in range(1, SAVE_ATTEMPTS + 1):
            change = await self._fresh(title)
            text = text_over(self.base(path, change))
            try:
                self._take(
                    await self._bench.edit(change.tenant_id, change.id, change.v, path, text, self._place.visitor)
                )
            except ChangeMoved:
                if attempt == SAVE_ATTEMPTS:
                    raise
                continue
            return

    async def set_status(self, entry: Entry, status: str) -> None:
        """Let a page be live, watched, a draft, or retired."""
        await self.put(entry.path, lambda now: with_status(now or "", status), entry.called(self._place.language))

    async def drop(self, entry: Entry) -> None:
        """Take the tenant's own text away: ours stands again, or none."""
        if entry.shelf == "wording":
            await self._take_out(entry)
        else:
            await self.put(entry.path, lambda now: None, entry.called(self._place.language))
        self._forget(entry)

    async def undo(self, entry: Entry) -> None:
        """Take back what this change does to a file or a sentence."""
        if entry.shelf == "wording":
            await self._take_out(entry)
        else:
            change = await self._fresh(entry.called(self._place.language))
            undone = await self._bench.undo(
                change.tenant_id, change.id, change.v, entry.path, self._place.visitor
            )
            self._take(undone)
        self._forget(entry)

    async def create(self, page: NewPage, known: Sequence[Entry]) -> str:
        """Put a new page on its shelf; answers its path. Raises BadRequest for a name that is none or taken."""
        if not templates.NAME.fullmatch(page.name):
            raise BadRequest(*self._both("bad_name"))
        if any(entry.id == page.name and entry.shelf != "wording" for entry in known):
            raise BadRequest(*self._both("name_taken"))
        path, title = f"{page.chapter}/{page.name}.yml", page.title or page.name
        text = templates.page(page.chapter, page.name, page.title, page.intent, page.phrase or title)
        await self.put(path, lambda now: text, title)
        if page.chapter == "safety":
            await self.put("safety/order.yml", lambda now: templates.ordered(now or "", page.name), title)
        return path

    async def _take_out(self, entry: Entry) -> None:
        path = file_for(entry.id, self.own)
        before = sentences(dict(self._bench.live(self._place.tenant_id).own)).get(entry.id)

        def text_over(now: str | None) -> str | None:
            if entry.is_changed and before is not None:
                return _mended(path, lambda: written(now or "", before))
            return _mended(path, lambda: without(now or "", entry.id))

        await self.put(path, text_over, entry.id)

    def _forget(self, entry: Entry) -> None:
        for key in (entry.key, entry.id):
            self._drafts.pop((self.in_hand.id, key), None)

    async def _fresh(self, title: str) -> Change:
        """The change as it is now, or a new one."""
        self._place.require(*WRITES)
        if self.change is None:
            return await self.begin(title)
        return await self._bench.change(self._place.tenant_id, self.change.id)

    def _take(self, change: Change) -> None:
        self.change = change
        self._begun(change)

    def _both(self, key: str) -> tuple[str, str]:
        """A sentence for an error: English, Arabic."""
        arabic, english = self._place.sentences[key]
        return english, arabic


def _said(sentence: Sentence) -> tuple[str, str]:
    return (sentence.ar, sentence.en)


def _mended(path: str, doing: Callable[[], str | None]) -> str | None:
    """A file that is no YAML is mended as text first."""
    try:
        return doing()
    except FileBroken as broken:
        raise BadRequest(f"{path}: {broken}", f"{path}: {broken}") from broken


def _beginning(entry: Entry) -> str:
    """What stands in a file of the tenant's that does not exist yet and only adds to ours."""
    return "safest_first:\n" if entry.path == "safety/order.yml" else ""
