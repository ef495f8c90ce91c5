"""A certain stop is one in whatever company it comes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import InboundMessage, Kind
from bot.gather import Heard, HeardMessage
from bot.stops import in_pieces
from rules.book import Book
from rules.score import read_labelled
from rules.verdict import Question

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
STOPS = (ROOT / "bench" / "chaos" / "stops.txt").read_text("utf-8").splitlines()
TALK = [
    labelled.text
    for labelled in read_labelled(ROOT / "rules" / "corpus" / "written_wide.jsonl")
    if not labelled.is_opt_out and labelled.intent not in ("opt_out_suspected", "erasure_request")
]


@pytest.fixture(scope="module")
def book():
    return Book.load(backend="reference")


def heard(*texts, **kinds):
    return Heard(
        tuple(
            HeardMessage(
                key=f"k{number}",
                channel="c",
                correlation_id=f"c{number}",
                received_at=NOW + timedelta(seconds=number),
                message=InboundMessage(
                    key=f"k{number}",
                    contact_keys=("phone:966500000001",),
                    raw={},
                    kind=kinds.get(f"kind{number}", Kind.TEXT),
                    text=text,
                    button_id=kinds.get(f"button{number}", ""),
                ),
            )
            for number, text in enumerate(texts)
        )
    )


def question_of(part):
    button = next((h.message.button_id for h in reversed(part.messages) if h.message.button_id), "")
    return Question(part.text, stage="qualifying", kind=part.kind.value, button_id=button)


def is_heard(book, burst):
    return any(
        book.understand(question_of(piece)).opt_out == "hard" for piece in in_pieces(burst, question_of, book)
    )


@pytest.mark.parametrize(
    "burst",
    [
        ("never message me again", "أبي أكلم إنسان", "كثر الله خيركم"),
        ("I need a real person", "حولت المبلغ", "arjo 3dm alersal"),
        ("فرجوني كيف النظام", "رفضنا عرضكم من زمان، ليش للحين ترسلون؟ كفاية"),
        ("I have transferred the amount", "عطوني فكرة عن شغلكم", "الرقم هذا لا ترسلون عليه"),
    ],
)
def test_a_stop_that_its_neighbours_would_drown_is_heard(book, burst):
    assert is_heard(book, heard(*burst))


@given(
    stop=st.sampled_from(STOPS),
    before=st.lists(st.sampled_from(TALK), max_size=2),
    after=st.lists(st.sampled_from(TALK), max_size=2),
)
def test_a_certain_stop_is_one_in_whatever_company_it_comes(book, stop, before, after):
    assert is_heard(book, heard(*before, stop, *after))


def test_no_message_is_lost_and_none_is_read_twice(book):
    burst = heard("فرجوني كيف النظام", "never message me again", "أبي أكلم إنسان", "كثر الله خيركم")
    pieces = in_pieces(burst, question_of, book)
    assert [item.key for piece in pieces for item in piece.messages] == ["k0", "k1", "k2", "k3"]
    assert [len(piece.messages) for piece in pieces] == [1, 1, 2]


def test_whatever_a_button_says_beside_it_a_written_stop_is_heard(book):
    burst = heard("لا تراسلوني", "نعم", button1="opt_out_no", kind1=Kind.BUTTON)
    assert is_heard(book, burst)


@given(burst=st.lists(st.sampled_from(TALK), min_size=2, max_size=4))
def test_a_burst_in_which_no_message_is_a_stop_is_read_whole(book, burst):
    if any(book.understand(Question(text, stage="qualifying")).opt_out == "hard" for text in burst):
        return
    assert in_pieces(heard(*burst), question_of, book) == (heard(*burst),)
