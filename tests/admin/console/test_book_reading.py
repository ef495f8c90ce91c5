"""What a page of the book is read as, and what two texts differ in."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.console import (
    sentences_book,
    sentences_reader,
    sentences_versions,
    sentences_workbench,
)
from admin.console.book_shelf import CHAPTERS, content_of, entries
from admin.console.difference import changed, rows
from admin.console.read_aloud import Reader, Reading
from admin.console.sentences import SENTENCES, Language, said_in
from admin.console.sentences_reader import SENTENCES as READER
from bot.playbook import shipped

BOOK = shipped().files
PAGES = [entry for entry in entries(BOOK, {}, {}) if entry.shelf in CHAPTERS and entry.status]


def _read(text: str, language: Language = "ar") -> tuple[Reading, set[str]]:
    unknown: set[str] = set()

    def words(family: str, name: str) -> str:
        if family == "reader" and name not in READER:
            unknown.add(name)
        return said_in(READER, name, language) if name in READER else name

    reader = Reader(lambda key, **values: said_in(READER, key, language, **values), words)
    return reader.read(content_of(text)), unknown


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_shipped_page_is_read_whole_and_in_words(language: Language) -> None:
    for page in PAGES:
        reading, unknown = _read(page.text, language)
        content = content_of(page.text)
        assert unknown <= {"given_slots_filled", "given_language"}, page.key
        assert len(reading.when) == (1 if content["when"] == "always" else len(content["when"]))
        assert len(reading.then) == len(content["then"])
        assert len(reading.examples) == len(content["tests"])
        assert reading.title and reading.why, page.key


def test_a_page_is_read_in_arabic() -> None:
    reading, _ = _read(BOOK["routing/price_on_request_to_an_early_lead.yml"])

    assert [(line.label, line.values) for line in reading.when] == [
        ("المرحلة", ("new_lead", "nurturing")),
        ("المعنى", ("ask_price",)),
        ("ليس للمنشأة سعر معلن", ()),
        ("أسئلة لم تُجب بعد", ("أكثر من 0",)),
    ]
    assert [(line.kind, line.values) for line in reading.then][1] == ("wording", ("price_on_request",))
    assert reading.examples[0].says == "السلام عليكم، كم السعر؟"
    assert reading.examples[1].is_silent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id: [",
        "when: 7\nthen: x\ntests: y\n",
        "when:\n  - any: [1, 2]\n  - stage:\n  - confidence: {above: many}\nthen: {}\ntests:\n  - given: 3\n",
    ],
)
def test_a_half_written_page_is_read_as_far_as_it_goes(text: str) -> None:
    _read(text)


@pytest.mark.parametrize(
    "book",
    [
        SENTENCES,
        sentences_book.SENTENCES,
        sentences_versions.SENTENCES,
        sentences_workbench.SENTENCES,
        sentences_reader.SENTENCES,
    ],
    ids=["frame", "book", "versions", "workbench", "reader"],
)
def test_every_sentence_is_said_in_both_languages_with_the_same_blanks(
    book: dict[str, tuple[str, str]],
) -> None:
    for key, (arabic, english) in book.items():
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (arabic, english)
        ]
        assert arabic.strip() and english.strip(), key
        assert blanks[0] == blanks[1], key


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


LINES = st.lists(st.sampled_from(["a", "b", "ج", "", "  x: 1"]), max_size=12).map("\n".join)


@given(LINES, LINES)
def test_both_sides_together_hold_every_line_or_say_how_many_they_leave_out(before: str, after: str) -> None:
    shown = rows(before, after)

    if before.splitlines() == after.splitlines():
        assert shown == ()
        return
    left_out = sum(row.left_out for row in shown)
    old = [row.before for row in shown if row.before is not None]
    new = [row.after for row in shown if row.after is not None]
    assert len(old) + left_out == len(before.splitlines())
    assert len(new) + left_out == len(after.splitlines())
    assert [line for line in before.splitlines() if line not in after.splitlines()] == [
        line for line in old if line not in after.splitlines()
    ]


def test_files_differ_when_they_came_went_or_changed() -> None:
    found = changed({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "d": "4"})

    assert [(c.path, c.before, c.after) for c in found] == [("b", "2", "x"), ("c", "3", None), ("d", None, "4")]
