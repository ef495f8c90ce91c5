"""
The reference matcher: plain sets of bits, the oracle beside the C engine and its fallback.

Rule 1: it is always right; whoever differs from it is wrong.
Rule 2: it can say why something did not match.
"""

from rules.program import Program
from rules.truths import Truths, bits, by_fact, numbers_in

# A fact has few values that differ for a book: a stage has 13. Only what a contact says at once can be combined
# in more ways; beyond this the memory of one fact is emptied.
REMEMBERED = 4096


Missing = tuple[int, int]
"""Alternatives that miss at least one of their conditions, and those that miss more, as sets of bits."""


class ReferenceMatcher:
    """Finds the alternatives whose conditions all hold."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._all = (1 << len(program.alternatives)) - 1
        self._needs = [bits(iter(alternative.needs)) for alternative in program.alternatives]
        users = [0] * len(program.conditions)
        by_length: dict[int, int] = {}
        for number, alternative in enumerate(program.alternatives):
            by_length[len(alternative.needs)] = by_length.get(len(alternative.needs), 0) | 1 << number
            for need in alternative.needs:
                users[need] |= 1 << number
        self._by_length = [by_length[length] for length in sorted(by_length, reverse=True) if length > 1]
        self._facts = [
            _Fact([(number, users[number]) for number, _ in asked])
            for asked in by_fact(enumerate(program.conditions)).values()
        ]

    def matching(self, truths: Truths) -> tuple[int, ...]:
        """Return the positions of matching alternatives, in winning order."""
        return tuple(numbers_in(self._all & ~self._missing(truths)[0]))

    def near_misses(self, truths: Truths, limit: int) -> tuple[tuple[int, int], ...]:
        """Return (alternative, its one failed condition) of pages that do not match, best fulfilled first."""
        one, more = self._missing(truths)
        whole = {self._program.alternatives[number].page for number in numbers_in(self._all & ~one)}
        nearly = one & ~more
        found: list[tuple[int, int]] = []
        for length in self._by_length:
            for number in numbers_in(nearly & length):
                if len(found) == limit:
                    return tuple(found)
                if self._program.alternatives[number].page not in whole:
                    found.append((number, next(numbers_in(self._needs[number] & ~truths))))
        return tuple(found)

    def _missing(self, truths: Truths) -> Missing:
        one = more = 0
        for fact in self._facts:
            its_one, its_more = fact.missing(truths)
            more |= its_more | (one & its_one)
            one |= its_one
        return one, more


class _Fact:
    """The conditions on one fact, and who needs them."""

    def __init__(self, asked: list[tuple[int, int]]) -> None:
        self._asked = asked
        self._own = bits(number for number, _ in asked)
        self._remembered: dict[int, Missing] = {}

    def missing(self, truths: Truths) -> Missing:
        """Tell which alternatives miss one or more of these conditions; the same value is worked out once."""
        true = truths & self._own
        found = self._remembered.get(true)
        if found is None:
            one = more = 0
            for number, users in self._asked:
                if not true >> number & 1:
                    more |= one & users
                    one |= users
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[true] = (one, more)
        return found
