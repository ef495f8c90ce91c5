"""The cards stay true while Telegram, the bot, a person or the network does not."""

import asyncio
from itertools import pairwise

from admin.telegram.post import Pace
from bot.approvals import Human
from bot.conversation import Notice, Status
from tests.admin.telegram.house import TENANT, House, quick
from tests.fakes.telegram import FakeTelegram, Person

COLLEAGUE = Human("console:colleague", "Colleague")


async def test_a_restart_shows_no_card_twice_and_forgets_none(house: House, sami: Person) -> None:
    first = await house.opens()
    shown = await house.holds("الأولى", phone="966500000001")
    card = await sami.sees("الأولى")
    await _settles(house)
    await first.stop()
    await house.approvals.approve(TENANT, shown.id, 1, COLLEAGUE)
    await house.holds("الثانية", phone="966500000002")

    await house.opens()

    await sami.sees("اعتمده ⁨Colleague⁩", on=card)
    await sami.sees("الثانية")
    await _settles(house)
    assert len(sami.messages) == 2


async def test_a_tap_made_while_the_bot_was_away_still_counts(house: House, sami: Person) -> None:
    first = await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    await _settles(house)
    await first.stop()
    tap = sami.taps_silently(card.button("approve")["callback_data"], card)

    await house.opens()

    await sami.hears(tap)
    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_telegram_away_forgets_no_card(house: House, sami: Person, telegram: FakeTelegram) -> None:
    telegram.goes_down()
    await house.opens()
    drafts = [await house.holds(f"رد رقم {n}.", phone=f"96650000000{n}") for n in range(3)]
    await house.approvals.reject(TENANT, drafts[2].id, COLLEAGUE, "tone")
    await asyncio.sleep(0.3)
    assert sami.messages == []

    telegram.comes_back()

    await sami.sees("رد رقم 0.")
    await sami.sees("رد رقم 1.")
    await _settles(house)
    assert not sami.reads("رد رقم 2.")


