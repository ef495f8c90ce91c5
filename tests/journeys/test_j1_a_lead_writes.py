"""J1: a lead asks the price in Arabic, answers five questions, claims a payment, and asks us to stop."""

import random

import pytest

from bot.conversation import Status
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Talk
from tests.house.talk import FIVE_ANSWERS

ANSWERS = {
    "monthly_leads": "80",
    "follow_up_problem": "الرد يتأخر على العملاء",
    "has_sales_team": "yes",
    "monthly_budget_sar": "2000",
    "start_date": "الشهر الجاي",
}


@pytest.fixture(params=PROVIDERS)
def lead(request, new_talk):
    """A contact who writes to the number of each provider in turn."""
    return new_talk(request.param)


async def test_from_the_price_to_the_last_word(lead, sami):
    await lead.says("السلام عليكم، كم السعر؟")
    lead.hears("price_on_request")
    lead.is_in("qualifying")

    for answer in FIVE_ANSWERS[:-1]:
        await lead.says(answer)
        lead.hears("ask_next_question")
        lead.is_in("qualifying")
    await lead.says(FIVE_ANSWERS[-1])
    lead.hears("qualified_offer_meeting")
    lead.is_in("qualified")
    lead.has_answered(**ANSWERS)

    await lead.says("حولت المبلغ")
    draft = lead.waits_for_a_human("hold.payment_claim")
    lead.is_in("qualified")
    assert "verify_payment" in draft.flags

    await lead.says("وقفوا الرسايل")
    lead.hears("opt_out_confirmation")
    lead.is_in("opted_out")
    assert lead.conversation.draft(draft.id).status == Status.CANCELLED
    assert [notice.kind for notice in lead.conversation.notices] == ["opted_out"]

    await lead.says("كم السعر؟")
    lead.is_quiet()
    lead.is_in("opted_out")
    assert (await sami.taps_approve(draft)).status_code == 409
    assert len(lead.arrived) == 7


async def test_everything_is_written_down_in_its_order(talk):
    await talk.says("السلام عليكم، كم السعر؟")

    history = await talk.house.history(talk.conversation)
    assert [what for what, _ in history] == [
        "message_received",
        "decided",
        "stage_moved",
        "reply_queued_by_bot",
        "attempt_started",
        "attempt_ended",
    ]
    moved = dict(history)["stage_moved"]
    assert (moved["before"], moved["after"], moved["intent"]) == ("new_lead", "qualifying", "ask_price")
    assert moved["book_version"] == talk.house.inside.playbooks.shipped.version
    assert dict(history)["attempt_ended"]["send_class"] == "accepted"


async def test_a_journey_with_every_webhook_delivered_twice_is_the_same_journey(lead):
    for words in ("السلام عليكم، كم السعر؟", *FIVE_ANSWERS):
        webhook = lead.writes(words)
        await lead.sends(webhook, webhook)
        await lead.sends(webhook)

    lead.is_in("qualified")
    lead.has_answered(**ANSWERS)
    lead.hears("price_on_request", *["ask_next_question"] * 4, "qualified_offer_meeting")


async def test_old_webhooks_in_any_order_change_nothing_in_a_journey(lead):
    chance = random.Random(20260101)
    for words in ("السلام عليكم، كم السعر؟", *FIVE_ANSWERS, "وقفوا الرسايل"):
        await lead.says(words)
        again = [webhook for _, webhook in lead.posted]
        chance.shuffle(again)
        await lead.sends(*again[:4])

    lead.is_in("opted_out")
    lead.has_answered(**ANSWERS)
    lead.hears("price_on_request", *["ask_next_question"] * 4, "qualified_offer_meeting", "opt_out_confirmation")
    received = await lead.happened("message_received")
    assert len(received) == 7


async def test_a_public_price_is_stated(new_house):
    house = await new_house(
        DEALIX_PUBLIC_PRICE_AR="الباقة تبدأ من 499 ريال شهريا", DEALIX_PUBLIC_PRICE_EN="from 499 SAR a month"
    )
    talk = Talk(house)
    await talk.says("كم السعر؟")

    assert "الباقة تبدأ من 499 ريال شهريا" in talk.replies[0]
    talk.hears("price_public")


async def test_an_english_lead_is_answered_in_english(talk):
    await talk.says("Hello, how much is it?")
    talk.hears("price_on_request", language="en")

    await talk.says("80")
    talk.hears("ask_next_question", language="en")


async def test_a_voice_note_is_asked_in_writing(talk):
    voice = {"typeMessage": "audioMessage", "fileMessageData": {"downloadUrl": "https://x.example/a.oga"}}
    await talk.sends(
        bodies.green(voice, chat=f"{talk.phone}@c.us", message_id="3EBVOICE1", at=talk.house.clock())
    )

    assert len(talk.arrived) == 1
    talk.is_in("new_lead")


async def test_a_payment_moves_nothing_until_somebody_verified_it(talk, sami):
    await talk.goes_to("payment_requested", sami)
    await talk.says("حولت المبلغ")

    talk.waits_for_a_human()
    talk.is_in("payment_requested")

    await sami.reports(talk, "payment_verified")
    await talk.looks()
    talk.is_in("pilot_active")


async def test_the_bot_never_says_booked_before_a_booking(talk, sami):
    await talk.goes_to("qualified", sami)
    await talk.says("أبي ديمو بكرة الساعة ٤")

    talk.is_in("qualified")
    assert not any("تم تأكيد" in text or "حجزنا" in text for text in talk.replies)
    await sami.reports(talk, "booking_confirmed")
    await talk.looks()
    talk.is_in("meeting_booked")
