"""Who one is in Telegram: bound, only listed, reading only, shut out, or a stranger with a code."""

import pytest

from bot.access.user import User
from bot.conversation import Notice, Status
from bot.people import Human
from tests.admin.telegram.house import OTHER, TENANT, House
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram.state import ShownMessage

ADMIN = Human("console:admin", "Admin")


@pytest.fixture
def noura(telegram: FakeTelegram) -> Person:
    return telegram.person(4004, "نورة من الجوال")


async def joins(house: House, person: Person, *roles: str, name: str = "Noura", tenant: str = TENANT) -> User:
    """An admin adds somebody, who binds their phone with the code."""
    user = await house.users.add(tenant, name, frozenset(roles), ADMIN)
    code = await house.users.bind_code(tenant, user.id, ADMIN)
    await person.types(f"/bind {code}")
    await person.sees("رُبط هذا الحساب")
    return user


async def test_a_code_lets_a_stranger_in_and_cards_come_at_once(house: House, noura: Person) -> None:
    await house.opens()
    waiting = await house.holds("كان ينتظر")
    user = await joins(house, noura, "approver")
    later = await house.holds("جاء بعدها", phone="966500000002")

    await noura.sees("كان ينتظر")
    await noura.taps("approve", on=await noura.sees("جاء بعدها"))
    await noura.sees("جارٍ الإرسال", on=noura.reads("جاء بعدها")[0])

    draft = await house.draft(later.id)
    assert (draft.status, draft.grant.approver if draft.grant else "") == (Status.QUEUED, f"user:{user.id}")
    assert draft.decided_by == "Noura"
    assert (await house.draft(waiting.id)).status is Status.HELD


