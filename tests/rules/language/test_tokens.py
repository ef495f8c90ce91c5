"""Reading: clauses, questions, numbers, scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.tokens import read


def words(text):
    return [token.text for token in read(text).tokens]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("80", (80,)),
        ("٨٠", (80,)),
        ("تقريبا ثمانين", (80,)),
        ("eighty", (80,)),
        ("two hundred", (200,)),
        ("خمسة وعشرين", (25,)),
        ("مية وخمسين عميل", (150,)),
        ("ثلاث آلاف", (3000,)),
        ("الف وخمسمية", (1500,)),
        ("ميتين", (200,)),
        ("20 الف", (20_000,)),
        ("3-5k SAR", (3, 5000)),
        ("100,000", (100_000,)),
        ("3.5k", (3500,)),
        ("من ٥٠ الى ١٠٠", (50, 100)),
        ("رقمي 0501234567", ()),
        ("kam alse3r", ()),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text, numbers):
    assert read(text).numbers == numbers


def test_a_phone_number_is_no_amount_but_stays_a_token():
    assert [token.kind for token in read("0501234567").tokens] == ["num"]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("السلام عليكم، كم السعر؟", ["السلام عليكم", "كم السعر"]),
        ("مهتم بس كم السعر", ["مهتم", "بس كم السعر"]),
        ("great demo today, but send the proposal", ["great demo today", "but send the proposal"]),
        ("10:30 الصبح", ["10 30 الصبح"]),
    ],
)
def test_a_clause_ends_at_punctuation_and_before_but(text, clauses):
    reading = read(text)
    found = [
        " ".join(token.text for token in reading.tokens[clause.first : clause.last]) for clause in reading.clauses
    ]
    assert found == clauses


@pytest.mark.parametrize(
    ("text", "script", "language"),
    [
        ("كم السعر", "arabic", "ar"),
        ("how much is it", "latin", "en"),
        ("kam alse3r", "latin", "ar"),
        ("7awalt elmablagh", "latin", "ar"),
        ("نبي meeting بكرة", "mixed", "ar"),
        ("b2b and mp3 support", "latin", "en"),
        ("👍", "none", "ar"),
        ("", "none", "ar"),
    ],
)
def test_script_is_counted_and_arabizi_is_arabic(text, script, language):
    reading = read(text)
    assert (reading.script, reading.language) == (script, language)


def test_a_question_mark_at_the_end_is_seen_behind_emoji_and_spaces():
    assert read("كم السعر؟ 🙏").ends_in_question or read("كم السعر ؟").ends_in_question
    assert not read("كم السعر؟ شكرا").ends_in_question


def test_emoji_are_words_only_when_they_are_the_whole_message():
    assert words("👍🏽") == ["👍"]
    assert words("تمام 👍") == ["تمام"]
    assert read("تمام 👍").emoji == ("👍",)


def test_an_arabic_article_before_a_latin_word_is_not_a_word():
    assert words("الmeeting بكرة") == ["meeting", "بكره"]


def test_a_very_long_text_is_read_at_both_ends():
    reading = read("بداية " + "كلام " * 20_000 + "إيقاف")
    assert len(reading.tokens) <= 600
    assert (reading.tokens[0].text, reading.tokens[-1].text) == ("بدايه", "ايقاف")


@given(st.text(max_size=300))
def test_every_token_and_clause_lies_inside_the_text(text):
    reading = read(text)
    for token in reading.tokens:
        assert 0 <= token.start < token.end <= len(text)
    for clause in reading.clauses:
        assert 0 <= clause.first < clause.last <= len(reading.tokens)
    assert [place for first, last in reading.lines for place in range(first, last)] == list(
        range(len(reading.tokens))
    )
