"""
One request to pass data on, and how it moves.

Rule 1: it moves forward only (`STEPS`); a step is one conditional write on the version that was read.
Rule 2: a blocked request is kept like every other, with its code and its reasons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.evidence.canonical import sha256
from bot.people import Human
from bot.sharing.catalogue import Level
from bot.sharing.judge import REASONS, ContactConsent


class SharingStatus(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    PENDING_APPROVAL = "pending_approval"
    APPROVED = "approved"
    EXPORTED = "exported"
    DOWNLOADED = "downloaded"
    DELETED = "deleted"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    EXPIRED = "expired"


S = SharingStatus

STEPS: Mapping[SharingStatus, frozenset[SharingStatus]] = MappingProxyType(
    {
        S.REQUESTED: frozenset({S.PENDING_APPROVAL, S.BLOCKED}),
        S.PENDING_APPROVAL: frozenset({S.APPROVED, S.BLOCKED, S.REJECTED, S.EXPIRED}),
        S.APPROVED: frozenset({S.EXPORTED, S.BLOCKED}),
        S.EXPORTED: frozenset({S.DOWNLOADED, S.DELETED}),
        S.DOWNLOADED: frozenset({S.DELETED}),
        S.DELETED: frozenset(),
        S.BLOCKED: frozenset(),
        S.REJECTED: frozenset(),
        S.EXPIRED: frozenset(),
    }
)

UNFINISHED = (S.REQUESTED, S.APPROVED)
"""What a crash may have left, and the next round goes on with."""

HOLDS_A_FILE = (S.EXPORTED, S.DOWNLOADED)

PROVED = (S.EXPORTED, S.BLOCKED, S.REJECTED, S.EXPIRED)
"""Outcomes: each is proved by a pack."""


class ImpossibleStep(ValueError):
    """A request was asked to go backwards or sideways; a fault of ours, never an outcome."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    partner_id: str
    categories: tuple[str, ...]
    contact_ids: tuple[str, ...]
    purpose: str
    channel: str = "whatsapp"
    """On which channel the contact agreed to be reached by it."""
    consent_policy: str = "exclude"
    transfer_assessment_ref: str = ""
    file_format: str = "csv"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """The file that was made, without its content."""

    sha256: str
    size_bytes: int
    rows: int
    columns: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    consents: tuple[ContactConsent, ...]
    """Who is in it, by which record."""
    left_out: tuple[ContactConsent, ...]
    """Who is not, and why."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way to fetch the file once; only the hash of its key is kept."""

    key_sha256: str
    made_by: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharingRequest:
    """One request."""

    id: str
    tenant_id: str
    wish: Wish
    partner_name: str
    country: str
    level: Level
    pdpl_applies: bool
    needs_dpo: bool
    not_held: tuple[str, ...]
    requested_by: Human
    requested_at: datetime
    correlation_id: str
    updated_at: datetime
    status: SharingStatus = SharingStatus.REQUESTED
    zone: str = ""
    steps: tuple[str, ...] = ()
    consents: tuple[ContactConsent, ...] = ()
    """What every contact had agreed to when it was asked for."""
    blocked_code: str = ""
    approval_id: str = ""
    grant_id: str = ""
    approved_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    decision_note: str = ""
    file: ExportedFile | None = None
    link: Link | None = None
    downloaded_by: str = ""
    downloaded_at: datetime | None = None
    deleted_at: datetime | None = None
    evidence_id: str = ""
    v: int = 1

    @property
    def resource(self) -> str:
        """Its name in approvals and grants."""
        return f"sharing:{self.id}"

    @property
    def content_sha256(self) -> str:
        """The hash of exactly what is agreed to."""
        wish = self.wish
        return sha256(
            {
                "partner": wish.partner_id,
                "country": self.country,
                "categories": sorted(wish.categories),
                "contacts": sorted(wish.contact_ids),
                "purpose": wish.purpose,
                "channel": wish.channel,
                "consent_policy": wish.consent_policy,
                "transfer_assessment": wish.transfer_assessment_ref,
                "format": wish.file_format,
            }
        )

    @property
    def blocked_reason_en(self) -> str:
        return REASONS[self.blocked_code][0] if self.blocked_code else ""

    @property
    def blocked_reason_ar(self) -> str:
        return REASONS[self.blocked_code][1] if self.blocked_code else ""

    def check_step(self, to: SharingStatus) -> None:
        """Raises ImpossibleStep when the drawing has no such arrow."""
        if to not in STEPS[self.status]:
            raise ImpossibleStep(f"sharing {self.id}: {self.status} -> {to} is not a step")


class SharingRows(Protocol):
    """Where requests and their files are kept."""

    async def add(self, request: SharingRequest) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, request_id: str) -> SharingRequest | None: ...

    async def write(self, request: SharingRequest) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def latest(self, tenant_id: str, status: str, limit: int) -> list[SharingRequest]:
        """Newest first, of one status or of all."""

    async def unfinished(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[SharingRequest]:
        """Oldest first."""

    async def unproved(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[SharingRequest]:
        """Those whose outcome no pack proves yet, oldest first."""

    async def keep_file(
        self, request: SharingRequest, file: ExportedFile, content: bytes, contact_ids: Sequence[str]
    ) -> None:
        """Keep a file under its hash; the same one is kept once, and another leaves it alone."""

    async def file(self, tenant_id: str, request_id: str, file_sha256: str) -> bytes | None: ...

    async def delete_files(self, tenant_id: str, request_id: str) -> int:
        """Also those that a crash left behind."""