async def test_one_who_joined_hears_of_what_happens_from_then_on(house: House, noura: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا", name="أحمد")
    conversation_id = (await house.conversation_of(draft.id)).id
    await house.changes(conversation_id, lambda c: c.notices.append(Notice("n1", "complaint", house.now())))
    house.passes(minutes=5)
    await joins(house, noura, "approver")
    await noura.sees("أهلًا")

    house.passes(minutes=1)
    await house.changes(conversation_id, lambda c: c.notices.append(Notice("n2", "human_requested", house.now())))

    await noura.sees("التحدث مع إنسان")
    assert not noura.reads("اشتكى")
    assert len(noura.reads("التحدث مع إنسان")) == 1


async def test_a_card_of_one_who_joined_stays_true(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "approver")
    await house.holds("أهلًا")
    hers = await noura.sees_button("approve")
    data = hers.button("approve")["callback_data"]

    await sami.taps("approve")

    await noura.sees("اعتمده ⁨Sami⁩", on=hers)
    popup = await noura.sends_tap(data, hers)
    assert popup.is_alert
    assert "Sami" in popup.text


async def test_a_wrong_code_tells_a_stranger_nothing(house: House, noura: Person, telegram: FakeTelegram) -> None:
    await house.opens()
    await house.users.add(TENANT, "Noura", frozenset({"approver"}), ADMIN)

    tried = ("/bind WRONG-CODE", "/bind", "/whoami", "/tenant")
    await house.deals_with(*[await noura.types(line) for line in tried])

    assert noura.messages == []
    assert not [call for call in telegram.calls if call.params.get("chat_id") == str(noura.chat.id)]


async def test_guessing_codes_is_stopped_also_across_a_restart(house: House, noura: Person) -> None:
    await house.opens()
    user = await house.users.add(TENANT, "Noura", frozenset({"approver"}), ADMIN)
    await house.deals_with(*[await noura.types(f"/bind GUESS{guess}") for guess in range(5)])
    await house.closes()
    await house.opens()
    code = await house.users.bind_code(TENANT, user.id, ADMIN)

    await house.deals_with(await noura.types(f"/bind {code}"))
    assert noura.messages == []
    assert (await house.users.get(TENANT, user.id)).telegram_id == 0

    house.passes(hours=1)
    code = await house.users.bind_code(TENANT, user.id, ADMIN)
    await noura.types(f"/bind {code}")
    await noura.sees("رُبط هذا الحساب")


async def test_a_code_works_once(house: House, noura: Person, telegram: FakeTelegram, sami: Person) -> None:
    await house.opens()
    user = await house.users.add(TENANT, "Noura", frozenset({"approver"}), ADMIN)
    code = await house.users.bind_code(TENANT, user.id, ADMIN)
    thief = telegram.person(666, "Thief")
    await noura.types(f"/bind {code}")
    await noura.sees("رُبط هذا الحساب")

    await thief.types(f"/bind {code}")
    await sami.types("/bind 123456")
    await sami.sees("لم يُربط")

    assert thief.messages == []
    assert (await house.users.get(TENANT, user.id)).telegram_id == noura.chat.id


async def test_somebody_shut_out_loses_everything_within_seconds(house: House, noura: Person) -> None:
    await house.opens()
    await house.users.add(TENANT, "Boss", frozenset({"admin"}), ADMIN)
    user = await joins(house, noura, "approver")
    draft = await house.holds("أهلًا")
    card = await noura.sees_button("approve")
    seen = len(noura.messages)

    await house.users.deactivate(TENANT, user.id, ADMIN)
    house.passes(seconds=2)
    popup = await noura.sends_tap(card.button("approve")["callback_data"], card)
    await noura.types("/queue")
    await house.holds("سر جديد", phone="966500000003")
    later = await house.approvals.reject(TENANT, draft.id, ADMIN, "tone")
    await noura.sees("لم تعد هذه البطاقة لك", on=card)

    assert "not for you" in popup.text
    assert later.decided_by == "Admin"
    assert len(noura.messages) == seen


async def test_a_listed_id_whose_user_was_shut_out_is_out(house: House, sami: Person) -> None:
    await house.opens()
    await house.users.add(TENANT, "Boss", frozenset({"admin"}), ADMIN)
    user = await house.users.add(TENANT, "Sami", frozenset({"approver"}), ADMIN, telegram_id=sami.chat.id)
    await house.users.deactivate(TENANT, user.id, ADMIN)
    house.passes(seconds=2)
    await sami.types("/queue")
    popup = await sami.sends_tap("d:approve:x:1", _any_message(sami))

    assert "not for you" in popup.text
    assert sami.messages == []


def _any_message(person: Person) -> ShownMessage:
    return ShownMessage(person.chat.id, 1, "x", "x", [], False, None, 0.0)


async def test_one_who_only_reads_may_look_and_not_decide(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    draft = await house.holds("رد للقراءة")
    await sami.sees_button("approve")
    conversation_id = (await house.conversation_of(draft.id)).id

    await noura.types("/queue")
    queue = await noura.sees("📋 ينتظر قرارك: 1")
    await noura.taps("open_card", on=queue)
    picture = await noura.sees_below(queue, "رد للقراءة")
    tries = [f"d:{do}:{draft.id}:1" for do in ("approve", "reject_tone", "edit", "take_over", "snooze_15")]
    tries += [f"c:{do}:{conversation_id}" for do in ("take_over", "hand_back", "write")]
    popups = [await noura.sends_tap(data, picture) for data in tries]
    await noura.types("/pause")
    await noura.sees("للقراءة فقط")
    await noura.replies("نص آخر", to=picture)

    assert picture.keyboard == []
    assert all(popup.is_alert and "للقراءة فقط" in popup.text for popup in popups)
    after = await house.draft(draft.id)
    assert (after.status, after.text, after.snoozed_until) == (Status.HELD, "رد للقراءة", None)
    assert (await house.conversation_of(draft.id)).mode == "bot"
    assert not (await house.desk.posture(TENANT)).is_paused
    assert {shown.chat_id for shown in after.cards} == {sami.chat.id}


async def test_a_role_that_changes_counts_at_once(house: House, noura: Person) -> None:
    await house.opens()
    user = await joins(house, noura, "agent")
    draft = await house.holds("أهلًا")
    await noura.types("/whoami")
    await noura.sees("لك القراءة فقط")

    await house.users.set_roles(TENANT, user.id, frozenset({"approver"}), ADMIN)
    house.passes(seconds=2)

    await noura.taps("approve")
    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_nobody_is_two_people_for_a_change_of_the_rules(house: House, noura: Person) -> None:
    await house.opens()
    user = await joins(house, noura, "admin")
    change = await house.workbench.begin(TENANT, user.human, "تعديل نورة")
    text = "thanks_reply:\n  ar: حياك.\n  en: Welcome.\n"
    change = await house.workbench.edit(TENANT, change.id, change.v, "wording/own.yml", text, user.human)
    await house.workbench.submit(TENANT, change.id, change.v, user.human)

    popup = await noura.taps("agree", on=await noura.sees("تعديل نورة"))

    assert popup.is_alert
    assert "شخص آخر" in popup.text
    assert await house.workbench.history(TENANT) == []


async def test_whoami_says_the_account_the_role_and_since_when(house: House, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "dpo", "approver")

    await noura.types("/whoami")
    page = await noura.sees("أنت")

    for part in ("Noura", "Clinic", "معتمد", "مسؤول حماية البيانات", "حساب مربوط", f"{house.now():%Y-%m}"):
        assert part in page.text


async def test_the_same_phone_may_be_bound_in_two_tenants(house: House, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "approver")
    await joins(house, noura, "executive", tenant=OTHER, name="N")
    mine = await house.holds("رد العيادة")
    other = await house.at(OTHER).holds("رد المخبز")

    await noura.taps("approve", on=await noura.sees("رد العيادة"))
    popup = await noura.sends_tap(f"d:approve:{other.id}:1", noura.last)

    assert "للقراءة فقط" in popup.text
    assert (await house.draft(mine.id)).status is Status.QUEUED
    assert (await house.at(OTHER).draft(other.id)).status is Status.HELD
    assert not noura.reads("رد المخبز")
