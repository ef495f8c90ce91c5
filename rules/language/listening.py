"""
One page listening to one message: what it heard, unless one of its guards forbids it.

Law 1: the first group of phrases says where; every further group must be heard somewhere as well.
Law 2: a negated phrase is silent, unless its page says what it means then.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.language.hearing import Hearing, Match
from rules.language.page import PageError, UnderstandingPage
from rules.language.patterns import Grammar, Pattern, PatternError
from rules.language.resemblance import Likeness


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that heard something."""

    page: UnderstandingPage | None
    intent: str
    confidence: float
    places: tuple[int, ...]
    opt_out: str = ""
    overrules: bool = False
    """True for a doubt that governs whatever else was heard, except a certain opt-out."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A page with its phrases compiled."""

    page: UnderstandingPage
    says: tuple[tuple[Pattern, ...], ...]
    unless: tuple[Pattern, ...]
    unless_in_message: tuple[Pattern, ...]
    not_near: tuple[tuple[tuple[Pattern, ...], int], ...]


def listener_of(page: UnderstandingPage, grammar: Grammar) -> Listener:
    def compiled(phrases: Iterable[str]) -> tuple[Pattern, ...]:
        found = []
        for phrase in phrases:
            try:
                found.append(grammar.compile(phrase))
            except PatternError as exc:
                raise PageError(page.file, page.line, f'in the phrase "{phrase}", {exc}') from exc
        return tuple(found)

    return Listener(
        page=page,
        says=tuple(compiled(group) for group in page.says),
        unless=compiled(page.unless),
        unless_in_message=compiled(page.unless_in_message),
        not_near=tuple((compiled(near.phrases), near.within) for near in page.not_near),
    )


def heard_by(listener: Listener, candidates: list[Pattern], hearing: Hearing, stage: str) -> Hit | None:
    """The longest match of the page that no guard of it forbids."""
    page = listener.page
    if page.at_most_words and len(hearing.keys) > page.at_most_words:
        return None
    best: Hit | None = None
    for pattern in candidates:
        for match in hearing.find_all(pattern):
            if best is None or len(match.places) > len(best.places):
                intent = _meaning(listener, match, hearing, stage)
                if intent:
                    best = Hit(page, intent, page.confidence, match.places, opt_out_of(intent, page.opt_out))
    if best is None or not all(any(map(hearing.anywhere, group)) for group in listener.says[1:]):
        return None
    if any(map(hearing.anywhere, listener.unless_in_message)):
        return None
    return best


def _meaning(listener: Listener, match: Match, hearing: Hearing, stage: str) -> str:
    """The intent of one match; empty when a guard forbids it."""
    page = listener.page
    if "question" in page.never_if and hearing.asks(match.clause):
        return ""
    if "condition" in page.never_if and hearing.is_conditional(match.clause):
        return ""
    if "future" in page.never_if and hearing.is_future(match):
        return ""
    if any(hearing.in_clause(pattern, match.clause) for pattern in listener.unless):
        return ""
    for patterns, within in listener.not_near:
        if any(hearing.is_near(pattern, match, within) for pattern in patterns):
            return ""
    intent = dict(page.instead_at).get(stage, page.intent)
    if page.if_negated != "same" and hearing.is_negated(match):
        return page.if_negated
    return intent


def is_like_enough(listener: Listener, like: Likeness, hearing: Hearing, stage: str, expects: str) -> bool:
    page = listener.page
    if page.resembles is None or like.degree < page.resembles.at_least:
        return False
    if (page.stages and stage not in page.stages) or (page.expects and expects not in page.expects):
        return False
    if page.at_most_words and len(hearing.keys) > page.at_most_words:
        return False
    clauses = range(len(hearing.reading.clauses))
    if "question" in page.never_if and any(map(hearing.asks, clauses)):
        return False
    if "condition" in page.never_if and any(map(hearing.is_conditional, clauses)):
        return False
    return not any(map(hearing.anywhere, (*listener.unless, *listener.unless_in_message)))


def resembling(listener: Listener, like: Likeness, intent: str) -> Hit:
    page = listener.page
    return Hit(page, intent, page.confidence, like.places, opt_out_of(intent, page.opt_out))


def opt_out_of(intent: str, said: str) -> str:
    return said or {"unsubscribe": "hard", "opt_out_suspected": "suspected"}.get(intent, "")
