"""
Two texts side by side: which lines went, which came, which stayed. Pure, except for the pens at its end.

Rule 1: equal lines far from any difference are left out, and it is said how many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from admin.console.draw import pieces, put
from admin.console.marks import Piece, edited
from admin.console.place import Place

# Enough around a difference to see where it stands.
LINES_AROUND = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of both sides; a side that has none is None."""

    before: str | None
    after: str | None
    before_line: int = 0
    after_line: int = 0
    left_out: int = 0
    """Instead of lines: so many equal ones are not shown."""

    @property
    def is_equal(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Changed:
    """One file that differs."""

    path: str
    before: str | None
    """None: there was no such file."""
    after: str | None


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Changed, ...]:
    """Files that differ, by path."""
    paths = sorted({*before, *after})
    return tuple(
        Changed(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)
    )


def rows(before: str, after: str) -> tuple[Row, ...]:
    """The lines of both, side by side."""
    return tuple(_shortened(list(_paired(before.splitlines(), after.splitlines()))))


def _paired(old: list[str], new: list[str]) -> Iterator[Row]:
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for step in range(max(i2 - i1, j2 - j1)):
            i, j = i1 + step, j1 + step
            yield Row(
                old[i] if i < i2 else None,
                new[j] if j < j2 else None,
                i + 1 if i < i2 else 0,
                j + 1 if j < j2 else 0,
            )


def _shortened(every: list[Row]) -> Iterator[Row]:
    near = {
        place + step
        for place, row in enumerate(every)
        if not row.is_equal
        for step in range(-LINES_AROUND, LINES_AROUND + 1)
    }
    left_out = 0
    for place, row in enumerate(every):
        if place in near:
            if left_out:
                yield Row(None, None, left_out=left_out)
                left_out = 0
            yield row
        else:
            left_out += 1
    if left_out and near:
        yield Row(None, None, left_out=left_out)


def draw(place: Place, before: str, after: str) -> None:
    """Both sides in a table; code runs from left to right in either language."""
    with put("div", "diff-box", tabindex="0"), put("table", "sides", dir="ltr"):
        with put("colgroup"):
            for look in ("at-col", "", "at-col", ""):
                put("col", look)
        with put("thead"), put("tr"):
            for side in ("before", "after"):
                put("th", text=place.say(side), colspan="2", scope="colgroup", dir="auto")
        with put("tbody"):
            for row in rows(before, after):
                _draw_row(place, row)


def _draw_row(place: Place, row: Row) -> None:
    if row.left_out:
        with put("tr", "left-out"):
            put("td", text=place.say("equal_lines", n=row.left_out), colspan="4", dir="auto")
        return
    old, new = _marked(row)
    with put("tr"):
        for line, words, look in (
            (row.before_line, old, "went" if not row.is_equal else ""),
            (row.after_line, new, "came" if not row.is_equal else ""),
        ):
            put("td", "at", str(line) if line else "")
            with put("td", f"text {look}" if line else "text none"):
                pieces(words)


def _marked(row: Row) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Word by word, where both sides have a line and they differ."""
    if row.is_equal or row.before is None or row.after is None:
        return (Piece(row.before or ""),), (Piece(row.after or ""),)
    words = edited(row.before, row.after)
    return (
        tuple(piece for piece in words if piece.mark != "came"),
        tuple(piece for piece in words if piece.mark != "gone"),
    )
