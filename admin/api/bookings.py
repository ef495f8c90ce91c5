"""
Meetings over HTTP: what is booked, the invitation as a file, cancel, move, how each went; and Calendly's door.

Rule 1: the tenant comes from the token; another tenant's booking does not exist.
Rule 2: Calendly proves itself by its signature over the raw bytes, and by nothing else.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.booking.booking import Booking, BookingStatus, Source
from bot.booking.hooks import Hooks
from bot.booking.room import Bookings
from bot.moments import Moment
from bot.web.bodies import whole_body
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "agent", "executive")
DECIDERS = ("admin", "approver")

# An invitee with every answer stays far below.
BODY_LIMIT_BYTES = 262_144


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Cancel(_Body):
    reason: str = Field("", max_length=300)


class Move(_Body):
    start_at: Moment


class BookingShown(_Body):
    id: str
    conversation_id: str
    source: Source
    status: BookingStatus
    offered: list[datetime]
    start_at: datetime | None
    end_at: datetime | None
    is_invited_by_mail: bool
    sequence: int
    cancel_url: str
    reschedule_url: str
    reason: str
    created_at: datetime
    updated_at: datetime


class BookingList(_Body):
    bookings: list[BookingShown]
    total: int


class Heard(_Body):
    status: Literal["recorded", "repeated", "quarantined", "ignored"]


def router(bookings: Bookings, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["bookings"])

    Caller = caller_of(callers)

    @routes.get("/bookings")
    async def listed(
        caller: Caller,
        status: Annotated[str, Query(max_length=20)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> BookingList:
        """Newest first."""
        caller.require(*READERS)
        found = await bookings.list(caller.tenant_id, status, limit)
        return BookingList(bookings=[shown(one) for one in found], total=len(found))

    @routes.get("/bookings/{booking_id}")
    async def booking(booking_id: str, caller: Caller) -> BookingShown:
        caller.require(*READERS)
        return shown(await bookings.get(caller.tenant_id, booking_id))

    @routes.get("/bookings/{booking_id}/invitation.ics")
    async def invitation(booking_id: str, caller: Caller) -> Response:
        """The file that calendars read."""
        caller.require(*READERS)
        file = await bookings.invitation(caller.tenant_id, booking_id)
        headers = {"content-disposition": 'attachment; filename="invitation.ics"'}
        return Response(file, media_type="text/calendar; charset=utf-8", headers=headers)

    @routes.post("/bookings/{booking_id}/cancel", dependencies=[acts])
    async def cancel(booking_id: str, caller: Caller, body: Cancel | None = None) -> BookingShown:
        """The meeting is off."""
        caller.require(*DECIDERS)
        reason = body.reason if body else ""
        return shown(await bookings.cancel(caller.tenant_id, booking_id, caller.human, reason))

    @routes.post("/bookings/{booking_id}/move", dependencies=[acts])
    async def move(booking_id: str, body: Move, caller: Caller) -> BookingShown:
        """To another free time."""
        caller.require(*DECIDERS)
        return shown(await bookings.move(caller.tenant_id, booking_id, body.start_at, caller.human))

    @routes.post("/bookings/{booking_id}/held", dependencies=[acts])
    async def held(booking_id: str, caller: Caller) -> BookingShown:
        """It took place."""
        caller.require(*DECIDERS)
        return shown(await bookings.held(caller.tenant_id, booking_id, caller.human))

    @routes.post("/bookings/{booking_id}/no-show", dependencies=[acts])
    async def no_show(booking_id: str, caller: Caller) -> BookingShown:
        """Nobody came."""
        caller.require(*DECIDERS)
        return shown(await bookings.no_show(caller.tenant_id, booking_id, caller.human))

    return routes


def hooks_router(hooks: Hooks) -> APIRouter:
    """The door of Calendly."""
    routes = APIRouter(tags=["webhooks"])

    @routes.post("/webhooks/calendly/{page}")
    async def receive(page: str, request: Request) -> Heard:
        """What a page of Calendly tells; it is named like whoever it belongs to, and proved by its signature."""
        hooks.check(page)  # an unknown one is refused before its body is read
        body = await whole_body(request.receive, BODY_LIMIT_BYTES)
        return Heard(status=await hooks.take(page, request.headers, body))

    return routes


def shown(booking: Booking) -> BookingShown:
    return BookingShown(
        id=booking.id,
        conversation_id=booking.conversation_id,
        source=booking.source,
        status=booking.status,
        offered=list(booking.offered),
        start_at=booking.start_at,
        end_at=booking.end_at,
        is_invited_by_mail=bool(booking.email),
        sequence=booking.sequence,
        cancel_url=booking.cancel_url,
        reschedule_url=booking.reschedule_url,
        reason=booking.reason,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
    )
