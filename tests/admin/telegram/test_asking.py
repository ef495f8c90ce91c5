"""Commands: the queue, contacts, the brief, pause and resume, the language, the morning."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import Slot
from tests.admin.telegram.house import TENANT, House
from tests.fakes.telegram import Person


async def test_an_empty_queue_says_so(house: House, sami: Person) -> None:
    await house.opens()
    await sami.types("/queue")

    await sami.sees("لا شيء ينتظر")


async def test_the_queue_lists_and_opens_cards(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("رد أول", name="أحمد", says="سؤال أول", phone="966500000001")
    await house.holds("رد ثان", name="سارة", says="سؤال ثان", phone="966500000002")
    await sami.sees("رد أول")
    first = await sami.sees("رد ثان")

    await sami.types("/queue")
    queue = await sami.sees("📋 ينتظر قرارك: 2")
    assert "سؤال أول" in queue.text
    assert "سارة" in queue.text
    await sami.taps("2 📋", on=queue)

    await sami.sees("رد ثان")
    below = sami.last
    assert below.message_id > queue.message_id
    assert below.button("approve")
    assert first.button("approve") is None
    await sami.taps("approve", on=below)
    await sami.sees("جارٍ الإرسال", on=below)


async def test_a_contact_is_found_shown_taken_over_and_handed_back(house: House, sami: Person) -> None:
    await house.opens()
    conversation_id = await house.hears_from("أحمد القحطاني", "السلام عليكم")
    await house.changes(conversation_id, lambda c: c.slots.update(team_size=Slot("25 موظفًا", house.now(), "k")))

    await sami.types("/find القحطاني")
    await sami.taps("1 👤", on=await sami.sees("🔎 وجدت 1"))
    page = await sami.sees("البوت يرد")
    for part in ("أحمد القحطاني", "عميل جديد", "25 موظفًا", "السلام عليكم", "نافذة الرد مفتوحة", conversation_id):
        assert part in page.text
    assert "966501234567" not in page.text

    await sami.taps("take_over", on=page)
    await sami.sees("مع إنسان حتى", on=page)
    told = await sami.sees("آخر الرسائل")
    for part in ("المرحلة: عميل جديد", "السلام عليكم", "25 موظفًا"):
        assert part in told.text
    assert "966501234567" not in told.text
    again = await sami.sends_tap(f"c:take_over:{conversation_id}", page)
    await sami.taps("hand_back", on=page)
    await sami.sees("البوت يرد", on=page)

    assert again.is_alert


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("/find", "/find ثم اسمًا"),
        ("/contact", "/contact ثم المعرّف"),
        ("/find لا أحد هنا", "لا أحد بهذا الاسم"),
        ("/contact 01JNOBODY", "لا توجد محادثة بهذا المعرّف"),
        ("/lang fr", "/lang ar"),
    ],
)
async def test_an_incomplete_question_is_answered_with_how_to_ask(
    house: House, sami: Person, words: str, answer: str
) -> None:
    await house.opens()
    await sami.types(words)

    await sami.sees(answer)


async def test_pause_says_what_it_means_and_who_did_it(house: House, sami: Person) -> None:
    await house.opens()

    await sami.types("/pause")
    await sami.sees("ينتظر كل رد قرارك")
    await sami.sees("أوقفها ⁨Sami⁩")
    assert (await house.desk.posture(TENANT)).is_paused

    await sami.types("/resume")
    await sami.sees("عادت الردود الآلية")
    assert not (await house.desk.posture(TENANT)).is_paused
    await sami.types("/resume")
    await sami.sees("تعمل أصلًا")


async def test_the_brief_invents_no_numbers(house: House, sami: Person) -> None:
    await house.opens()
    await sami.types("/brief")
    assert "لا بيانات" in (await sami.sees("📊")).text

    await house.holds("أهلًا", name="أحمد")
    house.passes(hours=2)
    await sami.types("/brief")

    brief = await sami.sees("الأقدم انتظارًا")
    assert "ينتظر قرارك: 1" in brief.text
    assert "تجاوز المهلة: 1" in brief.text
    assert "أحمد" in brief.text


async def test_the_language_is_kept_over_a_restart(house: House, sami: Person) -> None:
    first = await house.opens()
    await sami.types("/lang en")
    await sami.sees("Language: English")
    await first.stop()

    await house.opens()
    await house.holds("أهلًا")

    card = await sami.sees("A reply waits for you")
    assert "Approve" in " ".join(card.labels)
    assert "New lead → Qualifying" in card.text


async def test_anything_else_is_answered_with_a_hint(house: House, sami: Person) -> None:
    await house.opens()
    await sami.types("صباح الخير")

    await sami.sees("لم أفهم")


@pytest.mark.parametrize(("hour", "title"), [(8, "ملخص الصباح"), (20, "ملخص المساء")])
async def test_the_daily_briefs_come_once_even_over_a_restart(
    house: House, sami: Person, hour: int, title: str
) -> None:
    house.ahead = _riyadh(hour, 5) - datetime.now(UTC)
    first = await house.opens()
    await sami.sees(title)
    await first.stop()

    await house.opens()
    await sami.types("/help")
    await sami.sees("أنا بوت الاعتماد")

    assert len(sami.reads(title)) == 1

    sami.deletes(sami.reads(title)[0])
    house.passes(days=1)
    await sami.sees(title)


async def test_a_brief_that_is_too_late_is_skipped(house: House, sami: Person) -> None:
    house.ahead = _riyadh(10, 1) - datetime.now(UTC)
    await house.opens()
    await sami.types("/help")
    await sami.sees("أنا بوت الاعتماد")

    assert not sami.reads("ملخص")


def _riyadh(hour: int, minute: int) -> datetime:
    """That time of tomorrow in Riyadh, three hours ahead of UTC."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return tomorrow.replace(hour=hour - 3, minute=minute)
