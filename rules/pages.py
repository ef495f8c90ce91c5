"""
What a rule page is: when it fires, what it decides, and the examples that prove it.

Rule 1: one page, one rule, one file; the file name is the id, the folder is the chapter.
Rule 2: a page is true in one of a few ways; within one way every condition must hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules import vocabulary
from rules.facts import Condition

THEN_KEYS = ("go", "say", "hold", "propose", "flag", "act", "silence")


@dataclass(frozen=True, slots=True)
class Then:
    """What a page decides."""

    go: str = ""
    say: str = ""
    hold: tuple[str, ...] = ()
    propose: str = ""
    flag: tuple[str, ...] = ()
    act: tuple[str, ...] = ()
    silence: str = ""

    def __str__(self) -> str:
        parts = [f"go {self.go}" if self.go else "", f"say {self.say}" if self.say else ""]
        parts += [f"silence: {self.silence}" if self.silence else ""]
        parts += [f"propose {self.propose}" if self.propose else ""]
        parts += [f"hold: {reason}" for reason in self.hold]
        parts += [f"flag {flag}" for flag in self.flag] + [f"act {action}" for action in self.act]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Example:
    """One message on a page, and what the whole book must do with it."""

    name: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any] | None
    """None: the page stays silent."""
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One rule."""

    id: str
    title: str
    chapter: str
    status: str
    owner: str
    why: str
    file: str
    line: int
    """The line of its `when`."""
    alternatives: tuple[tuple[Condition, ...], ...]
    """The ways in which it can be true; within one, every condition must hold."""
    then: Then
    examples: tuple[Example, ...]
    title_ar: str = ""
    since: str = ""
    until: str = ""
    known_gaps: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and line, as an approver sees them."""
        return f"{self.file}:{self.line}"

    @property
    def is_shadow(self) -> bool:
        """True when the page is watched but has no effect."""
        return self.status == "shadow"

    def is_in_force(self, today: date | None) -> bool:
        """Tell whether the page is used at all on a day; without a day, seasons do not count."""
        day = today.isoformat() if today else ""
        in_season = not day or ((not self.since or self.since <= day) and (not self.until or day <= self.until))
        return self.status in ("live", "shadow") and in_season


def contradict(one: Condition, other: Condition) -> bool:
    """Tell whether two conditions can never hold for the same message."""
    if one.fact != other.fact or one.fact in ("also_intent", "also_heard"):
        return False
    if one.test in ("above", "below") and other.test in ("above", "below"):
        # Between two neighbouring whole numbers there is no third one; a confidence may lie anywhere.
        gap = 0.0 if one.fact == "confidence" else 1.0
        return one.test == "above" and other.test == "below" and other.number - one.number <= gap
    if one.test == "is" and other.test == "is":
        return not set(one.words) & set(other.words)
    if one.test == "is" and other.test == "is_not":
        return set(one.words) <= set(other.words)
    return False


def stages_of(page: Page) -> set[str]:
    """Name the stages in which a page can fire."""
    return {
        stage
        for stage in vocabulary.STAGES
        for way in page.alternatives
        if all(condition.holds({"stage": stage}) for condition in way if condition.fact == "stage")
    }
