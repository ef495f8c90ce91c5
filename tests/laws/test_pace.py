"""Bursts, late messages, people who answer from the phone, and one message seen through two channels."""

import asyncio
from datetime import timedelta

import pytest

from bot.conversation import Status
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Talk
from tests.house.talk import new_message_id


def typed_on_the_phone(talk, text, **more):
    """Green API tells what somebody typed on the tenant's own phone."""
    said = {"typeMessage": "textMessage", "textMessageData": {"textMessage": text}}
    return bodies.green(
        said,
        chat=f"{talk.phone}@c.us",
        message_id=more.pop("message_id", new_message_id()),
        at=talk.house.clock(),
        sender="966550000001@c.us",
        type_webhook=more.pop("type_webhook", "outgoingMessageReceived"),
    )


async def test_two_quick_messages_get_one_answer(new_house):
    house = await new_house(DEALIX_BURST_SECONDS=0.4)
    talk = Talk(house)
    await talk.posts(talk.writes("السلام عليكم"))
    await asyncio.sleep(0.15)
    await talk.posts(talk.writes("كم السعر؟"))
    await talk.waits_until(Status.ACCEPTED)
    await asyncio.sleep(0.6)
    await talk.looks()

    talk.hears("price_on_request")
    assert len(await talk.happened("decided")) == 1
    assert len(await talk.happened("message_received")) == 2


async def test_somebody_who_never_stops_typing_is_answered_all_the_same(new_house):
    house = await new_house(DEALIX_BURST_SECONDS=2.5)
    talk = Talk(house)
    for words in ("السلام عليكم", "كم السعر؟"):
        await talk.posts(talk.writes(words))
    house.clock.moves(timedelta(seconds=2))
    await talk.posts(talk.writes("ومتى"))
    house.clock.moves(timedelta(seconds=2))
    await talk.posts(talk.writes("ممكن"))
    await talk.looks()
    assert talk.replies == []
    await house.moves(seconds=6)
    await talk.waits_until(Status.ACCEPTED)

    assert len(talk.arrived) == 1


async def test_messages_of_one_burst_are_read_in_the_order_in_which_they_were_sent(new_house):
    house = await new_house(DEALIX_BURST_SECONDS=0.4)
    talk = Talk(house)
    now = house.clock()
    hooks = [
        talk.writes(words, at=now - timedelta(seconds=20 - number))
        for number, words in enumerate(("السلام عليكم", "مهتم بالخدمة", "كم السعر؟"))
    ]
    await talk.sends(*reversed(hooks))
    await talk.waits_until(Status.ACCEPTED)

    (decided,) = await talk.happened("decided")
    assert decided["question"]["text"] == "السلام عليكم\nمهتم بالخدمة\nكم السعر؟"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_old_message_gets_a_draft_and_no_automatic_answer(new_talk, house, provider):
    talk = new_talk(provider)
    await talk.says("كم السعر؟", at=house.clock() - timedelta(minutes=16))

    talk.waits_for_a_human("hold.late_message")


async def test_a_message_of_some_minutes_ago_is_answered(talk, house):
    await talk.says("كم السعر؟", at=house.clock() - timedelta(minutes=13))

    talk.hears("price_on_request")


async def test_an_old_stop_is_a_stop(talk, house):
    await talk.says("وقفوا الرسايل", at=house.clock() - timedelta(hours=20))

    talk.is_in("opted_out")
    assert len(talk.arrived) <= 1


async def test_a_message_of_the_day_before_yesterday_opens_no_window_for_an_answer(talk, house):
    await talk.says("كم السعر؟", at=house.clock() - timedelta(days=2))

    talk.waits_for_a_human()


async def test_an_answer_from_the_phone_silences_the_bot(talk, house):
    await talk.says("كم السعر؟")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    await talk.sends(typed_on_the_phone(talk, "حياك الله، معك محمد"))

    assert talk.conversation.mode == "human"
    assert talk.conversation.draft(draft.id).status is Status.CANCELLED
    assert "answered_from_phone" in [notice.kind for notice in talk.conversation.notices]
    await talk.says("طيب كم السعر النهائي؟")
    talk.is_quiet()
    await house.moves(hours=4, minutes=1)
    await talk.says("كم السعر؟")
    assert len(talk.arrived) == 2 or talk.held


async def test_our_own_message_seen_leaving_is_no_human(talk):
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.ACCEPTED)
    own = typed_on_the_phone(
        talk, draft.text, message_id=talk.arrived[0].id, type_webhook="outgoingAPIMessageReceived"
    )
    same_words = typed_on_the_phone(talk, draft.text)
    await talk.sends(own, own, same_words)

    assert talk.conversation.mode == "bot"
    await talk.says("80")
    talk.hears("price_on_request", "ask_next_question")


async def test_our_own_message_seen_leaving_ends_the_doubt(new_talk, house):
    talk = new_talk("green_api")
    house.fake.script("green_api", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.UNKNOWN)
    own = typed_on_the_phone(
        talk, draft.text, message_id=talk.arrived[0].id, type_webhook="outgoingAPIMessageReceived"
    )
    await talk.sends(own)

    assert talk.conversation.draft(draft.id).status is Status.ACCEPTED
    assert talk.conversation.mode == "bot"


async def test_one_message_through_two_linked_channels_counts_once(talk):
    """One phone is linked to Green API and to Ultramsg: both report what the contact wrote."""
    now = talk.house.clock()
    hooks = [talk.writes("كم السعر؟", at=now, via=via) for via in ("green_api", "ultramsg")]
    await talk.posts(hooks[0], via="green_api")
    await talk.posts(hooks[1], via="ultramsg")
    await talk.looks()

    talk.hears("price_on_request")
    assert len(await talk.happened("message_received")) == 1


async def test_and_so_it_does_when_both_reports_are_read_together(new_house):
    house = await new_house(DEALIX_BURST_SECONDS=0.4)
    talk = Talk(house)
    now = house.clock()
    for via in ("ultramsg", "green_api"):
        await talk.posts(talk.writes("كم السعر؟", at=now, via=via), via=via)
    await talk.waits_until(Status.ACCEPTED)

    assert len(await talk.happened("message_received")) == 1
    assert len(await talk.happened("repeated_through_another_channel")) == 1


async def test_the_same_words_a_minute_later_are_new_words(talk, house):
    await talk.says("كم السعر؟")
    await house.moves(minutes=1)
    await talk.says("كم السعر؟")

    assert len(await talk.happened("message_received")) == 2


async def test_a_draft_never_outlives_the_service_window(new_talk, house, sami):
    """An answer approved after the window closed does not leave."""
    talk = new_talk("green_api")
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    await house.moves(hours=23, minutes=56)
    answer = await sami.taps_approve(draft)
    await talk.looks()

    assert answer.status_code == 409
    talk.is_quiet()
