"""What a won deal is owed: its evidence, and how far that is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Proof(StrEnum):
    """How far the evidence of a won deal is."""

    PENDING = "pending"
    READY = "ready"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Owed:
    """The evidence that one won deal is owed."""

    tenant_id: str
    conversation_id: str
    won_at: datetime
    status: Proof = Proof.PENDING
    pack_id: str = ""
    tries: int = 0
    next_at: datetime | None = None
    """When it is tried next; None when it is not."""
    reason: str = ""
    """Why the last try gave nothing, as a code."""


class OwedEvidence(Protocol):
    """Which won deals are owed evidence."""

    async def owe(self, owed: Owed) -> bool:
        """False when it is known already."""

    async def get(self, tenant_id: str, conversation_id: str) -> Owed | None: ...

    async def due(self, tenant_id: str, now: datetime, limit: int) -> list[Owed]: ...

    async def save(self, owed: Owed, tries_before: int) -> bool:
        """False when somebody else tried meanwhile."""
