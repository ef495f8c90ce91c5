"""
The rule engine: durable_rules decides, the reference matcher watches it.

Rule 1: this is the only file that knows durable_rules, and only its C module: the threads of `Host` crash it.
Rule 2: the C matcher gets names of true conditions, short and ASCII, and nothing else: no text, no number, no key
        that a contact could choose. Fed with raw data it loops, crashes, or answers for another contact.
Rule 3: one session id, one lock around each decision: three C calls are one decision.
Rule 4: every fact that is put in is taken out again; whatever raises, or is left over, costs the handle: a new
        one is built, and the reference matcher answers.
Rule 5: when the two differ, the reference matcher is right, and the caller is told.
Rule 6: a handle is freed in the order state, then rule set; the other order leaks both. It is freed at the latest
        when nobody holds the matcher any more.
Rule 7: one handle holds one piece of a program, far from every limit. A program of one piece is one handle; a
        larger one is cut by stage, then into pieces, and each handle is built when it is first asked.
"""

import contextlib
import json
import threading
import weakref
from typing import Literal, Protocol

from rules.matcher import ReferenceMatcher
from rules.pieces import LIMITS, Limits, Piece, cut
from rules.program import Program
from rules.truths import Truths, bits, numbers_in

try:
    import durable_rules_engine as durable
except ImportError:  # a machine without the C module still decides, with the reference matcher
    durable = None

Backend = Literal["both", "reference", "durable"]
BACKENDS: tuple[str, ...] = ("both", "reference", "durable")

SESSION = "0"
SENTINEL = "zz"
STATUS_OK = 0

# 13 stages and one that nobody knows; whoever asks about more is no deal, and the oldest makes room.
STAGES_HELD = 14


class EngineFailed(Exception):
    """The C matcher raised or answered nonsense; the caller answers from the reference matcher."""


class Matcher(Protocol):
    """Whoever can tell which alternatives match."""

    def matching(self, truths: Truths) -> tuple[int, ...]:
        """Return the positions of matching alternatives, in winning order; may raise EngineFailed."""

    def restart(self) -> None:
        """Forget everything but the program."""

    def dispose(self) -> None:
        """Free all memory; whoever asks afterwards gets EngineFailed."""


class _Handle:
    """One rule set inside the C engine, for one piece of a program."""

    def __init__(self, piece: Piece) -> None:
        self._ways = [number for number, _ in piece.ways]
        self._asked = piece.asked
        self._flags = {need: f',"p{need}":1' for need in numbers_in(piece.asked)}
        self._definition = _definition(piece)
        self._number: int | None = None

    def matching(self, truths: Truths) -> list[int]:
        """Return the numbers of the matching alternatives of this piece, in winning order."""
        flags = "".join(self._flags[need] for need in numbers_in(truths & self._asked))
        return [self._ways[place] for place in self._ask(f'{{"on":1{flags}}}')]

    def free(self) -> None:
        number, self._number = self._number, None
        if number is None:
            return
        # After some failures the engine does not find its own state again; then there is none to free.
        with contextlib.suppress(durable.error):
            durable.delete_state(number, SESSION)
        durable.delete_ruleset(number)

    def _ask(self, message: str) -> list[int]:
        if self._number is None:
            self._number = durable.create_ruleset("book", self._definition)
            # An unfired session holds uninitialised memory that freeing it would touch: fire the sentinel first.
            self._fire(self._number, '{"on":1}')
        return self._fire(self._number, message)

    def _fire(self, handle: int, message: str) -> list[int]:
        status, state = durable.assert_fact(handle, message)
        if status != STATUS_OK:
            raise EngineFailed(f"a fact was not handled, status {status}")
        started = durable.start_action_for_state(handle, state)
        if started is None:
            raise EngineFailed("nothing fired, not even the sentinel")
        fired = [_fired(started[1])]
        while (following := durable.complete_and_start_action(handle, state)) is not None:
            fired.append(_fired(following))
        durable.retract_fact(handle, message)
        if fired[-1] != SENTINEL or len(set(fired)) != len(fired):
            raise EngineFailed("actions of another decision were left over")
        return [int(name[1:]) for name in fired[:-1]]


