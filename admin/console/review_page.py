"""
The review queue: what the rules missed, and what humans keep putting right, on its way into the rules.

Rule 1: what leads wrote is read for people who write rules, and for nobody else.
Rule 2: nothing is learned by itself: an example goes into a change, which is examined, replayed and agreed to
        like every other.
Rule 3: what was hidden can be taken back for some seconds; it is written down only afterwards.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from nicegui import background_tasks
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import states
from admin.console.draw import Part, Rows, argument, button, put
from admin.console.live import Watch
from admin.console.place import WRITES, Place
from admin.console.review_cards import (
    SILENT,
    Card,
    Lesson,
    draw_card,
    known_reasons,
    plain_phrase,
    reason_words,
)
from admin.console.review_edit import HearingPage, hearing_pages
from admin.console.review_suggestions import draw_suggestion
from admin.console.review_teach import propose, teach
from bot.workbench.editions import Change, State
from bot.workbench.review_queue import Item, dismiss, review_queue
from bot.workbench.suggestions import Suggestion, suggestions

WINDOWS = (7, 30)
USUAL = 30

# Reading the queue goes through every doubtful decision of the window.
LOOK_SECONDS = 20.0

# As many as somebody works through in one sitting; older ones come as these are done.
SHOWN = 40

# Long enough to see what one has hidden, short enough not to wait for.
UNDO_SECONDS = 7.0

NEW = ""
MESSAGES, SENTENCES = "messages", "sentences"


@dataclass(frozen=True, slots=True)
class _Top:
    tab: str
    days: int
    messages: int
    sentences: int


@dataclass(frozen=True, slots=True)
class _Target:
    """Where learning goes."""

    changes: tuple[tuple[str, str], ...]
    """(id, title) of the changes that still take files."""
    chosen: str
    added: int


@dataclass(frozen=True, slots=True)
class _Filter:
    reasons: tuple[tuple[str, int], ...]
    chosen: str
    total: int


class ReviewPage:
    """One visitor before the queue."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._tab = SENTENCES if query.get("tab") == SENTENCES else MESSAGES
        days = query.get("days", "")
        self._days = int(days) if days in map(str, WINDOWS) else USUAL
        self._reason = ""
        self._target = query.get("change", "")
        self._added = 0
        self._changes: tuple[tuple[str, str], ...] = ()
        self._items: tuple[Item, ...] = ()
        self._proposed: dict[str, tuple[str, ...]] = {}
        self._suggestions: tuple[Suggestion, ...] = ()
        self._lessons: dict[str, Lesson] = {}
        self._hidden: dict[str, Item] = {}
        self._book = place.house.playbooks.of(place.tenant_id)
        self._pages: tuple[HearingPage, ...] = ()
        self._pages_of = ""
        self._has_read = False
        self._watch = Watch(place, self._look, LOOK_SECONDS)

    # the frame

    def build(self) -> None:
        say = self._place.say
        with put("div", "bench review"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._top: Part[_Top] = Part(put("div", "review-top"), self._draw_top)
            self._note: Part[str] = Part(put("div", "bench-slot"), self._draw_note)
            self._bar: Part[_Target | None] = Part(put("div", "bench-slot"), self._draw_target)
            self._filters: Part[_Filter | None] = Part(put("div", "bench-slot"), self._draw_filters)
            self._undo: Rows[Item] = Rows(put("div", "undo-list", aria_live="polite"), self._draw_undo)
            self._empty: Part[str] = Part(put("div", "bench-slot"), self._draw_empty)
            self._cards: Rows[Card] = Rows(put("div", "review-list"), self._draw_card)
            self._sentences: Rows[Suggestion] = Rows(put("div", "review-list"), self._draw_suggestion)
            self._defined: Part[int] = Part(put("div", "bench-slot"), self._draw_defined)

    async def open(self) -> None:
        self._top.show(_Top(self._tab, self._days, 0, 0))
        if not self._place.may(WRITES):
            self._note.show("needs_editor")
            return
        self._note.show("loading")
        self._place.client.on_delete(self._write_down_hidden)
        self._watch.start()

    async def _look(self) -> None:
        place, store = self._place, self._place.house.store
        place.require(*WRITES)
        until = place.now()
        since = until - timedelta(days=self._days)
        self._book = place.house.playbooks.of(place.tenant_id)
        if self._pages_of != self._book.version:
            self._pages = await asyncio.to_thread(hearing_pages, self._book.files)
            self._pages_of = self._book.version
        self._items = await review_queue(store, place.tenant_id, since, until, SHOWN)
        models = place.house.rooms.models
        self._proposed = await models.proposed_for(place.tenant_id, [item.id for item in self._items])
        self._suggestions = await suggestions(store, place.tenant_id, self._book, since, until)
        await self._read_changes()
        self._has_read = True
        self._show()

    async def _read_changes(self) -> None:
        place = self._place
        changes = await place.house.workbench.changes(place.tenant_id)
        open_ones = [change for change in changes if change.state is State.OPEN]
        self._changes = tuple((change.id, self._title(change)) for change in open_ones)
        if self._target not in (change.id for change in open_ones):
            mine = [change.id for change in open_ones if change.author.id == place.visitor.id]
            self._target = mine[0] if mine else NEW

    def _title(self, change: Change) -> str:
        title = change.title or self._place.say("untitled")
        return self._place.say("change_by", title=title, name=change.author.name)

    def _show(self) -> None:
        items = tuple(item for item in self._items if item.id not in self._hidden)
        shown = tuple(item for item in items if not self._reason or self._reason in dict(item.reasons))
        is_messages = self._tab == MESSAGES
        self._note.show("" if self._has_read else "loading")
        self._top.show(_Top(self._tab, self._days, len(items), len(self._suggestions)))
        has_work = bool(items) if is_messages else bool(self._suggestions)
        self._bar.show(_Target(self._changes, self._target, self._added) if has_work or self._added else None)
        self._filters.show(
            _Filter(known_reasons(items), self._reason, len(items)) if is_messages and items else None
        )
        self._undo.show([(item.id, item) for item in self._hidden.values()])
        self._empty.show(self._why_empty(items, shown))
        self._cards.show([(item.id, self._card(item)) for item in shown] if is_messages else [])
        sentences = [] if is_messages else self._suggestions
        self._sentences.show([(f"{s.kind} {s.subject} {s.language} {s.reason}", s) for s in sentences])
        self._defined.show(self._days)

    def _why_empty(self, items: tuple[Item, ...], shown: tuple[Item, ...]) -> str:
        if not self._has_read:
            return ""
        if self._tab == SENTENCES:
            return "" if self._suggestions else "empty_sentences"
        return "" if shown else "empty_filtered" if items else "empty_messages"

    def _card(self, item: Item) -> Card:
        lesson = self._lessons.get(item.id, Lesson())
        wanted = tuple(page for page in self._pages if page.intent == lesson.intent)
        heard_by = tuple(page for page in self._pages if page.id in item.rules)
        if lesson.choice.startswith(SILENT):
            wanted = tuple(page for page in heard_by if page.id == lesson.choice.removeprefix(SILENT))
        return Card(item, lesson, wanted, heard_by, self._proposed.get(item.id, ()))

    # drawing

    def _draw_top(self, top: _Top) -> None:
        say = self._place.say
        counts = {MESSAGES: top.messages, SENTENCES: top.sentences}
        with put("div", "choose-one", role="group", aria_label=say("heading")):
            for tab, count in counts.items():
                pressed = "true" if tab == top.tab else "false"
                made = button(say(f"tab_{tab}"), self._open_tab(tab), aria_pressed=pressed, data_tab=tab)
                if count:
                    with made:
                        put("b", "badge", str(count), data_count=count)
        with put("div", "choose-one", role="group", aria_label=say("window")):
            for days in WINDOWS:
                pressed = "true" if days == top.days else "false"
                button(say(f"days_{days}"), self._look_back(days), aria_pressed=pressed, data_days=days)

    def _draw_note(self, key: str) -> None:
        if key == "needs_editor":
            states.empty("hand", self._place.say(key), self._place.needs(WRITES))
        elif key:
            states.loading(self._place.say(key))

    def _draw_target(self, target: _Target | None) -> None:
        if target is None:
            return
        say = self._place.say
        with put("section", "sheet target", aria_label=say("goes_to")):
            with put("label", "setup-field inline"):
                put("span", text=say("goes_to"))
                with put("select", "pick", data_target="") as pick:
                    for change_id, title in (*target.changes, (NEW, say("new_change"))):
                        option = put("option", text=title, value=change_id)
                        if change_id == target.chosen:
                            option.props.update({"selected": True})
            pick.on("change", self._aim, js_handler="(e) => emit(e.target.value)")
            if target.added and target.chosen:
                put(
                    "span",
                    "target-added",
                    say("added_here", n=target.added),
                    role="status",
                    data_added=target.added,
                )
                put("a", "btn small", say("open_change"), href=self._place.address("book", change=target.chosen))
                put(
                    "a",
                    "btn small",
                    say("replay_change"),
                    href=self._place.address("replay", change=target.chosen),
                )

    def _draw_filters(self, state: _Filter | None) -> None:
        if state is None:
            return
        with put("div", "filter-row", role="group"):
            self._draw_filter("", self._place.say("all_reasons"), state.total, state.chosen)
            for reason, count in state.reasons:
                self._draw_filter(reason, reason_words(self._place, reason), count, state.chosen)
        if state.total >= SHOWN:
            put("p", "faint tiny", self._place.say("cut", n=SHOWN))

    def _draw_filter(self, reason: str, words: str, count: int, chosen: str) -> None:
        is_chosen = "true" if reason == chosen else "false"
        made = button(words, self._filter(reason), look="pill", aria_pressed=is_chosen, data_filter=reason)
        with made:
            put("b", "num", str(count))

    def _draw_undo(self, item: Item) -> None:
        with put("p", "bench-note", data_hidden=item.id):
            put("span", text=self._place.say("dismissed", text=f"\u2068{item.text[:80]}\u2069"))
            button(self._place.say("undo"), lambda: self._take_back(item.id), look="small", data_undo="")

    def _draw_empty(self, key: str) -> None:
        if key:
            with put("div", "sheet"):
                states.empty("check", self._place.say(key))

    def _draw_card(self, card: Card) -> None:
        hands = {"meant": self._meant, "page": self._choose_page, "add": self._add, "dismiss": self._dismiss}
        draw_card(self._place, card, self._book, hands)

    def _draw_suggestion(self, found: Suggestion) -> None:
        draw_suggestion(self._place, found, self._book.files, self._make_change)

    def _draw_defined(self, days: int) -> None:
        if self._has_read:
            put("p", "faint tiny", self._place.say("defined", days=days))

    # choosing

    def _open_tab(self, tab: str) -> Callable[[], None]:
        def opened() -> None:
            self._tab = tab
            self._remember()
            if self._place.may(WRITES):
                self._show()

        return opened

    def _look_back(self, days: int) -> Callable[[], None]:
        def chosen() -> None:
            self._days = days
            self._remember()
            self._watch.at_once()

        return chosen

    def _filter(self, reason: str) -> Callable[[], None]:
        def chosen() -> None:
            self._reason = reason
            self._show()

        return chosen

    async def _aim(self, event: GenericEventArguments) -> None:
        self._target = argument(event)
        self._added = 0
        self._show()

    async def _meant(self, item: Item, choice: str) -> None:
        lesson = Lesson(choice)
        pages = self._card_pages(item, lesson)
        self._lessons[item.id] = replace(lesson, path=pages[0].path if pages else "", focus="meant")
        self._show()

    def _card_pages(self, item: Item, lesson: Lesson) -> tuple[HearingPage, ...]:
        self._lessons[item.id] = lesson
        pages = self._card(item).pages
        # A page that a phrase is enough for comes first: there the lesson can be finished here.
        return tuple(sorted(pages, key=lambda page: not page.takes_phrase))

    async def _choose_page(self, item: Item, path: str) -> None:
        self._lessons[item.id] = replace(self._lessons[item.id], path=path, warning="", problems=(), focus="page")
        self._show()

    # teaching

    async def _add(self, item: Item, phrase: str) -> None:
        lesson = self._lessons.get(item.id, Lesson())
        clean = plain_phrase(phrase)
        is_anyway = bool(lesson.warning) and clean == lesson.phrase
        lesson = replace(lesson, phrase=clean, focus="phrase")
        await self._place.act(self._teach(item, lesson, is_anyway=is_anyway))
        self._show()

    async def _teach(self, item: Item, lesson: Lesson, *, is_anyway: bool) -> None:
        taught = await teach(self._place, item, lesson, self._target, is_anyway=is_anyway)
        if taught.change is None:
            self._lessons[item.id] = taught.lesson
            return
        self._items = tuple(other for other in self._items if other.id != item.id)
        self._lessons.pop(item.id, None)
        await self._was_added(taught.change)

    async def _make_change(self, found: Suggestion) -> None:
        await self._place.act(self._propose(found))
        self._show()

    async def _propose(self, found: Suggestion) -> None:
        await self._was_added(await propose(self._place, found))

    async def _was_added(self, change: Change) -> None:
        if self._target != change.id:
            self._target, self._added = change.id, 0
        self._added += 1
        await self._read_changes()
        self._place.tell(
            self._place.say("added", title=f"\u2068{change.title or self._place.say('untitled')}\u2069")
        )

    # hiding

    async def _dismiss(self, item: Item) -> None:
        self._hidden[item.id] = item
        self._show()
        background_tasks.create(self._write_down_later(item), name="console review undo")

    def _take_back(self, item_id: str) -> None:
        self._hidden.pop(item_id, None)
        self._show()

    async def _write_down_later(self, item: Item) -> None:
        await asyncio.sleep(UNDO_SECONDS)
        if item.id not in self._hidden or self._place.client.is_deleted:
            return
        with self._place.client:
            if await self._place.act(self._write_down(item)):
                self._items = tuple(other for other in self._items if other.id != item.id)
            self._hidden.pop(item.id, None)
            self._show()

    async def _write_down(self, item: Item) -> None:
        place = self._place
        place.require(*WRITES)
        await dismiss(place.house.store, place.tenant_id, item.id, place.visitor, place.now())

    def _write_down_hidden(self) -> None:
        """The page is closed: whoever hid something and left meant it."""
        for item in self._hidden.values():
            background_tasks.create(self._write_down(item), name="console review leave")

    def _remember(self) -> None:
        tab = self._tab if self._tab != MESSAGES else ""
        self._place.remember(tab=tab, days=str(self._days) if self._days != USUAL else "")
