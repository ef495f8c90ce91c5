"""The parts of the executive room as they are drawn: the colour, the numbers, the bars, what waits, the packs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.states import empty, fault

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Colour:
    """The whole, and why."""

    key: str
    as_of: str
    reasons: tuple[tuple[str, str], ...]
    """(colour, sentence), the worst first."""
    lines: tuple[tuple[str, str, str], ...]
    """(colour, title, value) of every line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as it is read."""

    key: str
    name: str
    value: str
    note: str
    is_known: bool
    window: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a row of bars."""

    look: str
    percent: int
    """Of the longest one."""
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class BarRow:
    """One line of a chart."""

    key: str
    name: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One decision that waits."""

    id: str
    name: str
    due: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class PackRow:
    """One stored week."""

    week: str
    days: str
    colour: str
    version: int


def draw_colour(place: Place, shown: Colour) -> None:
    """The colour of the whole with its reasons; never by colour alone."""
    with put("section", f"sheet exec-rag {shown.key}", data_rag=shown.key, aria_label=place.say("why")):
        with put("div", "sheet-head"):
            put("h2", "exec-colour", place.say(f"colour_{shown.key}"))
            put("p", "faint", shown.as_of)
        if shown.reasons:
            with put("ul", "exec-reasons"):
                for colour, sentence in shown.reasons:
                    put("li", f"exec-reason {colour}", sentence, dir="auto")
        else:
            put("p", text=place.say("all_well"))
        with put("details", "exec-lines", data_fold=""):
            put("summary", text=place.say("lines"))
            with put("ul"):
                for colour, title, value in shown.lines:
                    with put("li", f"exec-reason {colour}"):
                        put("span", text=f"{title}: ")
                        put("bdi", text=value)
                        put("span", "faint", f" · {place.say(f'colour_{colour}')}")


def draw_five(place: Place, shown: tuple[str, tuple[Figure, ...]]) -> None:
    """The five numbers in front."""
    means, figures = shown
    with put("section", aria_label=place.say("five")):
        put("p", "faint exec-means", means)
        with put("div", "tiles"):
            for one in figures:
                with put(
                    "div", "tile" if one.is_known else "tile exec-none", data_tile=one.key, title=one.meaning
                ):
                    put("span", "tile-name", one.name)
                    put("strong", "tile-value", one.value)
                    put("span", "tile-means", one.note)


def draw_bars(place: Place, heading: str, shown: tuple[BarRow, ...] | None) -> None:
    """A chart of rows of bars; the values stand beside them as text. None is what could not be computed."""
    with put("section", "sheet", data_chart=heading):
        with put("div", "sheet-head"):
            put("h2", text=place.say(heading))
            put("p", "faint", place.say(f"{heading}_is"))
        if shown is None:
            fault(place.say("error"))
            return
        if not shown:
            empty("chart", place.say(f"{heading}_none"))
            return
        with put("ul", "exec-chart"):
            for row in shown:
                with put("li", "exec-row", data_row=row.key):
                    put("span", "exec-name", row.name)
                    with put("div", "exec-bars"):
                        for bar in row.bars:
                            _bar(bar)
                    if row.note:
                        put("span", "faint exec-note", row.note)


def _bar(bar: Bar) -> None:
    with put("div", "exec-line"):
        put("span", f"exec-bar {bar.look}", aria_hidden="true").style(f"inline-size: {bar.percent * 0.6:.1f}%")
        put("span", "exec-value", f"{bar.name} {bar.value}".strip())


def draw_groups(place: Place, shown: Sequence[tuple[str, tuple[Figure, ...]]]) -> None:
    """Every number of now with its window and its meaning."""
    with put("section", "sheet"):
        put("h2", text=place.say("now"))
        for group, figures in shown:
            with put("details", "exec-group", data_fold="", data_group=group):
                with put("summary"):
                    put("span", text=place.say(f"group_{group}"))
                    known = [f"{one.name}: {one.value}" for one in figures if one.is_known][:3]
                    put("span", "faint", " · ".join(known) or place.say("no_data"))
                with put("dl", "exec-numbers"):
                    for one in figures:
                        put("dt", text=one.name)
                        with put("dd", "" if one.is_known else "exec-none", data_metric=one.key):
                            put("bdi", "exec-number", one.value)
                            put("span", "faint", f" {one.window}")
                            put("p", "faint", one.meaning)


def draw_waiting(place: Place, shown: tuple[int, tuple[Waiting, ...]]) -> None:
    """What waits for a person, by its kind and its due time."""
    total, rows = shown
    with put("section", "sheet", data_decisions=str(total)):
        with put("div", "sheet-head"):
            put("h2", text=f"{place.say('decisions')} ({total})")
            put("a", "btn quiet", place.say("open_approvals"), href=place.address("approvals"))
        if not rows:
            empty("check", place.say("decisions_none"))
            return
        with put("ul", "exec-waiting"):
            for one in rows:
                with put("li", "late" if one.is_late else ""):
                    put("span", text=one.name)
                    put("span", "faint", one.due)


def draw_packs(place: Place, shown: tuple[PackRow, ...], fetch: Callable[[str, str], Awaitable[None]]) -> None:
    """The signed weeks, to take along."""
    with put("section", "sheet", data_packs=""):
        with put("div", "sheet-head"):
            put("h2", text=place.say("packs"))
            put("p", "faint", place.say("packs_is"))
        if not shown:
            empty("check", place.say("packs_none"), place.say("packs_none_hint"))
            return
        with put("ul", "exec-packs"):
            for one in shown:
                with put("li", data_week=one.week):
                    with put("div"):
                        put("bdi", "exec-days", one.days)
                        said = f"{place.say(f'colour_{one.colour}')} · {place.say('version', n=one.version)}"
                        put("p", f"exec-reason {one.colour}", said)
                    with put("div", "exec-take"):
                        for form in ("page", "json", "zip"):
                            _fetcher(place, one.week, form, fetch)


def _fetcher(place: Place, week: str, form: str, fetch: Callable[[str, str], Awaitable[None]]) -> None:
    button(place.say(f"get_{form}"), lambda: fetch(week, form), look="quiet", data_get=form)
