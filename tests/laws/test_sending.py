"""A message reaches a contact at most once: doubt stops everything, only a certain refusal falls back."""

import asyncio
import random
import time

import pytest

from bot.conversation import Status
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Sami, Talk
from tests.house.running import eventually

TAKEN = ("cut_reply",)
NOT_TAKEN = ("html_200", "server_error", "down")
KEEPS_A_RECORD = ("green_api", "ultramsg")


def calls(house) -> int:
    return sum(house.fake.calls.values())


# Doubt


@pytest.mark.parametrize("trouble", [*TAKEN, *NOT_TAKEN])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_doubt_stops_everything(new_talk, house, sami, provider, trouble):
    talk = new_talk(provider)
    house.fake.script(provider, trouble, times=1)
    webhook = talk.writes("كم السعر؟")
    await talk.sends(webhook)
    await talk.sends(webhook, webhook)

    (draft,) = talk.drafts(Status.UNKNOWN)
    assert calls(house) == 1
    assert len(talk.arrived) == (trouble in TAKEN)
    assert draft.attempts[-1].channel == provider
    assert draft.id in {card["draft_id"] for card in await sami.queue()}
    assert (await sami.taps_approve(draft)).status_code == 409
    await talk.looks()
    assert calls(house) == 1


async def test_a_call_without_an_answer_is_doubt_and_nobody_else_is_called(new_talk, house):
    """The provider took the message and never answered: 15 seconds later nobody has sent it again."""
    talks = [new_talk(provider) for provider in PROVIDERS]
    for provider in PROVIDERS:
        house.fake.script(provider, "timeout_after_accept", times=1)
    await asyncio.gather(*(talk.posts(talk.writes("كم السعر؟")) for talk in talks))
    await eventually(lambda: calls(house) == 4)
    for talk in talks:
        await talk.looks()
        assert len(talk.arrived) == 1

    assert calls(house) == 4
    assert all(talk.conversation.outbox[-1].status in (Status.UNKNOWN, Status.ACCEPTED) for talk in talks)


@pytest.mark.parametrize("provider", KEEPS_A_RECORD)
async def test_the_providers_own_record_ends_the_doubt(own_house, provider):
    house, talk = own_house, Talk(own_house, provider)
    house.fake.script(provider, "cut_reply", times=1)
    await talk.says("كم السعر؟")
    talk.drafts(Status.UNKNOWN)[0]

    accepted = await talk.waits_until(Status.ACCEPTED, within=15)
    assert calls(house) == 1
    assert accepted.provider_message_ids[-1] == talk.arrived[0].id
    assert [{"arrived": d["arrived"], "by": d["by"]} for d in await talk.happened("doubt_resolved")] == [
        {"arrived": True, "by": "record"}
    ]


async def test_a_record_that_cannot_be_read_at_first_is_read_again(own_house):
    """Whoever breaks an answer off is often still in trouble seconds later."""
    talk = Talk(own_house, "ultramsg")
    own_house.fake.script("ultramsg", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    own_house.fake.script("ultramsg", "server_error")
    await own_house.moves(seconds=4)
    await talk.looks()
    assert len(talk.drafts(Status.UNKNOWN)) == 1
    own_house.fake.script("ultramsg", "ok")
    await own_house.moves(seconds=20)

    await talk.looks()
    assert len(talk.drafts(Status.ACCEPTED)) == 1
    assert calls(own_house) == 1


async def test_an_older_message_with_the_same_words_is_no_proof(own_house):
    """Two equal answers within seconds: the record of the first says nothing about the second."""
    house, talk = own_house, Talk(own_house, "green_api")
    await talk.says("السلام عليكم")
    await talk.says("السلام عليكم")
    words = talk.replies
    assert len(words) == 2
    house.fake.script("green_api", "server_error", times=1)
    talk.heard_so_far()
    await talk.says("السلام عليكم")
    (draft,) = talk.drafts(Status.UNKNOWN)
    assert draft.text in words, "the example must repeat itself"
    await asyncio.sleep(4)
    await talk.looks()

    assert talk.conversation.draft(draft.id).status is Status.UNKNOWN


async def test_what_left_no_trace_waits_for_sami_and_is_sent_when_he_says_so(own_house):
    talk, sami = Talk(own_house, "green_api"), Sami(own_house)
    own_house.fake.script("green_api", "server_error", times=1)
    await talk.says("كم السعر؟")
    for seconds in (4, 20, 90, 600):
        await own_house.moves(seconds=seconds)
    await talk.looks()

    (draft,) = talk.drafts(Status.UNKNOWN)
    assert calls(own_house) == 1
    answers = await asyncio.gather(*(sami.sends_again(draft) for _ in range(3)))
    await talk.looks()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    talk.hears_words(draft.text)
    assert calls(own_house) == 2


async def test_sami_saw_that_it_arrived(new_talk, house, sami):
    talk = new_talk("fonnte")
    house.fake.script("fonnte", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.UNKNOWN)

    assert (await sami.says_it_arrived(draft)).status_code == 200
    assert (await sami.sends_again(draft)).status_code == 409
    await talk.looks()
    assert talk.conversation.draft(draft.id).status is Status.ACCEPTED
    assert calls(house) == 1


async def test_after_an_opt_out_even_sami_cannot_send_again(new_talk, house, sami):
    talk = new_talk("fonnte")
    house.fake.script("fonnte", "down", times=1)
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.UNKNOWN)
    await talk.says("وقفوا الرسايل")
    talk.hears("opt_out_confirmation")

    await sami.sends_again(draft)
    await talk.looks()
    talk.is_quiet()
    assert talk.conversation.draft(draft.id).status is Status.CANCELLED


