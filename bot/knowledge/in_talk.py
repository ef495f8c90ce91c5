"""
An article as the text of a draft, where the rule book leaves a question to somebody who knows. Pure.

Rule 1: the book decides first and alone. An article replaces the sentence "we will find out", never another one,
        and lifts no hold: it waits for Sami as that sentence does, with its source on the card.
Rule 2: where a tenant's own page no longer holds such a question, an article leaves by itself only if the
        registry of claims says nothing about its words; without a source the question waits all the same.
Rule 3: an article answers in the language of the question or not at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.decision import Decision
from bot.knowledge.article import Cited

NEEDS_A_SOURCE = "question_will_be_answered"
"""The wording by which a rule page says that somebody who knows must answer."""

HELD_FOR = "hold.question_needs_an_answer"


def needs_source(decision: Decision) -> bool:
    """Whether the book leaves this to somebody who knows."""
    return decision.rendered is not None and decision.rendered.key == NEEDS_A_SOURCE


def answered_from(decision: Decision, cited: Cited | None) -> Decision:
    """The same decision with the article's words, where there is one in this language."""
    if decision.rendered is None or cited is None or cited.language != decision.language:
        return decision
    said = replace(decision.rendered, text=cited.text, buttons=())
    return replace(decision, rendered=said, source=cited.as_source)


def why_held(decision: Decision, risks: Sequence[str]) -> list[str]:
    """Why an answer to such a question waits although no page holds it."""
    return [HELD_FOR] if needs_source(decision) and (decision.source is None or risks) else []
