"""The examples of every page are claims about the whole book, and one that does not come true is named."""

import time

import pytest

from rules import examples
from rules.book import DEFAULT_PATH, Book
from rules.layers import Layer, folder

# The issue asks for less than two seconds; a loaded machine needs several times what a quiet one does.
LONGEST_SECONDS = 2.0

SHIPPED = folder(DEFAULT_PATH).files
THANKS = """\
id: {id}
title: Somebody says what nobody else says
status: {status}
owner: sales
why: Because.
when:
  - says: ["zanzibar"]
then: {{understand: thanks, confidence: 0.9}}
tests:
  - name: the word
    given: {{says: "{says}"}}
    expect: {expect}
  - name: another word
    given: {{says: "{other}"}}
    expect: nothing
"""


def book_with(**pages: str) -> Book:
    """The shipped book with pages of understanding of a test."""
    own = {f"understanding/{name}.yml": text for name, text in pages.items()}
    return Book.of([Layer("", SHIPPED), Layer("mine", own)], backend="reference")


def thanks(
    expect: str = "{intent: thanks}", says: str = "zanzibar", other: str = "السلام", status: str = "live"
) -> str:
    return THANKS.format(id="says_zanzibar", expect=expect, says=says, other=other, status=status)


def test_every_example_that_we_ship_holds_and_all_of_them_run_quickly(book):
    started = time.perf_counter()
    failed = examples.failures(book)
    took = time.perf_counter() - started

    assert failed == ()
    assert took < LONGEST_SECONDS


def test_the_pages_that_understand_are_run_beside_those_that_decide(book):
    ran = {run.page for run in examples.runs(book)}
    understanding = {page.id for page in book.language_pages.values() if page.status == "live"}

    assert ran == understanding | {page.id for page in book.pages}
    assert examples.count(book) == len(list(examples.runs(book)))


def test_a_page_of_understanding_with_true_examples_holds():
    assert examples.failures(book_with(says_zanzibar=thanks())) == ()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (thanks(says="كم السعر"), "the page must hear it, but"),
        (thanks(expect="{intent: ask_price}"), "intent must be ask_price, but is thanks, heard by says_zanzibar"),
        (thanks(other="zanzibar again"), "the page must hear nothing, but it does"),
        # It hears the thanks, but in this message the stop governs.
        (thanks(says="zanzibar، وقفوا الرسايل"), "intent must be thanks, but is unsubscribe"),
    ],
)
def test_an_example_of_understanding_that_does_not_come_true_is_named(page, said):
    failed = examples.failures(book_with(says_zanzibar=page))

    assert {problem.file for problem in failed} == {"mine:understanding/says_zanzibar.yml"}
    assert any(said in problem.what for problem in failed)
    assert all("the word" in problem.what or "another word" in problem.what for problem in failed)


def test_a_page_that_hears_beside_one_that_governs_the_same_intent_is_heard_all_the_same():
    """Of two pages with one intent only the longer match is reported; the other one has fired too."""
    hidden = thanks(other="zanzibar شكرا جزيلا لكم")

    failed = examples.failures(book_with(says_zanzibar=hidden))

    assert ["the page must hear nothing" in problem.what for problem in failed] == [True]


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_page_that_is_not_in_force_is_not_run(status):
    wrong = thanks(expect="{intent: complaint}", status=status)

    assert examples.failures(book_with(says_zanzibar=wrong)) == ()


def test_several_words_of_a_result_must_all_be_there(folder):
    folder.page(
        "safety", "careful", "intent: complaint", "say: complaint_apology; flag: [complaint, hand_to_human]"
    )
    page = folder.path / "safety/careful.yml"
    written = page.read_text(encoding="utf-8")
    given = "given: {stage: new_lead, intent: complaint}\n    expect:"
    both = written.replace(
        "given: {stage: new_lead, intent: default}\n    expect: {held: true}",
        f"{given} {{flag: [complaint, hand_to_human]}}",
    )

    page.write_text(both, encoding="utf-8")
    assert [p for p in examples.failures(folder.load()) if p.file == "safety/careful.yml"] == []

    page.write_text(both.replace("{flag: [complaint, hand_to_human]}", "{flag: [complaint, secret]}"), "utf-8")
    (failed,) = [p for p in examples.failures(folder.load()) if p.file == "safety/careful.yml"]
    assert "flag must be complaint, secret, but is complaint, hand_to_human" in failed.what


def test_words_in_a_book_without_words_are_a_problem_and_no_crash(folder):
    page = folder.path / "routing/the_rest.yml"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("{stage: new_lead, intent: default}", "{says: hello}", 1), encoding="utf-8")

    assert any("Give the example an intent" in problem.what for problem in examples.failures(folder.load()))


def test_it_is_counted_in_how_many_examples_a_page_had_a_say(book):
    counted = examples.fired(book)

    assert counted["price_on_request_to_an_early_lead"] >= 1
    assert counted["asks_the_price"] >= 1
    assert counted["no such page"] == 0
