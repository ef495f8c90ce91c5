"""
What people permitted, as it is kept: grants that are used up, roles that are lent, and where each is remembered.

Rule: nothing here decides; `grants.py` and `delegation.py` do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.people import NOBODY, Human


@dataclass(frozen=True, slots=True)
class Bonds:
    """What a grant is for."""

    action: str
    resource: str
    content_sha256: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one deed."""

    id: str
    tenant_id: str
    bonds: Bonds
    approval_id: str
    approver: Human
    granted_at: datetime
    expires_at: datetime
    correlation_id: str = ""
    used_at: datetime | None = None
    used_for: str = ""
    """The run or send that used it up."""
    revoked_at: datetime | None = None


class GrantRows(Protocol):
    """Where grants are kept."""

    async def add(self, grant: Grant) -> None:
        """Keep it; one of the same id stays as it is."""

    async def read(self, tenant_id: str, grant_id: str) -> Grant | None: ...

    async def use(
        self, tenant_id: str, grant_id: str, bonds: Bonds, now: datetime, used_for: str
    ) -> Grant | None:
        """Use it up in one write if every bond holds now; None when nothing was written."""

    async def revoke_unused(self, tenant_id: str, approval_id: str, now: datetime) -> int:
        """Take back what an approval granted and nobody used yet."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role, lent for a time."""

    id: str
    tenant_id: str
    lender: Human
    borrower: Human
    role: str
    from_at: datetime
    until_at: datetime
    reason: str
    created_at: datetime
    revoked_at: datetime | None = None
    revoked_by: Human = NOBODY

    def holds_at(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.revoked_at is None and self.from_at <= at < self.until_at


class DelegationRows(Protocol):
    """Where delegations are kept."""

    async def add(self, delegation: Delegation) -> None: ...

    async def of(self, tenant_id: str, limit: int) -> list[Delegation]:
        """Newest first, ended ones too."""

    async def to(self, tenant_id: str, borrower_id: str, at: datetime) -> list[Delegation]:
        """What somebody has borrowed at a moment."""

    async def in_force(self, tenant_id: str, role: str, at: datetime) -> list[Delegation]: ...

    async def revoke(self, tenant_id: str, delegation_id: str, by: Human, at: datetime) -> Delegation | None:
        """Take it back; None when there is none of this id, or somebody took it back before."""

    async def read(self, tenant_id: str, delegation_id: str) -> Delegation | None: ...
