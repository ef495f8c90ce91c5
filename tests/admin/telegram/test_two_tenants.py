"""Two tenants behind one bot: nothing of one reaches the people of the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mongo.store import MongoStore
from bot.conversation import Status
from bot.people import Human
from bot.workbench.editions import State
from tests.admin.telegram.house import OTHER, TENANT, House
from tests.admin.telegram.test_rule_cards import submitted
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram.people import Popup
from tests.fakes.telegram.state import ShownMessage

BAKER_ID, BOTH_ID = 2002, 3003
GHOST = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def baker(telegram: FakeTelegram) -> Person:
    return telegram.person(BAKER_ID, "Baker")


@pytest.fixture
def both(telegram: FakeTelegram) -> Person:
    """An approver of two tenants."""
    return telegram.person(BOTH_ID, "Both")


@pytest.fixture
async def street(
    store: MongoStore, telegram: FakeTelegram, sami: Person, baker: Person, both: Person, tmp_path: Path
) -> AsyncIterator[House]:
    """Sami in the clinic, the baker in the bakery, somebody in both."""
    house = House(store, telegram, approvers=(), folder=tmp_path)
    house.let_decide((sami.chat.id, BOTH_ID), (BAKER_ID, BOTH_ID))
    await house.opens()
    yield house
    await house.closes()


def buttons_of(card: ShownMessage) -> list[str]:
    return [button["callback_data"] for button in card.buttons]


def told(popups: list[Popup]) -> list[tuple[str, bool]]:
    return [(popup.text, popup.is_alert) for popup in popups]


async def test_each_tenants_cards_reach_its_own_people_only(street: House, sami: Person, baker: Person) -> None:
    await street.holds("رد العيادة")
    await street.at(OTHER).holds("رد المخبز")

    await sami.sees("رد العيادة")
    await baker.sees("رد المخبز")

    assert not sami.reads("رد المخبز")
    assert not baker.reads("رد العيادة")
    assert not sami.reads("🏢")


async def test_replayed_buttons_of_another_tenant_tell_nothing(
    street: House, sami: Person, baker: Person
) -> None:
    draft = await street.holds("رد العيادة", name="سر العيادة")
    theirs = buttons_of(await sami.sees_button("approve"))
    conversation = (await street.conversation_of(draft.id)).id
    await street.at(OTHER).holds("رد المخبز")
    mine = await baker.sees_button("approve")

    replayed = [await baker.sends_tap(data, mine) for data in theirs]
    without_sign = [await baker.sends_tap(data.partition("@")[0], mine) for data in theirs]
    # What never existed anywhere answers in the same words.
    ghosts = [data.replace(draft.id, GHOST).replace(conversation, GHOST) for data in theirs]
    of_nobody = [await baker.sends_tap(data, mine) for data in ghosts]

    expected = [(text.replace(GHOST, draft.id), alert) for text, alert in told(of_nobody)]
    expected[-1] = (of_nobody[-1].text.replace(GHOST, conversation), of_nobody[-1].is_alert)
    assert len(replayed) >= 7
    assert told(replayed) == told(without_sign) == expected
    assert not any("العيادة" in message.text for message in baker.messages)
    assert (await street.draft(draft.id)).status is Status.HELD
    assert (await street.draft(draft.id)).snoozed_until is None
    assert (await street.conversation_of(draft.id)).mode == "bot"


async def test_commands_with_ids_of_another_tenant_find_nothing(street: House, baker: Person) -> None:
    draft = await street.holds("رد العيادة", name="سر العيادة", phone="966501111222")
    conversation = await street.conversation_of(draft.id)

    await baker.types(f"/contact {conversation.id}")
    await baker.sees("لا توجد محادثة")
    await baker.types("/find سر العيادة")
    await baker.sees("لا أحد بهذا الاسم")
    await baker.types("/find 1111222")
    await baker.types("/queue")
    await baker.sees("لا شيء ينتظر")
    await baker.types("/brief")
    await baker.sees("لا بيانات")

    assert not any("سر العيادة" in message.text for message in baker.messages)


async def test_a_reply_to_another_tenants_card_changes_nothing(
    street: House, sami: Person, baker: Person
) -> None:
    draft = await street.holds("رد العيادة")
    theirs = await sami.sees_button("approve")
    await sami.taps("edit", on=theirs)
    question = await sami.sees("رد على هذه الرسالة")

    await baker.replies("نص المخبز", to=theirs)
    await baker.sees("لا توجد مسودة")
    await baker.replies("نص المخبز", to=question)
    await baker.sees("لا أعرف لأي رسالة")

    assert (await street.draft(draft.id)).text == "رد العيادة"


async def test_pausing_one_tenant_leaves_the_other(street: House, sami: Person, baker: Person) -> None:
    await sami.types("/pause")
    await sami.sees("أوقفت الردود الآلية")

    assert (await street.desk.posture(TENANT)).is_paused
    assert not (await street.desk.posture(OTHER)).is_paused
    await baker.types("/resume")
    await baker.sees("تعمل أصلًا")
    assert (await street.desk.posture(TENANT)).is_paused


async def test_a_change_of_the_rules_is_no_card_of_the_other_tenant(
    street: House, sami: Person, baker: Person
) -> None:
    change = await submitted(street)
    card = await sami.sees("شكر أدفأ")
    await street.at(OTHER).holds("رد المخبز")
    mine = await baker.sees_button("approve")

    for data in buttons_of(card):
        await baker.sends_tap(data, mine)
        await baker.sends_tap(data.replace("pick", "refuse_later"), mine)

    assert not any("شكر أدفأ" in m.text or "شكر أدفأ" in "".join(m.before) for m in baker.messages)
    assert (await street.workbench.change(TENANT, change)).state is State.SUBMITTED


async def test_one_who_belongs_to_two_tenants_reads_which_one_a_card_is_of(street: House, both: Person) -> None:
    await street.holds("رد العيادة")
    await street.at(OTHER).holds("رد المخبز")

    clinic = await both.sees("رد العيادة")
    bakery = await both.sees("رد المخبز")

    assert "Clinic" in clinic.text.splitlines()[0]
    assert "Bakery" in bakery.text.splitlines()[0]


async def test_a_tap_is_decided_for_the_tenant_of_its_card(street: House, both: Person) -> None:
    clinic = await street.holds("رد العيادة")
    bakery = await street.at(OTHER).holds("رد المخبز")
    await both.types("/tenant riyadh-clinic")
    await both.sees("أنت الآن في")

    await both.taps("approve", on=await both.sees("رد المخبز"))

    assert (await street.at(OTHER).draft(bakery.id)).status is Status.QUEUED
    assert (await street.draft(clinic.id)).status is Status.HELD


async def test_the_same_id_in_two_tenants_is_decided_where_its_card_says(street: House, both: Person) -> None:
    clinic = await street.holds("رد العيادة")
    await street.at(OTHER).holds("رد المخبز", id=clinic.id)

    await both.taps("approve", on=await both.sees("رد المخبز"))

    assert (await street.at(OTHER).draft(clinic.id)).status is Status.QUEUED
    assert (await street.draft(clinic.id)).status is Status.HELD


async def test_a_button_from_before_there_were_tenants_still_works(street: House, both: Person) -> None:
    bakery = await street.at(OTHER).holds("رد المخبز")
    card = await both.sees("رد المخبز")
    data = card.button("approve")["callback_data"].partition("@")[0]

    await both.sends_tap(data, card)

    assert data == f"d:approve:{bakery.id}:1"
    assert (await street.at(OTHER).draft(bakery.id)).status is Status.QUEUED


async def test_a_reply_edits_the_draft_of_the_tenant_that_asked(street: House, both: Person) -> None:
    clinic = await street.holds("رد العيادة")
    bakery = await street.at(OTHER).holds("رد المخبز")
    await both.types("/tenant riyadh-clinic")
    await both.taps("edit", on=await both.sees("رد المخبز"))

    await both.replies("نص جديد للمخبز")
    await both.sees("تغيّر النص")

    assert (await street.at(OTHER).draft(bakery.id)).text == "نص جديد للمخبز"
    assert (await street.draft(clinic.id)).text == "رد العيادة"


async def test_commands_are_for_the_tenant_chosen_also_after_a_restart(street: House, both: Person) -> None:
    await street.at(OTHER).holds("رد المخبز", name="زبون")
    await both.types("/tenant")
    await both.taps("Bakery", on=await both.sees("اختر المنشأة"))
    await street.closes()
    await street.opens()

    await both.types("/queue")
    page = await both.sees("📋 ينتظر قرارك: 1")

    assert "Bakery" in page.text
    await both.types("/tenant nobody")
    await both.sees("لا تنتمي")


async def test_a_tenant_that_one_does_not_belong_to_cannot_be_chosen(
    street: House, both: Person, baker: Person
) -> None:
    await both.types("/tenant")
    choice = await both.sees("اختر المنشأة")
    data = choice.button("Clinic")["callback_data"]

    popup = await baker.sends_tap(data, choice)
    of_nobody = await baker.sends_tap("t:use:00000", choice)
    await baker.types("/tenant riyadh-clinic")
    await baker.sees("أنت في")

    assert (popup.text, popup.is_alert) == (of_nobody.text, of_nobody.is_alert)
    assert not baker.reads("Clinic")


async def test_whoami_says_tenants_and_roles(street: House, both: Person, sami: Person) -> None:
    await both.types("/whoami")
    page = await both.sees("أنت")
    await sami.types("/whoami")
    his = await sami.sees("أنت")

    for part in ("Both", "Clinic", "Bakery", "معتمد"):
        assert part in page.text
    assert "Bakery" not in his.text


async def test_cards_of_both_tenants_survive_a_restart_without_coming_twice(street: House, both: Person) -> None:
    await street.holds("رد العيادة")
    second = await street.at(OTHER).holds("رد المخبز")
    clinic, bakery = await both.sees("رد العيادة"), await both.sees("رد المخبز")
    await street.closes()
    await street.at(OTHER).approvals.approve(OTHER, second.id, 1, Human("console:x", "Colleague"))

    await street.opens()
    await both.sees("اعتمده ⁨Colleague⁩", on=bakery)

    assert [m.message_id for m in both.messages] == sorted((clinic.message_id, bakery.message_id))


async def test_updates_are_noted_once_for_the_installation(
    street: House, both: Person, telegram: FakeTelegram
) -> None:
    bakery = street.at(OTHER)
    draft = await bakery.holds("رد المخبز", warn_at=None, due_at=None)
    popup = await both.taps("snooze_15")
    before = (await bakery.draft(draft.id)).snoozed_until
    await street.closes()
    street.passes(minutes=5)
    await street.opens()

    telegram.replays(popup.update)
    await both.types("/help")
    await both.sees("أنا بوت الاعتماد")

    assert (await bakery.draft(draft.id)).snoozed_until == before
