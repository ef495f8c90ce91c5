"""
What a check found, and what a check is.

Rule 1: a finding names the file and the line, says what is wrong, and what to do, in Arabic and in English.
Rule 2: an error keeps a book from being published; a warning is for somebody to look at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rules.checks.material import Material

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at, and where."""

    code: str
    """The check that found it."""
    level: Level
    file: str
    line: int
    what_en: str
    what_ar: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.what_en}"


@dataclass(frozen=True, slots=True)
class Check:
    """One question that is asked of every book."""

    code: str
    en: str
    """What it looks for, in a line."""
    ar: str
    find: Callable[["Material"], Iterator[Finding]]
