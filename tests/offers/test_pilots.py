"""A customer's first steps are ticked by people, and a day of a pilot is reported once, when it is over."""

from datetime import datetime, timedelta

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import LogEntry
from bot.pilots.counting import RIYADH, counted, span_of
from tests.house import Sami
from tests.offers.trade import becomes, call, made, settles

DAY = datetime(2026, 3, 2, tzinfo=RIYADH).date()
BEGIN = span_of(DAY)[0]


def fact(number, what, at, **data):
    return LogEntry(f"c:{number:08}:000", what, at, "", data)


def sent(number, at, draft):
    return fact(number, "attempt_ended", at, draft=draft, send_class="accepted")


def test_a_day_is_counted_by_hand_the_same():
    at = lambda minutes: BEGIN + timedelta(minutes=minutes)  # noqa: E731
    story = [
        fact(1, "message_received", at(-1), received_at=at(-1)),
        fact(2, "message_received", at(10), received_at=at(9)),
        fact(3, "message_received", at(11), received_at=at(11)),
        sent(4, at(12), "a"),
        sent(5, at(12), "a"),
        fact(6, "attempt_ended", at(13), draft="b", send_class="ambiguous"),
        fact(7, "message_received", at(60), received_at=at(60)),
        sent(8, at(61), "c"),
        fact(9, "stage_moved", at(70), event="booking_confirmed", before="x", after="y"),
        fact(10, "draft_approved", at(80)),
        fact(11, "send_given_up", at(90), draft="d"),
        fact(12, "message_received", at(1439), received_at=at(1439)),
        sent(13, at(1440), "e"),
    ]
    seen = counted(story, DAY)
    assert (seen.messages_received, seen.messages_sent, seen.messages_failed) == (4, 2, 1)
    assert seen.responses == (180, 60)
    assert (seen.median_response_seconds, seen.longest_response_seconds) == (120, 180)
    assert seen.waits_for_an_answer
    assert (seen.bookings, seen.meetings_held, seen.human_decisions) == (1, 0, 1)


def test_a_silent_day_has_no_response_time_and_no_nought():
    seen = counted([], DAY)
    assert (seen.median_response_seconds, seen.messages_received, seen.waits_for_an_answer) == (None, 0, False)


@given(st.lists(st.tuples(st.booleans(), st.integers(-200, 1700)), max_size=40), st.randoms())
def test_the_order_in_which_facts_are_read_changes_no_number(events, random):
    story = [
        fact(n, "message_received", BEGIN + timedelta(minutes=m), received_at=BEGIN + timedelta(minutes=m))
        if is_in
        else sent(n, BEGIN + timedelta(minutes=m), f"d{n}")
        for n, (is_in, m) in enumerate(events)
    ]
    shuffled = random.sample(story, len(story))
    assert counted(story, DAY) == counted(shuffled, DAY)
    inside = [m for is_in, m in events if is_in and 0 <= m < 1440]
    assert counted(story, DAY).messages_received == len(inside)
    assert all(0 <= seconds < 86_400 for seconds in counted(story, DAY).responses)


async def test_the_first_steps_are_opened_once_and_ticked_by_somebody(house, talk):
    sami = Sami(house)
    await talk.goes_to("payment_requested", sami)
    body = {"conversation_id": talk.conversation.id}
    early = await call(house, "POST", "/onboarding", body)
    assert (early.status_code, early.json()["code"]) == (409, "not_a_customer")
    await sami.reports(talk, "payment_verified")
    opened = await made(house, "POST", "/onboarding", body, who="noura")
    again = await made(house, "POST", "/onboarding", body, who="huda")
    assert again["opened_by"] == opened["opened_by"]
    assert (opened["done"], opened["total"]) == (0, len(opened["items"]))
    path = f"/onboarding/{talk.conversation.id}"
    first = opened["items"][0]["id"]
    ticked = await made(house, "POST", f"{path}/items/{first}", {"done": True}, role="agent", who="huda")
    assert (ticked["done"], ticked["items"][0]["done_by"]) == (1, "huda")
    kept = await made(house, "POST", f"{path}/items/{first}", {"done": True}, role="agent", who="noura")
    assert kept["items"][0]["done_by"] == "huda", "who was first stays"
    back = await made(house, "POST", f"{path}/items/{first}", {"done": False}, who="noura")
    assert (back["done"], back["items"][0]["done_at"]) == (0, None)
    assert (await call(house, "POST", f"{path}/items/nothing", {"done": True})).status_code == 404
    assert (await call(house, "POST", f"{path}/items/{first}", {"done": True}, role="service")).status_code == 403
    whats = [what for what, _ in await house.history(talk.conversation)]
    assert whats.count("onboarding_item_done") == whats.count("onboarding_item_undone") == 1


async def test_a_pilot_is_reported_once_for_each_day_that_is_over(house, talk, outside):
    sami = Sami(house)
    await talk.goes_to("pilot_active", sami)
    path = f"/pilots/{talk.conversation.id}/reports"
    today = house.clock().astimezone(RIYADH).date().isoformat()
    for day in (today, "2020-01-01", "0001-01-01", "9999-12-31"):
        assert (await call(house, "POST", path, {"day": day})).status_code == 422, day
    asked = await made(
        house, "POST", f"/conversations/{talk.conversation.id}/actions/generate_report", {}, role="approver"
    )
    assert asked["state"] == "waiting"
    actions = f"/conversations/{talk.conversation.id}/actions"
    await becomes(house, actions, lambda seen: seen["actions"][0]["reason_ar"])  # it sleeps until the day is over
    await house.moves(hours=25)
    seen = await becomes(house, path, lambda seen: seen["total"] >= 1)
    report = seen["reports"][-1]["report"]
    assert (report["day"], report["pilot_day"], report["onboarding_items"]) == (today, 1, None)
    assert report["messages_received"] >= 1
    assert report["provenance"]["sources"][1]["id"] == f"{talk.conversation.id}/{today}"
    await talk.says("رسالة متأخرة")
    await house.inside.rooms.offers.pilots.look()
    again = await made(house, "POST", path, {"day": today})
    assert again["report"] == report, "what came late changes nothing"
    papers = [await call(house, "GET", f"{path}/{today}/paper?language={each}") for each in ("ar", "ar", "en")]
    assert papers[0].content == papers[1].content
    document = pypdfium2.PdfDocument(papers[2].content)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "Daily report of the pilot" in text
    assert today in text
    await settles(house)


async def test_a_deal_without_a_pilot_has_no_report(house, talk):
    await talk.says("السلام عليكم")
    path = f"/pilots/{talk.conversation.id}/reports"
    assert (await call(house, "POST", path, {})).status_code == 422
    assert (await call(house, "GET", "/pilots/nobody/reports")).status_code == 404
    assert (await call(house, "GET", f"{path}/2026-01-01/paper")).status_code == 404
    assert (await call(house, "GET", f"{path}/not-a-day/paper")).status_code == 404


@pytest.mark.parametrize("role", ["service", "agent", "dpo"])
async def test_reports_are_made_by_who_answers_for_them(house, talk, role):
    await talk.says("السلام عليكم")
    answer = await call(house, "POST", f"/pilots/{talk.conversation.id}/reports", {}, role=role)
    assert answer.status_code == 403
