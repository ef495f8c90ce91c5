"""Requests of the approval centre, decided on a phone, and kept true when they are decided elsewhere."""

from typing import Any

import pytest

from bot.authority.approval import Approval, ApprovalStatus
from bot.authority.approval_view import ApprovalView
from bot.people import Human
from tests.admin.telegram.house import OTHER, TENANT, House
from tests.admin.telegram.test_people import ADMIN, joins
from tests.fakes.telegram import FakeTelegram, Person

BADR = Human("user:badr", "Badr")
SHA = "ab" * 32


@pytest.fixture
def noura(telegram: FakeTelegram) -> Person:
    return telegram.person(4004, "Noura")


async def asks(house: House, **more: Any) -> Approval:
    asked: dict[str, Any] = {
        "kind": "discount",
        "action": "modify_lead_routing",
        "resource": "deal:42",
        "content_sha256": SHA,
        "recipient": "contact-7",
        "title_en": "A discount for Ahmad",
        "title_ar": "خصم لأحمد",
        "summary_en": "12 % on the yearly plan",
        "summary_ar": "١٢٪ على الباقة السنوية",
        "requested_by": BADR,
        "correlation_id": "corr-1",
        "facts": {"percent": "12", "reason": "<b>yearly</b>"},
        "risk": "high",
    }
    return await house.centre.ask(house.tenant_id, **{**asked, **more})


async def now_is(house: House, approval: Approval) -> ApprovalView:
    return await house.centre.get(approval.tenant_id, approval.id)


async def test_a_request_is_a_card_that_says_everything(house: House, sami: Person) -> None:
    await house.opens()
    asked = await asks(house)

    card = await sami.sees("خصم لأحمد")

    for part in ("١٢٪ على الباقة السنوية", "Badr", "عالية", "12", "<b>yearly</b>", "معتمد", "للقرار"):
        assert part in card.text
    await sami.taps("details", on=card)
    page = await sami.sees(SHA[:60])
    for part in (asked.id, "deal:42", "contact-7", "corr-1", "modify_lead_routing"):
        assert part in page.text


async def test_sami_agrees_on_his_phone(house: House, sami: Person) -> None:
    await house.opens()
    asked = await asks(house)

    popup = await sami.taps("approve", on=await sami.sees("خصم لأحمد"))
    card = await sami.sees("✅ تمت الموافقة")

    after = await now_is(house, asked)
    assert not popup.is_alert
    assert (after.status, after.decided_by) == (ApprovalStatus.APPROVED, Human("telegram:1001", "Sami"))
    assert "Sami" in card.text
    assert card.keyboard == []
    assert len(sami.messages) == 1


async def test_a_refusal_carries_its_reason(house: House, sami: Person) -> None:
    await house.opens()
    asked = await asks(house)

    await sami.taps("reject", on=await sami.sees("خصم لأحمد"))
    await sami.replies("السعر نهائي")
    card = await sami.sees("❌ رُفض")

    after = await now_is(house, asked)
    assert (after.status, after.decision_note) == (ApprovalStatus.REJECTED, "السعر نهائي")
    assert "السعر نهائي" in card.text


async def test_the_same_reply_twice_refuses_once(house: House, sami: Person, telegram: FakeTelegram) -> None:
    await house.opens()
    asked = await asks(house)
    await sami.taps("reject", on=await sami.sees("خصم لأحمد"))
    question = await sami.sees("رد على هذه الرسالة")
    await sami.replies("لا", to=question)
    await sami.sees("❌ رُفض")

    await sami.replies("لا", to=question)
    await sami.replies("سبب آخر", to=question)
    await sami.sees("لم يُرفض")

    assert (await now_is(house, asked)).decision_note == "لا"


async def test_what_was_decided_elsewhere_is_shown_and_a_late_tap_is_told(house: House, sami: Person) -> None:
    await house.opens()
    asked = await asks(house)
    card = await sami.sees("خصم لأحمد")
    tap = card.button("approve")["callback_data"]

    await house.centre.reject(TENANT, asked.id, asked.v, ADMIN, ("admin",), "ليس الآن")
    await sami.sees("❌ رُفض", on=card)
    popup = await sami.sends_tap(tap, card)

    assert card.keyboard == []
    assert popup.is_alert
    assert "Admin" in popup.text
    assert (await now_is(house, asked)).status is ApprovalStatus.REJECTED


