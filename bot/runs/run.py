"""
One run: where it stands, the arrows between its statuses, and its checkpoints.

Rule 1: a status changes along `ARROWS` and in no other way; every write says from where to where.
Rule 2: a write succeeds only on the version that was read. Who took a run in hand got a fence with it; when
        somebody else took it since, the fence is another and the write of the first is refused.
Rule 3: the last checkpoint is written with the run, in one write, and filed afterwards: none is lost, none is
        there twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

import orjson

from bot.errors import BadRequest
from bot.people import NOBODY, Human

# A run is read and written as a whole: what is larger belongs into a collection, and its id into the state.
LARGEST_STATE_BYTES = 256 * 1024


class RunStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_EVENT = "waiting_event"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"


S = RunStatus

ARROWS: Mapping[RunStatus, frozenset[RunStatus]] = MappingProxyType(
    {
        S.PENDING: frozenset({S.PENDING, S.RUNNING, S.FAILED, S.CANCELLED, S.COMPENSATING}),
        S.RUNNING: frozenset(
            {S.RUNNING, S.PENDING, S.WAITING_APPROVAL, S.WAITING_EVENT, S.COMPLETED, S.FAILED}
            | {S.CANCELLED, S.COMPENSATING}
        ),
        S.WAITING_APPROVAL: frozenset(
            {S.WAITING_APPROVAL, S.RUNNING, S.PENDING, S.COMPLETED, S.FAILED, S.CANCELLED, S.COMPENSATING}
        ),
        S.WAITING_EVENT: frozenset(
            {S.WAITING_EVENT, S.RUNNING, S.PENDING, S.COMPLETED, S.FAILED, S.CANCELLED, S.COMPENSATING}
        ),
        S.COMPENSATING: frozenset({S.COMPENSATING, S.COMPENSATED, S.FAILED}),
        S.FAILED: frozenset({S.FAILED, S.PENDING, S.RUNNING, S.CANCELLED, S.COMPENSATING}),
        S.COMPLETED: frozenset(),
        S.CANCELLED: frozenset(),
        S.COMPENSATED: frozenset(),
    }
)

INCOMPLETE = (S.PENDING, S.RUNNING, S.WAITING_APPROVAL, S.WAITING_EVENT, S.COMPENSATING)
"""What still goes on by itself."""

WAITING = (S.WAITING_APPROVAL, S.WAITING_EVENT)


class ImpossibleMove(ValueError):
    """A run was asked to go where no arrow leads; a fault of ours, never an outcome."""


class StateTooLarge(BadRequest):
    """More was to be remembered than a run can hold."""

    code = "run_state_too_large"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a run does not go on by itself."""

    code: str
    """`expired`, `gave_up`, `approval_rejected`, or what went wrong"""
    step: str
    message_en: str
    message_ar: str
    at: datetime
    path: tuple[str, ...] = ()
    """Where in the code; for developers."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One thing that happened to a run; written once."""

    tenant_id: str
    run_id: str
    seq: int
    step: str
    what: str
    """`started | done | again | waits | met | failed_attempt | failed | cancelled | undone | retried | ...`"""
    status: RunStatus
    at: datetime
    patch: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    """Plain facts for staff: codes, never a message."""
    attempt: int = 0
    by: Human = NOBODY


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one version of one flow."""

    id: str
    tenant_id: str
    flow: str
    version: int
    status: RunStatus
    step: str
    """What is to be done next; while it waits, the step that wanted to wait."""
    state: Mapping[str, Any]
    correlation_id: str
    by: Human
    created_at: datetime
    updated_at: datetime
    last: Checkpoint
    about: str = ""
    """The conversation it is about, if it is about one: the run goes when that contact is forgotten."""
    traceparent: str = ""
    """Where it was started, for traces to point back to; empty when nobody traced that."""
    done: tuple[str, ...] = ()
    """Steps that are done and not undone, in their order."""
    attempts: int = 0
    """How often the step failed in a row."""
    crashes: int = 0
    """How often its process died with it in hand, in a row."""
    next_run_at: datetime | None = None
    """When it is taken in hand; None when only a person can go on with it, or it is in hand."""
    deadline: datetime | None = None
    waits_for: str = ""
    wait_until: datetime | None = None
    wait_answers: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    """Signals that have ended a wait of this run: each does so once."""
    error: Fault | None = None
    is_undoing: bool = False
    """Whether what is done is being undone; a retry goes on with that."""
    is_parked: bool = False
    """Due, and nobody who looked knew its version."""
    cancel_by: Human = NOBODY
    """Who wants it cancelled; done when the step in hand has ended."""
    lease_owner: str = ""
    lease_until: datetime | None = None
    """By the database's clock: until when it is in hand; without an owner, the end of a pause."""
    fence: int = 0
    v: int = 1

    @property
    def seq(self) -> int:
        return self.last.seq

    @property
    def is_in_hand(self) -> bool:
        return bool(self.lease_owner)

    @property
    def is_over(self) -> bool:
        return not ARROWS[self.status]

    @property
    def is_led_from_outside(self) -> bool:
        """Whether checkpoints come from its caller, not from steps."""
        return not self.step

    def check_move(self, to: RunStatus) -> None:
        """Raises ImpossibleMove when the drawing has no such arrow."""
        if to not in ARROWS[self.status]:
            raise ImpossibleMove(f"run {self.id}: {self.status} -> {to} is not an arrow")