class _Handles:
    """The handles of one program, by what is true of the stage; kept apart from their matcher, to outlive it."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._program = program
        self._limits = limits
        ways = [(number, alternative.needs) for number, alternative in enumerate(program.alternatives)]
        whole = cut(ways, program.conditions, limits)
        staged = (number for number, c in enumerate(program.conditions) if c.fact == "stage")
        self._stage = bits(staged) if len(whole) > 1 else 0
        self._held = {} if self._stage else {0: tuple(_Handle(piece) for piece in whole)}

    def for_stage(self, truths: Truths) -> tuple[_Handle, ...]:
        """Return the handles that hold every alternative that can match."""
        here = truths & self._stage
        found = self._held.get(here)
        if found is None:
            if len(self._held) >= STAGES_HELD:
                for handle in self._held.pop(next(iter(self._held))):
                    handle.free()
            found = self._held[here] = tuple(_Handle(piece) for piece in self._pieces(here))
        return found

    def free(self) -> None:
        """Free the memory of every handle; who is asked again is built anew."""
        for handles in tuple(self._held.values()):
            for handle in handles:
                handle.free()

    def _pieces(self, here: Truths) -> tuple[Piece, ...]:
        """What can match at a stage, without the conditions that are true there anyway."""
        elsewhere = self._stage & ~here
        ways = [
            (number, tuple(need for need in alternative.needs if not self._stage >> need & 1))
            for number, alternative in enumerate(self._program.alternatives)
            if not any(elsewhere >> need & 1 for need in alternative.needs)
        ]
        return cut(ways, self._program.conditions, self._limits) if ways else ()


class DurableMatcher:
    """The same question as `ReferenceMatcher`, answered by the C engine."""

    def __init__(self, program: Program, limits: Limits = LIMITS) -> None:
        if durable is None:
            raise EngineFailed("The C module durable_rules_engine is not installed.")
        self._lock = threading.Lock()
        self._handles = _Handles(program, limits)
        self._is_disposed = False
        weakref.finalize(self, self._handles.free)
        self.rebuilds = 0
        """How often a handle was lost and built anew."""

    def matching(self, truths: Truths) -> tuple[int, ...]:
        """
        Return the positions of matching alternatives, in winning order.

        Raises:
            EngineFailed: the C matcher raised or left something behind; the next call uses a new handle.
        """
        with self._lock:
            if self._is_disposed:
                raise EngineFailed("The C matcher was disposed of.")
            found: list[int] = []
            for handle in self._handles.for_stage(truths):
                found += self._ask(handle, truths)
            return tuple(found)

    def restart(self) -> None:
        """Drop every handle; the next question builds new ones."""
        with self._lock:
            self.rebuilds += 1
            self._handles.free()

    def dispose(self) -> None:
        """Free the memory of the C engine, for good."""
        with self._lock:
            self._is_disposed = True
            self._handles.free()

    def _ask(self, handle: _Handle, truths: Truths) -> list[int]:
        try:
            return handle.matching(truths)
        except (durable.error, EngineFailed, ValueError, KeyError, MemoryError) as failed:
            self.rebuilds += 1
            handle.free()
            raise EngineFailed(f"The C matcher failed and is built anew: {failed}") from failed


class Engine:
    """The reference matcher, alone or with another one that it watches or that decides alone."""

    def __init__(self, reference: ReferenceMatcher, other: Matcher | None, backend: Backend) -> None:
        self._reference = reference
        self._other = other
        self.backend: Backend = backend if other else "reference"
        """Who really decides: `reference` when the C module is not installed."""
        self.near_misses = reference.near_misses
        self.disagreements = 0
        """How often the other matcher failed or differed."""
        self._is_disposed = False

    @classmethod
    def of(cls, program: Program, backend: Backend) -> "Engine":
        """Build the matchers that a backend names."""
        if backend not in BACKENDS:
            raise ValueError(f'There is no rules backend "{backend}"; use one of: {", ".join(BACKENDS)}.')
        other = DurableMatcher(program) if backend != "reference" and durable is not None else None
        return cls(ReferenceMatcher(program), other, backend)

    def matching(self, truths: Truths) -> tuple[tuple[int, ...], bool]:
        """Return the matching alternatives in winning order, and whether everybody who was asked agrees."""
        if self._other is None or self._is_disposed:
            return self._reference.matching(truths), True
        try:
            answered = self._other.matching(truths)
        except EngineFailed:
            expected = self._reference.matching(truths)
            if self._is_disposed:  # disposed of between two lines of this method: no quarrel
                return expected, True
            self.disagreements += 1
            return expected, False
        if self.backend == "durable":
            return answered, True
        expected = self._reference.matching(truths)
        if answered == expected:
            return expected, True
        self.disagreements += 1
        self._other.restart()
        return expected, False

    def dispose(self) -> None:
        """Free the memory of the other matcher; decisions that still come are the reference matcher's."""
        self._is_disposed = True
        if self._other is not None:
            self._other.dispose()


def _definition(piece: Piece) -> str:
    rules: dict[str, object] = {}
    for place, (_, needs) in enumerate(piece.ways):
        tests = [{"on": 1}, *({f"p{need}": 1} for need in needs)]
        rules[f"a{place}"] = {"all": [{"m": {"$and": tests}}], "pri": place}
    rules[SENTINEL] = {"all": [{"m": {"on": 1}}], "pri": len(piece.ways)}
    return json.dumps(rules)


def _fired(action: str) -> str:
    """The rule that an action names first: `{"a7":{...}}`."""
    opening, name, rest = action.split('"', 2)
    if opening != "{" or not rest.startswith(":"):
        raise EngineFailed("an action has no name")
    return name
