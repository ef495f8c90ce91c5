"""
What Calendly's signed webhooks tell, taken in once each.

Rule 1: believed only with a right signature; then stored before anything else, and answered when it is durable.
Rule 2: an event counts once, by its name and its invitee, however often it is delivered; one that died half way
        is finished when it comes again.
Rule 3: a reschedule is a cancellation and a booking, in either order; the deal stays where it is meanwhile.
Rule 4: what belongs to no conversation of ours is kept aside, and told.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.alerts import Alerts
from bot.booking.booking import Booking, BookingEvent
from bot.booking.ports import Calendly, Told
from bot.booking.room import Bookings
from bot.errors import AlreadyDecided, UnknownChannel, UnreadableBody
from bot.evidence.canonical import sha256_of_text
from bot.people import Human
from bot.store import Raw, Store

BY_CALENDLY = Human("service:calendly", "Calendly")

CREATED, CANCELED, NO_SHOW = "invitee.created", "invitee.canceled", "invitee_no_show.created"

Taken = Literal["recorded", "repeated", "quarantined", "ignored"]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The door of Calendly."""

    store: Store
    bookings: Bookings
    alerts: Alerts
    now: Callable[[], datetime]

    def check(self, page: str) -> Calendly:
        """The page of this name. Raises UnknownChannel."""
        calendly = self.bookings.meetings.calendly_of(page)
        if calendly is None:
            raise UnknownChannel(
                "no Calendly is configured here; set CALENDLY_LINK and CALENDLY_SIGNING_KEY",
                "لم يُهيأ كالندلي هنا؛ عيّن CALENDLY_LINK وCALENDLY_SIGNING_KEY",
            )
        return calendly

    async def take(self, page: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Take one webhook in. Raises UnknownChannel, BadSignature."""
        calendly, tenant_id = self.check(page), self.bookings.meetings.tenant_id
        calendly.verify(headers, body, self.now())
        try:
            told = calendly.parse(body)
        except UnreadableBody:
            return await self._aside(tenant_id, body, "unreadable")
        if told.event not in (CREATED, CANCELED, NO_SHOW):
            return "ignored"
        known = await self.bookings.rows.by_uri(tenant_id, told.uri)
        conversation_id = known.conversation_id if known else told.conversation_id
        if not await self._exists(tenant_id, conversation_id):
            return await self._aside(tenant_id, body, "unknown_conversation")
        event = await self.bookings.rows.event(
            BookingEvent(
                id=sha256_of_text(f"{told.event}\0{told.uri}")[:32],
                tenant_id=tenant_id,
                conversation_id=conversation_id,
                event=told.event,
                uri=told.uri,
                at=self.now(),
            )
        )
        if event.is_done:
            return "repeated"
        await self._apply(tenant_id, conversation_id, told, known)
        await self.bookings.rows.event_done(tenant_id, event.id)
        return "recorded"

    async def _exists(self, tenant_id: str, conversation_id: str) -> bool:
        if not conversation_id:
            return False
        return await self.store.conversations.read(tenant_id, conversation_id) is not None

    async def _apply(self, tenant_id: str, conversation_id: str, told: Told, known: Booking | None) -> None:
        booking = known or await self._added(tenant_id, conversation_id, told)
        if told.event == CREATED:
            if booking.is_active:
                await self._replaces(tenant_id, told)
                await self.bookings.confirm(booking, booking.correlation_id)
        elif told.event == NO_SHOW:
            await self._ends(booking, "no_show", "no_show_recorded")
        elif told.is_rescheduled:
            await self._ends(booking, "moved", "")
        else:
            await self._ends(booking, "cancelled", "meeting_cancelled", told.cancelled_by)

    async def _added(self, tenant_id: str, conversation_id: str, told: Told) -> Booking:
        """The booking of an invitee; known from here on, whichever of their events came first."""
        now = self.now()
        booking = Booking(
            id=sha256_of_text(told.uri)[:26],
            tenant_id=tenant_id,
            conversation_id=conversation_id,
            source="calendly",
            status="booked",
            created_at=now,
            updated_at=now,
            start_at=told.start_at,
            end_at=told.end_at,
            external_uri=told.uri,
            cancel_url=told.cancel_url,
            reschedule_url=told.reschedule_url,
            email=told.email,
        )
        if not await self.bookings.rows.add(booking):
            stored = await self.bookings.rows.by_uri(tenant_id, told.uri)
            return stored or booking
        return booking

    async def _replaces(self, tenant_id: str, told: Told) -> None:
        """The one that this one was moved from, where that news has not come yet."""
        old = await self.bookings.rows.by_uri(tenant_id, told.old_invitee)
        if old is not None and old.is_active:
            await self.bookings.rows.write(old.changed(self.now(), status="moved"))

    async def _ends(self, booking: Booking, status: str, event: str, reason: str = "") -> None:
        if booking.is_active:
            ended = booking.changed(self.now(), status=status, reason=reason)
            if not await self.bookings.rows.write(ended):
                raise AlreadyDecided("the booking changed in this moment; send it again", "تغيّر الحجز للتو")
            booking = replace(ended, v=ended.v + 1)
        if event and booking.status == status:
            await self.bookings.moves_deal(booking, event, BY_CALENDLY)

    async def _aside(self, tenant_id: str, body: bytes, reason: str) -> Taken:
        raw_id = hashlib.sha256(body).hexdigest()[:32]
        await self.store.quarantine.keep(
            Raw(
                id=f"calendly|{raw_id}",
                tenant_id=tenant_id,
                channel="calendly",
                reason=reason,
                body=body,
                received_at=self.now(),
            )
        )
        await self.alerts.tell(
            tenant_id,
            "booking_not_placed",
            "Calendly told us of a booking that belongs to no conversation here",
            "أبلغنا كالندلي بحجز لا يتبع أي محادثة هنا",
            reason,
            f"calendly:{raw_id}",
            audience=("admin", "approver"),
        )
        return "quarantined"
