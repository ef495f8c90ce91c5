"""What the process of a replay leaves out to be fast changes nothing that it says."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.conversation import Conversation
from bot.decision import decide
from bot.playbook import Playbook, compose, shipped
from bot.tenant import Tenant
from bot.workbench.replaying import Judge, hear_alike
from bot.workbench.stored_questions import Stored
from rules.verdict import Question

BASE = shipped()
AT = datetime(2026, 3, 2, tzinfo=UTC)
TENANT = Tenant("acme", "{company}", public_price={"ar": "{price}", "en": "{price}"})
LABELLED = Path(__file__).parents[2] / "rules" / "corpus" / "second_reader.jsonl"


def _with(path: str, old: str, new: str) -> dict[str, str]:
    assert old in BASE.files[path]
    return {path: BASE.files[path].replace(old, new)}


CHANGES = {
    "nothing": {},
    "a page of routing": _with(
        "routing/price_on_request_to_an_early_lead.yml", "status: live", "status: retired"
    ),
    "a page of words": _with("understanding/asks_the_price.yml", "status: live", "status: retired"),
    "a sentence": {
        "wording/own.yml": "price_on_request: {ar: 'نرسل لكم {question}', en: 'We write. {question}'}\n"
    },
    "a question": {"wording/own.yml": "slot.monthly_leads: {expects: number, ar: 'كم؟', en: 'How many?'}\n"},
    "the thresholds": _with("qualification.yml", "most_unknown_answers: 3", "most_unknown_answers: 0"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_as_many_messages_change_as_when_each_is_decided_in_full(change: str) -> None:
    day = date(2026, 3, 2)
    old = compose(BASE, {}, name="acme", backend="reference", today=day)
    new = compose(BASE, CHANGES[change], name="acme", backend="reference", today=day)
    lines = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()[::3]]
    questions = [Question(line["text"], stage=line.get("stage", "new_lead")) for line in lines]
    judge = Judge(old, new, TENANT)

    for question in questions:
        judge.ask(Stored(question))

    expected = sum(_read(old, question) != _read(new, question) for question in questions)
    assert judge.report().changed == expected
    assert (expected > 0) == (change not in ("nothing", "the thresholds"))


def _read(playbook: Playbook, question: Question) -> object:
    """Everything that a contact or an approver would notice."""
    decision = decide(Conversation("c", "acme", (), AT, stage=question.stage), question, TENANT, playbook)
    verdict, rendered = decision.verdict, decision.rendered
    said = (rendered.text, rendered.buttons) if rendered else None
    return (
        (
            verdict.intent,
            decision.stage_after,
            verdict.proposes,
            said,
            decision.silence_reason,
            decision.needs_human,
        ),
        (verdict.hold_reasons, sorted(verdict.flags), decision.actions),
    )


def test_only_what_says_what_words_mean_gives_a_book_an_ear_of_its_own() -> None:
    files = dict(BASE.files)

    assert hear_alike(files, {**files, **CHANGES["a page of routing"], **CHANGES["a sentence"]})
    assert not hear_alike(files, {**files, **CHANGES["a page of words"]})
    assert not hear_alike(files, {**files, "words.yml": ""})
    assert not hear_alike(files, {**files, "a_file_of_the_future.yml": ""})
