"""
The examples at the bottom of the pages, run against the whole book.

Rule 1: `expect: nothing` claims that the page has no say; any other expectation claims that it has one.
Rule 2: an example that gives an `intent` is about deciding; one that only `says` something is about understanding
        too.
Rule 3: on a page of understanding, having a say is hearing something, and the intent that it expects must govern.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules import vocabulary
from rules.book import Book
from rules.language.page import Example as Heard
from rules.language.page import UnderstandingPage
from rules.pages import Example, Page
from rules.problems import Problem
from rules.verdict import IntentFound, Question, Understanding, Verdict

# What a hand-made meaning carries when the example does not name its confidence: a firm match.
FIRM = 0.95


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one example."""

    page: str
    name: str
    fired: tuple[str, ...]
    """Ids of the pages that had a say in it."""
    problems: tuple[Problem, ...]
    """What did not come true."""


def failures(book: Book) -> tuple[Problem, ...]:
    """Run every example of every page in force; return what did not come true, with file and line."""
    return tuple(problem for run in runs(book) for problem in run.problems)


def fired(book: Book) -> Counter[str]:
    """Count in how many examples each page had a say; a page that is missing had none."""
    return Counter(page for run in runs(book) for page in run.fired)


def count(book: Book) -> int:
    """How many examples `failures` runs."""
    return sum(len(page.examples) for page in (*book.pages, *_listening(book)))


def runs(book: Book) -> Iterator[Run]:
    """Run every example of every page in force, one after the other."""
    for heard in _listening(book):
        for said in heard.examples:
            yield _hear(book, heard, said)
    for page in book.pages:
        for example in page.examples:
            yield _decide(book, page, example)


def _listening(book: Book) -> list[UnderstandingPage]:
    """The pages of understanding that are in force; the others are not compiled and hear nothing."""
    return [page for page in book.language_pages.values() if page.status == "live"]


# Understanding


def _hear(book: Book, page: UnderstandingPage, example: Heard) -> Run:
    question = Question(
        text=example.says,
        stage=example.stage,
        expects=example.expects,
        is_first_reply_to_outbound=example.is_first_reply_to_outbound,
    )
    hearing = book.pages_that_hear(question)
    found = tuple(_unheard(book, page, example, question, hearing))
    return Run(page.id, example.name, hearing, tuple(Problem(page.file, page.line, what) for what in found))


def _unheard(
    book: Book, page: UnderstandingPage, example: Heard, question: Question, hearing: tuple[str, ...]
) -> Iterator[str]:
    if not example.intent:
        if page.id in hearing:
            yield f'"{example.name}": the page must hear nothing, but it does. Narrow its phrases.'
        return
    if page.id not in hearing:
        others = ", ".join(hearing) or "no page"
        yield f'"{example.name}": the page must hear it, but {others} did. Add a phrase, or look at its guards.'
    meant = book.understand(question).primary
    if meant.name != example.intent:
        by = f", heard by {meant.page}" if meant.page else ""
        yield f'"{example.name}": intent must be {example.intent}, but is {meant.name}{by}.'


# Deciding


def _decide(book: Book, page: Page, example: Example) -> Run:
    question = question_of(example.given)
    if "intent" in example.given:
        meant = _meaning(example.given)
    elif book.language_pages:
        meant = book.understand(question)
    else:
        what = f'"{example.name}": this book has no chapter understanding. Give the example an intent.'
        return Run(page.id, example.name, (), (Problem(page.file, example.line, what),))
    verdict = book.judge(question, meant)
    having_a_say = tuple(dict.fromkeys(reason.page for reason in verdict.because))
    found = _untrue(page, example, question, verdict, having_a_say)
    problems = tuple(Problem(page.file, example.line, what) for what in found)
    return Run(page.id, example.name, having_a_say, problems)


def _untrue(
    page: Page, example: Example, question: Question, verdict: Verdict, having_a_say: tuple[str, ...]
) -> Iterator[str]:
    if example.expect is None:
        if page.id in having_a_say:
            yield f'"{example.name}": the page must stay silent, but it fired.'
        return
    if page.id not in having_a_say:
        yield f'"{example.name}": the page must fire, but {", ".join(having_a_say) or "no page"} decided.'
    for key, wanted in example.expect.items():
        found = _result(key, question, verdict)
        if not _agrees(wanted, found):
            yield f'"{example.name}": {key} must be {_shown(wanted)}, but is {_shown(found)}.'


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


def _agrees(wanted: object, found: object) -> bool:
    """One word must be the result; of several results the words that are wanted must be among them."""
    if not isinstance(found, tuple):
        return wanted == found
    words = wanted if isinstance(wanted, list | tuple) else [wanted]
    return all(word in found for word in words)


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value) or "nothing"
