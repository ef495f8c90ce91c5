"""
One partner under examination: what was declared, and the ids of everything that was made of it.

Rule 1: what was declared is written once; who asks again under the same id with something else is refused.
Rule 2: a case ends once; how it ended is not changed afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.partners.scoring import Inputs
from bot.people import Human


class CaseStatus(StrEnum):
    """How a golden path stands, as everybody is told."""

    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    COMPLETED = "completed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED_BY = {
    "approved": CaseStatus.COMPLETED,
    "rejected": CaseStatus.REJECTED,
    "expired": CaseStatus.EXPIRED,
    "cancelled": CaseStatus.CANCELLED,
    "superseded": CaseStatus.CANCELLED,
}
"""What a decision makes of a case."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody says about a partner."""

    partner_name: str
    partner_name_ar: str
    partner_type: str
    cr_number: str
    revenue_halalas: int
    """What it may bring in a year."""
    cost_halalas: int
    """What that costs in a year."""
    inputs: Inputs
    declared_by: str = ""
    """In whose name it was declared, where that is another than who asked; words, no authority."""


@dataclass(frozen=True, slots=True)
class Case:
    """One golden path."""

    id: str
    tenant_id: str
    declared: Declared
    correlation_id: str
    requested_by: Human
    created_at: datetime
    dossier_id: str = ""
    economics_id: str = ""
    approval_id: str = ""
    packet_id: str = ""
    decision: str = ""
    """How the approval ended, as the centre says it."""
    pack_id: str = ""
    status: str = ""
    """How it ended; empty while it goes on."""
    summary_en: str = ""
    summary_ar: str = ""
    ended_at: datetime | None = None

    @property
    def resource(self) -> str:
        return f"golden_path:{self.id}"


class CaseRows(Protocol):
    """Where cases are kept."""

    async def add(self, case: Case) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, case_id: str) -> Case | None: ...

    async def note(self, tenant_id: str, case_id: str, **ids: str) -> None:
        """Remember the id of what a step made, or how people decided; nothing else changes."""

    async def end(
        self, tenant_id: str, case_id: str, status: CaseStatus, summary_en: str, summary_ar: str, at: datetime
    ) -> bool:
        """End it; False when it had ended already."""

    async def open(self, tenant_id: str, limit: int) -> list[Case]:
        """Those that have not ended, oldest first."""

    async def latest(self, tenant_id: str, limit: int) -> list[Case]:
        """Newest first."""
