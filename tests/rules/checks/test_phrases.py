"""A phrase that one very short or two-faced word satisfies is told."""

import pytest

from rules.checks.phrases import words_alone


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("قف", {"قف"}),
        ("=قف", {"قف"}),
        ("<< قف >>", set()),
        ("< قف >", {"قف"}),
        ("قف الان", set()),
        ("[لو سمحت] قف", {"قف"}),
        ("(قف|وقف|الغاء الاشتراك)", {"قف", "وقف"}),
        ("قف ..3", {"قف"}),
        ("(قف|لا) (تراسل|تكلم)", set()),
        ("@nomore قف", set()),
        ("%stop [قف]", set()),
        ("#num", set()),
        ("كم*", set()),
        ("أبدًا", {"ابدا"}),
        ("كم ?", {"كم"}),
        ("(هل|كم) [(من|عن)] ..", {"هل", "كم"}),
    ],
)
def test_a_word_alone_is_one_that_is_enough_for_the_phrase(phrase, words):
    assert words_alone(phrase) == words


@pytest.mark.parametrize(
    ("code", "phrase", "expected"),
    [
        ("short_word_alone", "(قف|توقفوا)", True),
        ("short_word_alone", "<< (قف|توقفوا) >>", False),
        ("short_word_alone", "توقفوا", False),
        ("ambiguous_word_alone", "(عرض|مقترح)", True),
        ("ambiguous_word_alone", "عرض سعر", False),
        ("ambiguous_word_alone", "<< عرض >>", False),
        ("ambiguous_word_alone", "أبدا", True),
    ],
)
def test_such_a_phrase_is_told_with_its_word(small, code, phrase, expected):
    small.hears("page", phrase, means="question_other")

    found = small.found(code)

    assert [(f.file, f.level) for f in found] == ([("understanding/page.yml", "warning")] if expected else [])
    assert all("«" in str(f) and "«" in f.what_ar for f in found)


@pytest.mark.parametrize("more", ["when", "then"])
def test_a_page_that_asks_for_more_or_speaks_last_may_be_wide(small, more):
    guard = {"when": {"when": 'says: ["السعر"]'}, "then": {"then": "only_if_nothing_else: true"}}[more]
    small.hears("page", "كم", means="question_other", **guard)

    assert small.found("short_word_alone") == []
    assert small.found("ambiguous_word_alone") == []
