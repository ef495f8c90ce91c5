"""Sami decides: one tap, once, on what he saw."""

import asyncio

import pytest

from bot.approvals import Human
from bot.conversation import Status
from tests.admin.telegram.house import TENANT, House
from tests.fakes.telegram import FakeTelegram, Person


async def test_a_held_draft_becomes_a_card_that_says_who_why_and_what(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("يبدأ الاشتراك من 499 ريال.", says="كم السعر؟ أبي خصم")

    card = await sami.sees("يبدأ الاشتراك من 499 ريال.")

    for part in ("أحمد", "9665•••••567", "عميل جديد", "قيد التأهيل", "يسأل عن السعر", "93%"):
        assert part in card.text
    for part in ("سؤال عن السعر", "price_question", "«⁨السعر⁩»", "طلب خصمًا", "3f9acde1", "كم السعر؟ أبي خصم"):
        assert part in card.text
    assert "966501234567" not in card.html
    assert len(card.text) <= 1_000


async def test_one_tap_approves_and_the_card_follows_the_message_to_the_end(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees("أهلًا")

    popup = await sami.taps("approve", on=card)
    await sami.sees("جارٍ الإرسال", on=card)

    assert not popup.is_alert
    stored = await house.draft(draft.id)
    assert (stored.status, stored.decided_by) == (Status.QUEUED, "Sami")
    assert stored.grant is not None
    assert stored.grant.approver == "telegram:1001"

    await house.sends(draft.id)
    await sami.sees("قبل المزوّد الرسالة", on=card)
    await house.steps(draft.id, Status.DELIVERED, receipts={"delivered": house.now()})
    await sami.sees("وصلت إلى جوال العميل", on=card)
    await house.steps(draft.id, Status.READ)
    seen = await sami.sees("قرأها العميل", on=card)

    assert "اعتمده ⁨Sami⁩" in seen.text
    assert "green" in seen.text
    assert seen.keyboard == []
    assert len(sami.messages) == 1


async def test_a_double_tap_approves_once_and_the_second_is_told_who_did(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    data = card.button("approve")["callback_data"]

    first, again = sami.taps_silently(data, card), sami.taps_silently(data, card)
    popups = [await sami.hears(first), await sami.hears(again)]

    assert [popup.is_alert for popup in popups] == [False, True]
    assert "اعتمده Sami" in popups[1].text
    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_of_two_approvers_one_decides_and_both_cards_say_who(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((sami.chat.id, second.chat.id))
    await house.opens()
    draft = await house.holds("أهلًا")
    his, hers = await sami.sees_button("approve"), await second.sees_button("approve")

    taps = [
        sami.taps_silently(his.button("approve")["callback_data"], his),
        second.taps_silently(hers.button(":pick_reason:")["callback_data"], hers),
    ]
    await sami.hears(taps[0])
    await second.hears(taps[1])
    late = await second.sends_tap(f"d:reject_tone:{draft.id}:1", hers)

    assert late.is_alert
    assert "Sami" in late.text
    assert (await house.draft(draft.id)).status is Status.QUEUED
    for person, card in ((sami, his), (second, hers)):
        assert "اعتمده ⁨Sami⁩" in (await person.sees("جارٍ الإرسال", on=card)).text


async def test_a_tap_on_a_draft_whose_lead_wrote_again_is_refused(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await house.is_written_to("أحمد", "لحظة، غيرت رأيي")

    popup = await sami.taps("approve", on=card)

    assert popup.is_alert
    assert "كتب العميل رسالة جديدة" in popup.text
    assert (await house.draft(draft.id)).status is Status.HELD


async def test_the_card_of_a_replaced_draft_points_at_the_new_one(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("النص الأول")
    card = await sami.sees_button("approve")

    await house.replaces(draft, "النص الجديد")

    old = await sami.sees("قديم", on=card)
    new = await sami.sees("النص الجديد")
    assert old.keyboard == []
    assert new.reply_to == card.message_id
    popup = await sami.sends_tap(f"d:approve:{draft.id}:1", card)
    assert popup.is_alert
    assert (await house.draft(draft.id)).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("reason", "words"),
    [("wrong_intent", "فهم خاطئ"), ("tone", "الأسلوب"), ("price", "السعر"), ("not_now", "ليس الآن")],
)
async def test_a_rejection_asks_why_and_keeps_the_reason(
    house: House, sami: Person, reason: str, words: str
) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("pick_reason")

    await sami.taps("pick_reason", on=card)
    await sami.taps(f"reject_{reason}", on=card)

    seen = await sami.sees("❌", on=card)
    assert "رفضه ⁨Sami⁩" in seen.text
    assert words in seen.text
    stored = await house.draft(draft.id)
    assert (stored.status, stored.decision) == (Status.REJECTED, f"rejected:{reason}")


async def test_back_from_the_reasons_brings_the_buttons_back(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    await sami.taps("pick_reason", on=card)
    assert card.button("approve") is None
    await sami.taps("back", on=card)

    await sami.sees_button("approve", on=card)


async def test_taking_over_silences_the_bot_and_handing_back_ends_that(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("take_over")

    await sami.taps("take_over", on=card)
    await sami.sees("البوت صامت", on=card)
    conversation = await house.conversation_of(draft.id)
    assert (conversation.mode, conversation.outbox[0].status) == ("human", Status.CANCELLED)

    await sami.taps("hand_back", on=card)
    await asyncio.sleep(0.1)
    assert (await house.conversation_of(draft.id)).mode == "bot"
    assert card.button("hand_back") is None


async def test_a_snoozed_card_says_until_when_and_comes_back_with_a_ring(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا", warn_at=None, due_at=None)
    card = await sami.sees_button("snooze_15")

    popup = await sami.taps("snooze_15", on=card)
    await sami.sees("مؤجل حتى", on=card)
    assert "مؤجل حتى" in popup.text

    house.passes(minutes=16)
    await house.keeps_deadlines(draft.id)

    ring = await sami.sees("انتهى التأجيل")
    assert ring.reply_to == card.message_id
    await sami.sees("بانتظار قرارك", on=card)
    assert card.button("approve")


async def test_a_draft_that_waits_too_long_rings_once_per_level(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    house.passes(minutes=16)
    await house.keeps_deadlines(draft.id)
    await sami.sees("⏰ ينتظر منذ 16 دقيقة")
    await sami.sees("🟠", on=card)

    house.passes(minutes=50)
    await house.keeps_deadlines(draft.id)
    ring = await sami.sees("تجاوز المهلة بـ")
    await sami.sees("🔴 رد تجاوز مهلته", on=card)
    await house.approvals.edit(TENANT, draft.id, 1, Human("console:x", "Colleague"), "نص آخر")
    await sami.sees("نص آخر", on=card)

    assert ring.reply_to == card.message_id
    assert len(sami.messages) == 3


async def test_an_opt_out_in_between_cancels_and_a_late_tap_sends_nothing(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    await house.opts_out(draft.id)

    await sami.sees("ملغى ولم يُرسل", on=card)
    await sami.sees("🛑 أوقف")
    popup = await sami.sends_tap(f"d:approve:{draft.id}:1", card)
    assert popup.is_alert
    assert (await house.draft(draft.id)).status is Status.CANCELLED


async def test_a_send_in_doubt_asks_and_believes_the_human(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await sami.taps("approve", on=card)
    await house.sends(draft.id, Status.UNKNOWN)

    await sami.sees("لا نعلم هل وصلت", on=card)
    assert card.button("send_again")
    await sami.taps("arrived", on=card)

    await sami.sees("أكد ⁨Sami⁩ وصولها", on=card)
    assert (await house.draft(draft.id)).status is Status.ACCEPTED


async def test_send_again_queues_with_a_new_grant(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await sami.taps("approve", on=card)
    granted = (await house.draft(draft.id)).grant
    await house.sends(draft.id, Status.UNKNOWN)

    await sami.taps("send_again", on=card)

    stored = await house.draft(draft.id)
    assert stored.status is Status.QUEUED
    assert stored.grant != granted


async def test_a_simulated_send_is_never_called_delivered(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await sami.taps("approve", on=card)
    await house.sends(draft.id, Status.SIMULATED)

    seen = await sami.sees("محاكاة فقط", on=card)
    assert "وصلت" not in seen.text


async def test_money_is_believed_only_after_a_second_question(house: House, sami: Person) -> None:
    await house.opens()
    conversation_id = await house.hears_from("أحمد", "حولت المبلغ")
    await house.changes(conversation_id, lambda c: setattr(c, "stage", "payment_requested"))
    draft = await house.adds_draft(conversation_id, "شكرًا، نتحقق.", flags=("verify_payment",))
    card = await sami.sees_button("verify_payment")

    await sami.taps("verify_payment", on=card)
    assert (await house.conversation_of(draft.id)).stage == "payment_requested"
    popup = await sami.taps("payment_sure", on=card)

    conversation = await house.conversation_of(draft.id)
    assert conversation.stage == "pilot_active"
    assert not popup.is_alert
    again = await sami.sends_tap(f"d:payment_sure:{draft.id}:1", card)
    assert again.is_alert


async def test_a_draft_that_ran_out_of_time_cannot_be_approved(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    house.passes(hours=24)

    popup = await sami.taps("approve", on=card)
    assert popup.is_alert
    assert "انتهت مهلة" in popup.text

    await house.keeps_deadlines(draft.id)
    seen = await sami.sees("⌛", on=card)
    assert seen.keyboard == []


async def test_refusals_come_in_the_language_of_the_person(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await sami.types("/lang en")
    await sami.sees("Language: English")
    await house.approvals.approve(TENANT, draft.id, 1, Human("console:c", "Colleague"))
    await sami.sees("Approved by ⁨Colleague⁩", on=card)

    popup = await sami.sends_tap(f"d:approve:{draft.id}:1", card)

    assert "Approved by Colleague" in popup.text


async def test_nonsense_in_a_button_is_answered_and_does_nothing(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    for data in (
        "d:approve:nobody:1",
        f"d:approve:{draft.id}:99",
        f"d:snooze_9999:{draft.id}:1",
        f"d:approve:{draft.id}:x",
        f"d:reject_because:{draft.id}:1",
        "c:show:nobody",
        "zzz",
        "d:" + "a" * 60,
    ):
        assert (await sami.sends_tap(data, card)).is_alert, data

    assert (await house.draft(draft.id)).status is Status.HELD
