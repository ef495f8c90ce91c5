"""
Two pages that could both win for the same message, and decide differently.

Rule 1: pages of equal weight that can hold together and say different things are a tie; the book does not load.
Rule 2: every pair is found without comparing pairs: a condition rules out whole sets of ways at once, so that
        5,000 pages take a fraction of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.facts import Condition
from rules.pages import Page, contradict
from rules.problems import Problem
from rules.program import weight
from rules.truths import bits, by_fact, numbers_in

# Pages of these chapters compete; in the others all that match have their say, or an order decides.
COMPETING = ("routing", "replies")

CAN_FIRE_TOGETHER = "it can fire together with"
"""How every problem begins that is a tie."""

Way = tuple[int, tuple[Condition, ...]]
"""The number of a page, and one way in which it can be true."""


def ties(pages: Sequence[Page]) -> list[Problem]:
    """Find pages of equal weight that can fire on one message and decide differently."""
    live = [page for page in pages if page.chapter in COMPETING and not page.is_shadow]
    rivals: dict[object, list[Way]] = {}
    for number, page in enumerate(live):
        for way in page.alternatives:
            rivals.setdefault((page.chapter, weight(way)), []).append((number, way))
    pairs = sorted({pair for ways in rivals.values() for pair in _Group(ways).pairs()})
    return [_problem(live[one], live[other]) for one, other in pairs if live[one].then != live[other].then]


def _problem(page: Page, other: Page) -> Problem:
    what = f'it can fire together with "{other.id}" and neither is more specific. Add a line to one.'
    return Problem(page.file, page.line, what)


@dataclass(frozen=True, slots=True)
class _Group:
    """Ways of equal weight."""

    ways: Sequence[Way]

    def pairs(self) -> set[tuple[int, int]]:
        """Pages of which each has a way that can hold together with one of the other."""
        excluded = self._excluded()
        everybody = (1 << len(self.ways)) - 1
        found = set()
        for place, (page, way) in enumerate(self.ways):
            together = everybody & ~((2 << place) - 1)  # those before it have looked already
            for condition in way:
                together &= ~excluded[condition]
            for other in numbers_in(together):
                if self.ways[other][0] != page:
                    found.add((page, self.ways[other][0]))
        return found

    def _excluded(self) -> dict[Condition, int]:
        """For each condition, the ways that can never hold together with it."""
        users: dict[Condition, list[int]] = {}
        for place, (_, way) in enumerate(self.ways):
            for condition in way:
                users.setdefault(condition, []).append(place)
        held_by = {condition: bits(iter(places)) for condition, places in users.items()}
        found = dict.fromkeys(held_by, 0)
        for asked in by_fact(enumerate(held_by)).values():
            for _, one in asked:
                for _, other in asked:
                    if contradict(one, other) or contradict(other, one):
                        found[one] |= held_by[other]
        return found
