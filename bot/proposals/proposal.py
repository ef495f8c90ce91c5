"""
A proposal: what is offered to one contact, at which prices, until when, and what became of it.

Rule 1: an amount is whole halalas and comes from the price list; a proposal names the version it was taken from.
Rule 2: what people agree to is the paper with this hash; a proposal is never changed after it was printed.
Rule 3: a status only moves forward.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.people import NOBODY, Human


class ProposalStatus(StrEnum):
    """Where a proposal stands."""

    DRAWN_UP = "drawn_up"
    """Its numbers stand; there is no paper yet."""
    WAITING = "waiting_approval"
    APPROVED = "approved"
    """People agreed, and the message with its link is on its way."""
    SENT = "sent"
    SIMULATED = "simulated"
    """It went to the simulated phone: nobody has it."""
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_ON_ITS_WAY = (ProposalStatus.DRAWN_UP, ProposalStatus.WAITING, ProposalStatus.APPROVED)


def goes_back(before: ProposalStatus, after: ProposalStatus) -> bool:
    """Whether a proposal that stands at `before` has been at `after`, or is past it; what ended stays ended."""
    if before not in _ON_ITS_WAY:
        return after is not before
    return after in _ON_ITS_WAY and _ON_ITS_WAY.index(after) < _ON_ITS_WAY.index(before)


@dataclass(frozen=True, slots=True)
class Line:
    """One price of the list, so many times."""

    price_id: str
    name_ar: str
    name_en: str
    quantity: int
    unit_halalas: int

    @property
    def amount_halalas(self) -> int:
        return self.quantity * self.unit_halalas

    def name(self, language: str) -> str:
        return self.name_ar if language == "ar" else self.name_en


@dataclass(frozen=True, slots=True)
class Proposal:
    """One of them."""

    id: str
    tenant_id: str
    conversation_id: str
    language: str
    customer: str
    answers: Mapping[str, str]
    """What the lead told us, by the name of the question."""
    lines: tuple[Line, ...]
    discount_percent: int
    discount_reason: str
    price_list_sha256: str
    """The hash of every price that held on that day."""
    book_version: str
    """The version of the rules of which the price list is a part."""
    issued_at: datetime
    valid_until: datetime
    """The first moment at which it holds no more."""
    note: str
    made_by: Human
    status: ProposalStatus = ProposalStatus.DRAWN_UP
    reason: str = ""
    """Why it ended as it did, as a code."""
    paper_sha256: str = ""
    paper_bytes: int = 0
    record_id: str = ""
    """The typed result that says how the price was found."""
    approval_id: str = ""
    approved_by: Human = NOBODY
    draft_id: str = ""
    sent_at: datetime | None = None
    v: int = 1

    @property
    def subtotal_halalas(self) -> int:
        return sum(line.amount_halalas for line in self.lines)

    @property
    def discount_halalas(self) -> int:
        """Rounded down: what is taken off is never more than was said."""
        return self.subtotal_halalas * self.discount_percent // 100

    @property
    def total_halalas(self) -> int:
        return self.subtotal_halalas - self.discount_halalas

    @property
    def number(self) -> str:
        """What people call it by: short, and the same on paper and on the page."""
        return self.id[-8:].upper()

    @property
    def resource(self) -> str:
        return f"proposal:{self.id}"


class ProposalRows(Protocol):
    """Where proposals and their papers are kept."""

    async def add(self, proposal: Proposal) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, proposal_id: str) -> Proposal | None: ...

    async def write(self, proposal: Proposal) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def latest(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 100
    ) -> list[Proposal]:
        """Newest first."""

    async def keep_paper(self, proposal: Proposal, sha256: str, content: bytes) -> None:
        """Keep a paper under its hash; the same one is kept once."""

    async def paper(self, tenant_id: str, proposal_id: str, sha256: str) -> bytes | None: ...
