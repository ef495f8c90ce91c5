"""
The action book_meeting: offer times to a contact, or book the one that was chosen.

Rule 1: what is said to the contact is a draft like every other: it leaves by itself where a shipped rule asked,
        in a decision that did not wait for a human, and the tenant lets safe replies go; otherwise it waits for a
        yes. The gate judges it again before it leaves.
Rule 2: a time is booked when the contact chose it among those that we offered and it is still free, in the
        calendar and among our own bookings. Taken meanwhile, others are offered.
Rule 3: asked for again, a contact who has a meeting gets no second one, and the same times are not offered twice.
Rule 4: each step finds what it did before: a kill changes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.actions.action import Action, Words
from bot.actions.outcome import OUTCOME, ended, outcome
from bot.booking.booking import Booking, BookingRows, slot_of
from bot.booking.drafts import SaysIt
from bot.booking.ports import Busy, CalendarAway, Meetings
from bot.booking.slots import LOOK_AHEAD, free_slots, is_free, is_thinkable
from bot.conversation import Conversation
from bot.evidence.canonical import sha256_of_text
from bot.mail.sending import Address, address_in
from bot.moments import Moment
from bot.notebook import Notebook
from bot.runs.flow import Flow, Next, Step, Turn, again, done
from rules.policies import Policies

HOW_MANY = 2

# An offer that nobody took by then is old: the times may be past.
OFFER_LASTS = timedelta(days=3)

# A calendar that is away is asked again after these.
AWAY_SECONDS = (2.0, 30.0, 300.0)

NOT_CONFIGURED = Words(
    "no calendar is configured: set DEALIX_CALENDAR_URL, or CALENDLY_LINK (docs/actions.md)",
    "لم يُهيأ تقويم: عيّن DEALIX_CALENDAR_URL أو CALENDLY_LINK",
)
NO_TIME = ("there is no free time in the next two weeks; offer one yourself", "لا يوجد وقت متاح خلال أسبوعين")
_NOT_THINKABLE = (
    "a meeting begins in the future, and within a year; choose another time",
    "يبدأ الاجتماع في المستقبل وخلال سنة؛ اختر وقتًا آخر",
)
SWITCHED_OFF = ("the calendar is switched off here", "التقويم موقوف هنا")


class MeetingFacts(BaseModel):
    """What whoever asks by hand may settle."""

    model_config = ConfigDict(extra="forbid")

    start_at: Moment | None = None
    """Book exactly this time, if it is free; without it, times are offered."""
    email: Address | None = None


@dataclass(frozen=True, slots=True)
class Offering:
    """Its steps."""

    notebook: Notebook
    rows: BookingRows
    meetings: Meetings
    policies_of: Callable[[str], Policies]
    is_disabled: Callable[[str, str], Awaitable[bool]]
    says: SaysIt
    confirm: Callable[[Booking, str], Awaitable[None]]
    """Tell the deal and the invited: what becomes of a new booking."""
    release: Callable[[Booking, str], Awaitable[None]]

    def action(self) -> Action:
        steps = (
            Step("find", self.find, self.undo, title_en="Look into the calendar", title_ar="النظر في التقويم"),
            Step("say", self.say, title_en="Tell the contact", title_ar="إبلاغ العميل"),
            Step("confirm", self.confirmed, title_en="Record and invite", title_ar="التسجيل والدعوة"),
        )
        return Action(
            "book_meeting",
            Flow("book_meeting", 1, steps, title_en="Book a meeting", title_ar="حجز اجتماع"),
            asks_itself=True,
            facts=MeetingFacts,
            missing=self.missing,
        )

    def missing(self, tenant_id: str) -> Words | None:
        if self.meetings.calendar_of(tenant_id) or self.meetings.calendly_of(tenant_id):
            return None
        return NOT_CONFIGURED

    async def find(self, turn: Turn) -> Next:
        """A time that is ours from here on, or times to offer, or the page to choose on."""
        existing = await self.rows.of_conversation(turn.tenant_id, turn.state["conversation_id"])
        mine = next((one for one in existing if one.id == _booking_id(turn)), None)
        if mine is not None and mine.status in ("booked", "offered"):
            return done(booking=mine.id, is_booked=mine.is_active)
        active = next((one for one in existing if one.is_active and not _is_past(one, turn.now)), None)
        if active is not None:
            return ended("done", "there is a meeting already", "يوجد موعد محجوز بالفعل", booking=active.id)
        if self.meetings.calendar_of(turn.tenant_id) is None:
            return await self._page(turn)
        if await self.is_disabled(turn.tenant_id, "calendar"):
            return ended("not_configured", *SWITCHED_OFF)
        try:
            return await self._by_calendar(turn, existing)
        except CalendarAway as away:
            tries = int(turn.state.get("tries", 0))
            if away.may_retry and tries < len(AWAY_SECONDS):
                return again(AWAY_SECONDS[tries], tries=tries + 1)
            return ended("failed", away.message_en, away.message_ar)

    async def say(self, turn: Turn) -> Next:
        """One message: the times, the page, or that it is booked."""
        booking = await self.rows.read(turn.tenant_id, str(turn.state.get("booking", "")))
        if booking is None and not turn.state.get("page"):
            return ended("cancelled", "the booking is not there any more", "لم يعد الحجز موجودًا")
        await self.says.say(turn, booking)
        if booking is None or not booking.is_active:
            what = outcome("done", "", "", booking=booking.id if booking else "", offered=True)
            return done(**{OUTCOME: what})
        return done()

    async def confirmed(self, turn: Turn) -> Next:
        """The deal hears of it, and so does whoever is invited."""
        booking = await self.rows.read(turn.tenant_id, str(turn.state.get("booking", "")))
        if booking is None or not booking.is_active:
            told: Mapping[str, Any] = turn.state.get(OUTCOME) or outcome("done", "", "")
            return ended(told["state"], told["reason_en"], told["reason_ar"], **told["result"])
        await self.confirm(booking, turn.correlation_id)
        return ended("done", booking=booking.id, start_at=booking.start_at)

    async def undo(self, turn: Turn) -> None:
        """Give the time back."""
        booking = await self.rows.read(turn.tenant_id, _booking_id(turn))
        if booking is not None and booking.status in ("booked", "offered"):
            await self.release(booking, "cancelled before it was confirmed")

    async def _page(self, turn: Turn) -> Next:
        if self.meetings.calendly_of(turn.tenant_id) is None:
            return ended("not_configured", NOT_CONFIGURED.en, NOT_CONFIGURED.ar)
        if await self.is_disabled(turn.tenant_id, "calendly"):
            return ended("not_configured", *SWITCHED_OFF)
        return done(page=True)

    async def _by_calendar(self, turn: Turn, existing: Sequence[Booking]) -> Next:
        offer = next((one for one in existing if _is_open(one, turn.now)), None)
        wanted = _wanted(turn, offer)
        if wanted is not None and turn.state["facts"].get("start_at") and not is_thinkable(wanted, turn.now):
            return ended("failed", *_NOT_THINKABLE)
        busy = await self._busy(turn)
        policies, city = self.policies_of(turn.tenant_id), self.notebook.tenants[turn.tenant_id].city
        minutes = self.meetings.minutes
        if wanted is not None and is_free(wanted, busy, policies, city, turn.now, minutes):
            booked = await self._take(turn, wanted, offer)
            if booked is not None:
                return done(booking=booked.id, is_booked=True)
            busy = await self._busy(turn)
        if turn.state["facts"].get("start_at"):
            return ended("failed", "this time is not free", "هذا الوقت غير متاح")
        if offer is not None and wanted is None and turn.state["asked"]["by_pages"]:
            words = (
                "times were offered already; the contact has not chosen",
                "عُرضت أوقات من قبل ولم يختر العميل",
            )
            return ended("done", *words, booking=offer.id)
        times = free_slots(busy, policies, city, turn.now, minutes, HOW_MANY)
        if len(times) < HOW_MANY:
            return ended("failed", *NO_TIME)
        return done(booking=(await self._offer(turn, times, offer)).id, is_booked=False)

    async def _busy(self, turn: Turn) -> list[Busy]:
        """What the calendar has, and what we have promised since."""
        calendar = self.meetings.calendar_of(turn.tenant_id)
        assert calendar is not None
        since, until = turn.now - timedelta(days=1), turn.now + LOOK_AHEAD + timedelta(days=1)
        far = _start_of(turn)
        found = list(await calendar.busy(since, max(until, far + timedelta(days=1)) if far else until))
        length = timedelta(minutes=self.meetings.minutes)
        for one in await self.rows.taken(turn.tenant_id, since, until):
            if one.start_at is not None:
                found.append(Busy(one.start_at, one.end_at or one.start_at + length))
        return found

    async def _take(self, turn: Turn, start: datetime, offer: Booking | None) -> Booking | None:
        """Book it; None when somebody was faster."""
        booking = self._new(turn, "booked")
        booking = replace(
            booking,
            start_at=start,
            end_at=start + timedelta(minutes=self.meetings.minutes),
            slot=slot_of(start),
            uid=f"{booking.id}@dealix",
            email=await self._email(turn),
        )
        if not await self.rows.add(booking):
            return None
        if offer is not None:
            await self.rows.write(offer.changed(turn.now, status="moved"))
        return booking

    async def _offer(self, turn: Turn, times: tuple[datetime, ...], old: Booking | None) -> Booking:
        booking = replace(self._new(turn, "offered"), offered=times)
        await self.rows.add(booking)
        if old is not None:
            await self.rows.write(old.changed(turn.now, status="lapsed"))
        return booking

    def _new(self, turn: Turn, status: Any) -> Booking:
        return Booking(
            id=_booking_id(turn),
            tenant_id=turn.tenant_id,
            conversation_id=turn.state["conversation_id"],
            source="calendar",
            status=status,
            created_at=turn.now,
            updated_at=turn.now,
            correlation_id=turn.correlation_id,
        )

    async def _email(self, turn: Turn) -> str:
        """As whoever asked says, else the one that the contact wrote."""
        if told := turn.state["facts"].get("email"):
            return str(told)
        found = await self.notebook.store.conversations.read(turn.tenant_id, turn.state["conversation_id"])
        return email_of(found) if found else ""


def email_of(conversation: Conversation) -> str:
    """The address that the contact wrote last; empty when they wrote none."""
    wrote = (address_in(line.text) for line in reversed(conversation.recent) if line.who == "contact")
    return next((found for found in wrote if found), "")


def _booking_id(turn: Turn) -> str:
    return sha256_of_text(turn.run_id)[:26]


def _start_of(turn: Turn) -> datetime | None:
    told = turn.state["facts"].get("start_at")
    # Not turned into UTC: at the ends of time that is no time any more.
    return datetime.fromisoformat(told) if told else None


def _wanted(turn: Turn, offer: Booking | None) -> datetime | None:
    """The time that whoever asked names, or that the contact chose by its number."""
    if told := _start_of(turn):
        return told
    number = turn.state["asked"]["number"]
    if offer is None or number is None or not 1 <= number <= len(offer.offered):
        return None
    return offer.offered[number - 1]


def _is_open(booking: Booking, now: datetime) -> bool:
    return booking.status == "offered" and booking.created_at + OFFER_LASTS > now


def _is_past(booking: Booking, now: datetime) -> bool:
    return booking.start_at is not None and booking.start_at <= now
