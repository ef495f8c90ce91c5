"""
One request that waits for people: what it is about, who must agree, until when, and who did.

Rule 1: deadlines are stored when it is made; how urgent it is now is worked out when somebody looks.
Rule 2: every step is decided by another person, and whoever stands in for somebody counts as both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.conversation import ShownCard
from bot.people import NOBODY, Human


class ApprovalStatus(StrEnum):
    """Where a request stands; only `pending` may change."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Risk(StrEnum):
    """What can go wrong when somebody agrees too easily."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


PRIORITIES: Mapping[Risk, str] = MappingProxyType(
    {
        Risk.NONE: "low",
        Risk.LOW: "low",
        Risk.MEDIUM: "normal",
        Risk.HIGH: "high",
        Risk.CRITICAL: "urgent",
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One yes that is needed."""

    role: str
    by: Human = NOBODY
    on_behalf_of: Human = NOBODY
    """Who lent the role, where somebody stood in."""
    at: datetime | None = None
    note: str = ""

    @property
    def is_open(self) -> bool:
        return self.at is None

    @property
    def people(self) -> frozenset[str]:
        """Everybody who counts as having agreed here."""
        return frozenset(human.id for human in (self.by, self.on_behalf_of) if human.id)


@dataclass(frozen=True, slots=True)
class Approval:
    """One request, and everything that was decided about it."""

    id: str
    tenant_id: str
    kind: str
    action: str
    action_class: str
    resource: str
    content_sha256: str
    recipient: str
    title_en: str
    title_ar: str
    summary_en: str
    summary_ar: str
    risk: Risk
    priority: str
    requested_by: Human
    correlation_id: str
    facts: Mapping[str, str]
    created_at: datetime
    warn_at: datetime
    due_at: datetime
    escalate_at: datetime
    expires_at: datetime
    steps: tuple[Step, ...]
    four_eyes: bool = False
    status: ApprovalStatus = ApprovalStatus.PENDING
    decided_by: Human = NOBODY
    on_behalf_of: Human = NOBODY
    decided_at: datetime | None = None
    decision_note: str = ""
    grant_id: str = ""
    """What the doer uses up; empty until everybody agreed."""
    superseded_by: str = ""
    told_level: int = 0
    """How far up it was told that nobody decides."""
    is_noted: bool = False
    """Whether the decision is in the audit."""
    is_published: bool = False
    """Whether everybody who waited for the decision has heard of it."""
    cards: tuple[ShownCard, ...] = ()
    v: int = 1

    @property
    def open_step(self) -> Step | None:
        return next((step for step in self.steps if step.is_open), None)

    @property
    def agreed(self) -> frozenset[str]:
        """The ids of everybody who has said yes so far."""
        return frozenset(person for step in self.steps for person in step.people)

    def status_at(self, now: datetime) -> ApprovalStatus:
        """As it stands now: what nobody decided in time is expired, whether or not somebody wrote that down."""
        if self.status is ApprovalStatus.PENDING and self.expires_at <= now:
            return ApprovalStatus.EXPIRED
        return self.status


class ApprovalRows(Protocol):
    """Where requests are kept."""

    async def add(self, approval: Approval, open_key: str) -> bool:
        """Keep it; False when one with the same key waits already."""

    async def read(self, tenant_id: str, approval_id: str) -> Approval | None: ...

    async def open_of(self, tenant_id: str, open_key: str) -> Approval | None: ...

    async def change(self, changed: Approval) -> bool:
        """Write it if it still waits and nobody wrote since; `changed.v` is one more than what was read."""

    async def noted(self, tenant_id: str, approval_id: str) -> None: ...

    async def published(self, tenant_id: str, approval_id: str) -> None: ...

    async def told(self, tenant_id: str, approval_id: str, level: int) -> None: ...

    async def shown(self, tenant_id: str, approval_id: str, card: ShownCard) -> None: ...

    async def pending(self, tenant_id: str) -> list[Approval]: ...

    async def latest(self, tenant_id: str, limit: int) -> list[Approval]: ...

    async def unpublished(self, tenant_id: str, limit: int) -> list[Approval]: ...

    async def shown_and_decided(self, tenant_id: str, since: datetime) -> list[Approval]: ...