# Certain refusals


async def test_the_contact_is_answered_on_the_number_that_it_wrote_to(new_talk, house):
    for provider in PROVIDERS:
        talk = new_talk(provider)
        await talk.says("كم السعر؟")

        assert [provider] == [entry.provider for entry in talk.arrived]


@pytest.mark.parametrize(
    ("refused", "taken_by"),
    [
        (("green_api",), "ultramsg"),
        (("green_api", "ultramsg"), "fonnte"),
        (("green_api", "ultramsg", "fonnte"), None),
    ],
)
async def test_a_refusal_falls_back_in_order_to_exactly_one(new_talk, house, refused, taken_by):
    """The number at Meta never opened a window for this contact: free text may not leave from there."""
    for provider in refused:
        house.fake.script(provider, "auth")
    talk = new_talk("green_api")
    await talk.says("كم السعر؟")

    assert ([taken_by] if taken_by else []) == [entry.provider for entry in talk.arrived]
    assert {name: 1 for name in (*refused, taken_by) if name} == dict(house.fake.calls)
    if taken_by is None:
        (draft,) = talk.drafts(Status.QUEUED)
        assert draft.retry_at > house.clock()


async def test_meta_may_stand_in_where_the_contact_has_written(new_talk, house):
    talk = new_talk("green_api")
    await talk.says("السلام عليكم", via="meta_cloud")
    for provider in ("green_api", "ultramsg", "fonnte"):
        house.fake.script(provider, "auth")
    await talk.says("كم السعر؟", via="green_api")

    assert talk.arrived[-1].provider == "meta_cloud"
    assert len(talk.arrived) == 2


@pytest.mark.parametrize("code", ["131047", "131049", "131026", "131050"])
async def test_what_no_other_provider_may_do_is_not_done(new_talk, house, code):
    """The window, Meta's protection of people, a dead number, a stop: nobody gets round them."""
    talk = new_talk("meta_cloud")
    house.fake.script("meta_cloud", f"refuse:{code}", times=1)
    await talk.says("كم السعر؟")

    assert (talk.replies, dict(house.fake.calls)) == ([], {"meta_cloud": 1})
    (draft,) = talk.drafts()
    assert draft.status is Status.FAILED
    assert "send_failed" in [notice.kind for notice in talk.conversation.notices]


async def test_when_all_refuse_it_is_tried_again_and_in_the_end_somebody_is_told(own_house):
    talk = Talk(own_house, "green_api")
    for provider in PROVIDERS:
        own_house.fake.script(provider, "rate_limit")
    await talk.says("كم السعر؟")
    for minutes in (1, 2, 6, 21):
        assert [draft.status for draft in talk.drafts()] == [Status.QUEUED]
        await own_house.moves(minutes=minutes)
        await talk.looks()

    assert [draft.status for draft in talk.drafts()] == [Status.FAILED]
    assert [notice.kind for notice in talk.conversation.notices] == ["send_failed"]
    talk.hears_nothing()
    before = calls(own_house)
    await own_house.moves(hours=3)
    assert calls(own_house) == before


async def test_a_provider_that_recovers_delivers_what_waited_once(own_house):
    talk = Talk(own_house, "green_api")
    for provider in PROVIDERS:
        own_house.fake.script(provider, "rate_limit")
    await talk.says("كم السعر؟")
    own_house.fake.clear()
    await own_house.moves(seconds=70)
    await own_house.moves(minutes=30)

    await talk.looks()
    talk.hears("price_on_request")
    assert calls(own_house) == 1


