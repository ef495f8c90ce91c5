"""
The room of bookings: look, cancel, move, and say how a meeting went.

Rule 1: what happened to a meeting moves the deal through the one door for what really happened, and only where
        the deal can take that step; the evidence names the booking.
Rule 2: a new booking, a move and a cancellation are told to whoever is invited, by mail, where their address is
        known and a mail server is configured; the invitation can always be fetched as a file.
Rule 3: of two who change a booking one does, and the other is told.
Rule 4: what a person did to a booking is written with what is still to be told of it, and told again after a
        crash; told twice, it changes nothing.
Rule 5: another tenant's booking does not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.booking.booking import STATUSES, Booking, BookingRows, slot_of
from bot.booking.ics import invitation
from bot.booking.ports import Busy, CalendarAway, Meetings
from bot.booking.slots import is_free, is_thinkable
from bot.booking.times import in_words
from bot.errors import AlreadyDecided, BadRequest, NotAllowed, NotFound
from bot.mail.letter import Letter
from bot.mail.post import Post
from bot.notebook import Notebook
from bot.people import Human
from bot.rounds import for_each
from flows import deal
from rules.policies import Policies

MOST_SHOWN = 500

# What is told within this time is told by whoever changed the booking.
TELLS_WITHIN = timedelta(seconds=30)
LOOK_EVERY_SECONDS = 30.0
LOOKED_AT_MOST = 100

BY_CALENDAR = Human("service:booking", "Calendar")

_NOT_BEFORE_START = ("the meeting has not begun yet", "لم يبدأ الاجتماع بعد")


class TimeTaken(NotAllowed):
    """The wanted time is not free."""

    code, status = "time_taken", 409


class Bookings:
    """The bookings of all tenants."""

    def __init__(
        self,
        *,
        rows: BookingRows,
        notebook: Notebook,
        approvals: Approvals,
        meetings: Meetings,
        post: Post,
        audit: Audit,
        alerts: Alerts,
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
    ) -> None:
        self.rows = rows
        self.meetings = meetings
        self._notebook = notebook
        self._approvals = approvals
        self._post = post
        self._audit = audit
        self._alerts = alerts
        self._policies_of = policies_of
        self._now = now

    async def list(self, tenant_id: str, status: str = "", limit: int = 100) -> Sequence[Booking]:
        """Newest first. Raises BadRequest for a status that does not exist."""
        if status and status not in STATUSES:
            known = ", ".join(STATUSES)
            raise BadRequest(f"there is no status {status[:40]!r}: choose one of {known}", f"اختر من: {known}")
        return await self.rows.latest(tenant_id, status, min(max(limit, 1), MOST_SHOWN))

    async def of_conversation(self, tenant_id: str, conversation_id: str) -> Sequence[Booking]:
        return await self.rows.of_conversation(tenant_id, conversation_id)

    async def get(self, tenant_id: str, booking_id: str) -> Booking:
        """Raises NotFound."""
        found = await self.rows.read(tenant_id, booking_id)
        if found is None:
            raise NotFound(f"there is no booking {booking_id[:60]}", "لا يوجد حجز بهذا المعرّف")
        return found

    async def invitation(self, tenant_id: str, booking_id: str) -> bytes:
        """The file that calendars read. Raises NotFound, BadRequest (it has no time)."""
        booking = await self.get(tenant_id, booking_id)
        if booking.start_at is None or not booking.uid:
            raise BadRequest("this booking has no time of ours to put into a calendar", "لا يوجد وقت لهذا الحجز")
        return self._ics(booking)

    async def confirm(self, booking: Booking, correlation_id: str) -> None:
        """A time is booked: the deal hears of it, then who is invited. Twice changes nothing."""
        await self.moves_deal(booking, "booking_confirmed", BY_CALENDAR)
        await self._audit.note(
            booking.tenant_id,
            "meeting_booked",
            BY_CALENDAR,
            conversation_id=booking.conversation_id,
            correlation_id=correlation_id,
            once=booking.id,
            booking=booking.id,
            start_at=booking.start_at,
        )
        await self._invite(booking)

    async def cancel(self, tenant_id: str, booking_id: str, by: Human, reason: str = "") -> Booking:
        """The meeting is off. Raises NotFound, AlreadyDecided."""
        booking = await self._active(tenant_id, booking_id)
        off = await self._write(
            booking,
            status="cancelled",
            reason=reason[:300],
            slot="",
            sequence=booking.sequence + 1,
            **_owing("meeting_cancelled", by),
        )
        return await self._tell(off)

    async def look(self) -> None:
        """Tell what somebody did not come to tell; for a job."""
        await for_each("bookings", self._notebook.tenants, self._tell_again, self._notebook.store.unreachable)

    async def _tell_again(self, tenant_id: str) -> None:
        for booking in await self.rows.owing(tenant_id, self._now() - TELLS_WITHIN, LOOKED_AT_MOST):
            await self._tell(booking)

    async def release(self, booking: Booking, reason: str) -> None:
        """Give a time back that was taken a moment ago; for whoever undoes his own work."""
        stored = await self.rows.read(booking.tenant_id, booking.id)
        if stored is None or stored.status not in ("booked", "offered"):
            return
        was_booked = stored.is_active
        off = await self._write(
            stored, status="cancelled", reason=reason, slot="", sequence=stored.sequence + int(was_booked)
        )
        if was_booked:
            await self._noted(off, "meeting_cancelled", BY_CALENDAR)
            await self.moves_deal(off, "meeting_cancelled", BY_CALENDAR)

    async def move(self, tenant_id: str, booking_id: str, start_at: datetime, by: Human) -> Booking:
        """To another time. Raises NotFound, AlreadyDecided, TimeTaken, CalendarAway."""
        booking = await self._active(tenant_id, booking_id)
        if booking.source != "calendar":
            raise BadRequest(
                "this one was booked at Calendly, which alone can move it",
                "هذا الموعد محجوز في كالندلي ويُنقل من هناك",
            )
        await self._check_free(booking, start_at)
        moved = booking.changed(
            self._now(),
            start_at=start_at,
            end_at=start_at + timedelta(minutes=self.meetings.minutes),
            slot=slot_of(start_at),
            sequence=booking.sequence + 1,
            **_owing("meeting_moved", by),
        )
        if not await self.rows.write(moved):
            raise TimeTaken("somebody else has this time, or changed the booking", "سبقك غيرك إلى هذا الوقت")
        return await self._tell(replace(moved, v=moved.v + 1))

    async def held(self, tenant_id: str, booking_id: str, by: Human) -> Booking:
        """It took place. Raises NotFound, AlreadyDecided, BadRequest (it has not begun)."""
        return await self._happened(tenant_id, booking_id, "held", "meeting_held", by)

    async def no_show(self, tenant_id: str, booking_id: str, by: Human) -> Booking:
        """Nobody came. Raises as `held`."""
        return await self._happened(tenant_id, booking_id, "no_show", "no_show_recorded", by)

    async def moves_deal(self, booking: Booking, event: str, by: Human) -> None:
        """Record a fact about a meeting, where the deal can take that step."""
        conversation = await self._notebook.store.conversations.read(booking.tenant_id, booking.conversation_id)
        if conversation is None or not deal.may(conversation.stage, event, "approver"):
            return
        others = await self.rows.of_conversation(booking.tenant_id, booking.conversation_id)
        if event == "meeting_cancelled" and any(one.is_active and one.id != booking.id for one in others):
            return  # another one stands in its place
        try:
            await self._approvals.system_event(
                booking.tenant_id, booking.conversation_id, event, by, f"booking:{booking.id}"
            )
        except (BadRequest, NotFound):
            return  # the deal moved on, or was forgotten, in this moment

    async def _happened(self, tenant_id: str, booking_id: str, status: str, event: str, by: Human) -> Booking:
        booking = await self._active(tenant_id, booking_id)
        if booking.start_at is not None and booking.start_at > self._now():
            raise BadRequest(*_NOT_BEFORE_START)
        return await self._tell(await self._write(booking, status=status, slot="", **_owing(event, by)))

    async def _tell(self, booking: Booking) -> Booking:
        """The audit, the deal and whoever is invited hear what happened last."""
        by = Human(*booking.owed_by)
        await self._noted(booking, booking.owed, by)
        if booking.owed != "meeting_moved":  # another time is no other stage
            await self.moves_deal(booking, booking.owed, by)
        if booking.owed in ("meeting_moved", "meeting_cancelled"):
            await self._invite(booking)
        told = booking.changed(booking.updated_at, owed="", owed_by=("", ""))
        # Whoever changed it in this moment has told, or still owes, something newer.
        return replace(told, v=told.v + 1) if await self.rows.write(told) else booking

    async def _active(self, tenant_id: str, booking_id: str) -> Booking:
        booking = await self.get(tenant_id, booking_id)
        if not booking.is_active:
            raise AlreadyDecided(f"this booking is {booking.status} already", f"حالة الحجز: {booking.status}")
        return booking

    async def _write(self, booking: Booking, **changes: object) -> Booking:
        changed = booking.changed(self._now(), **changes)
        if not await self.rows.write(changed):
            raise AlreadyDecided("somebody changed this booking in this moment", "عدّل غيرك هذا الحجز للتو")
        return replace(changed, v=changed.v + 1)

    async def _check_free(self, booking: Booking, start_at: datetime) -> None:
        tenant, now = self._notebook.tenants[booking.tenant_id], self._now()
        if not is_thinkable(start_at, now):
            raise TimeTaken(
                "a meeting begins in the future, and within a year; choose another time",
                "يبدأ الاجتماع في المستقبل وخلال سنة؛ اختر وقتًا آخر",
            )
        calendar = self.meetings.calendar_of(booking.tenant_id)
        length = timedelta(minutes=self.meetings.minutes)
        busy: list[Busy] = []
        if calendar is not None:
            busy += await calendar.busy(start_at - timedelta(days=1), start_at + timedelta(days=1))
        for one in await self.rows.taken(booking.tenant_id, start_at - length, start_at + length):
            if one.start_at is not None and one.id != booking.id:
                busy.append(Busy(one.start_at, one.end_at or one.start_at + length))
        policies = self._policies_of(booking.tenant_id)
        if not is_free(start_at, busy, policies, tenant.city, now, self.meetings.minutes):
            raise TimeTaken(
                "this time is not free, or outside the hours for meetings",
                "هذا الوقت محجوز أو خارج أوقات الاجتماعات",
            )

    async def _noted(self, booking: Booking, what: str, by: Human) -> None:
        await self._audit.note(
            booking.tenant_id,
            what,
            by,
            conversation_id=booking.conversation_id,
            correlation_id=booking.correlation_id,
            once=f"{booking.id}:{booking.v}",
            booking=booking.id,
            start_at=booking.start_at,
        )

    async def _invite(self, booking: Booking) -> None:
        """Once for each state of the booking; what a mail server does is no reason to lose the booking."""
        tenant_id = booking.tenant_id
        if not booking.email or booking.source != "calendar" or not self._post.is_configured(tenant_id):
            return
        if await self._post.is_disabled(tenant_id) or booking.start_at is None:
            return
        conversation = await self._notebook.store.conversations.read(tenant_id, booking.conversation_id)
        if conversation is None or conversation.restricted or (conversation.is_suppressed and booking.is_active):
            return
        language = conversation.language or "ar"
        zone = self._policies_of(tenant_id).deadlines.hours.zone
        summary, text = _words(booking, language, in_words(booking.start_at, zone, language), self.meetings.place)
        letter = Letter(
            id=f"booking:{booking.id}:{booking.sequence}",
            tenant_id=tenant_id,
            conversation_id=booking.conversation_id,
            to=booking.email,
            subject=summary,
            text=text,
            created_at=self._now(),
            calendar=self._ics(booking),
            method="REQUEST" if booking.is_active else "CANCEL",
        )
        result = await self._post.send(letter)
        if result.outcome in ("later", "refused"):
            await self._alerts.tell(
                tenant_id,
                "invitation_not_sent",
                "A meeting was booked, and its invitation did not leave; send the file yourself",
                "حُجز موعد ولم تخرج دعوته بالبريد؛ أرسل الملف بنفسك",
                result.detail,
                f"invitation:{booking.id}:{booking.sequence}",
                audience=("admin", "approver"),
                about=booking.conversation_id,
                correlation_id=booking.correlation_id,
            )

    def _ics(self, booking: Booking) -> bytes:
        name = self._notebook.tenants[booking.tenant_id].name
        return invitation(
            booking,
            summary=name,
            place=self.meetings.place,
            organizer=self.meetings.organizer,
            minutes=self.meetings.minutes,
            now=booking.updated_at,
        )


def _owing(what: str, by: Human) -> dict[str, object]:
    """What a change of a booking is written with."""
    return {"owed": what, "owed_by": (by.id, by.name)}


def _words(booking: Booking, language: str, when: str, place: str) -> tuple[str, str]:
    if language == "en":
        what = "Your appointment" if booking.is_active else "Your appointment is cancelled"
        return f"{what}: {when}", f"{what}: {when}\n{place}".strip()
    what = "موعدكم" if booking.is_active else "أُلغي موعدكم"
    return f"{what}: {when}", f"{what}: {when}\n{place}".strip()


__all__ = ["BY_CALENDAR", "Bookings", "CalendarAway", "TimeTaken"]