async def test_of_two_who_tap_one_decides_and_the_other_learns_who(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((sami.chat.id, second.chat.id))
    await house.opens()
    asked = await asks(house)
    his, hers = await sami.sees("خصم لأحمد"), await second.sees("خصم لأحمد")

    first = sami.taps_silently(his.button("approve")["callback_data"], his)
    other = second.taps_silently(hers.button("approve")["callback_data"], hers)
    popups = [await sami.hears(first), await second.hears(other)]

    assert sorted(popup.is_alert for popup in popups) == [False, True]
    winner = (await now_is(house, asked)).decided_by.name
    assert winner in next(popup.text for popup in popups if popup.is_alert)
    for person, card in ((sami, his), (second, hers)):
        await person.sees("✅ تمت الموافقة", on=card)


async def test_a_card_comes_once_and_survives_a_restart(house: House, sami: Person) -> None:
    await house.opens()
    first = await asks(house)
    card = await sami.sees("خصم لأحمد")
    await house.closes()
    await house.centre.approve(TENANT, first.id, first.v, ADMIN, ("admin",))
    await asks(house, resource="deal:43", title_ar="خصم آخر")

    await house.opens()
    await sami.sees("✅ تمت الموافقة", on=card)
    await sami.sees("خصم آخر")

    assert len(sami.messages) == 2


async def test_each_step_comes_to_those_who_may_take_it(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "dpo", name="Noura")
    asked = await asks(house, steps=("approver", "dpo"))
    his, hers = await sami.sees("خصم لأحمد"), await noura.sees("خصم لأحمد")

    popup = await sami.taps("approve", on=his)
    await sami.sees("✅ معتمد", on=his)
    await noura.sees("✅ معتمد", on=hers)
    again = await sami.sends_tap(f"a:approve:{asked.id}:2", his)
    await noura.taps("approve", on=hers)
    await sami.sees("✅ تمت الموافقة", on=his)

    assert "مسؤول حماية البيانات" in popup.text
    assert again.is_alert
    assert [step.by.name for step in (await now_is(house, asked)).steps] == ["Sami", "Noura"]


async def test_a_tap_on_an_older_state_decides_nothing(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "dpo", name="Noura")
    asked = await asks(house, steps=("approver", "dpo"))
    hers = await noura.sees("خصم لأحمد")
    old = hers.button("approve")["callback_data"]
    await sami.taps("approve", on=await sami.sees("خصم لأحمد"))
    await noura.sees("✅ معتمد", on=hers)

    popup = await noura.sends_tap(old, hers)

    assert popup.is_alert
    assert (await now_is(house, asked)).status is ApprovalStatus.PENDING


async def test_whoever_asked_gets_no_card_where_four_eyes_are_wanted(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((sami.chat.id, second.chat.id))
    await house.opens()
    asked = await asks(house, requested_by=Human("telegram:1001", "Sami"), four_eyes=True)

    await second.sees("خصم لأحمد")
    popup = await sami.sends_tap(f"a:approve:{asked.id}:{asked.v}", await _own(sami))

    assert popup.is_alert
    assert not sami.reads("يقترب")
    assert (await now_is(house, asked)).status is ApprovalStatus.PENDING
    assert not [m for m in sami.messages if m.button("a:approve")]


async def _own(person: Person):  # type: ignore[no-untyped-def]
    await person.types("/whoami")
    return await person.sees("أنت")


async def test_one_who_may_not_take_the_step_may_look(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    asked = await asks(house)
    await sami.sees("خصم لأحمد")

    await noura.types("/approvals")
    page = await noura.sees("طلبات موافقة تنتظر: 1")
    await noura.taps("open", on=page)
    picture = await noura.sees("١٢٪ على الباقة السنوية")
    popups = [await noura.sends_tap(f"a:{do}:{asked.id}:{asked.v}", page) for do in ("approve", "reject")]

    assert not picture.button("approve")
    assert all(popup.is_alert for popup in popups)
    assert (await now_is(house, asked)).status is ApprovalStatus.PENDING


async def test_a_request_of_another_tenant_is_not_to_be_had(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    baker = telegram.person(2002, "Baker")
    house.let_decide((sami.chat.id,), (baker.chat.id,))
    await house.opens()
    asked = await asks(house)
    card = await sami.sees("خصم لأحمد")
    await asks(house.at(OTHER), title_ar="طلب المخبز")
    own = await baker.sees("طلب المخبز")
    ghost = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    for button in card.buttons:
        data = button["callback_data"]
        stolen = await baker.sends_tap(data, own)
        nobody = await baker.sends_tap(data.replace(asked.id, ghost), own)
        assert (stolen.text.replace(asked.id, ghost), stolen.is_alert) == (nobody.text, nobody.is_alert)
    await baker.types("/approvals")
    await baker.sees("طلبات موافقة تنتظر: 1")

    assert not any("أحمد" in text for m in baker.messages for text in (m.text, *m.before))
    assert (await now_is(house, asked)).status is ApprovalStatus.PENDING


async def test_the_queue_lists_drafts_and_requests_together(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("رد ينتظر", name="أحمد")
    await asks(house, title_ar="خصم لسعد")
    await sami.sees("خصم لسعد")

    await sami.types("/queue")
    page = await sami.sees("📋 ينتظر قرارك: 2")

    assert "أحمد" in page.text
    assert "خصم لسعد" in page.text
    await sami.taps("a:open", on=page)
    await sami.sees_button("a:approve")


async def test_somebody_shut_out_keeps_no_request_in_the_chat(house: House, noura: Person) -> None:
    await house.opens()
    await house.users.add(TENANT, "Boss", frozenset({"admin"}), ADMIN)
    user = await joins(house, noura, "approver")
    asked = await asks(house)
    card = await noura.sees("خصم لأحمد")

    await house.users.deactivate(TENANT, user.id, ADMIN)
    house.passes(seconds=2)
    await house.centre.approve(TENANT, asked.id, asked.v, ADMIN, ("admin",))

    await noura.sees("لم تعد هذه البطاقة لك", on=card)
    assert card.keyboard == []


async def test_the_card_says_what_the_api_says(house: House, sami: Person) -> None:
    await house.opens()
    asked = await asks(house)
    card = await sami.sees("خصم لأحمد")
    view = await now_is(house, asked)

    assert view.title_ar in card.text
    assert view.summary_ar in card.text
    assert all(value in card.text for value in view.facts.values())
