"""
The facts that a page may mention, and the conditions that it may put on them.

Rule 1: a fact is worked out once per message; a condition only looks.
Rule 2: a condition is true or false, never unknown: every fact always has a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules import vocabulary
from rules.verdict import Question, Understanding

Value = str | bool | int | float | frozenset[str]
Facts = Mapping[str, Value]

WORDS: dict[str, tuple[str, ...]] = {
    "stage": vocabulary.STAGES,
    "intent": tuple(vocabulary.INTENTS),
    "also_intent": tuple(vocabulary.INTENTS),
    "expects": vocabulary.EXPECTS,
    "answer": vocabulary.ANSWERS,
    "kind": vocabulary.KINDS,
    "button": vocabulary.BUTTONS,
    "script": vocabulary.SCRIPTS,
    "language": vocabulary.LANGUAGES,
    "opt_out": vocabulary.OPT_OUTS,
}
"""Facts whose value is one word of a list (`also_intent`: any of several words at once)."""

PAGES = ("heard", "also_heard")
"""Facts whose value is the id of a page of the chapter understanding: the one by which the primary intent was
found (`also_heard`: those of all intents). They tell apart what one intent does not."""

YES_NO = ("has_secret", "is_late", "is_first_reply_to_outbound", "has_public_price")
NUMBERS = ("confidence", "unclear_before", "slots_filled", "slots_missing", "text_length")
SHORTHANDS = {"text_longer_than": ("text_length", "above")}
FACTS = (*WORDS, *PAGES, *YES_NO, *NUMBERS, *SHORTHANDS)

SAYS_WHAT_IT_MEANS = frozenset(
    {*PAGES, "intent", "also_intent", "answer", "kind", "button", "opt_out", "has_secret"}
)
"""What the message itself means; a page that names one of these is more specific than a page for a stage."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One fact, one test, and what it is compared with."""

    fact: str
    test: str
    """`is | is_not | above | below`"""
    words: tuple[str, ...] = ()
    number: float = 0.0

    def holds(self, facts: Facts) -> bool:
        """Tell whether the fact passes the test."""
        value = facts[self.fact]
        if self.test == "above":
            return not isinstance(value, (str, frozenset)) and value > self.number
        if self.test == "below":
            return not isinstance(value, (str, frozenset)) and value < self.number
        found = not value.isdisjoint(self.words) if isinstance(value, frozenset) else _word(value) in self.words
        return found if self.test == "is" else not found

    def __str__(self) -> str:
        if self.test in ("above", "below"):
            return f"{self.fact} {self.test} {self.number:g}"
        words = " or ".join(word or "nothing" for word in self.words)
        return f"{self.fact} {self.test.replace('_', ' ')} {words}"


def gather(question: Question, understood: Understanding) -> Facts:
    """Work out every fact about one message."""
    filled = len(set(question.slots) & set(vocabulary.SLOTS))
    return {
        "stage": question.stage,
        "intent": understood.primary.name,
        "also_intent": frozenset(found.name for found in understood.intents),
        "heard": understood.primary.page,
        "also_heard": frozenset(found.page for found in understood.intents),
        "confidence": understood.primary.confidence,
        "expects": question.expects,
        "answer": understood.answer,
        "kind": str(question.kind),
        "button": question.button_id if question.button_id in vocabulary.BUTTONS else "",
        "script": understood.script,
        "language": understood.language,
        "opt_out": understood.opt_out,
        "has_secret": understood.has_secret,
        "is_late": question.is_late,
        "is_first_reply_to_outbound": question.is_first_reply_to_outbound,
        "has_public_price": question.has_public_price,
        "unclear_before": question.unclear_before,
        "slots_filled": filled,
        "slots_missing": len(vocabulary.SLOTS) - filled,
        "text_length": len(question.text),
    }


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
