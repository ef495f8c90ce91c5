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
"""

import contextlib
import json
import threading
import weakref
from typing import Literal, Protocol

from rules.matcher import ReferenceMatcher
from rules.program import Program

try:
    import durable_rules_engine as durable
except ImportError:  # a machine without the C module still decides, with the reference matcher
    durable = None

Backend = Literal["both", "reference", "durable"]
BACKENDS: tuple[str, ...] = ("both", "reference", "durable")

SESSION = "0"
SENTINEL = "zz"
STATUS_OK = 0


class EngineFailed(Exception):
    """The C matcher raised or answered nonsense; the caller answers from the reference matcher."""


class Matcher(Protocol):
    """Whoever can tell which alternatives match."""

    def matching(self, truths: tuple[bool, ...]) -> tuple[int, ...]:
        """Return the positions of matching alternatives, in winning order; may raise EngineFailed."""

    def restart(self) -> None:
        """Forget everything but the program."""

    def dispose(self) -> None:
        """Free all memory; whoever asks afterwards gets EngineFailed."""


class _Handle:
    """One rule set inside the C engine; kept apart from its matcher so that it can be freed after it."""

    def __init__(self) -> None:
        self.number: int | None = None

    def free(self) -> None:
        number, self.number = self.number, None
        if number is None:
            return
        # After some failures the engine does not find its own state again; then there is none to free.
        with contextlib.suppress(durable.error):
            durable.delete_state(number, SESSION)
        durable.delete_ruleset(number)


class DurableMatcher:
    """The same question as `ReferenceMatcher`, answered by the C engine."""

    def __init__(self, program: Program) -> None:
        if durable is None:
            raise EngineFailed("The C module durable_rules_engine is not installed.")
        self._definition = _definition(program)
        self._names = [f"p{number}" for number in range(len(program.conditions))]
        self._lock = threading.Lock()
        self._handle = _Handle()
        self._is_disposed = False
        weakref.finalize(self, self._handle.free)
        self.rebuilds = 0
        """How often the handle was lost and built anew."""

    def matching(self, truths: tuple[bool, ...]) -> tuple[int, ...]:
        """
        Return the positions of matching alternatives, in winning order.

        Raises:
            EngineFailed: the C matcher raised or left something behind; the next call uses a new handle.
        """
        flags = {name: 1 for name, is_true in zip(self._names, truths, strict=True) if is_true}
        message = json.dumps({"on": 1, **flags})
        with self._lock:
            if self._is_disposed:
                raise EngineFailed("The C matcher was disposed of.")
            try:
                return self._ask(self._number(), message)
            except (durable.error, EngineFailed, ValueError, KeyError, MemoryError) as failed:
                self.rebuilds += 1
                self._handle.free()
                raise EngineFailed(f"The C matcher failed and is built anew: {failed}") from failed

    def restart(self) -> None:
        """Drop the handle; the next question builds a new one."""
        with self._lock:
            self.rebuilds += 1
            self._handle.free()

    def dispose(self) -> None:
        """Free the memory of the C engine, for good."""
        with self._lock:
            self._is_disposed = True
            self._handle.free()

    def _number(self) -> int:
        if self._handle.number is None:
            self._handle.number = durable.create_ruleset("book", self._definition)
            # An unfired session holds uninitialised memory that freeing it would touch: fire the sentinel first.
            self._ask(self._handle.number, json.dumps({"on": 1}))
        return self._handle.number

    def _ask(self, handle: int, message: str) -> tuple[int, ...]:
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
        return tuple(int(name[1:]) for name in fired[:-1])


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

    def matching(self, truths: tuple[bool, ...]) -> tuple[tuple[int, ...], bool]:
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


def _definition(program: Program) -> str:
    rules: dict[str, object] = {}
    for number, alternative in enumerate(program.alternatives):
        tests = [{"on": 1}, *({f"p{need}": 1} for need in alternative.needs)]
        rules[f"a{number}"] = {"all": [{"m": {"$and": tests}}], "pri": number}
    rules[SENTINEL] = {"all": [{"m": {"on": 1}}], "pri": len(program.alternatives)}
    return json.dumps(rules)


def _fired(action: str) -> str:
    return str(next(iter(json.loads(action))))
