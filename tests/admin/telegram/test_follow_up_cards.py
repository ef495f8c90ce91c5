"""What a card says about a follow-up, and about words that deserve a look."""

from datetime import UTC, datetime, timedelta

import pytest

from admin.telegram.card_text import render
from admin.telegram.sentences import SENTENCES
from bot.cards import card_of
from bot.conversation import Conversation, Draft, DraftKind, Status
from bot.risks import FLAGS

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def words(key: str, language: str) -> str:
    return key


def shown(language: str, **changes: object) -> str:
    talk = Conversation("c1", "t1", ("phone:966501234567",), NOW, phone="966501234567", stage="qualifying")
    draft = Draft("d1", DraftKind.FOLLOW_UP, Status.HELD, "هل نكمل؟", "ar", "d1", NOW)
    draft.hold_reasons = ("hold.follow_up",)
    for name, value in changes.items():
        setattr(draft, name, value)
    return render(card_of(talk, draft), language=language, now=NOW + timedelta(minutes=1), words=words)


@pytest.mark.parametrize(
    ("language", "says"), [("ar", "متابعة لعميل صامت"), ("en", "A follow-up to a silent contact")]
)
def test_a_card_says_that_it_is_a_follow_up(language: str, says: str) -> None:
    assert says in shown(language)
    assert says not in shown(language, kind=DraftKind.REPLY)


@pytest.mark.parametrize(
    ("language", "says"), [("ar", "يُرسل بعد الوقت الهادئ"), ("en", "leaves after quiet hours")]
)
def test_a_card_says_that_it_waits_for_the_end_of_quiet_hours(language: str, says: str) -> None:
    ends = NOW + timedelta(hours=2)

    assert says in shown(language, status=Status.QUEUED, decision="approved", note="quiet_hours", retry_at=ends)
    assert says not in shown(language, status=Status.QUEUED, decision="approved", retry_at=ends)


def test_every_flag_of_a_text_has_a_sentence_in_both_languages() -> None:
    for flag in FLAGS:
        arabic, english = SENTENCES[f"flag_{flag}"]
        assert arabic != english
        assert arabic in shown("ar", flags=(flag,))
        assert english in shown("en", flags=(flag,))
