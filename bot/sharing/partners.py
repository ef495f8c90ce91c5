"""Who gets data: a partner is a record, with a country, an agreement and somebody to write to."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Agreement(StrEnum):
    """Whether a data processing agreement stands."""

    NONE = "none"
    SIGNED = "signed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """What somebody says about a partner."""

    name: str
    country: str
    """ISO 3166 alpha-2."""
    contact_name: str
    contact_email: str
    agreement: Agreement = Agreement.NONE
    agreement_ref: str = ""
    agreed_on: date | None = None
    agreed_until: date | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner of one tenant."""

    id: str
    tenant_id: str
    facts: PartnerFacts
    created_at: datetime
    updated_at: datetime
    v: int = 1

    def has_agreement(self, today: date) -> bool:
        """Whether an agreement is signed and runs today."""
        facts = self.facts
        if facts.agreement is not Agreement.SIGNED or facts.agreed_on is None or facts.agreed_on > today:
            return False
        return facts.agreed_until is None or today <= facts.agreed_until


class PartnerRows(Protocol):
    """Where partners are kept."""

    async def add(self, partner: Partner) -> None: ...

    async def read(self, tenant_id: str, partner_id: str) -> Partner | None: ...

    async def write(self, partner: Partner) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def every(self, tenant_id: str) -> list[Partner]:
        """By name."""
