"""
A program cut into pieces that the C matcher can hold.

Rule 1: past its limits the C matcher loops, crashes, or loses a decision in the middle; no piece comes near one,
        whatever is true of a message.
Rule 2: pieces are cut out of the winning order one after the other: what they find, put one after the other, is
        what the whole program would have found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from rules import facts
from rules.facts import Condition
from rules.truths import Look, Numbered, bits, by_fact

ALSO = ("also_intent", "also_heard")
"""Facts that have many values at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What one piece may hold; each keeps a distance from the limit of durable_rules 2.0.28, as measured there.
    """

    ways: int = 4000
    """4,096 rules are refused, and what was built of them is never freed."""
    siblings: int = 480
    """512 conditions under one node make it loop for ever."""
    identical: int = 250
    """256 rules that end in one node crash it."""
    waiting: int = 60
    """Nodes that wait to be looked at in one walk through the tree: it has room for 64, and then fails."""
    flags: int = 240
    """252 properties of one message are refused; id and session are two of them."""


LIMITS = Limits()

Way = tuple[int, tuple[int, ...]]
"""The number of an alternative, and the conditions that it needs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of alternatives that one handle of the C matcher holds."""

    ways: tuple[Way, ...]
    asked: int
    """The conditions that they need, as a set of bits."""


def cut(ways: Sequence[Way], conditions: Sequence[Condition], limits: Limits = LIMITS) -> tuple[Piece, ...]:
    """Cut alternatives into as few pieces as halving gives; one that is too much alone stays alone."""
    if len(ways) <= 1 or _fits(ways, conditions, limits):
        return (Piece(tuple(ways), bits(need for _, needs in ways for need in needs)),)
    half = len(ways) // 2
    return (*cut(ways[:half], conditions, limits), *cut(ways[half:], conditions, limits))


def _fits(ways: Sequence[Way], conditions: Sequence[Condition], limits: Limits) -> bool:
    if len(ways) > limits.ways or max(len(needs) for _, needs in ways) > limits.flags:
        return False
    tree = _Node()
    for _, needs in ways:
        tree.add(needs)
    if not tree.is_slim(limits):
        return False
    asked = sorted({need for _, needs in ways for need in needs})
    return _width(asked, conditions) <= limits.flags and tree.waiting(conditions) <= limits.waiting


class _Node:
    """One condition in the tree that the C matcher builds: alternatives share their first conditions."""

    def __init__(self) -> None:
        self.children: dict[int, _Node] = {}
        self.endings = 0

    def add(self, needs: Sequence[int]) -> None:
        node = self
        for need in needs:
            node = node.children.setdefault(need, _Node())
        node.endings += 1

    def is_slim(self, limits: Limits) -> bool:
        return all(
            len(node.children) <= limits.siblings and node.endings <= limits.identical for node in self._all()
        )

    def waiting(self, conditions: Sequence[Condition]) -> int:
        """Bound how many nodes one message can make wait: a node's own, and those beside it that still wait."""
        here = _width(tuple(self.children), conditions)
        below = max((child.waiting(conditions) for child in self.children.values() if child.children), default=0)
        return max(here, here - 1 + below)

    def _all(self) -> Iterator["_Node"]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children.values()


def _width(numbers: Sequence[int], conditions: Sequence[Condition]) -> int:
    """Bound how many of some conditions one message can make true."""
    if len(numbers) <= 1:
        return len(numbers)
    grouped = by_fact((number, conditions[number]) for number in numbers)
    return sum(_width_of(fact, asked) for fact, asked in grouped.items())


def _width_of(fact: str, asked: Sequence[Numbered]) -> int:
    if fact in ALSO or len(asked) == 1:
        return len(asked)
    look = Look(asked)
    return max(look.truths(value).bit_count() for value in _values_of(fact, asked))


def _values_of(fact: str, asked: Sequence[Numbered]) -> Iterator[facts.Value]:
    """Enough values of a fact to meet every set of conditions on it that can be true together."""
    if fact in facts.YES_NO:
        yield from (True, False)
    elif fact in facts.NUMBERS:
        for _, condition in asked:
            yield from (nextafter(condition.number, -inf), condition.number, nextafter(condition.number, inf))
    else:
        yield from {word for _, condition in asked for word in condition.words}
        yield "a word that no condition names"