async def test_a_proxy_that_answers_html_is_waited_out(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    telegram.has_trouble("html", times=12)
    await house.opens()
    await house.holds("أهلًا")

    await sami.sees("أهلًا")
    await sami.taps("approve")


async def test_telegram_asking_to_wait_is_obeyed(house: House, sami: Person, telegram: FakeTelegram) -> None:
    await house.opens()
    telegram.has_trouble("retry_after", method="sendMessage", times=1, seconds=1)
    await house.holds("أهلًا")

    await sami.sees("أهلًا")

    sends = [call.at for call in telegram.calls if call.method == "sendMessage"]
    assert len(sends) == 2
    assert sends[1] - sends[0] >= 1


async def test_another_poller_is_outlived(house: House, sami: Person, telegram: FakeTelegram) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    telegram.has_trouble("conflict", method="getUpdates", times=3)

    await sami.taps("approve", on=card)

    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_a_card_whose_sending_was_never_confirmed_may_come_twice_and_harms_nobody(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens()
    telegram.has_trouble("drop_answer", method="sendMessage", times=1)
    draft = await house.holds("أهلًا")
    await _until(lambda: len(sami.messages) == 2)
    forgotten, recorded = sami.messages
    await _settles(house)

    await sami.taps("approve", on=forgotten)

    await sami.sees("جارٍ الإرسال", on=forgotten)
    await _until(lambda: recorded.keyboard == [])
    await house.sends(draft.id)
    await sami.sees("قبل المزوّد", on=forgotten)


async def test_a_card_deleted_by_hand_comes_back_while_it_waits(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    sami.deletes(await sami.sees_button("approve"))

    await house.approvals.edit(TENANT, draft.id, 1, COLLEAGUE, "أهلًا من جديد")

    await sami.sees("أهلًا من جديد")
    assert len(sami.messages) == 1


async def test_one_who_blocked_the_bot_does_not_stop_the_other(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((second.chat.id, sami.chat.id))
    second.blocks()
    await house.opens()
    draft = await house.holds("أهلًا")

    card = await sami.sees_button("approve")
    await sami.taps("approve", on=card)
    await sami.sees("جارٍ الإرسال", on=card)
    assert second.messages == []

    await house.steps(draft.id, Status.HELD)
    second.unblocks()
    await second.sees_button("approve")


async def test_one_who_never_started_gets_the_open_cards_when_they_do(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    late = telegram.person(1003, "Late", started=False)
    house.let_decide((sami.chat.id, late.chat.id))
    await house.opens(rhythm=quick(closed_chat_seconds=3_600))
    await house.holds("أهلًا")
    await sami.sees("أهلًا")

    await late.types("/start")

    await late.sees("أنا بوت الاعتماد")
    await late.sees_button("approve")


async def test_new_cards_keep_a_pace_of_one_per_second_and_chat(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    pace = Pace(chat_gap_seconds=0.8, overall_gap_seconds=0.01)
    for number in range(3):
        await house.holds(f"رد رقم {number}.", phone=f"96650000000{number}")
    await house.opens(rhythm=quick(pace=pace))

    await _until(lambda: len(sami.messages) == 3)

    # Times of arrival: a busy machine may bring one message late and the next one not.
    times = [message.sent_at for message in sami.messages]
    assert all(after - before >= 0.4 for before, after in pairwise(times))


async def test_notices_are_told_once_to_everybody(house: House, sami: Person, second: Person) -> None:
    house.let_decide((sami.chat.id, second.chat.id))
    first = await house.opens()
    conversation_id = await house.hears_from("أحمد", "أبي أكلم أحد")
    notice = Notice("n1", "human_requested", house.now())
    await house.changes(conversation_id, lambda c: c.notices.append(notice))
    await sami.sees("يطلب ⁨أحمد⁩ التحدث مع إنسان")
    await second.sees("يطلب ⁨أحمد⁩ التحدث مع إنسان")
    await _settles(house)
    await first.stop()

    await house.opens()
    await house.holds("أهلًا")
    await sami.sees_button("approve")
    await second.sees_button("approve")

    assert len(sami.reads("يطلب ⁨أحمد⁩")) == len(second.reads("يطلب ⁨أحمد⁩")) == 1


async def test_someone_who_may_no_longer_decide_loses_the_contents_of_open_cards(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((sami.chat.id, second.chat.id))
    first = await house.opens()
    draft = await house.holds("سر تجاري")
    hers = await second.sees_button("approve")
    await sami.sees_button("approve")
    await _settles(house)
    await first.stop()

    house.let_decide((sami.chat.id,))
    await house.opens()
    popup = await second.sends_tap(f"d:approve:{draft.id}:1", hers)
    await house.approvals.approve(TENANT, draft.id, 1, COLLEAGUE)

    seen = await second.sees("لم تعد هذه البطاقة لك", on=hers)
    assert popup.is_alert
    assert "سر تجاري" not in seen.text
    assert seen.keyboard == []


async def test_twenty_taps_against_a_lead_who_writes_release_nothing_stale(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    data = card.button("approve")["callback_data"]

    taps = [sami.taps_silently(data, card) for _ in range(20)]
    await house.is_written_to("أحمد", "لحظة")
    written_at = house.now()
    for tap in taps:
        await sami.hears(tap, within=20)

    stored = await house.draft(draft.id)
    if stored.status is Status.QUEUED:
        assert stored.decided_at is not None
        assert stored.decided_at <= written_at
    else:
        assert stored.status is Status.HELD


async def _settles(house: House) -> None:
    """Wait until the database says that no chat lacks anything."""
    for _ in range(200):
        if not await house.store.conversations.with_cards_due(TENANT, 10):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("cards stayed due")


async def _until(is_so: object) -> None:
    assert callable(is_so)
    for _ in range(200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never became so")
