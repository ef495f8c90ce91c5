"""Meetings in a running house: offered, chosen, booked once, invited, moved, missed; and what Calendly tells."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import icalendar
import pytest
import pytest_asyncio

from bot.conversation import Deed, Status
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from tests.actions.test_actions import asks, listed, qualified
from tests.fakes.calendar import FakeCalendar, event, fake_calendar, feed
from tests.fakes.mail import FakeMail, fake_mail
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.running import RunningHouse, running, settings_for
from tests.house.talk import Talk

KEY = "signing-key-of-a-test"


@dataclass
class World:
    house: RunningHouse
    calendar: FakeCalendar
    mail: FakeMail

    async def rest(self) -> None:
        await self.house.settles()
        await self.house.inside.trust.runs_room.engine.settle()
        await self.house.settles()

    async def get(self, path: str) -> httpx.Response:
        return await self.house.http.get(f"/api/v1{path}", headers=self.house.token("approver"))

    async def post(self, path: str, body=None, role: str = "approver") -> httpx.Response:
        return await self.house.http.post(f"/api/v1{path}", json=body, headers=self.house.token(role))

    async def bookings_of(self, conversation_id: str, status: str = "booked") -> list[dict]:
        found = (await self.get(f"/bookings?limit=500&status={status}")).json()["bookings"]
        return [one for one in found if one["conversation_id"] == conversation_id]

    async def calendly(self, kind: str, payload: dict, tenant: str = DEFAULT_TENANT, **more) -> httpx.Response:
        body = json.dumps({"event": kind, "payload": payload}).encode()
        stamp = str(int(self.house.clock().timestamp()) - more.get("ago", 0))
        told = hmac.new(more.get("key", KEY).encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Calendly-Webhook-Signature": f"t={stamp},v1={told}"}
        return await self.house.http.post(f"/webhooks/calendly/{tenant}", content=body, headers=headers)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def street(mongo_uri, tmp_path_factory) -> AsyncIterator[World]:
    """One house with a calendar, a mail server and Calendly, for all tests here."""
    async with AsyncExitStack() as stack:
        calendar = await stack.enter_async_context(fake_calendar())
        mail = await stack.enter_async_context(fake_mail())
        fake = await stack.enter_async_context(FakeWhatsApp())
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"meet_{uuid4().hex[:12]}",
            tmp_path_factory.mktemp("meet"),
            DEALIX_CALENDAR_URL=calendar.url,
            DEALIX_MEETING_PLACE="https://meet.example/1",
            CALENDLY_LINK="https://calendly.com/us/demo",
            CALENDLY_SIGNING_KEY=KEY,
            DEALIX_SMTP_HOST="127.0.0.1",
            DEALIX_SMTP_PORT=mail.port,
            DEALIX_SMTP_SECURITY="none",
            DEALIX_MAIL_FROM="us@dealix.test",
        )
        house = await stack.enter_async_context(running(settings, fake, Clock()))
        yield World(house, calendar, mail)


@pytest_asyncio.fixture(loop_scope="session")
async def world(street: World) -> AsyncIterator[World]:
    street.calendar.body, street.calendar.status, street.calendar.is_silent = feed(), 200, False
    street.mail.letters.clear()
    street.mail.at_data = street.mail.at_rcpt = ""
    yield street
    await street.rest()


@pytest.fixture
def lead(world: World) -> Talk:
    return Talk(world.house)


async def offered(world: World, lead: Talk) -> str:
    """A lead who was offered two times."""
    conversation_id = await qualified(lead)
    await lead.says("وريني النظام")
    await world.rest()
    await lead.looks()
    return conversation_id


async def booked(world: World, lead: Talk, number: str = "2") -> tuple[str, dict]:
    conversation_id = await offered(world, lead)
    await lead.says(number)
    await world.rest()
    await lead.looks()
    (booking,) = await world.bookings_of(conversation_id)
    return conversation_id, booking


async def test_a_wish_to_see_it_is_answered_with_two_free_times_through_the_gate(world, lead):
    conversation_id = await offered(world, lead)
    (offer,) = await world.bookings_of(conversation_id, "offered")
    assert len(offer["offered"]) == 2
    assert "(1)" in lead.replies[-1] and "(2)" in lead.replies[-1]
    said = [data for what, data in await world.house.history(lead.memory) if what == "reply_queued_by_bot"]
    assert said[-1]["wording"] == "book_a_meeting_with_times"
    assert lead.memory.expects == "choice"


async def test_the_number_that_they_answer_is_booked_once_and_moves_the_deal(world, lead):
    conversation_id, booking = await booked(world, lead)
    (old,) = await world.bookings_of(conversation_id, "moved")
    assert booking["start_at"] == old["offered"][1]
    assert lead.memory.stage == "meeting_booked"
    assert "تم تأكيد موعدكم" in lead.replies[-1]
    assert lead.memory.on_the_way() == []
    moved = [data for what, data in await world.house.history(lead.memory) if what == "stage_moved"]
    assert (moved[-1]["event"], moved[-1]["evidence"]) == ("booking_confirmed", f"booking:{booking['id']}")


async def test_the_invitation_is_a_file_and_a_letter_where_an_address_is_known(world, lead):
    conversation_id = await offered(world, lead)
    await lead.says("1")
    await world.rest()
    (booking,) = await world.bookings_of(conversation_id)
    file = await world.get(f"/bookings/{booking['id']}/invitation.ics")
    (one,) = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert one.start == datetime.fromisoformat(booking["start_at"])
    assert world.mail.letters == []

    other = Talk(world.house)
    other_id = await qualified(other)
    await other.says("ايميلي noura@example.com")
    await other.says("وريني النظام")
    await world.rest()
    await other.says("1")
    await world.rest()
    (theirs,) = await world.bookings_of(other_id)
    assert theirs["start_at"] != booking["start_at"]
    (letter,) = world.mail.letters
    invitation = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert letter["to"] == "noura@example.com" and len(invitation) == 1

    await world.post(f"/bookings/{theirs['id']}/cancel", {})
    assert len(world.mail.letters) == 2
    off = icalendar.Calendar.from_ical(
        next(p for p in world.mail.letters[1].walk() if p.get_content_type() == "text/calendar").get_content()
    )
    (now_off,) = off.walk("VEVENT")
    assert (off["METHOD"], int(now_off["SEQUENCE"])) == ("CANCEL", 1)
    assert now_off["UID"] == icalendar.Calendar.from_ical(invitation[0].get_content()).walk("VEVENT")[0]["UID"]


async def test_of_two_leads_who_want_one_time_one_has_it(world):
    leads = [Talk(world.house) for _ in range(4)]
    ids = [await qualified(one) for one in leads]
    start = (world.house.clock() + timedelta(days=3)).astimezone(UTC)
    while True:  # a free one: Sunday to Thursday at nine in Riyadh is
        start = start.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if start.weekday() in (6, 0, 1, 2, 3):
            break
    asked = [asks(world.house, one, "book_meeting", {"facts": {"start_at": start.isoformat()}}) for one in ids]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {202}
    await world.rest()
    states = [(await listed(world.house, one))[0]["state"] for one in ids]
    assert sorted(states) == ["done", "failed", "failed", "failed"]
    assert len([one for each in ids for one in await world.bookings_of(each)]) == 1


async def test_a_time_that_was_taken_meanwhile_is_not_booked_and_others_are_offered(world, lead):
    conversation_id = await offered(world, lead)
    (offer,) = await world.bookings_of(conversation_id, "offered")
    first = datetime.fromisoformat(offer["offered"][0])
    world.calendar.body = feed(event(first, first + timedelta(hours=1)))
    await lead.says("1")
    await world.rest()
    assert await world.bookings_of(conversation_id) == []
    (fresh,) = await world.bookings_of(conversation_id, "offered")
    assert offer["offered"][0] not in fresh["offered"]


@pytest.mark.parametrize("trouble", [{"status": 401}, {"body": b"<html>sign in</html>"}])
async def test_a_calendar_that_cannot_be_read_offers_nothing_and_says_why(world, lead, trouble):
    for name, value in trouble.items():
        setattr(world.calendar, name, value)
    conversation_id = await offered(world, lead)
    for _ in range(4):
        await world.house.moves(minutes=10)
        await world.rest()
    (action,) = await listed(world.house, conversation_id)
    assert action["state"] == "failed" and "DEALIX_CALENDAR_URL" in action["reason_en"]
    assert await world.bookings_of(conversation_id, "offered") == []


async def test_what_a_tenants_own_rule_wants_offered_waits_for_a_yes_on_the_words(world, lead):
    await qualified(lead)
    deed = Deed("book_meeting", uuid4().hex, world.house.clock(), ("theirs",), is_by_book=False)
    await world.house.inside.rooms.actions.begin(lead.memory, deed)
    await world.rest()
    await lead.looks()
    (draft,) = [one for one in lead.memory.outbox if one.status is Status.HELD]
    assert draft.wording == "book_a_meeting_with_times" and draft.hold_reasons == ("hold.meeting_time",)


async def test_a_meeting_is_moved_to_a_free_time_only_and_missed_after_it_began(world, lead):
    _, booking = await booked(world, lead)
    path = f"/bookings/{booking['id']}"
    start = datetime.fromisoformat(booking["start_at"])
    assert (await world.post(f"{path}/no-show")).status_code == 422
    assert (await world.post(f"{path}/move", {"start_at": "2026-01-01T09:00:00Z"})).status_code == 409
    world.calendar.body = feed(event(start + timedelta(days=7), start + timedelta(days=8)))
    taken = await world.post(f"{path}/move", {"start_at": (start + timedelta(days=7)).isoformat()})
    assert (taken.status_code, taken.json()["code"]) == (409, "time_taken")
    world.calendar.body = feed()
    moved = await world.post(f"{path}/move", {"start_at": (start + timedelta(days=7)).isoformat()})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["sequence"], moved.json()["status"]) == (1, "booked")
    await world.house.moves(days=25)
    assert (await world.post(f"{path}/no-show")).json()["status"] == "no_show"
    assert (await world.post(f"{path}/held")).status_code == 409
    await lead.looks()
    assert lead.memory.stage == "nurturing"


@pytest.mark.parametrize(
    ("status", "owed"),
    [("cancelled", "meeting_cancelled"), ("no_show", "no_show_recorded")],
)
async def test_what_a_process_died_on_is_told_by_the_next_look(world, lead, status, owed):
    _, booking = await booked(world, lead)
    rows = world.house.inside.store.bookings
    stored = await rows.read(DEFAULT_TENANT, booking["id"])
    left = stored.changed(world.house.clock(), status=status, slot="", owed=owed, owed_by=("cli:noura", "noura"))
    assert await rows.write(left)
    await world.house.inside.rooms.bookings.look()
    await lead.looks()
    assert lead.memory.stage == "meeting_booked", "whoever did it may still be telling"
    await world.house.moves(minutes=1)
    for _ in range(2):
        await world.house.inside.rooms.bookings.look()

    await lead.looks()
    assert lead.memory.stage == "nurturing"
    told = [data for what, data in await world.house.history(lead.memory) if what == owed]
    assert [data["by"] for data in told] == ["cli:noura"], told
    assert (await rows.read(DEFAULT_TENANT, booking["id"])).owed == ""


async def test_a_meeting_centuries_away_is_refused_in_words(world, lead):
    far = "2490-01-01T09:00:00+03:00"
    _, booking = await booked(world, lead)
    moved = await world.post(f"/bookings/{booking['id']}/move", {"start_at": far})
    assert (moved.status_code, moved.json()["code"]) == (409, "time_taken")
    other = Talk(world.house)
    other_id = await qualified(other)
    await asks(world.house, other_id, "book_meeting", {"facts": {"start_at": far}})
    (action,) = await listed(world.house, other_id)
    assert action["state"] == "failed" and "within a year" in action["reason_en"], action


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_meeting_at_the_end_of_time_is_refused_at_the_door(world, lead, far):
    _, booking = await booked(world, lead)
    assert (await world.post(f"/bookings/{booking['id']}/move", {"start_at": far})).status_code == 422
    path = f"/conversations/{booking['conversation_id']}/actions/book_meeting"
    assert (await world.post(path, {"facts": {"start_at": far}}, "admin")).status_code == 422
    told = {
        "uri": f"https://api/{far}",
        "tracking": {"utm_content": booking["conversation_id"]},
        "scheduled_event": {"start_time": far},
    }
    assert (await world.calendly("invitee.created", told)).status_code == 200


async def test_who_may_look_may_not_decide_and_what_does_not_exist_is_not_found(world, lead):
    _, booking = await booked(world, lead)
    assert (await world.post(f"/bookings/{booking['id']}/cancel", {}, "agent")).status_code == 403
    for path in ("/bookings/nobody", "/bookings/nobody/invitation.ics"):
        assert (await world.get(path)).status_code == 404
    assert (await world.get("/bookings?status=maybe")).status_code == 422
    assert (await world.post(f"/bookings/{booking['id']}/move", {"start_at": "soon"})).status_code == 422


async def test_a_stop_gives_nobody_a_meeting(world, lead):
    conversation_id = await offered(world, lead)
    await lead.says("الغاء الاشتراك، لا ترسلوا لي")
    await world.rest()
    assert (await asks(world.house, conversation_id, "book_meeting")).status_code == 409


async def test_calendly_is_believed_only_with_its_signature(world):
    payload = {"uri": "https://api.calendly.com/x"}
    assert (await world.calendly("invitee.created", payload, key="another")).status_code == 401
    assert (await world.calendly("invitee.created", payload, ago=181)).status_code == 401
    assert (await world.calendly("invitee.created", payload, tenant="nobody")).status_code == 404


async def test_a_booking_at_calendly_counts_once_and_its_end_too(world, lead):
    conversation_id = await qualified(lead)
    payload = {
        "uri": f"https://api/{lead.phone}",
        "tracking": {"utm_content": conversation_id},
        "email": "a@b.co",
    }
    first = await world.calendly("invitee.created", payload)
    again = await world.calendly("invitee.created", payload)
    assert (first.json()["status"], again.json()["status"]) == ("recorded", "repeated")
    await lead.looks()
    assert lead.memory.stage == "meeting_booked"
    for _ in range(2):
        await world.calendly("invitee.canceled", {**payload, "cancellation": {"canceler_type": "invitee"}})
    await lead.looks()
    assert lead.memory.stage == "nurturing"
    events = [d["event"] for what, d in await world.house.history(lead.memory) if what == "stage_moved"]
    assert events[-2:] == ["booking_confirmed", "meeting_cancelled"]


@pytest.mark.parametrize("canceled_first", [True, False])
async def test_a_reschedule_leaves_the_deal_where_it_is(world, lead, canceled_first):
    conversation_id = await qualified(lead)
    tracking = {"utm_content": conversation_id}
    old, new = f"https://api/{lead.phone}/old", f"https://api/{lead.phone}/new"
    await world.calendly("invitee.created", {"uri": old, "tracking": tracking})
    news = [
        ("invitee.canceled", {"uri": old, "rescheduled": True, "new_invitee": new, "tracking": tracking}),
        ("invitee.created", {"uri": new, "old_invitee": old, "tracking": tracking}),
    ]
    for kind, payload in news if canceled_first else reversed(news):
        assert (await world.calendly(kind, payload)).json()["status"] == "recorded"
        await lead.looks()
        assert lead.memory.stage == "meeting_booked"
    assert len(await world.bookings_of(conversation_id)) == 1
    await world.calendly("invitee_no_show.created", {"uri": "https://api/no-show", "invitee": new})
    await lead.looks()
    assert lead.memory.stage == "nurturing"


async def test_what_calendly_tells_of_nobody_we_know_is_kept_aside_and_told(world):
    before = len(await world.house.inside.trust.alerts.latest(DEFAULT_TENANT))
    answer = await world.calendly(
        "invitee.created", {"uri": "https://api/lost", "tracking": {"utm_content": "nobody"}}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")
    alerts = await world.house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert len(alerts) == before + 1 and alerts[0].kind == "booking_not_placed"


async def test_a_letter_waits_for_a_yes_leaves_once_and_doubt_is_told(world, lead):
    conversation_id = await qualified(lead)
    facts = {"to": "noura@example.com", "subject": "عرض", "text": "السلام عليكم"}
    for trouble, state in (("", "done"), ("hang_up", "unknown"), ("554 spam", "failed")):
        world.mail.at_data = trouble
        world.mail.letters.clear()
        assert (await asks(world.house, conversation_id, "send_email", {"facts": facts})).status_code == 202
        action = (await listed(world.house, conversation_id))[0]
        assert action["state"] == "waiting_approval" and world.mail.letters == []
        await world.post(f"/approvals/{action['approval_id']}/approve", {"v": 1})
        action = (await listed(world.house, conversation_id))[0]
        assert (action["state"], len(world.mail.letters)) == (state, 1), action
    kinds = {alert.kind for alert in await world.house.inside.trust.alerts.latest(DEFAULT_TENANT)}
    assert "mail_unknown" in kinds
    for name, value in (("to", "nobody"), ("subject", "a\u2028b"), ("subject", "a\x0cb"), ("subject", "a\x85b")):
        wrong = await asks(world.house, conversation_id, "send_email", {"facts": {**facts, name: value}})
        assert wrong.status_code == 422, (name, value)


async def test_a_letter_whose_server_is_switched_off_after_the_yes_does_not_leave(world, lead):
    conversation_id = await qualified(lead)
    facts = {"to": "noura@example.com", "subject": "عرض", "text": "السلام عليكم"}
    await asks(world.house, conversation_id, "send_email", {"facts": facts})
    action = (await listed(world.house, conversation_id))[0]
    connectors, admin = world.house.inside.rooms.connectors, Human("api:noura", "Noura")
    await connectors.disable(DEFAULT_TENANT, "mail", admin, "trouble")
    try:
        await world.post(f"/approvals/{action['approval_id']}/approve", {"v": 1})
        action = (await listed(world.house, conversation_id))[0]
    finally:
        await connectors.enable(DEFAULT_TENANT, "mail", admin, "over")
    assert (action["state"], world.mail.letters) == ("not_configured", [])
