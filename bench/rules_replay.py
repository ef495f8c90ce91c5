"""
The book that we ship: what the parts of one decision cost, and how fast stored decisions are replayed.

Law 1: the messages are the labelled ones and the ordinary ones of the tests, at random places of a talk; every
       stored decision is another one, so that nothing is answered from memory.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import figures
from bot.playbook import compose, shipped
from bot.tenant import Tenant
from bot.workbench.replaying import Judge
from bot.workbench.stored_questions import Stored
from rules import facts, vocabulary
from rules.book import Book
from rules.verdict import Question

MESSAGES = Path(__file__).parents[1] / "rules/corpus"
SAMPLES = 2000
SHOWN_EVERY = 5000

# A page that a tenant changes: what is said; and one that changes what is heard, so that nothing can be shared.
CHANGED_REPLY = "routing/thanks_are_returned.yml"
CHANGED_HEARING = "understanding/greets.yml"


def shipped_costs() -> dict[str, Any]:
    """What each part of a decision costs."""
    book = Book.load()
    asked = [(question, book.understand(question)) for question in _questions(SAMPLES)]
    program = book._program  # the parts of a decision have no doors of their own
    gathered = [facts.gather(*one) for one in asked]
    truths = [program.truths(known) for known in gathered]
    parts: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
        "deciding, all of it": (book.decide, [question for question, _ in asked]),
        "  understanding": (book.understand, [question for question, _ in asked]),
        "  judging": (lambda one: book.judge(*one), asked),
        "    facts": (lambda one: facts.gather(*one), asked),
        "    truths": (program.truths, gathered),
        "    both matchers": (book._engine.matching, truths),
        "    near misses": (lambda true: book._engine.near_misses(true, 5), truths),
    }
    found = {name: _cost(work, over) for name, (work, over) in parts.items()}
    pages = len(book.pages)
    book.dispose()
    return {"pages": pages, "parts": found}


def measure(count: int) -> dict[str, Any]:
    """Replay stored decisions under what we ship and a changed page."""
    tenant = Tenant("bench", "Bench")
    base = shipped()
    old = compose(base, {}, name="")
    silent = base.files[CHANGED_REPLY].replace("say: thanks_reply", "silence: acknowledged")
    deaf = base.files[CHANGED_HEARING].replace("status: live", "status: draft")
    cases = {
        "what is said was changed": ({CHANGED_REPLY: silent}, count),
        "what is heard was changed": ({CHANGED_HEARING: deaf}, max(1, count // 5)),
    }
    found = {}
    for name, (own, asked) in cases.items():
        judge = Judge(old, compose(base, own, name="bench"), tenant)
        before = time.process_time()
        for number, question in enumerate(_questions(asked)):
            judge.ask(Stored(question, answers=(), where=str(number)))
            if number % SHOWN_EVERY == 0 and sys.stderr.isatty():
                sys.stderr.write(f"\r{name}: {number:,} of {asked:,}")
        spent = time.process_time() - before
        found[name] = {
            "decisions": asked,
            "changed": judge.report().changed,
            "per_second": round(asked / spent),
            "us": round(1e6 * spent / asked, 1),
        }
    return found


def _questions(count: int) -> Iterator[Question]:
    """Messages at random places, no two equal."""
    dice = random.Random(11)
    texts = list(_texts())
    for number in range(count):
        yield Question(
            text=dice.choice(texts),
            stage=dice.choice(vocabulary.STAGES),
            expects=dice.choice(vocabulary.EXPECTS),
            unclear_before=number,  # makes each question another one; more than two mean the same to every page
            slots=tuple(dice.sample(vocabulary.SLOTS, dice.randrange(3))),
            language_before=dice.choice(("", *vocabulary.LANGUAGES)),
        )


def _texts() -> Iterator[str]:
    for path in sorted(MESSAGES.iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield json.loads(line)["text"] if path.suffix == ".jsonl" else line


def _cost(work: Callable[[Any], Any], over: list[Any]) -> dict[str, float]:
    spent = []
    for one in over:
        before = time.process_time_ns()
        work(one)
        spent.append((time.process_time_ns() - before) / 1e9)
    return figures.percentiles_us(spent)
