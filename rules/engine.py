"""
The rule engine: durable_rules decides, the reference matcher watches it.

Rule 1: this is the only file that knows durable_rules, and only its C module: the threads of `Host` crash it.
Rule 2: the C matcher gets names of true conditions, short and ASCII, and nothing else: no text, no number, no key
        that a contact could choose. Fed with raw data it loops, crashes, or answers for another contact.
Rule 3: one session id, one lock around each decision: three C calls are one decision.
Rule 4: every fact that is put in is taken out again; whatever raises, or is left over, costs the handle: a new
        one is built, and the reference matcher answers.
Rule 5: when the two differ, the reference matcher is right, and the caller is told.
Rule 6: a handle is freed in the order state, then rule set; the other order leaks both.
"""

import json
import threading
from collections.abc import Sequence
from typing import Literal

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


class DurableMatcher:
    """The same question as `ReferenceMatcher`, answered by the C engine."""

    def __init__(self, program: Program) -> None:
        if durable is None:
            raise EngineFailed("The C module durable_rules_engine is not installed.")
        self._definition = _definition(program)
        self._names = [f"p{number}" for number in range(len(program.conditions))]
        self._lock = threading.Lock()
        self._handle: int | None = None
        self.rebuilds = 0
        """How often the handle was lost and built anew."""

    def matching(self, truths: Sequence[bool]) -> tuple[int, ...]:
        """
        Return the positions of matching alternatives, in winning order.

        Raises:
            EngineFailed: the C matcher raised or left something behind; the next call uses a new handle.
        """
        flags = {name: 1 for name, is_true in zip(self._names, truths, strict=True) if is_true}
        message = json.dumps({"on": 1, **flags})
        with self._lock:
            try:
                if self._handle is None:
                    self._handle = self._build()
                return self._ask(self._handle, message)
            except (durable.error, EngineFailed, ValueError, KeyError, MemoryError) as failed:
                self.rebuilds += 1
                self._drop()
                raise EngineFailed(f"The C matcher failed and is built anew: {failed}") from failed

    def dispose(self) -> None:
        """Free the memory of the C engine; the matcher may be asked again and builds a new handle then."""
        with self._lock:
            self._drop()

    def _build(self) -> int:
        handle: int = durable.create_ruleset("book", self._definition)
        # An unfired session holds uninitialised memory that freeing it would touch: fire the sentinel first.
        self._ask(handle, json.dumps({"on": 1}))
        return handle

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

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            durable.delete_state(handle, SESSION)
        finally:
            durable.delete_ruleset(handle)


class Engine:
    """Both matchers, or the one that was asked for."""

    def __init__(self, program: Program, backend: Backend) -> None:
        if backend not in BACKENDS:
            raise ValueError(f'There is no rules backend "{backend}"; use one of: {", ".join(BACKENDS)}.')
        self._reference = ReferenceMatcher(program)
        self._durable = DurableMatcher(program) if backend != "reference" and durable is not None else None
        self.backend: str = backend if self._durable else "reference"
        """What really decides: `reference` when the C module is not installed."""
        self.near_misses = self._reference.near_misses
        self.disagreements = 0

    def matching(self, truths: tuple[bool, ...]) -> tuple[tuple[int, ...], bool]:
        """Return the matching alternatives in winning order, and whether everybody who was asked agrees."""
        if self._durable is None:
            return self._reference.matching(truths), True
        try:
            answered = self._durable.matching(truths)
        except EngineFailed:
            self.disagreements += 1
            return self._reference.matching(truths), False
        if self.backend == "durable":
            return answered, True
        expected = self._reference.matching(truths)
        agreed = answered == expected
        if not agreed:
            self.disagreements += 1
            self._durable.dispose()
        return expected, agreed

    @property
    def rebuilds(self) -> int:
        """How often the C matcher lost its handle."""
        return self._durable.rebuilds if self._durable else 0

    def dispose(self) -> None:
        """Free the memory of the C engine."""
        if self._durable is not None:
            self._durable.dispose()


def _definition(program: Program) -> str:
    rules: dict[str, object] = {}
    for number, alternative in enumerate(program.alternatives):
        tests = [{"on": 1}, *({f"p{need}": 1} for need in alternative.needs)]
        rules[f"a{number}"] = {"all": [{"m": {"$and": tests}}], "pri": number}
    rules[SENTINEL] = {"all": [{"m": {"on": 1}}], "pri": len(program.alternatives)}
    return json.dumps(rules)


def _fired(action: str) -> str:
    return str(next(iter(json.loads(action))))
