"""
A job of many rows and what becomes of each of them, and where both are kept.

Rule 1: a job and all of its rows are stored before anybody is told that it was taken.
Rule 2: an item moves once, from pending to its result.
Rule 3: a key belongs to the row that claimed it first, for as long as it is remembered: whoever brings the same
        row again hears `duplicate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from bot.bulk.row import Fault, Row
from bot.people import Human

# Half a year: a list that is imported again after that is a new list. Then rows and keys go by themselves.
KEPT_FOR = timedelta(days=180)


class Mode(StrEnum):
    """What is done with the rows; none of them sends."""

    DRY_RUN = "dry_run"
    """Say what would be decided, and change nothing."""
    CREATE_DRAFTS = "create_drafts"
    """Make a draft for each, held for a human."""


class JobStatus(StrEnum):
    """Where a job stands."""

    RECEIVING = "receiving"
    """Its rows are being stored; nobody was told about it yet."""
    QUEUED = "queued"
    WAITING = "waiting_for_approval"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """Somebody said no to the whole of it, or nobody said anything in time; nothing was made."""


OVER = frozenset({JobStatus.DONE, JobStatus.CANCELLED, JobStatus.REJECTED})


class ItemStatus(StrEnum):
    """What became of a row."""

    PENDING = "pending"
    OK = "ok"
    ERROR = "error"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    """The contact said no: an opt-out, a consent withdrawn, a restriction."""
    CANCELLED = "cancelled"
    """The job ended before it was its turn."""


@dataclass(frozen=True, slots=True)
class Job:
    """One import."""

    id: str
    tenant_id: str
    source: str
    """Where the rows come from, as whoever imports calls it: ids of rows are unique within it."""
    mode: Mode
    status: JobStatus
    by: Human
    created_at: datetime
    expires_at: datetime
    file_name: str = ""
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Our field -> the heading in the file."""
    ignored: tuple[str, ...] = ()
    total: int = 0
    messages: int = 0
    """Rows that would be answered, as counted before anything was made."""
    approval_id: str = ""
    decided_by: str = ""
    ended_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Rows by status, once the job is over."""
    v: int = 1

    @property
    def run_id(self) -> str:
        """The run that does it."""
        return f"bulk-{self.id}"

    @property
    def resource(self) -> str:
        """Its name in approvals."""
        return f"bulk:{self.id}"

    @property
    def is_over(self) -> bool:
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a job."""

    tenant_id: str
    job_id: str
    index: int
    line: int
    status: ItemStatus
    expires_at: datetime
    key: str = ""
    contact: str = ""
    """`phone:9665…`, or the id of a conversation; rows of one contact are handled in order."""
    said_at: datetime | None = None
    """By which the rows of a contact are ordered."""
    says: bool = False
    """Whether the contact wrote something; else the row only names a lead."""
    row: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What is handled; goes when the job is over."""
    external_id: str = ""
    faults: tuple[Fault, ...] = ()
    reason: str = ""
    """Why it is a duplicate or suppressed, as a code."""
    decision: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    draft_id: str = ""
    conversation_id: str = ""
    of_job: str = ""
    """For a duplicate: the job that had this row first."""

    def as_row(self) -> Row:
        return Row.model_validate(dict(self.row))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has claimed a key."""

    job_id: str
    index: int


class BulkRows(Protocol):
    """Where jobs, items, keys and days are kept."""

    async def add(self, job: Job) -> bool:
        """False when there is one of its id already."""

    async def read(self, tenant_id: str, job_id: str) -> Job | None: ...

    async def write(self, job: Job) -> bool:
        """Write it at `v` + 1 if it is still at `v`."""

    async def latest(self, tenant_id: str, limit: int) -> list[Job]:
        """Newest first, without those that are still being received."""

    async def with_status(self, tenant_id: str, status: JobStatus, before: datetime, limit: int) -> list[Job]:
        """Jobs of one status that were begun before a time."""

    async def drop(self, tenant_id: str, job_id: str) -> None:
        """Remove a job that nobody was told about, with its rows."""

    async def add_items(self, items: Sequence[Item]) -> None:
        """Keep them; one that is there already stays as it is."""

    async def pending(self, tenant_id: str, job_id: str, limit: int) -> list[Item]:
        """By contact, then by time, then as they stood in the file."""

    async def page(self, tenant_id: str, job_id: str, status: str, after: int, limit: int) -> list[Item]:
        """In the order of the file, beyond an index; all statuses when none is named."""

    async def earlier(self, item: Item, limit: int) -> list[Item]:
        """Rows of the same contact and job that came before it and were handled, oldest first."""

    async def settle(self, item: Item) -> bool:
        """Write the result of one that was pending."""

    async def cancel_pending(self, tenant_id: str, job_id: str) -> int: ...

    async def forget_rows(self, tenant_id: str, job_id: str) -> None:
        """Empty what was to be handled: names and words."""

    async def counts(self, tenant_id: str, job_id: str) -> Mapping[str, int]: ...

    async def count_messages(self, tenant_id: str, job_id: str) -> int:
        """Pending rows in which a contact says something."""

    async def owners(self, tenant_id: str, keys: Sequence[str]) -> Mapping[str, Owner]: ...

    async def claim(self, tenant_id: str, key: str, owner: Owner, expires_at: datetime) -> Owner:
        """Claim a key; answers whose it is then."""

    async def release(self, tenant_id: str, key: str, owner: Owner) -> None: ...

    async def reserve(self, tenant_id: str, day: str, job_id: str, amount: int, limit: int) -> bool:
        """Count a job's messages for a day if they fit; the same job is counted once."""
