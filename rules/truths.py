"""
Which conditions hold for a message: one look for each fact, however many conditions ask about it.

Rule 1: truths are a set of bits: bit n is set when condition n of the program holds.
Rule 2: the answer is the one that `Condition.holds` gives; this only finds it without asking each of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from rules.facts import Condition, Facts, Value

Truths = int
"""Bit n is set when condition n holds."""

Numbered = tuple[int, Condition]


class Looks:
    """Every condition of a program, by the fact that it asks about."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._looks = [(fact, Look(asked)) for fact, asked in by_fact(enumerate(conditions)).items()]

    def truths(self, known: Facts) -> Truths:
        """Tell which conditions hold."""
        found = 0
        for fact, look in self._looks:
            found |= look.truths(known[fact])
        return found


class Look:
    """All conditions on one fact."""

    def __init__(self, asked: Sequence[Numbered]) -> None:
        self._is = _by_word(asked, "is")
        self._is_not = _by_word(asked, "is_not")
        self._otherwise = bits(number for number, condition in asked if condition.test == "is_not")
        self._by_word = {word: self._true_of((word,)) for word in (*self._is, *self._is_not)}
        above = sorted((c.number, n) for n, c in asked if c.test == "above")
        below = sorted(((c.number, n) for n, c in asked if c.test == "below"), reverse=True)
        self._has_limits = bool(above or below)
        self._above = [number for number, _ in above]
        self._below = [number for number, _ in reversed(below)]
        self._lower = _growing([n for _, n in above])
        self._higher = _growing([n for _, n in below])

    def truths(self, value: Value) -> Truths:
        """Tell which of them hold for a value."""
        if isinstance(value, frozenset):
            return self._true_of(value)
        found = self._by_word.get(_word(value), self._otherwise) if self._by_word else 0
        # What is no number is neither above nor below.
        if not self._has_limits or isinstance(value, str) or value != value:
            return found
        found |= self._lower[bisect_left(self._above, value)]
        return found | self._higher[len(self._below) - bisect_right(self._below, value)]

    def _true_of(self, words: Iterable[str]) -> Truths:
        found = excluded = 0
        for word in words:
            found |= self._is.get(word, 0)
            excluded |= self._is_not.get(word, 0)
        return found | (self._otherwise & ~excluded)


def by_fact(asked: Iterator[Numbered]) -> dict[str, list[Numbered]]:
    """Put conditions together that ask about the same fact."""
    found: dict[str, list[Numbered]] = {}
    for number, condition in asked:
        found.setdefault(condition.fact, []).append((number, condition))
    return found


def bits(numbers: Iterator[int]) -> int:
    """A set of bits from the numbers of its members."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def numbers_in(members: int) -> Iterator[int]:
    """The numbers of the members of a set of bits, lowest first."""
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


def _by_word(asked: Sequence[Numbered], test: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, condition in asked:
        for word in condition.words if condition.test == test else ():
            found[word] = found.get(word, 0) | 1 << number
    return found


def _growing(numbers: Sequence[int]) -> list[int]:
    """Sets of the first 0, 1, 2, ... of some numbers."""
    found = [0]
    for number in numbers:
        found.append(found[-1] | 1 << number)
    return found


def _word(value: Value) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
