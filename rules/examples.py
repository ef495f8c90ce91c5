"""
The examples at the bottom of the pages, run against the whole book.

Rule 1: `expect: nothing` claims that the page has no say; any other expectation claims that it has one.
Rule 2: an example that gives an `intent` is about deciding; one that only `says` something is about understanding
        too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rules import vocabulary
from rules.book import Book
from rules.pages import Example, Page
from rules.problems import Problem
from rules.verdict import IntentFound, Question, Understanding, Verdict

# What a hand-made meaning carries when the example does not name its confidence: a firm match.
FIRM = 0.95


def failures(book: Book) -> tuple[Problem, ...]:
    """Run every example of every page in force; return what did not come true, with file and line."""
    return tuple(
        problem for page in book.pages for example in page.examples for problem in _run(book, page, example)
    )


def _run(book: Book, page: Page, example: Example) -> Iterator[Problem]:
    question = question_of(example.given)
    meant = _meaning(example.given) if "intent" in example.given else book.understand(question)
    verdict = book.judge(question, meant)
    has_a_say = any(reason.page == page.id for reason in verdict.because)
    if example.expect is None:
        if has_a_say:
            yield Problem(page.file, example.line, f'"{example.name}": the page must stay silent, but it fired.')
        return
    if not has_a_say:
        others = ", ".join(reason.page for reason in verdict.because) or "no page"
        yield Problem(page.file, example.line, f'"{example.name}": the page must fire, but {others} decided.')
    for key, wanted in example.expect.items():
        found = _result(key, question, verdict)
        if wanted != found and wanted not in (found if isinstance(found, tuple) else ()):
            what = f'"{example.name}": {key} must be {_shown(wanted)}, but is {_shown(found)}.'
            yield Problem(page.file, example.line, what)


def question_of(given: Mapping[str, Any]) -> Question:
    """Turn the `given` of an example into a question."""
    return Question(
        text=str(given.get("says", "")),
        stage=str(given.get("stage", "new_lead")),
        expects=str(given.get("expects", "")),
        kind=str(given.get("kind", "text")),
        button_id=str(given.get("button", "")),
        is_first_reply_to_outbound=bool(given.get("is_first_reply_to_outbound", False)),
        unclear_before=int(given.get("unclear_before", 0)),
        is_late=bool(given.get("is_late", False)),
        slots=vocabulary.SLOTS[: int(given.get("slots_filled", 0))],
        language_before=str(given.get("language", "")),
        has_public_price=bool(given.get("has_public_price", False)),
    )


def _meaning(given: Mapping[str, Any]) -> Understanding:
    intent = IntentFound(
        str(given["intent"]), float(given.get("confidence", FIRM)), page=str(given.get("heard", ""))
    )
    return Understanding(
        primary=intent,
        intents=(intent,),
        language=str(given.get("language", "ar")),
        script="arabic",
        answer=str(given.get("answer", "")),
        opt_out=str(given.get("opt_out", "")),
        has_secret=bool(given.get("has_secret", False)),
    )


def _result(key: str, question: Question, verdict: Verdict) -> object:
    holds = tuple(reason.removeprefix("hold.") for reason in verdict.hold_reasons)
    results: dict[str, object] = {
        "intent": verdict.intent,
        "stage": vocabulary.MESSAGE_EVENTS[verdict.go][1] if verdict.go else question.stage,
        "held": verdict.held,
        "go": verdict.go,
        "say": verdict.say,
        "hold": holds,
        "propose": verdict.proposes,
        "flag": verdict.flags,
        "act": verdict.actions,
        "silence": verdict.silence_reason.removeprefix("silence."),
    }
    return results[key]


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value) or "nothing"
