"""
From what the pages heard to one `Understanding`: which of several meanings governs, and what is reported with it.

Law 1: the intent that stands first in `book/priorities.yml` governs; of one intent the longest hearing is shown.
Law 2: a page that speaks only if nothing else does is silent as soon as another says more than a greeting.
"""

from collections.abc import Mapping

from rules.language.hearing import Hearing
from rules.language.listening import Hit
from rules.language.secrets import has_secret
from rules.language.short_answers import PAGE
from rules.language.tokens import Reading
from rules.verdict import IntentFound, Understanding

GREETINGS = frozenset({"greeting", "thanks"})


def summed_up(
    hits: list[Hit], hearing: Hearing, text: str, language: str, answer: str, ranks: Mapping[str, int]
) -> Understanding:
    """The understanding of a message in which the pages heard this."""
    for hit in hits:
        if hit.page is not None and hit.page.silences_others:
            hits = [hit, *(other for other in hits if other.opt_out == "hard")]
            break
    hits = in_order(hits, ranks)
    intents: dict[str, IntentFound] = {}
    for hit in hits:
        intents.setdefault(hit.intent, as_found(hit, hearing, text))
    found = tuple(intents.values()) or (IntentFound("default", 0.0, ""),)
    opt_outs = {hit.opt_out for hit in hits}
    return Understanding(
        primary=found[0],
        intents=found,
        language=language,
        script=hearing.reading.script,
        numbers=hearing.reading.numbers,
        answer=answer,
        opt_out="hard" if "hard" in opt_outs else "suspected" if "suspected" in opt_outs else "",
        has_secret=has_secret(text, hearing.reading.folded.text),
    )


def in_order(hits: list[Hit], ranks: Mapping[str, int]) -> list[Hit]:
    """The one that governs first."""
    last = len(ranks)
    return sorted(
        hits,
        key=lambda hit: (not hit.overrules, ranks.get(hit.intent, last), -len(hit.places), -hit.confidence),
    )


def without_fallbacks(hits: list[Hit], hearing: Hearing) -> list[Hit]:
    """Pages marked `only_if_nothing_else` speak only when the others are silent, greetings aside."""
    firm = [hit for hit in hits if hit.page is None or not hit.page.only_if_nothing_else]
    if len(firm) == len(hits):
        return hits
    only_courteous = bool(firm) and len(hearing.courtesies) == len(hearing.keys)
    return firm if only_courteous or any(hit.intent not in GREETINGS for hit in firm) else hits


def as_found(hit: Hit, hearing: Hearing, text: str) -> IntentFound:
    tokens = [hearing.reading.tokens[place] for place in hit.places]
    return IntentFound(
        name=hit.intent,
        confidence=hit.confidence,
        page=hit.page.id if hit.page else PAGE,
        spans=tuple((token.start, token.end) for token in tokens),
        words=tuple(text[token.start : token.end] for token in tokens),
    )


def language_of(reading: Reading, before: str) -> str:
    if reading.script == "none" or (reading.script == "mixed" and before):
        return before or reading.language
    return reading.language


def nothing_said(reading: Reading, language: str, answer: str) -> Understanding:
    nothing = IntentFound("default", 0.0, "")
    return Understanding(
        primary=nothing, intents=(nothing,), language=language, script=reading.script, answer=answer
    )
