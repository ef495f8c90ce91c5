"""
The record of one call to a model: written before the call, completed after it, never forgotten in between.

Rule 1: every attempt is one row, whether it was answered, refused, cut off by a crash, or a stand-in's.
Rule 2: a row holds ids and numbers; never a word that was asked or answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bot.models.provider import Task

# Longer than any call may take: one that is still open then was cut off by a crash.
LOST_AFTER = timedelta(minutes=5)


class CallStatus(StrEnum):
    """What became of a call."""

    OPEN = "open"
    """Under way; long after its time, cut off by a crash."""
    OK = "ok"
    FAILED = "failed"
    """No answer that could be read."""
    REFUSED = "refused"
    """An answer that we do not take: not what was asked for."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt."""

    id: str
    tenant_id: str
    correlation_id: str
    conversation_id: str
    task: Task
    provider: str
    model: str
    at: datetime
    status: CallStatus = CallStatus.OPEN
    error_code: str = ""
    is_fallback: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    latency_ms: int | None = None
    price_version: str = ""
    cost_usd: Decimal | None = None
    """None when the model has no price, or nobody counted the tokens."""
    cost_sar: Decimal | None = None
    retry_at: datetime | None = None
    """Before this the provider asked to be left alone."""

    def is_lost(self, now: datetime) -> bool:
        """Whether nobody will ever complete it."""
        return self.status is CallStatus.OPEN and now - self.at > LOST_AFTER


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that are alike, counted together."""

    provider: str
    model: str
    task: str
    status: str
    error_code: str
    is_fallback: bool
    price_version: str
    hour: datetime
    """The whole hour in which they began, UTC."""
    calls: int
    unpriced: int
    """Finished calls that were answered and have no price."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Decimal
    cost_sar: Decimal
    latencies_ms: tuple[int, ...]


class CallRows(Protocol):
    """Where calls are kept."""

    async def begin(self, call: Call) -> None:
        """Write the intent, before anybody is asked."""

    async def end(self, call: Call) -> None:
        """Complete it; a row that ended stays as it is."""

    async def latest(self, tenant_id: str, provider: str, since: datetime, limit: int) -> Sequence[Call]:
        """Newest first."""

    async def groups(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Group]:
        """Everything in a span of time, counted by MongoDB."""

    async def conversations(self, tenant_id: str, since: datetime, until: datetime) -> int:
        """About how many conversations somebody was asked."""
