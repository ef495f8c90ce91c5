"""
A request of a contact about their own data: what it is, by when it is owed, and where it stands.

Rule 1: it is due thirty days after it was made, whoever wrote it down and however late.
Rule 2: it moves forward only: pending, processing, and then completed or rejected for good.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

KINDS = ("access", "correction", "deletion", "restriction")
"""An objection or a withdrawal is a revocation of consent, and executed at once."""

PENDING, PROCESSING, COMPLETED, REJECTED = "pending", "processing", "completed", "rejected"
OPEN = (PENDING, PROCESSING)

# The Implementing Regulation of the PDPL gives thirty days.
DUE_AFTER = timedelta(days=30)

# Neither vowels, so that it spells nothing, nor what is misread on a phone.
_SIGNS = "23456789BCDFGHJKMNPQRSTVWXZ"
_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is meant; everything about somebody can be found from this, also when half of it is gone."""

    keys: tuple[str, ...]
    """Contact keys such as `phone:966501234567`; fingerprints once the contact was erased."""
    phone: str = ""
    name: str = ""
    conversation_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataRequest:
    """One request."""

    id: str
    tenant_id: str
    reference: str
    """The short number that the contact was told."""
    kind: str
    status: str
    subject: Subject
    via: str
    """`chat | api | telegram | console | cli`"""
    requested_by: str
    requested_at: datetime
    due_at: datetime
    evidence_ref: str = ""
    """The id of the message in which it was asked, or what staff noted."""
    processing_since: datetime | None = None
    decided_by: str = ""
    closed_at: datetime | None = None
    reason: str = ""
    """Why it was rejected."""
    verified_at: datetime | None = None
    """When a search found nothing left of an erased contact."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """For a deletion: rows changed in each collection, and what a search still found."""
    correction: Mapping[str, str] = field(default_factory=dict)
    """What was corrected, by field."""
    export_sha256: str = ""
    correlation_id: str = ""
    """Of the message in which it was asked, else its own id."""
    v: int = 1

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_overdue(self, at: datetime) -> bool:
        return self.is_open and self.due_at <= at


class DataRequestRows(Protocol):
    """Where requests are kept."""

    async def add(self, request: DataRequest) -> bool:
        """Keep it; False when there is one of its id."""

    async def read(self, tenant_id: str, id_or_reference: str) -> DataRequest | None: ...

    async def write(self, request: DataRequest) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def latest(self, tenant_id: str, status: str, limit: int) -> list[DataRequest]: ...

    async def of_contact(self, tenant_id: str, keys: Sequence[str]) -> list[DataRequest]: ...

    async def open_ones(self, tenant_id: str) -> list[DataRequest]: ...


def reference_of(tenant_id: str, request_id: str) -> str:
    """A number short enough to be read out on the phone; the same for the same request."""
    number = int.from_bytes(hashlib.sha256(f"{tenant_id}\x00{request_id}".encode()).digest()[:8])
    signs = []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[place])
    return f"DR-{''.join(signs)}"