async def test_an_unlinked_phone_is_not_asked(new_talk, house):
    talk = new_talk("green_api")
    await house.is_told("green_api", bodies.state("green_api", False, at=house.clock()))
    await talk.says("كم السعر؟")
    assert [entry.provider for entry in talk.arrived] == ["ultramsg"]
    assert house.fake.calls["green_api"] == 0

    await house.is_told("green_api", bodies.state("green_api", True, at=house.clock()))
    await talk.says("80")
    assert talk.arrived[-1].provider == "green_api"


async def test_three_failures_in_a_row_give_a_provider_a_pause(own_house):
    own_house.fake.script("fonnte", "down", times=3)
    for _ in range(3):
        lost = Talk(own_house, "fonnte")
        await lost.says("كم السعر؟")
        assert len(lost.drafts(Status.UNKNOWN)) == 1
    during = Talk(own_house, "fonnte")
    await during.says("كم السعر؟")
    await own_house.moves(seconds=61)
    after = Talk(own_house, "fonnte")
    await after.says("كم السعر؟")

    assert [entry.provider for entry in during.arrived] == ["green_api"]
    assert [entry.provider for entry in after.arrived] == ["fonnte"]


async def test_a_slow_provider_is_waited_for_and_delays_nobody_else(new_talk, house):
    slow, quick = new_talk("green_api"), new_talk("fonnte")
    house.fake.script("green_api", "slow:1.5", times=1)
    began = time.monotonic()
    await slow.posts(slow.writes("كم السعر؟"))
    answered = time.monotonic() - began
    await quick.posts(quick.writes("كم السعر؟"))
    await eventually(lambda: quick.arrived, within=1.2)
    assert slow.arrived == []
    await slow.looks()

    assert answered < 1
    slow.hears("price_on_request")
    assert calls(house) == 2


async def test_a_tenant_who_keeps_its_number_never_writes_from_another(new_house):
    house = await new_house(DEALIX_MAY_CHANGE_NUMBER=False)
    house.fake.script("green_api", "auth")
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")

    assert (talk.replies, dict(house.fake.calls)) == ([], {"green_api": 1})


# Races


async def test_one_message_delivered_three_times_at_once_is_one_call(new_talk, house):
    for provider in PROVIDERS * 3:
        talk = new_talk(provider)
        webhook = talk.writes("كم السعر؟")
        answers = await asyncio.gather(*(talk.posts(webhook) for _ in range(3)))
        await talk.looks()

        assert [answer.status_code for answer in answers] == [200] * 3
        assert sum(answer.json()["new"] for answer in answers) == 1
        talk.hears("price_on_request")
    assert calls(house) == len(PROVIDERS * 3)


async def test_new_words_outdate_an_approval_in_every_race(new_talk, sami):
    """
    Thirty races of «yes» against a new message of the contact.

    Whatever was answered 200 before the yes was given counts, and no text leaves twice.
    """
    chance = random.Random(11)
    sent = 0
    for _ in range(30):
        talk = new_talk()
        await talk.says("حولت المبلغ")
        draft = talk.waits_for_a_human()
        times = {}

        async def writes(talk=talk, times=times):
            await asyncio.sleep(chance.random() * 0.015)
            await talk.posts(talk.writes("ومتى نبدأ؟"))
            times["recorded"] = time.monotonic()

        async def decides(draft=draft, times=times):
            await asyncio.sleep(chance.random() * 0.015)
            times["asked"] = time.monotonic()
            return await sami.taps_approve(draft)

        _, answer = await asyncio.gather(writes(), decides())
        await talk.looks()

        assert answer.status_code in (200, 409)
        left = talk.replies.count(draft.text)
        assert left <= 1
        if times["recorded"] < times["asked"] or answer.status_code == 409:
            assert left == 0 or talk.conversation.draft(draft.id).status is not Status.ACCEPTED
        if talk.conversation.draft(draft.id).status is Status.CANCELLED:
            assert left == 0
            assert len(talk.held) == 1
        assert talk.conversation.mailbox == []
        sent += left
    assert sent < 30


async def test_quick_messages_in_any_order_are_each_answered_at_most_once(new_talk, house):
    chance = random.Random(3)
    for _ in range(10):
        talk = new_talk(chance.choice(PROVIDERS))
        hooks = [talk.writes(words) for words in ("السلام عليكم", "كم السعر؟", "مهتم", "80")] * 2
        chance.shuffle(hooks)
        await asyncio.gather(*(talk.posts(hook) for hook in hooks))
        await talk.looks()

        assert talk.conversation.mailbox == []
        assert talk.conversation.on_the_way() == []
        assert 1 <= len(talk.arrived) <= 4
        assert len({entry.text for entry in talk.arrived}) == len(talk.arrived)
        assert len(await talk.happened("message_received")) == 4
