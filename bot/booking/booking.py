"""
One meeting with one contact: offered, booked, moved, held or not.

Rule 1: a time belongs to one booking of a tenant; the unique index on `slot` decides between two who want it.
Rule 2: `uid` stays as it is for as long as the meeting lives; `sequence` rises with each change of it, so that
        calendars replace what they have.
Rule 3: every write is conditional on the version that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Protocol

BookingStatus = Literal["offered", "booked", "moved", "cancelled", "held", "no_show", "lapsed"]
"""`moved`: another booking stands in its place; `lapsed`: nobody chose one of the offered times."""

STATUSES: tuple[BookingStatus, ...] = ("offered", "booked", "moved", "cancelled", "held", "no_show", "lapsed")

Source = Literal["calendar", "calendly"]


@dataclass(frozen=True, slots=True)
class Booking:
    """One meeting."""

    id: str
    tenant_id: str
    conversation_id: str
    source: Source
    status: BookingStatus
    created_at: datetime
    updated_at: datetime
    correlation_id: str = ""
    offered: tuple[datetime, ...] = ()
    """The times that the contact may choose from, in the order in which they were named."""
    start_at: datetime | None = None
    """None while it is offered, and where Calendly does not say."""
    end_at: datetime | None = None
    slot: str = ""
    """The time that it takes, for the unique index; empty when it takes none."""
    uid: str = ""
    sequence: int = 0
    external_uri: str = ""
    """Calendly's own name of the invitee."""
    cancel_url: str = ""
    reschedule_url: str = ""
    email: str = ""
    """Where the invitation goes, when somebody told us."""
    reason: str = ""
    """Why it was cancelled, as staff or Calendly's code say."""
    owed: str = ""
    """What happened to it last and is not told everywhere yet, empty when it is."""
    owed_by: tuple[str, str] = ("", "")
    """Who did that: id and name."""
    v: int = 1

    @property
    def is_active(self) -> bool:
        return self.status == "booked"

    def changed(self, now: datetime, **changes: object) -> "Booking":
        """The same booking, changed."""
        return replace(self, updated_at=now, **changes)  # type: ignore[arg-type]


def slot_of(start: datetime) -> str:
    """A start as the unique index knows it."""
    return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class BookingEvent:
    """Something that Calendly told us, known by its event and the invitee, so that it counts once."""

    id: str
    tenant_id: str
    conversation_id: str
    event: str
    uri: str
    at: datetime
    is_done: bool = False


class BookingRows(Protocol):
    """Where bookings are kept."""

    async def add(self, booking: Booking) -> bool:
        """False when there is one of its id, or its time is taken."""

    async def write(self, booking: Booking) -> bool:
        """Write it if it still is at `booking.v`; False when it is not, or its new time is taken."""

    async def read(self, tenant_id: str, booking_id: str) -> Booking | None: ...

    async def by_uri(self, tenant_id: str, uri: str) -> Booking | None: ...

    async def of_conversation(self, tenant_id: str, conversation_id: str) -> Sequence[Booking]:
        """Newest first."""

    async def latest(self, tenant_id: str, status: str, limit: int) -> Sequence[Booking]:
        """Newest first; every status where none is named."""

    async def owing(self, tenant_id: str, before: datetime, limit: int) -> Sequence[Booking]:
        """Those with something to be told that were changed before this moment."""

    async def taken(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Booking]:
        """Those that take a time between these."""

    async def event(self, event: BookingEvent) -> BookingEvent:
        """Remember an event, and answer it as it is stored: perhaps done already."""

    async def event_done(self, tenant_id: str, event_id: str) -> None: ...
