"""
What stands on paper, and whoever prints it.

Rule 1: a sheet is complete: the printer adds no word and no number.
Rule 2: the same sheet is the same bytes, today and in a year: a hash of them can be agreed to.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, from its first column on."""

    cells: tuple[str, ...]
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document of a page or more."""

    language: str
    """`ar` is set from right to left."""
    house: str
    """Whose paper it is."""
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    """(name, value) pairs at the top."""
    tables: tuple[Table, ...]
    paragraphs: tuple[str, ...]
    footer: str
    made_at: datetime
    """Stands in the file as its date, so that printing again gives the same bytes."""


class Paper(Protocol):
    """Whoever prints."""

    async def print(self, sheet: Sheet) -> bytes:
        """A PDF."""