def remembered(state: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """
    The state with a patch in it, as it comes back from the database.

    Raises StateTooLarge, BadRequest for what is no plain value.
    """
    merged = {**state, **patch}
    try:
        size = len(orjson.dumps(merged, default=_plain))
    except (TypeError, ValueError) as refused:
        raise BadRequest(
            f"a run remembers plain values only (texts, numbers, lists, times): {refused}",
            "لا تحفظ المهمة إلا قيمًا بسيطة: نصوصًا وأرقامًا وقوائم وأوقاتًا",
        ) from refused
    if size > LARGEST_STATE_BYTES:
        largest = max(merged, key=lambda name: len(json.dumps(merged[name], default=str)))
        raise StateTooLarge(
            f"the state would be {size} bytes, more than {LARGEST_STATE_BYTES}; the largest part is {largest!r}: "
            "keep it in a collection and remember its id",
            f"حجم حالة المهمة {size} بايت ويتجاوز {LARGEST_STATE_BYTES}؛ الجزء الأكبر هو «{largest}»: احفظه في "
            "مجموعة مستقلة واحتفظ بمعرّفه فقط",
        )
    return thawed(merged)


def thawed(value: Any) -> Any:
    """Mappings and tuples as the plain ones that a database stores."""
    if isinstance(value, Mapping):
        return {str(name): thawed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [thawed(inner) for inner in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is none")


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened, for runs that wait for it, now or later."""

    id: str
    tenant_id: str
    waits_for: str
    facts: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run."""

    tenant_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Who keeps a run in hand after a write, and for how long; no owner and seconds: a pause."""

    owner: str = ""
    seconds: float = 0.0


FREE = Hold()

AS_IT_IS: Hold | None = None
"""Whoever has it in hand keeps it."""


class RunRows(Protocol):
    """Where runs are kept."""

    async def add(self, run: Run) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, run_id: str) -> Run | None: ...

    async def due(self, now: datetime, kinds: Sequence[str], limit: int) -> list[RunName]:
        """Runs of all tenants whose time has come, oldest first."""

    async def abandoned(self, kinds: Sequence[str], limit: int) -> list[RunName]:
        """Runs of all tenants whose lease or pause has ended by the database's clock."""

    async def strangers(self, since: datetime, kinds: Sequence[str], limit: int) -> list[RunName]:
        """Runs of all tenants that are due since then, of none of these kinds, and not parked yet."""

    async def claim(self, name: RunName, kinds: Sequence[str], now: datetime, hold: Hold) -> Run | None:
        """Take it in hand if it is due and nobody has it; it has a new fence then."""

    async def beat(self, run: Run, seconds: float) -> bool:
        """Keep it in hand for longer; False when it is somebody else's by now."""

    async def write(self, before: Run, after: Run, hold: Hold | None) -> Run | None:
        """Write it if it still is at `before.v` and its fence; None when not. Raises ImpossibleMove."""

    async def file(self, checkpoint: Checkpoint, about: str = "") -> None:
        """Append it, if it is not there yet; `about` as its run says."""

    async def checkpoints(self, tenant_id: str, run_id: str, limit: int) -> list[Checkpoint]:
        """The latest, oldest first."""

    async def latest(self, tenant_id: str, statuses: Sequence[RunStatus], flow: str, limit: int) -> list[Run]:
        """Newest first; all statuses, or flows, where none is named."""

    async def concerning(self, tenant_id: str, about: str, limit: int) -> list[Run]:
        """The runs about one conversation, newest first."""

    async def parked(self, tenant_id: str, limit: int) -> list[Run]: ...

    async def poke(self, tenant_id: str, waits_for: str, now: datetime) -> int:
        """Make every run that waits for this look now."""

    async def add_signal(self, signal: Signal) -> bool:
        """False when one of its id is there already."""

    async def signal(self, tenant_id: str, waits_for: str, besides: Sequence[str]) -> Signal | None:
        """The oldest, besides those of these ids."""

    async def untold_signals(self, limit: int) -> list[tuple[str, str, str]]:
        """(tenant, id, what for) of those whose runs were perhaps not poked."""

    async def signal_told(self, tenant_id: str, signal_id: str) -> None: ...
