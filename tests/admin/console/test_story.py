"""The story of a lead, read from the facts that the heart wrote down."""

from datetime import UTC, datetime, timedelta
from typing import Any

from admin.console.marks import Piece, edited, heard
from admin.console.sentences import LANGUAGES, SENTENCES
from admin.console.story import Decision, Trace, said, story
from bot.conversation import LogEntry

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

DECIDED = {
    "intent": "ask_price",
    "confidence": 0.95,
    "stage_before": "new_lead",
    "stage_after": "qualifying",
    "say": "price_on_request",
    "intents": [
        {"name": "ask_price", "confidence": 0.95, "page": "asks_the_price", "words": ["كم السعر"]},
        {"name": "greeting", "confidence": 0.7, "page": "greets", "words": ["السلام"]},
    ],
    "because": [
        {"rule": "asks_the_price", "file": "understanding/asks_the_price.yml:7", "said": "intent ask_price"}
    ],
}


def _fact(number: int, what: str, correlation_id: str = "one", **data: Any) -> LogEntry:
    return LogEntry(f"c:{number}", what, START + timedelta(seconds=number), correlation_id, data)


def test_a_burst_is_one_decision_about_all_its_messages() -> None:
    facts = [
        _fact(1, "message_received", "zero", text="السلام عليكم", kind="text"),
        _fact(2, "message_received", text="كم السعر", kind="text"),
        _fact(3, "decided", **DECIDED),
        _fact(4, "reply_queued_by_bot", draft="d"),
    ]

    (decision,) = story(facts)

    assert isinstance(decision, Decision)
    assert [message.text for message in decision.heard] == ["السلام عليكم", "كم السعر"]
    assert (decision.outcome, decision.others, decision.words) == ("sent", ("greeting",), ("كم السعر",))


def test_the_first_fact_after_a_decision_says_what_became_of_the_answer() -> None:
    held = story([_fact(1, "decided", **DECIDED), _fact(2, "draft_held", why=["hold.negotiation"])])
    silent = story([_fact(1, "decided", **DECIDED), _fact(2, "kept_silent", reason="human_answers")])
    unwritten = story([_fact(1, "decided", silence_reason="silence.acknowledged")])

    assert [(d.outcome, d.reasons) for d in (*held, *silent, *unwritten) if isinstance(d, Decision)] == [
        ("held", ("hold.negotiation",)),
        ("silent", ("human_answers",)),
        ("silent", ("silence.acknowledged",)),
    ]


def test_what_a_human_did_follows_its_own_decision_or_stands_alone() -> None:
    told = story(
        [
            _fact(1, "decided", **DECIDED),
            _fact(2, "draft_held", why=[]),
            _fact(3, "taken_over", "", by="console:sami"),
            _fact(4, "draft_approved", draft="d", by="console:sami"),
            _fact(5, "draft_approved", "by hand", draft="by hand"),
        ]
    )

    decision, taken_over, by_hand = told
    assert isinstance(decision, Decision)
    assert [trace.what for trace in decision.traces] == ["draft_held", "draft_approved"]
    assert isinstance(taken_over, Trace)
    assert isinstance(by_hand, Trace)
    assert (taken_over.what, by_hand.what) == ("taken_over", "wrote_by_hand")


def test_a_reason_of_the_book_is_taken_apart_into_its_verbs() -> None:
    assert said("go start_qualifying; hold: hold.legal; act sync_crm; something else") == (
        ("go", "start_qualifying"),
        ("hold", "hold.legal"),
        ("act", "sync_crm"),
    )


def test_every_heard_word_is_marked_and_nothing_of_the_text_is_lost() -> None:
    text = "السلام عليكم، كم السعر؟ (كم)"
    marked = heard(text, ["كم", "كم السعر", "(كم)"])

    assert "".join(piece.text for piece in marked) == text
    assert [piece.text for piece in marked if piece.mark] == ["كم السعر", "(كم)"]


def test_a_short_word_is_not_marked_inside_a_longer_one() -> None:
    marked = heard("I did it in time", ["I"])

    assert [piece.text for piece in marked] == ["I", " did it in time"]


def test_an_edit_shows_both_wordings_in_full() -> None:
    pieces = edited("وصلنا المبلغ اليوم", "وصلنا طلبكم اليوم مساء")

    assert "".join(p.text for p in pieces if p.mark != "came") == "وصلنا المبلغ اليوم"
    assert "".join(p.text for p in pieces if p.mark != "gone") == "وصلنا طلبكم اليوم مساء"
    assert Piece("المبلغ", "gone") in pieces


def test_every_sentence_speaks_both_languages_with_the_same_blanks() -> None:
    assert LANGUAGES == ("ar", "en")
    for key, (arabic, english) in SENTENCES.items():
        assert arabic.strip(), key
        assert english.strip(), key
        assert _blanks(arabic) == _blanks(english), key


def _blanks(sentence: str) -> set[str]:
    return {part.split("}")[0] for part in sentence.split("{")[1:]}
