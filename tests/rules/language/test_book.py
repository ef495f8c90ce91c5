"""The pages that ship: their own examples, the labelled sets, the ordinary corpus, and the time it takes."""

from pathlib import Path

import pytest

from rules.language.score import HARMFUL, read_labelled, score
from rules.language.shelf import read_pages
from rules.language.vocabulary import STAGES

LABELLED = Path(__file__).parent.parent / "labelled"
EXAMPLES = [
    pytest.param(page.id, example, id=f"{page.id}: {example.name}")
    for page in read_pages()
    if page.status == "live"
    for example in page.examples
]
ORDINARY = (LABELLED / "ordinary.txt").read_text(encoding="utf-8").splitlines()
# Chosen for the words stop, cancel, remove and send: no opt-out may be certain, but many are worth a question.
TEMPTING = (LABELLED / "second_ordinary.txt").read_text(encoding="utf-8").splitlines()
OUTCOMES = HARMFUL | {"rejected", "declined", "churned"}

# The median of a message on the slowest machine we build on is 400 us; three times that still means a fast book.
SLOWEST_MEDIAN_MICROSECONDS = 1200


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_every_example_of_every_page_holds_against_the_whole_book(understander, page, example):
    around = {
        "stage": example.stage,
        "expects": example.expects,
        "is_first_reply_to_outbound": example.is_first_reply_to_outbound,
    }
    fired = understander.pages_that_fire(example.says, **around)
    if example.intent:
        assert page in fired
        assert understander.understand(example.says, **around).primary.name == example.intent
    else:
        assert page not in fired


@pytest.mark.parametrize(
    ("file", "accuracy"),
    [
        ("developed_on.jsonl", 0.97),
        ("earlier_check.jsonl", 0.95),
        ("second_reader.jsonl", 0.95),
        ("second_reader_rounds.jsonl", 0.80),
    ],
)
def test_the_labelled_messages_are_understood(understander, file, accuracy):
    total = score(understander, read_labelled(LABELLED / file))
    assert total.accuracy >= accuracy, total.wrong
    assert total.macro_f1 >= accuracy
    assert not total.harm


@pytest.mark.parametrize(
    ("file", "caught", "hard"),
    [
        ("developed_on.jsonl", 0.98, 0.95),
        ("earlier_check.jsonl", 0.95, 0.90),
        ("second_reader.jsonl", 0.98, 0.95),
        ("second_reader_rounds.jsonl", 0.95, 0.80),
    ],
)
def test_opt_outs_are_caught_and_believed(understander, file, caught, hard):
    total = score(understander, read_labelled(LABELLED / file))
    assert total.opt_outs >= 20
    assert total.caught >= caught
    assert total.hard_recall >= hard
    assert total.hard_precision >= 0.97


def test_every_intent_and_every_stage_has_labelled_messages():
    messages = read_labelled(LABELLED / "developed_on.jsonl") + read_labelled(LABELLED / "earlier_check.jsonl")
    assert len(messages) >= 400
    assert {message.stage for message in messages} == set(STAGES)


@pytest.mark.parametrize("stage", ["new_lead", "qualifying", "nurturing", "meeting_booked", "payment_requested"])
def test_ordinary_messages_are_no_opt_outs_and_no_outcomes(understander, stage):
    assert len(ORDINARY) >= 300
    for text in ORDINARY:
        understood = understander.understand(text, stage=stage)
        assert understood.opt_out != "hard", text
        assert understood.primary.name not in OUTCOMES, text


@pytest.mark.parametrize("stage", ["new_lead", "meeting_booked", "payment_requested", "pilot_active"])
def test_stop_and_cancel_said_of_other_things_are_no_certain_opt_outs(understander, stage):
    assert len(TEMPTING) >= 300
    for text in TEMPTING:
        assert understander.understand(text, stage=stage).opt_out != "hard", text


def test_the_soft_tier_rarely_speaks_on_ordinary_messages(understander):
    suspected = [text for text in ORDINARY if understander.understand(text).opt_out == "suspected"]
    assert len(suspected) <= len(ORDINARY) * 0.02, suspected


def test_a_message_takes_well_under_a_millisecond_or_nearly_so_on_a_busy_machine(understander):
    messages = read_labelled(LABELLED / "developed_on.jsonl")
    score(understander, messages)
    assert score(understander, messages).percentile(0.5) < SLOWEST_MEDIAN_MICROSECONDS
