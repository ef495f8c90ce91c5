"""
Whoever collects money for a tenant, as the heart sees it.

Rule 1: making an order twice must not charge twice: who tries again asks first whether it is there.
Rule 2: a notice that cannot prove where it comes from is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.errors import InboundRefused


class UnreadableNotice(InboundRefused):
    """The notice is genuine and not what its provider documents; it is told again, and sees why not."""

    code, status = "unreadable_notice", 422


class OrderTrouble(StrEnum):
    """Why there is no link."""

    REFUSED = "refused"
    """Certain: the provider does not want it."""
    AUTH_FAILED = "auth_failed"
    AWAY = "away"
    """Nobody knows, or later; ask whether it is there, then try again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid."""

    request_id: str
    amount_halalas: int
    currency: str
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """Where it is paid."""

    ref: str
    """The provider's own id; its notices name it."""
    url: str


@dataclass(frozen=True, slots=True)
class NoLink:
    """Why not."""

    trouble: OrderTrouble
    code: str
    latency_ms: float = 0.0
    retry_after_seconds: float | None = None


class NoticeKind(StrEnum):
    """What a notice is about."""

    PAID = "paid"
    MONEY_BACK = "money_back"
    OTHER = "other"
    """Tried, failed, promised: nothing that moves money to us."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider tells, after it has proved that it is the provider."""

    event_id: str
    kind: NoticeKind
    payment_id: str
    order_ref: str
    """The order that was paid; empty where the provider names none."""
    request_id: str
    """Our own id, where the provider gives it back."""
    amount_halalas: int
    """What was paid; of money that went back, all that has gone back so far."""
    currency: str
    is_live: bool
    """False for money of a test account."""


class PaymentProvider(Protocol):
    """One provider of one tenant."""

    name: str
    is_live: bool
    """Whether it collects real money."""

    async def find(self, order: Order) -> PaymentLink | NoLink | None:
        """The link of an order that was made before; None when there is surely none."""

    async def make(self, order: Order) -> PaymentLink | NoLink: ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Raises BadSignature, UnreadableNotice."""


class PaymentDesks(Protocol):
    """The providers of an installation, each tenant's own."""

    def of(self, tenant_id: str) -> PaymentProvider | None: ...

    def named(self, name: str) -> Mapping[str, PaymentProvider]:
        """Tenant -> its account with this provider."""
