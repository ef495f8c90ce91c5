"""
Meetings, and what Calendly told of them.

Rule: the unique index on `slot` is what keeps two leads from one time; it holds across processes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, Erasure, Index, Shelf
from bot.booking.booking import Booking, BookingEvent, slot_of

SHELF = Shelf(
    "bookings",
    "meetings with contacts: offered, booked, held or not",
    ("tenant_id", "booking_id", "conversation_id", "status", "created_at", "v"),
    (
        Index(
            "whose is this time?",
            (("tenant_id", 1), ("slot", 1)),
            (("unique", True), ("partialFilterExpression", {"slot": {"$gt": ""}}), ("name", "by_slot")),
        ),
        Index(
            "which meetings has this contact?",
            (("tenant_id", 1), ("conversation_id", 1), ("created_at", -1)),
            (("name", "by_conversation"),),
        ),
        Index(
            "which meeting is this one of Calendly's?",
            (("tenant_id", 1), ("external_uri", 1)),
            (("unique", True), ("partialFilterExpression", {"external_uri": {"$gt": ""}}), ("name", "by_uri")),
        ),
        Index(
            "what is not told everywhere yet?",
            (("tenant_id", 1), ("owed", 1), ("updated_at", 1)),
            (("partialFilterExpression", {"owed": {"$gt": ""}}), ("name", "owing")),
        ),
        Index("what was there lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        BY_CORRELATION,
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

EVENTS = Shelf(
    "booking_events",
    "what a booking page told us, each once",
    ("tenant_id", "event_id", "event", "at"),
    (Index("garbage (all tenants)", (("at", 1),), (("expireAfterSeconds", 400 * 86_400), ("name", "old"))),),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_BOOKING = TypeAdapter(Booking)
_EVENT = TypeAdapter(BookingEvent)


class MongoBookings:
    """`bot.booking.booking.BookingRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._events = Rows(door, EVENTS)

    async def add(self, booking: Booking) -> bool:
        try:
            await self._rows.of(booking.tenant_id).insert_one(_row(booking))
        except Duplicate:
            return False
        return True

    async def write(self, booking: Booking) -> bool:
        row = _row(replace(booking, v=booking.v + 1))
        query = {"_id": row.pop("_id"), "v": booking.v}
        try:
            return bool(await self._rows.of(booking.tenant_id).update_one(query, {"$set": row}))
        except Duplicate:
            return False

    async def read(self, tenant_id: str, booking_id: str) -> Booking | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{booking_id}"})
        return _booking(row) if row else None

    async def by_uri(self, tenant_id: str, uri: str) -> Booking | None:
        row = await self._rows.of(tenant_id).find_one({"external_uri": uri}) if uri else None
        return _booking(row) if row else None

    async def of_conversation(self, tenant_id: str, conversation_id: str) -> Sequence[Booking]:
        return await self._found(tenant_id, {"conversation_id": conversation_id}, 100)

    async def latest(self, tenant_id: str, status: str, limit: int) -> Sequence[Booking]:
        return await self._found(tenant_id, {"status": status} if status else {}, limit)

    async def owing(self, tenant_id: str, before: datetime, limit: int) -> Sequence[Booking]:
        return await self._found(tenant_id, {"owed": {"$gt": ""}, "updated_at": {"$lt": before}}, limit)

    async def taken(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Booking]:
        return await self._found(tenant_id, {"slot": {"$gte": slot_of(since), "$lte": slot_of(until)}}, 5_000)

    async def _found(self, tenant_id: str, query: Document, limit: int) -> Sequence[Booking]:
        newest = [("created_at", -1), ("_id", -1)]
        return [_booking(row) for row in await self._rows.of(tenant_id).find(query, sort=newest, limit=limit)]

    async def event(self, event: BookingEvent) -> BookingEvent:
        rows = self._events.of(event.tenant_id)
        row = _EVENT.dump_python(event)
        row = {"_id": f"{event.tenant_id}:{event.id}", "event_id": row.pop("id"), **_without_tenant(row)}
        await rows.insert_missing([row])
        stored = await rows.find_one({"_id": row["_id"]})
        assert stored is not None  # it was there, or is now
        return _EVENT.validate_python({**stored, "id": stored["event_id"]})

    async def event_done(self, tenant_id: str, event_id: str) -> None:
        await self._events.of(tenant_id).update_one(
            {"_id": f"{tenant_id}:{event_id}"}, {"$set": {"is_done": True}}
        )


def _row(booking: Booking) -> Document:
    row = _BOOKING.dump_python(booking)
    return {
        "_id": f"{booking.tenant_id}:{booking.id}",
        "booking_id": row.pop("id"),
        **_without_tenant(row),
        "offered": list(booking.offered),
        "owed_by": list(booking.owed_by),
    }


def _without_tenant(row: Document) -> Document:
    return {name: value for name, value in row.items() if name != "tenant_id"}


def _booking(row: Document) -> Booking:
    return _BOOKING.validate_python({**row, "id": row["booking_id"]})
