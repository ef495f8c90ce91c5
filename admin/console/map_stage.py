"""
One stage of the map, opened: who comes, where it leads, the pages that can fire there, and the latest moves.

Rule 1: no name, number or word of a contact stands here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.console.draw import button, icon, put
from admin.console.map_view import Picture, Step
from admin.console.place import Place
from admin.console.times import RIYADH
from bot.playbook import Playbook
from bot.store import TimelineEntry
from bot.workbench.lifecycle_map import EVENTS
from rules.layers import path_of
from rules.pages import Page

# A page that can fire nearly everywhere says nothing about one stage.
EVERYWHERE_FROM = 12

RECENT = 8
PAGES_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Moved:
    """One move, without who it was."""

    at: datetime
    before: str
    after: str
    event: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything that is known about one stage."""

    stage: str
    picture: Picture
    pages: tuple[Page, ...]
    everywhere: int
    """How many more pages work at every stage."""
    wordings: tuple[tuple[str, str], ...]
    """(key, text) of what those pages say."""
    recent: tuple[Moved, ...]


def opened(
    stage: str, picture: Picture, book: Playbook, language: str, entries: Iterable[TimelineEntry]
) -> Opened:
    """Gather what belongs to a stage."""
    described = book.book.stages()
    here = next(one for one in described if one.stage == stage)
    often = {page: sum(page in one.pages for one in described) for page in here.pages}
    special = {page for page, times in often.items() if times < EVERYWHERE_FROM}
    pages = tuple(page for page in book.book.pages if page.id in special)
    keys = dict.fromkeys(page.then.say for page in pages if page.then.say)
    wordings = tuple((key, book.wordings.text(key, language)) for key in keys)
    return Opened(stage, picture, pages, len(often) - len(special), wordings, recent(stage, entries))


def recent(stage: str, entries: Iterable[TimelineEntry]) -> tuple[Moved, ...]:
    """The latest moves from or to a stage, newest first."""
    moves = (_moved(item) for item in entries)
    here = [move for move in moves if stage in (move.before, move.after)]
    return tuple(sorted(here, key=lambda move: move.at, reverse=True)[:RECENT])


def _moved(item: TimelineEntry) -> Moved:
    data = item.entry.data
    before, after = str(data.get("before", "")), str(data.get("after", "opted_out"))
    return Moved(item.entry.at, before, after, str(data.get("event", "opted_out")))


def draw_opened(place: Place, shown: Opened, close: Callable[[], object]) -> None:
    """The card of one stage."""
    say, stage = place.say, shown.stage
    drawn = shown.picture.stage(stage)
    name = place.words("stage", stage)
    with put("section", "sheet stage-card", aria_label=name, data_opened=stage, tabindex="-1", data_autofocus=""):
        with put("header", "sheet-head"):
            put("h2", f"stage-name at-{stage}", name)
            put("span", "chip-is", say("now_n", n=f"{drawn.now:,}"))
            if drawn.is_money:
                put("span", "chip-is gold", say("waits"))
            button("", close, look="quiet round", picture="no", aria_label=say("close"), data_close="")
        with put("div", "stage-parts"):
            _draw_ways(place, "comes_from", [s for s in shown.picture.into(stage) if s.count], from_here=False)
            _draw_ways(place, "leads_to", shown.picture.out_of(stage), from_here=True)
            _draw_pages(place, shown.pages, shown.everywhere)
            _draw_wordings(place, shown.wordings)
            _draw_recent(place, shown.recent)
        put("a", "btn small", say("try_here"), href=place.address("playground", stage=stage))


def _draw_ways(place: Place, title: str, steps: Sequence[Step], *, from_here: bool) -> None:
    if not steps:
        return
    with put("section"):
        put("h3", text=place.say(title))
        with put("ul", "way-list"):
            for step in sorted(steps, key=lambda step: -step.count):
                other = step.after if from_here else step.before
                with put("li", "" if step.count else "idle"):
                    put("span", f"stage-name at-{other}", place.words("stage", other))
                    with put("span", "by-list"):
                        for cause, count in step.causes:
                            if count or not step.count:
                                with put("span", f"by-one by-{cause}"):
                                    put("span", "swatch dot-swatch", aria_hidden="true")
                                    put("span", text=place.say(f"by_{cause}"))
                    put("strong", "num", f"{step.count:,}")


def _draw_pages(place: Place, pages: Sequence[Page], everywhere: int) -> None:
    say = place.say
    with put("section"):
        put("h3", text=say("pages"))
        if not pages:
            put("p", "faint", say("pages_none"))
        _draw_links(place, pages[:PAGES_SHOWN])
        if more := pages[PAGES_SHOWN:]:
            with put("details", "idle-fold"):
                put("summary", text=say("pages_more", n=len(more)))
                _draw_links(place, more)
        if everywhere:
            put("p", "faint tiny", say("pages_everywhere", n=everywhere))


def _draw_links(place: Place, pages: Sequence[Page]) -> None:
    with put("ul", "page-list"):
        for page in pages:
            with put("li", data_page=page.id):
                put(
                    "a",
                    text=(place.language == "ar" and page.title_ar) or page.title,
                    href=place.address("book", page=path_of(page.file)),
                    title=place.say("open_page", page=f"\u2066{page.id}\u2069"),
                    dir="auto",
                )


def _draw_wordings(place: Place, wordings: Sequence[tuple[str, str]]) -> None:
    with put("section"):
        put("h3", text=place.say("wordings"))
        if not wordings:
            put("p", "faint", place.say("wordings_none"))
        with put("ul", "wording-list"):
            for key, text in wordings:
                with put("li"), put("details"):
                    with put("summary"):
                        put("span", "snippet", text, dir="auto")
                    put("div", "proposal", text.strip(), dir="auto")
                    put("code", "faint", key, dir="ltr")


def _draw_recent(place: Place, moves: Sequence[Moved]) -> None:
    number = 0 if place.language == "ar" else 1
    with put("section"):
        with put("h3"):
            put("span", text=place.say("recent"))
            put("span", "faint tiny", f" · {place.say('recent_note')}")
        if not moves:
            put("p", "faint", place.say("recent_none"))
        with put("ol", "traces"):
            for move in moves:
                with put("li"):
                    put("time", text=f"{move.at.astimezone(RIYADH):%m-%d %H:%M}", dir="ltr")
                    with put("span", "step-way"):
                        put("span", text=place.words("stage", move.before))
                        icon("arrow")
                        put("span", text=place.words("stage", move.after))
                    if move.event in EVENTS:
                        put("span", "faint", EVENTS[move.event][number])
