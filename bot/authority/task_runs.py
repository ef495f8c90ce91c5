"""
One run of a task, as it is kept: who wanted it, what the policy said, what became of it.

Rule 1: what is kept of a payload is what its task names as harmless; the rest is its length.
Rule 2: the payload itself is kept only while it waits for somebody to agree, and goes with the decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from bot.people import NOBODY, Human


class RunStatus(StrEnum):
    """What became of it."""

    BLOCKED = "blocked"
    WAITING = "waiting"
    """For somebody to agree."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUSED = "refused"
    """Somebody said no, or nobody said anything in time."""
    INTERRUPTED = "interrupted"
    """It was begun, and nobody knows how far it came; it is never begun again by itself."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """Something that happened on the way."""

    name: str
    """`policy_gate | approval | execution`"""
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    id: str
    tenant_id: str
    task: str
    action: str
    action_class: str
    by: Human
    correlation_id: str
    content_sha256: str
    payload: Mapping[str, Any]
    """Without what must not be kept."""
    status: RunStatus
    created_at: datetime
    code: str = ""
    message_en: str = ""
    message_ar: str = ""
    held_payload: str = ""
    """As it came, in JSON, while it waits."""
    recipient: str = ""
    evidence: str = ""
    is_over_budget: bool = False
    approval_id: str = ""
    approver: Human = NOBODY
    result: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    cost_halalas: int = 0
    budget_day: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steps: tuple[RunStep, ...] = ()


class TaskRuns(Protocol):
    """Where runs are kept."""

    async def add(self, run: Run) -> None: ...

    async def read(self, tenant_id: str, run_id: str) -> Run | None: ...

    async def move(self, run: Run, was: RunStatus) -> bool:
        """Write it if it still stands where it was."""

    async def unfinished(self, tenant_id: str, limit: int) -> list[Run]:
        """Those that run, and those that wait and of which nobody was asked yet."""

    async def latest(self, tenant_id: str, limit: int) -> list[Run]: ...


def redacted(payload: Mapping[str, Any], shown: frozenset[str]) -> dict[str, Any]:
    """What may be kept of a payload: named fields, numbers and truths; of other words only how many."""
    return {name: value if name in shown else _hidden(value) for name, value in payload.items()}


def _hidden(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"<{len(value)} letters>" if isinstance(value, str) else f"<{type(value).__name__}>"
