"""
What is remembered of each channel while it is watched, and what is asked of the place that remembers it.

Rule 1: the mark `looked_until` moves only after everything found before it is in a mailbox.
Rule 2: a gap is written down before it is repaired, so that a crash loses no count of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Watch:
    """One channel, as it stands."""

    tenant_id: str
    channel: str
    began_at: datetime
    """Since when it is compared; what the phone did before belongs to somebody's private life."""
    looked_at: datetime | None = None
    looked_since: datetime | None = None
    looked_until: datetime | None = None
    """Up to here everything the provider has is known here too."""
    next_look_at: datetime | None = None
    compares: bool = True
    """False where the provider keeps no record; `trouble_*` then says so."""
    trouble_en: str = ""
    """Why the last look could not be made or was not whole, empty when it was."""
    trouble_ar: str = ""
    trouble_since: datetime | None = None
    tries: int = 0
    outage_id: str = ""
    """The run of gaps that was found last; more of them shortly after belong to it."""
    outage_found_at: datetime | None = None
    is_outage_told: bool = True
    silent_since: datetime | None = None
    """When the first message was taken of which nothing was heard; None while receipts come."""
    silent_count: int = 0
    heard_again_at: datetime | None = None
    quiet_since: datetime | None = None
    """The last inbound before a silence that this hour of the week does not know; None otherwise."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One event that no webhook brought."""

    id: str
    tenant_id: str
    channel: str
    outage_id: str
    what: str
    """`message | answered_from_phone`"""
    sent_at: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """Gaps of a span or of one outage."""

    found: int = 0
    repaired: int = 0
    lost: int = 0
    """Could not be placed; kept raw where an operator finds it."""
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message that a provider took."""

    draft_id: str
    conversation_id: str
    at: datetime


Words = tuple[str, str]
"""English, Arabic; both empty when there is nothing to say."""


class Watches(Protocol):
    """Where channels and gaps are remembered, and what the past says of a channel."""

    async def begin(self, tenant_id: str, channel: str, now: datetime) -> Watch:
        """The watch of a channel; begun now when there is none."""

    async def of_tenant(self, tenant_id: str) -> list[Watch]: ...

    async def looked(
        self,
        watch: Watch,
        at: datetime,
        since: datetime,
        until: datetime,
        next_look_at: datetime,
        left_out: Words,
    ) -> None:
        """Everything before `until` is known now, but for what was left out. The mark never goes back."""

    async def put_off(self, watch: Watch, at: datetime, next_look_at: datetime, trouble: Words) -> None:
        """A look could not be made, or not to its end."""

    async def cannot_look(self, watch: Watch, next_look_at: datetime, reason: Words) -> None:
        """The provider keeps no record."""

    async def in_outage(self, watch: Watch, outage_id: str, at: datetime) -> str:
        """Gaps are about to be written down; answers the outage they belong to, if somebody else was faster."""

    async def outage_told(self, watch: Watch) -> None:
        """Somebody was told of it."""

    async def fell_silent(self, watch: Watch, since: datetime, count: int) -> None: ...

    async def was_heard(self, watch: Watch, at: datetime) -> None: ...

    async def fell_quiet(self, watch: Watch, since: datetime | None) -> None: ...

    async def unknown(self, tenant_id: str, asked: Sequence[tuple[str, tuple[str, ...]]]) -> set[str]:
        """Which of (mailbox key, contact keys) no conversation has ever seen."""

    async def found(self, gaps: Sequence[Gap]) -> None:
        """Write gaps down; one that is known already stays as it is."""

    async def repaired(self, tenant_id: str, gap_id: str, conversation_id: str, at: datetime) -> None: ...

    async def lost(self, tenant_id: str, gap_id: str) -> None: ...

    async def unrepaired(self, tenant_id: str, channel: str, since: datetime) -> set[str]:
        """Ids of gaps that were written down, and of which nobody noted that they were repaired."""

    async def count(self, tenant_id: str, channel: str, since: datetime) -> Counted: ...

    async def count_outage(self, tenant_id: str, outage_id: str) -> Counted: ...

    async def accepted(
        self, tenant_id: str, channel: str, since: datetime, until: datetime, limit: int
    ) -> list[Accepted]:
        """What a channel took, newest first."""

    async def first_receipts(
        self, tenant_id: str, sends: Sequence[Accepted], since: datetime
    ) -> dict[str, datetime]:
        """Draft -> when anything was first heard of it."""

    async def last(self, tenant_id: str, channel: str, kinds: Sequence[str]) -> datetime | None:
        """When one of these facts was last written down for a channel."""

    async def inbound(self, tenant_id: str, channel: str, since: datetime, until: datetime, limit: int) -> int:
        """How many messages came in, counted up to a limit."""


RECEIVED = ("message_received",)
TAKEN = ("attempt_ended",)
DELIVERED = ("message_delivered", "message_read")
HEARD = ("message_sent", *DELIVERED)


def gap_id(key: str) -> str:
    """The same for the same event; nobody reads a phone from it without trying them all."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
