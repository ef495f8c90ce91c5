"""
The customer records of a tenant, as the heart sees them, and what we remember of them.

Rule 1: a contact is one record there, found by our own id and never by name or phone.
Rule 2: what goes there is who they are and where the deal stands; never a word of what they wrote.
Rule 3: writing the same twice changes nothing, so that everything may be tried again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Who somebody is."""

    id: str
    """Ours: the conversation's."""
    name: str
    phone: str
    """E.164 digits."""
    stage: str
    language: str


@dataclass(frozen=True, slots=True)
class DealCard:
    """Where a deal stands."""

    id: str
    """Ours: the conversation's."""
    name: str
    stage: str
    amount_halalas: int | None
    """None: nobody has said what it is worth, and what stands there stays."""


class Trouble(StrEnum):
    """Why nothing, or not all, was written."""

    AUTH_FAILED = "auth_failed"
    BUSY = "busy"
    """Too many calls; it says when to come again."""
    AWAY = "away"
    REFUSED = "refused"
    """These cards it does not want; another try would be refused too."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of some cards."""

    refs: Mapping[str, str]
    """Our id -> the record's, of those that were written."""
    refused: Mapping[str, str]
    """Our id -> a code, of those that were not."""
    latency_ms: float


@dataclass(frozen=True, slots=True)
class NotWritten:
    """Nothing was written, as far as anybody knows."""

    trouble: Trouble
    code: str
    latency_ms: float
    retry_after_seconds: float | None = None


class Crm(Protocol):
    """The records of one tenant."""

    name: str
    key_id: str
    """What tells its key from another, and nothing about it."""

    async def contacts(self, cards: Sequence[ContactCard]) -> Written | NotWritten: ...

    async def deals(self, cards: Sequence[DealCard]) -> Written | NotWritten: ...

    async def join(self, deal_ref: str, contact_ref: str) -> NotWritten | None:
        """Say whose deal it is; None when that stands there now."""


class CrmDesks(Protocol):
    """The records of an installation, each tenant's own."""

    def of(self, tenant_id: str) -> Crm | None: ...


@dataclass(frozen=True, slots=True)
class CrmLink:
    """Which records are a contact's."""

    tenant_id: str
    conversation_id: str
    provider: str
    contact_ref: str
    deal_ref: str
    content_sha256: str
    """The hash of what was written last."""
    synced_at: datetime


class CrmLinks(Protocol):
    """Where they are kept."""

    async def read(self, tenant_id: str, conversation_id: str) -> CrmLink | None: ...

    async def keep(self, link: CrmLink) -> None: ...

    async def latest(self, tenant_id: str, limit: int) -> list[CrmLink]:
        """Newest first."""
