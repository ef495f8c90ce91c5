"""
A campaign, its contacts, and where both are kept.

Rule 1: a campaign and all of its contacts are stored before anybody is told that it was taken.
Rule 2: a contact stands in a campaign once, and its message has an id that follows from both: whoever makes it
        again after a crash makes the same one.
Rule 3: what is agreed to is the words and the list of contacts, by one hash; another list is another campaign.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.people import NOBODY, Human

# Half a year: by then nobody asks any more who heard what in a campaign; the timelines of contacts keep it.
KEPT_FOR = timedelta(days=180)

# A yes to many messages is for this long; what has not left by then needs another.
AGREED_FOR = timedelta(days=7)

CONTACTS_AT_MOST = 2_000


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    QUEUED = "queued"
    """Stored; nobody was asked yet."""
    WAITING = "waiting_for_approval"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    """Somebody ended it."""
    STOPPED = "stopped"
    """It ended by itself: the template, the complaints or the age of the yes."""
    REJECTED = "rejected"
    """Nobody agreed; nothing was sent."""


OVER = frozenset({CampaignStatus.DONE, CampaignStatus.CANCELLED, CampaignStatus.STOPPED, CampaignStatus.REJECTED})


class ContactStatus(StrEnum):
    """What became of one contact."""

    EXCLUDED = "excluded"
    """Left out before anybody was asked."""
    PENDING = "pending"
    QUEUED = "queued"
    """Its message is made and waits at the gate or is on its way."""
    SENT = "sent"
    REFUSED = "refused"
    """The gate, or what changed since the yes, let nothing leave."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody knows whether it arrived; a human resolves that on the contact's card."""
    CANCELLED = "cancelled"


OPEN = frozenset({ContactStatus.PENDING, ContactStatus.QUEUED})


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom somebody wants to write to."""

    stages: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    """Ids of conversations, or phones."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign."""

    id: str
    tenant_id: str
    name: str
    template: str
    language: str
    """Empty: each contact's own, as far as the template has it."""
    channel: str
    category: str
    words_sha256: str
    audience_sha256: str
    by: Human
    created_at: datetime
    expires_at: datetime
    total: int
    """Contacts that may be written to, as counted when it was made."""
    status: CampaignStatus = CampaignStatus.QUEUED
    approval_id: str = ""
    decided_by: Human = NOBODY
    agreed_at: datetime | None = None
    grant_id: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    end_reason: str = ""
    """A code of `telling.ENDS`, or of why a template may not leave."""
    v: int = 1

    @property
    def run_id(self) -> str:
        """The run that does it."""
        return f"campaign-{self.id}"

    @property
    def resource(self) -> str:
        """Its name in approvals and grants."""
        return f"campaign:{self.id}"

    @property
    def content_sha256(self) -> str:
        """The hash of exactly what people agree to."""
        told = "\0".join((self.template, self.language, self.channel, self.words_sha256, self.audience_sha256))
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def is_over(self) -> bool:
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class CampaignContact:
    """One contact of a campaign."""

    tenant_id: str
    campaign_id: str
    index: int
    contact: str
    """The id of the conversation, or a contact key of somebody who has none yet."""
    status: ContactStatus
    expires_at: datetime
    reason: str = ""
    conversation_id: str = ""
    draft_id: str = ""
    is_bad: bool = False
    """Whether it led to a stop, a block or a complaint."""


def draft_id_of(campaign_id: str, contact: str) -> str:
    """The id of the one message to a contact; 26 characters, as providers keep them."""
    return hashlib.sha256(f"{campaign_id}\0{contact}".encode()).hexdigest()[:26].upper()


def hash_of_words(words: Mapping[str, str]) -> str:
    """Over every language that may be said."""
    told = "\0".join(f"{language}\0{text}" for language, text in sorted(words.items()))
    return hashlib.sha256(told.encode()).hexdigest()


def hash_of_audience(contacts: Sequence[str]) -> str:
    """Over exactly these contacts, in whatever order they were named."""
    return hashlib.sha256("\0".join(sorted(contacts)).encode()).hexdigest()


class CampaignRows(Protocol):
    """Where campaigns are kept."""

    async def add(self, campaign: Campaign, contacts: Sequence[CampaignContact]) -> bool:
        """Keep the contacts, then the campaign; False when there is one of its id already."""

    async def read(self, tenant_id: str, campaign_id: str) -> Campaign | None: ...

    async def write(self, campaign: Campaign) -> bool:
        """Write it at `v` + 1 if it is still at `v`."""

    async def latest(self, tenant_id: str, limit: int) -> list[Campaign]: ...

    async def with_status(
        self, tenant_id: str, status: CampaignStatus, before: datetime, limit: int
    ) -> list[Campaign]: ...

    async def in_status(
        self, tenant_id: str, campaign_id: str, status: ContactStatus, limit: int
    ) -> list[CampaignContact]:
        """In the order of the list."""

    async def page(
        self, tenant_id: str, campaign_id: str, status: str, after: int, limit: int
    ) -> list[CampaignContact]: ...

    async def settle(self, contact: CampaignContact, was: ContactStatus) -> bool:
        """Write what became of one that was so; False when it is not so any more."""

    async def spoiled(self, tenant_id: str, campaign_id: str, index: int) -> None:
        """One that was sent led to a stop or a complaint."""

    async def cancel_pending(self, tenant_id: str, campaign_id: str) -> int: ...

    async def counts(self, tenant_id: str, campaign_id: str) -> Mapping[str, int]: ...

    async def reasons(self, tenant_id: str, campaign_id: str, status: ContactStatus) -> Mapping[str, int]: ...

    async def bad(self, tenant_id: str, campaign_id: str) -> int: ...

    async def at_stages(self, tenant_id: str, stages: Sequence[str], limit: int) -> list[str]:
        """Ids of conversations, oldest first."""
