"""
An article as the text of a draft, where the rule book leaves a question to somebody who knows. Pure.

Rule 1: the book decides first and alone. An article replaces the sentence "we will find out", never another one,
        and lifts no hold: it waits for Sami as that sentence does, with its source on the card.
Rule 2: where a tenant's own page no longer holds such a question, an article leaves by itself only if the
        registry of claims says nothing about its words; without a source the question waits all the same.
Rule 3: an article answers in the language of the question or not at all.
Rule 4: an article that was retired, replaced or has expired since answers nobody, whoever agrees and however long
        its words have waited; a human who writes on them makes them their own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.conversation import Draft
from bot.decision import Decision
from bot.knowledge.article import Cited, Source

NEEDS_A_SOURCE = "question_will_be_answered"
"""The wording by which a rule page says that somebody who knows must answer."""

HELD_FOR = "hold.question_needs_an_answer"

SOURCE_GONE = "source_gone"
"""Why the words of an article may not leave any more, for the gate and as `hold.source_gone` on the card."""

StillAnswers = Callable[[str, Source], Awaitable[bool]]
"""(tenant, source of a draft) -> whether exactly that version of the article answers now."""


async def always_answers(_tenant_id: str, _source: Source) -> bool:
    """Where nobody keeps articles: rehearsals."""
    return True


def needs_source(decision: Decision) -> bool:
    """Whether the book leaves this to somebody who knows."""
    return decision.rendered is not None and decision.rendered.key == NEEDS_A_SOURCE


def answered_from(decision: Decision, cited: Cited | None) -> Decision:
    """The same decision with the article's words, where there is one in this language."""
    if decision.rendered is None or cited is None or cited.language != decision.language:
        return decision
    said = replace(decision.rendered, text=cited.text, buttons=())
    return replace(decision, rendered=said, source=cited.as_source)


async def has_lost_its_source(tenant_id: str, draft: Draft, still_answers: StillAnswers) -> bool:
    """Whether a draft says what an article no longer says; one without a source costs no question."""
    return draft.source is not None and not draft.edits and not await still_answers(tenant_id, draft.source)


def why_held(decision: Decision, risks: Sequence[str]) -> list[str]:
    """Why an answer to such a question waits although no page holds it."""
    return [HELD_FOR] if needs_source(decision) and (decision.source is None or risks) else []
