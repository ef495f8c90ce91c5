"""A flood is answered by a human, not by a machine and not by silence."""

import pytest

from bot.conversation import Status
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Sami, Talk

BUDGET = 12


async def floods(talk, times, words="كم السعر؟"):
    for _ in range(times):
        await talk.says(words)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_contact_gets_twelve_automatic_replies_in_ten_minutes_and_then_a_human(new_talk, provider):
    talk = new_talk(provider)
    await floods(talk, BUDGET)
    assert len(talk.arrived) == BUDGET
    talk.heard_so_far()
    await floods(talk, 5)

    draft = talk.waits_for_a_human("hold.flood")
    assert draft.text
    assert [notice.kind for notice in talk.conversation.notices] == ["flood"]
    received = await talk.happened("message_received")
    assert len(received) == BUDGET + 5


async def test_two_bots_that_answer_each_other_stop(talk):
    """The other side repeats whatever it hears, for ever."""
    await talk.says("السلام عليكم")
    for _ in range(40):
        if talk.held:
            break
        await talk.says(talk.replies[-1])

    assert len(talk.arrived) <= BUDGET
    assert len(talk.held) == 1


async def test_what_a_human_lets_go_leaves_in_a_flood_too(talk, sami: Sami):
    await floods(talk, BUDGET + 1)
    draft = talk.drafts(Status.HELD)[0]
    talk.heard_so_far()
    await sami.approves(talk, draft)

    talk.hears_words(draft.text)


async def test_a_stop_is_heard_and_confirmed_in_a_flood_too(talk):
    await floods(talk, BUDGET + 2)
    talk.heard_so_far()
    await talk.says("وقفوا الرسايل")

    talk.is_in("opted_out")
    assert len(talk.replies) == BUDGET + 1
    assert talk.conversation.on_the_way() == []


async def test_who_pauses_is_answered_again(talk, house):
    await floods(talk, BUDGET)
    await house.moves(minutes=11)
    talk.heard_so_far()
    await talk.says("كم السعر؟")

    talk.hears("price_on_request")


async def test_a_day_has_an_end_too(own_house):
    talk = Talk(own_house)
    for _ in range(5):
        await floods(talk, BUDGET)
        await own_house.moves(minutes=11)
    assert len(talk.arrived) == 60
    talk.heard_so_far()
    await talk.says("كم السعر؟")
    talk.waits_for_a_human("hold.flood")


async def test_one_contacts_flood_is_nobody_elses(new_talk):
    loud, quiet = new_talk(), new_talk()
    await floods(loud, BUDGET + 1)
    await quiet.says("كم السعر؟")

    quiet.hears("price_on_request")


async def test_a_channel_has_a_budget_of_its_own_and_says_so_once(new_house):
    house = await new_house(DEALIX_CHANNEL_REPLIES_A_MINUTE=3)
    talks = [Talk(house) for _ in range(6)]
    for talk in talks:
        await talk.says("كم السعر؟")

    assert [len(talk.arrived) for talk in talks] == [1, 1, 1, 0, 0, 0]
    for talk in talks[3:]:
        talk.waits_for_a_human("hold.flood")
    assert sum(len(talk.conversation.notices) for talk in talks) == 1
    other = Talk(house, "meta_cloud")
    await other.says("كم السعر؟")
    other.hears("price_on_request")
    await house.moves(seconds=61)
    later = Talk(house)
    await later.says("كم السعر؟")
    later.hears("price_on_request")
