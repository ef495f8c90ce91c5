"""What a card says, letter by letter, and that no stranger's text can break it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin.telegram.buttons import card_keyboard
from admin.telegram.card_text import MESSAGE_LIMIT, render
from admin.telegram.diff import word_diff
from admin.telegram.plain import clean
from admin.telegram.sentences import SENTENCES, Language
from bot.cards import Card, card_of
from bot.conversation import Conversation, Draft, DraftKind, Edit, Reason, Said, Status
from tests.admin.telegram.house import words
from tests.fakes.telegram.markup import units, visible

NOW = datetime(2026, 3, 1, 9, 12, tzinfo=UTC)
"""12:12 in Riyadh."""


def a_card(**changed: Any) -> Card:
    conversation = Conversation(
        id="01JCONVERSATION",
        tenant_id="t",
        keys=("phone:966501234567",),
        created_at=NOW,
        phone="966501234567",
        name=changed.pop("name", "أحمد"),
        channel="green",
    )
    said = (("contact", "السلام عليكم"), ("bot", "وعليكم السلام، كيف أساعدك؟"), ("contact", "كم السعر؟ أبي خصم"))
    for minutes, (who, text) in enumerate(changed.pop("said", said)):
        conversation.said(Said(who, text, NOW - timedelta(minutes=5 - minutes)))
    fields: dict[str, Any] = {
        "id": "01JDRAFT",
        "kind": DraftKind.REPLY,
        "status": Status.HELD,
        "text": "أهلًا أحمد، يبدأ الاشتراك من 499 ريال شهريًا.",
        "language": "ar",
        "correlation_id": "x",
        "created_at": NOW,
        "intent": "ask_price",
        "confidence": 0.93,
        "stage_before": "new_lead",
        "stage_after": "qualifying",
        "hold_reasons": ("discount",),
        "because": (
            Reason("price_question", "سؤال عن السعر", "routing", "routing/p.yml:8", "go", ("السعر", "خصم")),
            Reason("new_idea", "تجربة", "routing", "routing/n.yml:8", "say", shadow=True),
        ),
        "book_version": "3f9acde12345678",
        "warn_at": NOW + timedelta(minutes=15),
        "due_at": NOW + timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=23, minutes=50),
    }
    draft = Draft(**{**fields, **changed})
    conversation.outbox.append(draft)
    return card_of(conversation, draft)


def read(card: Card, language: Language = "ar") -> str:
    """What a person sees, without the marks that only steer direction."""
    text = visible(render(card, language=language, now=NOW, words=words))
    return text.translate({ord(mark): None for mark in "\u200e\u200f\u2066\u2067\u2068\u2069"})


def test_a_waiting_card_in_arabic() -> None:
    assert read(a_card()) == (
        "🟡 رد بانتظار قرارك\n"
        "👤 أحمد · 9665•••••567 · green\n"
        "📍 عميل جديد ← قيد التأهيل\n"
        "🎯 يسأل عن السعر · 93%\n"
        "🧠 لماذا\n"
        "• سؤال عن السعر (price_question) «السعر» «خصم»\n"
        "✋ أُوقف لأن: طلب خصمًا. لولا ذلك لأُرسل وحده.\n"
        "💬 آخر الرسائل\n"
        "العميل 12:07: السلام عليكم\n"
        "البوت 12:08: وعليكم السلام، كيف أساعدك؟\n"
        "العميل 12:09: كم السعر؟ أبي خصم\n"
        "✉️ الرد المقترح\n"
        "أهلًا أحمد، يبدأ الاشتراك من 499 ريال شهريًا.\n"
        "⏳ عند 12:12 · بقي 1 س للقرار (13:12) · ينتهي بعد 23 س 50 د (12:02 غدًا)\n"
        "إن لم يقرر أحد فلن يُرسل.\n"
        "القواعد 3f9acde12345"
    )


def test_a_waiting_card_in_english() -> None:
    assert read(a_card(), "en") == (
        "🟡 A reply waits for you\n"
        "👤 أحمد · 9665•••••567 · green\n"
        "📍 New lead → Qualifying\n"
        "🎯 Asks the price · 93%\n"
        "🧠 Why\n"
        "• سؤال عن السعر (price_question) «السعر» «خصم»\n"
        "✋ Held because: a discount was asked for. Without this it would have left by itself.\n"
        "💬 Last messages\n"
        "Contact 12:07: السلام عليكم\n"
        "Bot 12:08: وعليكم السلام، كيف أساعدك؟\n"
        "Contact 12:09: كم السعر؟ أبي خصم\n"
        "✉️ Proposed reply\n"
        "أهلًا أحمد، يبدأ الاشتراك من 499 ريال شهريًا.\n"
        "⏳ As of 12:12 · 1 h left to decide (13:12) · expires in 23 h 50 min (12:02 tomorrow)\n"
        "If nobody decides, it is not sent.\n"
        "Rules 3f9acde12345"
    )


def test_a_decided_card_keeps_who_what_and_the_outcome() -> None:
    card = a_card(
        status=Status.DELIVERED,
        decided_by="Sami",
        decided_at=NOW,
        decision="approved",
        edits=(Edit("أهلًا أحمد، يبدأ الاشتراك من 599 ريال شهريًا.", "Sami", NOW),),
        receipts={"delivered": NOW + timedelta(minutes=1)},
    )

    assert read(card) == (
        "✓✓ وصلت إلى جوال العميل\n"
        "اعتمده Sami عند 12:12\n"
        "✓✓ وصلت 12:13\n"
        "👤 أحمد · 9665•••••567 · green\n"
        "📍 عميل جديد ← قيد التأهيل\n"
        "🎯 يسأل عن السعر · 93%\n"
        "🧠 لماذا: سؤال عن السعر\n"
        "✏️ عدّله Sami · 12:12\n"
        "… الاشتراك من 599 499 ريال شهريًا.\n"
        "✉️ النص\n"
        "أهلًا أحمد، يبدأ الاشتراك من 499 ريال شهريًا.\n"
        "القواعد 3f9acde12345"
    )


@pytest.mark.parametrize(
    ("changed", "first_line"),
    [
        ({"status": Status.QUEUED, "decision": "approved"}, "✅ معتمد · جارٍ الإرسال…"),
        ({"status": Status.QUEUED, "decision": "auto"}, "📤 جارٍ الإرسال…"),
        ({"status": Status.ACCEPTED}, "📤 قبل المزوّد الرسالة"),
        ({"status": Status.READ}, "👁 قرأها العميل"),
        ({"status": Status.SIMULATED}, "🧪 محاكاة فقط: لم تُرسل إلى أحد"),
        ({"status": Status.UNKNOWN}, "❓ لا نعلم هل وصلت الرسالة"),
        ({"status": Status.FAILED}, "⛔ لم تُرسل"),
        ({"status": Status.REJECTED}, "❌ مرفوض"),
        ({"status": Status.EXPIRED}, "⌛ انتهت المهلة ولم تُرسل"),
        ({"status": Status.CANCELLED}, "🚫 ملغى ولم يُرسل"),
        ({"status": Status.CANCELLED, "decision": "taken_over"}, "🙋 أنت مع العميل الآن؛ البوت صامت"),
        (
            {"status": Status.CANCELLED, "superseded_by": "x"},
            "🔁 قديم: كتب العميل من جديد، والمسودة الجديدة في بطاقتها",
        ),
        ({"snoozed_until": NOW + timedelta(minutes=15)}, "💤 مؤجل حتى 12:27"),
        ({"warn_at": NOW, "created_at": NOW - timedelta(minutes=15)}, "🟠 رد ينتظر قرارك منذ 15 دقيقة"),
        ({"due_at": NOW}, "🔴 رد تجاوز مهلته وينتظر قرارك"),
    ],
)
def test_the_first_line_is_the_truth_about_the_draft(changed: dict[str, Any], first_line: str) -> None:
    assert read(a_card(**changed)).splitlines()[0] == first_line


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_status_has_words_in_both_languages(status: Status, language: Language) -> None:
    card = a_card(status=status, note="a reason", decided_by="Sami", decided_at=NOW, decision="approved")

    first = read(card, language).splitlines()[0]

    is_arabic = any("\u0621" <= sign <= "\u064a" for sign in first)
    assert is_arabic == (language == "ar")
    assert len(first.split()) > 1


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>x</b> & <a href='tg://user?id=1'>me</a>",
        "\u202eevil\u202c \u2067x \u2069\u2069\u2069",
        "\x00\x07\x1b[31m\x7f\x85",
        "a\u200b\u200b\u2060\ufeff\u00adb",
        "z" + "\u0301" * 500,
        "<" * 65_000,
        "👨‍👩‍👧‍👦" * 3_000,
        "\n" * 5_000 + "x",
        "</pre></pre><pre>",
        "&amp;&#x202e;&lt;",
        "\ud83d",
        "\u3164\u2800",
    ],
)
def test_hostile_text_cannot_break_a_card(hostile: str) -> None:
    card = a_card(
        name=hostile,
        text=hostile + "x",
        said=[("contact", hostile)] * 5,
        edits=(Edit(hostile[::-1], hostile, NOW),),
        note=hostile,
        because=(Reason(hostile, hostile, "c", "f", "s", (hostile,) * 9),) * 9,
        hold_reasons=tuple(f"{n}{hostile}" for n in range(9)),
        flags=tuple(f"{n}{hostile}" for n in range(9)),
        intent=hostile,
        book_version=hostile,
        decided_by=hostile,
        decision=f"rejected:{hostile}",
    )
    for status in (Status.HELD, Status.FAILED):
        changed = a_card(text=hostile, status=status, note=hostile) if status is Status.FAILED else card
        text = render(changed, language="ar", now=NOW, words=words)

        assert units(text) <= MESSAGE_LIMIT
        assert visible(text)
        assert not set(text) & set("\x00\x07\x1b\u202e\u202d\u200b\u2060\ufeff\ud83d")
        opened = text.count("\u2066") + text.count("\u2068")
        assert opened == text.count("\u2069")


@given(st.text(max_size=3_000), st.text(max_size=300), st.sampled_from(["ar", "en"]))
@settings(max_examples=60, deadline=None)
def test_any_text_at_all_gives_a_card_that_telegram_takes(text: str, other: str, language: Language) -> None:
    card = a_card(text=text, name=other, said=[("contact", other), ("bot", text)], edits=(Edit(other, "S", NOW),))

    rendered = render(card, language=language, now=NOW, words=words)

    assert visible(rendered)
    assert units(rendered) <= MESSAGE_LIMIT


def test_the_proposed_text_can_be_copied_exactly() -> None:
    text = "أهلًا <أحمد> & شركاه،\n\nالسعر: 499 ريال 👨‍👩‍👧 — رابط: https://example.sa/?a=1&b=2"
    rendered = render(a_card(text=text), language="ar", now=NOW, words=words)

    block = visible(rendered[rendered.index("<pre>") : rendered.index("</pre>") + len("</pre>")])

    assert block == text


def test_a_text_with_invisible_signs_is_shown_without_them_and_says_so() -> None:
    assert "محارف لا تُرى" in read(a_card(text="أهلًا\u202e أحمد"))
    assert "محارف لا تُرى" not in read(a_card(text="أهلًا أحمد\r\nكيف الحال"))


def test_the_diff_shows_only_what_changed() -> None:
    before = "أهلًا بك في عيادتنا يا أحمد السعر 599 ريال والموعد غدًا إن شاء الله"

    diff = word_diff(before, before.replace("599", "499"))

    assert diff == "… أحمد السعر <s>599</s> <u>499</u> ريال والموعد …"


def test_names_without_words_are_shown_readable() -> None:
    text = read(a_card(intent="ask_something_new", hold_reasons=("low_confidence",)))

    assert "ask something new" in text
    assert "low confidence" in text


def test_unknown_phone_and_name_are_said_to_be_unknown() -> None:
    assert "👤 بلا اسم" in read(a_card(name="  "))


def test_buttons_carry_an_action_an_id_and_a_version_and_fit() -> None:
    keyboard = card_keyboard(a_card(), "ar", is_cut=True)
    assert keyboard is not None
    data = [button.callback_data or "" for row in keyboard.inline_keyboard for button in row]

    assert "d:approve:01JDRAFT:1" in data
    assert all(len(entry.encode()) <= 64 for entry in data)


def test_a_finished_card_has_no_buttons() -> None:
    assert card_keyboard(a_card(status=Status.DELIVERED), "ar", is_cut=False) is None


def test_every_sentence_is_written_in_both_languages() -> None:
    for key, (arabic, english) in SENTENCES.items():
        assert arabic.strip(), key
        assert english.strip(), key
        assert set(_fields(arabic)) == set(_fields(english)), key


def test_cleaning_keeps_what_readers_see() -> None:
    seen = "مرحبًا، «كيف» الحال؟ ١٢٣ 👩‍💻 naïve\nسطر"

    assert clean(seen) == seen


def _fields(sentence: str) -> list[str]:
    return [part.split("}")[0] for part in sentence.split("{")[1:]]
