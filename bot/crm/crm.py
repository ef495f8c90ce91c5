"""
The customer records of a tenant, as the heart sees them, and what we remember of them.

Rule 1: a contact is one record there, found by our own id and never by name or phone.
Rule 2: what goes there is who they are and where the deal stands; never a word of what they wrote.
Rule 3: writing the same twice changes nothing, so that everything may be tried again.
Rule 4: that something may stand there is written down before it is written there: whoever must be forgotten is
        found, also when somebody died in between.
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

    async def forget(self, our_ids: Sequence[str]) -> NotWritten | None:
        """Erase whatever stands there under these ids of ours; None when nothing does any more."""


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
    """Empty while nobody knows whether it was written."""
    deal_ref: str
    """Empty until it is written and stands with its contact."""
    synced_at: datetime
    contact_sha256: str = ""
    """The hash of what was written last."""
    deal_sha256: str = ""
    forget_for: str = ""
    """The data request because of which the records are to be erased there; empty while they may stay."""


class CrmLinks(Protocol):
    """Where they are kept."""

    async def read(self, tenant_id: str, conversation_id: str) -> CrmLink | None: ...

    async def keep(self, link: CrmLink) -> None:
        """Write it; whether it is to be forgotten stays as it is."""

    async def owe(self, tenant_id: str, conversation_id: str, request_id: str) -> None:
        """Say that the records of a contact are to be erased there, if there may be any."""

    async def owed(self, tenant_id: str, limit: int) -> list[CrmLink]:
        """Whose records are to be erased there."""

    async def drop(self, tenant_id: str, conversation_id: str) -> None:
        """Nothing of the contact stands there any more."""

    async def latest(self, tenant_id: str, limit: int) -> list[CrmLink]:
        """Newest first."""
