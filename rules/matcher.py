"""
The reference matcher: plain sets of bits, the oracle beside the C engine and its fallback.

Rule 1: it is always right; whoever differs from it is wrong.
Rule 2: it can say why something did not match.
"""

from rules.program import Program


class ReferenceMatcher:
    """Finds the alternatives whose conditions all hold."""

    def __init__(self, program: Program) -> None:
        self._all = (1 << len(program.alternatives)) - 1
        self._users = [0] * len(program.conditions)
        for number, alternative in enumerate(program.alternatives):
            for need in alternative.needs:
                self._users[need] |= 1 << number
        self._program = program

    def matching(self, truths: tuple[bool, ...]) -> tuple[int, ...]:
        """Return the positions of matching alternatives, in winning order."""
        left = self._all
        for users, is_true in zip(self._users, truths, strict=True):
            if not is_true:
                left &= ~users
        return _positions(left)

    def near_misses(self, truths: tuple[bool, ...], limit: int) -> tuple[tuple[int, int], ...]:
        """Return (alternative, its one failed condition) of pages that do not match, best fulfilled first."""
        whole = {self._program.alternatives[number].page for number in self.matching(truths)}
        missed = []
        for number, alternative in enumerate(self._program.alternatives):
            failed = [need for need in alternative.needs if not truths[need]]
            if len(failed) == 1 and len(alternative.needs) > 1 and alternative.page not in whole:
                missed.append((-len(alternative.needs), number, failed[0]))
        return tuple((number, failed) for _, number, failed in sorted(missed)[:limit])


def _positions(bits: int) -> tuple[int, ...]:
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return tuple(found)
