"""The cards of the operator's page: a picture of hours, lines with a mark, and small tables of facts."""

from dataclasses import dataclass

from admin.console.draw import put
from admin.console.place import Place
from admin.console.states import empty


@dataclass(frozen=True, slots=True)
class Bars:
    """One row of bars."""

    name: str
    look: str
    """`blue | good | bad`"""
    values: tuple[int, ...]
    labels: tuple[str, ...]
    """What each bar says to whoever points at it."""
    sums_up: str


@dataclass(frozen=True, slots=True)
class Hours:
    """The last hours, in bars; `unknown` says why there are none."""

    title: str
    means: str
    rows: tuple[Bars, ...]
    none: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, its mark, and what is known of it."""

    key: str
    name: str
    mark: str = ""
    look: str = ""
    """`good | gold | bad | blue`"""
    more: tuple[str, ...] = ()
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A list; `unknown` says why it is not known."""

    key: str
    title: str
    means: str
    lines: tuple[Line, ...]
    none: str
    unknown: str
    href: str = ""
    see: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    key: str
    title: str
    pairs: tuple[tuple[str, str], ...]
    unknown: str = ""
    is_bad: bool = False


def hours(_place: Place, shown: Hours) -> None:
    """Bars of one hour each, the newest at the end."""
    with put("section", "sheet", data_card="hours"):
        _heading(shown.title, shown.means)
        if shown.unknown:
            _unknown(shown.unknown)
        elif not any(any(row.values) for row in shown.rows):
            empty("clock", shown.none)
        else:
            for row in shown.rows:
                _bars(row)


def _bars(row: Bars) -> None:
    most = max(row.values) or 1
    with put("div", "hours-row"):
        with put("p", "tiny"):
            put("strong", text=row.name)
            put("span", "faint", f" {row.sums_up}")
        with put("div", f"hours-bars {row.look}", role="img", aria_label=f"{row.name}: {row.sums_up}", dir="ltr"):
            for value, label in zip(row.values, row.labels, strict=True):
                # A lone message is seen beside a hundred: no bar that counts something is thinner than a line.
                height = max(8, round(100 * value / most)) if value else 0
                put("span", title=label, style=f"--height: {height}%")


def lines(_place: Place, shown: Lines) -> None:
    """A list of things with their marks."""
    with put("section", "sheet", data_card=shown.key):
        _heading(shown.title, shown.means)
        if shown.unknown:
            _unknown(shown.unknown)
            return
        if not shown.lines:
            put("p", "faint", shown.none, data_none="")
        for line in shown.lines:
            with put("div", "alert-row", data_line_of=line.key):
                with put("div", "bench-row"):
                    put(
                        "strong", "code" if line.is_code else "", line.name, dir="ltr" if line.is_code else "auto"
                    )
                    if line.mark:
                        put("span", f"chip-is {line.look}", line.mark, data_mark="")
                for more in line.more:
                    put("span", "faint tiny", more, dir="auto")
        if shown.href and shown.lines:
            put("a", "btn small", shown.see, href=shown.href)


def facts(_place: Place, shown: Facts) -> None:
    """A small table."""
    with put("section", "sheet", data_card=shown.key):
        _heading(shown.title, "")
        if shown.unknown:
            _unknown(shown.unknown)
            return
        with put("dl", "facts"):
            for name, value in shown.pairs:
                put("dt", text=name)
                put("dd", "bad-words" if shown.is_bad else "", value, dir="auto")


def _heading(title: str, means: str) -> None:
    with put("div", "sheet-head"):
        put("h2", text=title)
    if means:
        put("p", "faint tiny", means)


def _unknown(why: str) -> None:
    put("p", "unknown-now", why, role="status", data_state="unknown")
