"""Sami changes the wording in the chat, sees what changed, and only then says yes."""

from bot.approvals import Human
from bot.conversation import Status
from tests.admin.telegram.house import TENANT, House
from tests.fakes.telegram import Person


async def test_an_edit_shows_the_difference_and_waits_for_a_yes(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("السعر 599 ريال شهريًا")
    card = await sami.sees_button("approve")

    await sami.taps("d:edit", on=card)
    prompt = await sami.sees("رد على هذه الرسالة بالنص الجديد")
    assert prompt.force_reply
    assert "السعر 599 ريال شهريًا" in prompt.text
    await sami.replies("السعر 499 ريال شهريًا")

    seen = await sami.sees("السعر 499 ريال شهريًا", on=card)
    assert "<s>599</s> <u>499</u>" in seen.html
    assert (await house.draft(draft.id)).status is Status.HELD

    await sami.taps("approve", on=card)
    stored = await house.draft(draft.id)
    assert (stored.status, stored.text) == (Status.QUEUED, "السعر 499 ريال شهريًا")
    assert [edit.text for edit in stored.edits] == ["السعر 599 ريال شهريًا"]


async def test_a_reply_to_the_card_itself_is_an_edit(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    await sami.replies("أهلًا وسهلًا", to=card)

    await sami.sees("أهلًا وسهلًا", on=card)
    assert (await house.draft(draft.id)).text == "أهلًا وسهلًا"


async def test_a_tap_on_the_wording_before_the_edit_is_refused(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    old = card.button("approve")["callback_data"]
    await sami.replies("أهلًا وسهلًا", to=card)
    await sami.sees("أهلًا وسهلًا", on=card)

    popup = await sami.sends_tap(old, card)

    assert popup.is_alert
    assert (await house.draft(draft.id)).status is Status.HELD


async def test_the_question_survives_a_restart(house: House, sami: Person) -> None:
    first = await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")
    await sami.sees("رد على هذه الرسالة بالنص الجديد")
    await first.stop()

    await sami.replies("نص بعد الإقلاع")
    await house.opens()

    await sami.sees("تغيّر النص")
    assert (await house.draft(draft.id)).text == "نص بعد الإقلاع"


async def test_a_text_that_comes_too_late_is_given_back(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")
    await house.replaces(draft, "جديد")

    await sami.replies("<b>نصي الذي تعبت فيه & كتبته</b>")

    back = await sami.sees("لم يتغير النص")
    assert "<b>نصي الذي تعبت فيه & كتبته</b>" in back.text
    assert "كتب العميل رسالة جديدة" in back.text


async def test_an_edit_by_two_people_loses_neither_text(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")
    await house.approvals.edit(TENANT, draft.id, 1, Human("console:c", "Colleague"), "نص الزميل")

    await sami.replies("نصي أنا")

    back = await sami.sees("لم يتغير النص")
    assert "نصي أنا" in back.text
    assert (await house.draft(draft.id)).text == "نص الزميل"


async def test_a_second_reply_to_the_same_question_corrects_the_first(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")
    prompt = await sami.sees("رد على هذه الرسالة بالنص الجديد")
    await sami.replies("نص فيه خطا", to=prompt)
    await sami.sees("تغيّر النص")

    await sami.replies("نص بلا خطأ", to=prompt)

    await sami.sees("نص بلا خطأ", on=sami.messages[0])
    assert (await house.draft(draft.id)).text == "نص بلا خطأ"


async def test_a_reply_delivered_twice_edits_once(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")
    update = await sami.replies("نص جديد")
    await sami.sees("تغيّر النص")

    # The same words under another update id: as if the bot had died before it could note the first.
    house.telegram.pushes({"message": update["message"]})
    await sami.types("/queue")
    await sami.sees("📋 ينتظر قرارك")

    assert len((await house.draft(draft.id)).edits) == 1
    assert not sami.reads("لم يتغير النص")


async def test_a_reply_to_something_unknown_is_given_back(house: House, sami: Person) -> None:
    await house.opens()
    await sami.types("/help")
    help_message = await sami.sees("/queue")

    await sami.replies("كلام لا أعرف لمن", to=help_message)

    assert "كلام لا أعرف لمن" in (await sami.sees("لا أعرف لأي رسالة")).text


async def test_an_empty_text_changes_nothing(house: House, sami: Person) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.taps("d:edit")

    await sami.replies("   \n ")

    await sami.sees("النص فارغ")
    assert (await house.draft(draft.id)).edits == ()


async def test_changing_a_sent_reply_is_answered_plainly(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("أهلًا")
    await sami.taps("d:edit")
    written = await sami.replies("نص")
    await sami.sees("تغيّر النص")

    await sami.changes(written, "نص آخر")

    await sami.sees("لا أتابع تعديل الرسائل")


async def test_a_text_longer_than_a_card_is_cut_there_and_whole_on_demand(house: House, sami: Person) -> None:
    await house.opens()
    text = " ".join(f"كلمة{number}&<" for number in range(900))
    await house.holds(text)
    card = await sami.sees_button("full_text")
    assert "النص أطول من البطاقة" in card.text

    await sami.taps("full_text", on=card)

    await sami.sees("كلمة899&<")
    assert "".join(m.text for m in sami.messages[1:]).replace("\n", "").replace(" ", "") == text.replace(" ", "")


async def test_a_message_of_ones_own_goes_out_once_and_its_card_follows_it(house: House, sami: Person) -> None:
    await house.opens()
    conversation_id = await house.hears_from("أحمد", "السلام عليكم")
    await sami.types(f"/contact {conversation_id}")
    await sami.taps("c:write")
    update = await sami.replies("أهلًا أحمد، أنا سامي")
    card = await sami.sees("معتمد · جارٍ الإرسال")
    assert "أهلًا أحمد، أنا سامي" in card.text

    house.telegram.pushes({"message": update["message"]})
    await sami.types("/brief")
    await sami.sees("📊")

    conversation = await house.store.conversations.read(TENANT, conversation_id)
    assert conversation is not None
    assert [draft.text for draft in conversation.outbox] == ["أهلًا أحمد، أنا سامي"]
    await house.sends(conversation.outbox[0].id, Status.DELIVERED)
    assert [m for m in sami.messages if "وصلت إلى جوال العميل" in m.text] or await sami.sees(
        "وصلت إلى جوال العميل"
    )
