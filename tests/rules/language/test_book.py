"""
The pages that ship, on every labelled set: the scores that we publish, and below which no change may fall.

Rule: every set here has been looked at, so these are floors against falling, no measure of unseen messages; that
measure is the table of first contacts in `rules/language/README.md`.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from rules.language.vocabulary import STAGES
from rules.score import HARMFUL, read_labelled, score

LABELLED = Path(__file__).parents[3] / "rules" / "corpus"
ORDINARY = (LABELLED / "ordinary.txt").read_text(encoding="utf-8").splitlines()
# Chosen for the words stop, cancel, remove and send: no opt-out may be certain, but many are worth a question.
TEMPTING = [
    line
    for file in ("second_ordinary.txt", "third_ordinary.txt")
    for line in (LABELLED / file).read_text(encoding="utf-8").splitlines()
]
OUTCOMES = HARMFUL | {"rejected", "declined", "churned"}


class Floor(NamedTuple):
    """What a set may not fall below."""

    right: float
    macro_f1: float
    caught: float
    hard: float
    hard_precision: float = 0.97
    harmful: int = 0
    """At most so many messages understood as what would do harm."""


FLOORS = {
    "developed_on.jsonl": Floor(right=0.98, macro_f1=0.98, caught=0.99, hard=0.97),
    "earlier_check.jsonl": Floor(right=0.97, macro_f1=0.97, caught=0.99, hard=0.95),
    "second_reader.jsonl": Floor(right=0.96, macro_f1=0.96, caught=0.99, hard=0.96),
    "second_reader_rounds.jsonl": Floor(right=0.89, macro_f1=0.92, caught=0.98, hard=0.91),
    "third_reader.jsonl": Floor(right=0.95, macro_f1=0.95, caught=0.98, hard=0.93),
    # Readers whose words the pages were hardly taught; the tables of resemblance were made from them too.
    "third_reader_formal.jsonl": Floor(0.90, 0.90, caught=0.97, hard=0.82, hard_precision=0.96, harmful=4),
    "third_reader_young.jsonl": Floor(0.84, 0.81, caught=0.95, hard=0.89, hard_precision=0.98, harmful=4),
    "fourth_reader_formal.jsonl": Floor(0.89, 0.89, caught=0.97, hard=0.82, hard_precision=0.97, harmful=18),
    "fourth_reader_short.jsonl": Floor(0.90, 0.90, caught=0.98, hard=0.88, hard_precision=0.97, harmful=9),
    "fourth_reader_young.jsonl": Floor(0.90, 0.90, caught=0.98, hard=0.91, hard_precision=0.97, harmful=17),
    "written_wide.jsonl": Floor(right=0.88, macro_f1=0.90, caught=0.94, hard=0.73),
}
# The mean of a message is 0.35 ms; three times that is still below the promise.
SLOWEST_MEAN_MICROSECONDS = 1000


@pytest.fixture(scope="module")
def totals(book):
    return {file: score(book, read_labelled(LABELLED / file)) for file in FLOORS}


def test_every_labelled_set_has_its_floor():
    assert {path.name for path in LABELLED.glob("*.jsonl")} == set(FLOORS)


@pytest.mark.parametrize("file", FLOORS)
def test_the_labelled_messages_are_understood(totals, file):
    total = totals[file]
    assert total.accuracy >= FLOORS[file].right, total.wrong
    assert total.macro_f1 >= FLOORS[file].macro_f1, total.wrong


@pytest.mark.parametrize("file", FLOORS)
def test_what_would_do_harm_is_not_read_where_it_is_none(totals, file):
    assert len(totals[file].harm) <= FLOORS[file].harmful, totals[file].harm


@pytest.mark.parametrize("file", FLOORS)
def test_opt_outs_are_caught_and_believed(totals, file):
    total = totals[file]
    assert total.opt_outs >= 20
    assert total.caught >= FLOORS[file].caught
    assert total.hard_recall >= FLOORS[file].hard
    assert total.hard_precision >= FLOORS[file].hard_precision, total.false_hard


def test_every_intent_and_every_stage_has_labelled_messages():
    messages = [message for file in FLOORS for message in read_labelled(LABELLED / file)]
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
    assert len(suspected) <= len(ORDINARY) * 0.015, suspected


def test_a_message_takes_well_under_a_millisecond(book):
    messages = read_labelled(LABELLED / "developed_on.jsonl")
    score(book, messages)
    times = score(book, messages).microseconds
    assert sum(times) / len(times) < SLOWEST_MEAN_MICROSECONDS
