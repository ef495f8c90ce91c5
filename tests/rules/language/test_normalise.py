"""Folding: what is made equal, what stays apart, and where everything stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.normalise import fold, fold_word


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("إيقاف", "ايقاف"),
        ("إيـــقـــاف", "ايقاف"),
        ("ايقااااف", "ايقاف"),
        ("السلآآآم", "السلام"),
        ("مُهْتَمّ", "مهتم"),
        ("الشركة", "الشركه"),
        ("مستشفى", "مستشفي"),
        ("مسؤول", "مسوول"),
        ("رسائل", "رسايل"),
        ("٠٥٠ ۱۲۳", "050 123"),
        ("ＳＴＯＰ", "stop"),
        ("S T O P", "stop"),
        ("ا ي ق ا ف", "ايقاف"),
        ("ﻣﺮﺣﺒﺎ", "مرحبا"),
        ("ق\u200cف", "قف"),
        ("\u202bقف\u202c", "قف"),
        ("don’t", "dont"),
        ("1️⃣", "1"),
        ("STОP", "stop"),
        ("گهوة", "قهوه"),
    ],
)
def test_spellings_of_one_word_become_one(written, folded):
    assert fold(written).text == folded


@pytest.mark.parametrize(("one", "other"), [("ماء", "ما"), ("شيء", "شي"), ("الله", "اله"), ("ممكن", "مكن")])
def test_words_that_only_look_alike_stay_apart(one, other):
    assert fold_word(one) != fold_word(other)


@pytest.mark.parametrize("digits", ["1000", "٠٠٥", "5555"])
def test_repeated_digits_are_no_elongation(digits):
    assert len(fold(digits).text) == len(digits)


def test_a_ligature_does_not_split_its_word():
    assert " " not in fold("ﹰﹲكلمةﹶ").text


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text):
    once = fold(text).text
    assert fold(once).text == once


@given(st.text(alphabet="اأإآىيةهوءلمنتر ـًّ\u200f.!٠١abcSTOP", max_size=60))
def test_folding_twice_is_folding_once_for_the_letters_of_chats(text):
    once = fold(text).text
    assert fold(once).text == once


@given(st.text(max_size=200))
def test_every_offset_points_inside_the_text_and_forward(text):
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text)
    assert list(folded.offsets) == sorted(folded.offsets)
    assert all(0 <= offset < len(text) for offset in folded.offsets)


def test_an_offset_leads_back_to_the_word_as_written():
    written = "كـــم السِّعر؟"
    folded = fold(written)
    start = folded.text.index("السعر")
    first, last = folded.raw_span(start, start + len("السعر"))
    assert written[first:last] == "السِّعر"
