"""
What a developer writes: a flow of named steps, and what a step may answer.

    runs.register(Flow("hello", 1, (Step("ask", ask), Step("send", send, compensate=take_back))))

Rule 1: a step may be run again from its beginning at any moment: each side effect goes through a door that takes
        `turn.dedupe_key` (outbox, approvals, a row with that id), so that twice is as good as once.
Rule 2: what a step must remember goes into its answer; it is durable before the next step begins.
Rule 3: the state holds ids, numbers and codes, never what people wrote: nobody is forgotten inside a run.
Rule 4: what is registered under a version stays as it is; who changes the steps takes the next version.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.people import Human

State = Mapping[str, Any]

# A step that fails this often in a row needs a person.
ATTEMPTS = 5

# A provider's answer, a pack, a chunk of a list: nothing that is one step takes longer.
TIMEOUT_SECONDS = 60.0

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class GiveUp(Exception):
    """What a step raises when trying again is of no use; the run waits for a person."""

    def __init__(self, reason_en: str, reason_ar: str, code: str = "gave_up") -> None:
        super().__init__(reason_en)
        self.reason_en = reason_en
        self.reason_ar = reason_ar
        self.code = code


@dataclass(frozen=True, slots=True)
class Turn:
    """What a step is given."""

    tenant_id: str
    run_id: str
    flow: str
    version: int
    step: str
    state: State
    """What the steps before remembered; `approval` and `event` hold what the last wait was answered with."""
    attempt: int
    """1 for the first; a crash counts as an attempt, another round of the same step does not."""
    now: datetime
    correlation_id: str
    by: Human

    @property
    def dedupe_key(self) -> str:
        """The same however often this step is run: the key of its side effect."""
        return f"{self.run_id}:{self.step}"


@dataclass(frozen=True, slots=True)
class Next:
    """What a step may answer; made by the functions below."""

    patch: State = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Done(Next):
    """On to the next step; `at` says when, `is_last` that there is none."""

    at: datetime | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Again(Next):
    """The same step once more."""

    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait(Next):
    """On to the next step when something has happened."""

    waits_for: str = ""
    until: datetime | None = None
    answers: tuple[str, ...] = ()
    """With which answers the next step begins; with any other the run ends."""


def done(**patch: Any) -> Next:
    """The step is done; the next one begins."""
    return Done(patch)


def finished(**patch: Any) -> Next:
    """The whole run is done, whatever steps there still are."""
    return Done(patch, is_last=True)


def again(after_seconds: float = 0.0, **patch: Any) -> Next:
    """A part of the step is done; the same step goes on from what is remembered now."""
    return Again(patch, after_seconds)


def sleep_until(when: datetime, **patch: Any) -> Next:
    """The step is done; the next one begins at this time."""
    return Done(patch, at=when)


def wait_for_approval(
    approval_id: str, until: datetime | None, answers: tuple[str, ...] = ("approved",), **patch: Any
) -> Next:
    """
    The next step begins when people have decided; `state["approval"]` says what.

    Args:
        until: the end of waiting, and then the run ends as expired; None when only the approval's own end counts.
        answers: `approved`, and those of `rejected`, `expired`, `cancelled`, `superseded` that the next step
            handles by itself; with any other the run ends.
    """
    return Wait(patch, f"approval:{approval_id}", until, answers)


def wait_for_event(
    name: str, key: str, until: datetime | None, answers: tuple[str, ...] = ("happened",), **patch: Any
) -> Next:
    """
    The next step begins when somebody has signalled; `state["event"]` holds the facts.

    A signal that came before counts. With `expired` among the answers the next step begins also when nobody
    signalled in time, and finds no facts.
    """
    return Wait(patch, event_name(name, key), until, answers)


def event_name(name: str, key: str) -> str:
    """What a run waits for, as it is stored."""
    return f"event:{name}:{key}"


Work = Callable[[Turn], Awaitable[Next]]
Undo = Callable[[Turn], Awaitable[None]]
TakeOver = Callable[[str, State], tuple[str, State]]
"""(step, state) of a run of an older version -> where and with what it goes on in this one"""


@dataclass(frozen=True, slots=True)
class Step:
    """One named step."""

    name: str
    work: Work
    compensate: Undo | None = None
    """Undoes what the step did, also twice; called when a run is cancelled."""
    attempts: int = ATTEMPTS
    timeout_seconds: float = TIMEOUT_SECONDS
    title_en: str = ""
    title_ar: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Named steps, one after the other."""

    name: str
    version: int
    steps: tuple[Step, ...]
    """None for a flow that is led from outside, by `checkpoint` and `complete_run`."""
    title_en: str = ""
    title_ar: str = ""
    hears: tuple[str, ...] = ()
    """Kinds of approvals that its steps ask for: their decisions wake a run at once."""
    takes_over: Mapping[int, TakeOver] = field(default_factory=lambda: MappingProxyType({}))
    """Older versions whose runs go on with this one."""

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        wrong = [name for name in (self.name, *names) if not _NAME.fullmatch(name)]
        if wrong or len(set(names)) < len(names) or self.version < 1:
            raise ValueError(f"the flow {self.name!r} has crooked or repeated names, or no version: {names}")
        if any(old >= self.version for old in self.takes_over):
            raise ValueError(f"the flow {self.name!r} can take over older versions only")

    @property
    def kind(self) -> str:
        return kind_of(self.name, self.version)

    @property
    def first(self) -> str:
        return self.steps[0].name if self.steps else ""

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def after(self, name: str) -> str:
        """The step that follows; empty after the last."""
        names = [step.name for step in self.steps]
        at = names.index(name) + 1
        return names[at] if at < len(names) else ""


def kind_of(flow: str, version: int) -> str:
    """A flow in one of its versions, in one word."""
    return f"{flow}@{version}"
