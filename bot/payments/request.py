"""
A request for money, and what a provider told about it.

Rule 1: an amount is whole halalas.
Rule 2: it is paid when a provider that proved itself said so about this order, in this amount and currency, or
        when an approver recorded it; a lead's own words are never among the reasons.
Rule 3: a status only moves forward: what is paid stays paid, and what ended is not asked for again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.payments.methods import Method, MethodRows
from bot.payments.provider import NoticeKind
from bot.people import NOBODY, Human


class RequestStatus(StrEnum):
    """Where a request stands."""

    DRAWN_UP = "drawn_up"
    WAITING = "waiting_approval"
    APPROVED = "approved"
    SENT = "sent"
    SIMULATED = "simulated"
    PAID = "paid"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_ON_ITS_WAY = (RequestStatus.DRAWN_UP, RequestStatus.WAITING, RequestStatus.APPROVED)


def goes_back(before: RequestStatus, after: RequestStatus) -> bool:
    """Whether a request that stands at `before` is past `after`. Money may come whatever became of a message."""
    if after is RequestStatus.PAID:
        return False
    if before not in _ON_ITS_WAY:
        return after is not before
    return after in _ON_ITS_WAY and _ON_ITS_WAY.index(after) < _ON_ITS_WAY.index(before)


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One of them."""

    id: str
    tenant_id: str
    conversation_id: str
    amount_halalas: int
    currency: str
    method: Method
    language: str
    proposal_id: str
    """What it is for; empty when a person named the amount."""
    made_by: Human
    created_at: datetime
    expires_at: datetime
    status: RequestStatus = RequestStatus.DRAWN_UP
    reason: str = ""
    provider: str = ""
    order_ref: str = ""
    url: str = ""
    approval_id: str = ""
    approved_by: Human = NOBODY
    draft_id: str = ""
    sent_at: datetime | None = None
    paid_at: datetime | None = None
    payment_id: str = ""
    """The payment that settled it, by the provider's id; `recorded:` and the entry where a person verified it."""
    v: int = 1

    @property
    def number(self) -> str:
        """The reference that a payer writes into the transfer."""
        return self.id[-8:].upper()

    @property
    def resource(self) -> str:
        return f"payment_request:{self.id}"


class EventOutcome(StrEnum):
    """What became of a notice."""

    RECEIVED = "received"
    VERIFIED = "verified"
    HELD = "held"
    """A person must look."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """A notice, once."""

    tenant_id: str
    provider: str
    kind: str
    payment_id: str
    event_id: str
    order_ref: str
    amount_halalas: int
    currency: str
    received_at: datetime
    request_id: str = ""
    conversation_id: str = ""
    outcome: EventOutcome = EventOutcome.RECEIVED
    reason: str = ""
    """Why a person must look, as a code."""

    @property
    def id(self) -> str:
        """The same for every telling of the same thing, under whatever number; money may go back in parts."""
        told = f"{self.provider}:{self.kind}:{self.payment_id}"
        return f"{told}:{self.amount_halalas}" if self.kind == NoticeKind.MONEY_BACK else told


class PaymentRows(MethodRows, Protocol):
    """Where requests and notices are kept."""

    async def add(self, request: PaymentRequest) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, request_id: str) -> PaymentRequest | None: ...

    async def by_order(self, tenant_id: str, provider: str, order_ref: str) -> PaymentRequest | None: ...

    async def write(self, request: PaymentRequest) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def latest(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 100
    ) -> list[PaymentRequest]:
        """Newest first."""

    async def hear(self, event: PaymentEvent) -> PaymentEvent:
        """Keep a notice, or answer the one that was kept first."""

    async def settle(self, event: PaymentEvent) -> bool:
        """Write what became of one that was only received; False when that was written already."""

    async def events(self, tenant_id: str, outcome: str, limit: int) -> list[PaymentEvent]:
        """Newest first; an empty outcome means any."""
