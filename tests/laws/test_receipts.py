"""How far a message of ours came only rises, whatever order its provider tells it in."""

import itertools

import pytest

from bot.conversation import Status
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Talk
from tests.house.running import eventually

STEPS = ("sent", "delivered", "read")


def receipt(talk, status, draft, **more):
    return bodies.receipt(
        talk.provider,
        status,
        provider_message_id=draft.provider_message_ids[0],
        phone=talk.phone,
        at=talk.house.clock(),
        reference=draft.id,
        **more,
    )


async def answered(talk):
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.ACCEPTED)
    return draft


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_message_rises_from_accepted_to_read(new_talk, provider):
    talk = new_talk(provider)
    draft = await answered(talk)
    for step in STEPS:
        await talk.sends(receipt(talk, step, draft))
        assert talk.conversation.draft(draft.id).status.value == step
    assert set(talk.conversation.draft(draft.id).receipts) == set(STEPS)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("order", [p for p in itertools.permutations(STEPS) if p != STEPS])
async def test_any_order_and_any_repetition_ends_at_read(new_talk, provider, order):
    talk = new_talk(provider)
    draft = await answered(talk)
    reached = 0
    for step in (*order, *order):
        await talk.sends(receipt(talk, step, draft))
        rank = STEPS.index(talk.conversation.draft(draft.id).status.value)
        assert rank >= reached
        reached = rank
    assert talk.conversation.draft(draft.id).status is Status.READ


async def test_a_failure_after_it_arrived_is_not_believed(talk):
    draft = await answered(talk)
    await talk.sends(receipt(talk, "delivered", draft), receipt(talk, "failed", draft))

    assert talk.conversation.draft(draft.id).status is Status.DELIVERED
    assert len(talk.arrived) == 1


async def test_a_late_failure_of_a_dead_number_ends_it_and_somebody_is_told(new_talk):
    talk = new_talk("meta_cloud")
    draft = await answered(talk)
    await talk.sends(receipt(talk, "failed", draft, error_code=131026))

    assert talk.conversation.draft(draft.id).status is Status.FAILED
    assert "send_failed" in [notice.kind for notice in talk.conversation.notices]
    assert len(talk.arrived) == 1


async def test_a_late_failure_of_the_provider_lets_another_try_once(new_talk, house):
    talk = new_talk("meta_cloud")
    draft = await answered(talk)
    failed = receipt(talk, "failed", draft, error_code=131016)
    await talk.sends(failed, failed)
    await talk.sends(failed)

    assert [entry.provider for entry in talk.arrived] == ["meta_cloud", "green_api"]
    assert talk.conversation.draft(draft.id).status is Status.ACCEPTED


async def test_a_receipt_that_is_faster_than_the_answer_counts(new_talk, house):
    """The provider reports `delivered` with our reference while its own answer is still on its way."""
    talk = new_talk("ultramsg")
    house.fake.script("ultramsg", "slow:0.7", times=1)
    await talk.posts(talk.writes("كم السعر؟"))
    await eventually(lambda: house.fake.calls["ultramsg"])
    talk.memory = await house.remembers(f"phone:{talk.phone}")
    (draft,) = talk.drafts(Status.SENDING)
    early = bodies.receipt(
        "ultramsg",
        "delivered",
        provider_message_id="1000",
        phone=talk.phone,
        at=house.clock(),
        reference=draft.id,
    )
    assert (await talk.posts(early)).status_code == 200
    await talk.looks()

    assert talk.conversation.draft(draft.id).status is Status.DELIVERED
    assert len(talk.arrived) == 1


async def test_a_receipt_before_its_message_is_known_waits_for_it(own_house):
    """Green API has no reference of ours: the id is known only when the answer is written down."""
    house, talk = own_house, Talk(own_house, "green_api")
    house.fake.script("green_api", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.UNKNOWN)
    early = bodies.receipt(
        "green_api", "read", provider_message_id=talk.arrived[0].id, phone=talk.phone, at=house.clock()
    )
    await talk.sends(early)
    assert talk.conversation.draft(draft.id).status is Status.UNKNOWN

    await talk.waits_until(Status.READ, within=15)


async def test_metas_status_with_our_reference_ends_the_doubt(new_talk, house):
    talk = new_talk("meta_cloud")
    house.fake.script("meta_cloud", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.UNKNOWN)
    sent = bodies.receipt(
        "meta_cloud",
        "sent",
        provider_message_id=talk.arrived[0].id,
        phone=talk.phone,
        at=house.clock(),
        reference=draft.id,
    )
    await talk.sends(sent)

    assert talk.conversation.draft(draft.id).status is Status.SENT
    assert sum(house.fake.calls.values()) == 1


async def test_receipts_of_messages_that_were_not_ours_are_taken_and_change_nothing(house):
    for provider in PROVIDERS:
        strange = bodies.receipt(
            provider, "read", provider_message_id="777000777", phone="966500000000", at=house.clock()
        )
        assert (await house.is_told(provider, strange)).status_code == 200
    await house.settles()
    assert await house.remembers("phone:966500000000") is None


async def test_receipts_wake_no_conversation_and_ask_nobody(talk, house):
    draft = await answered(talk)
    talk.heard_so_far()
    before = sum(house.fake.calls.values())
    for step in STEPS:
        await talk.sends(receipt(talk, step, draft))

    talk.is_quiet()
    assert sum(house.fake.calls.values()) == before
    assert talk.conversation.stage == "qualifying"
