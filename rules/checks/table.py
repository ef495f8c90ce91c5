"""
All checks, in the order in which they are asked, and the one question that asks them all.

Rule 1: a check that finds nothing costs little: the whole table is meant to run while somebody types.
"""

from collections.abc import Mapping
from datetime import date

from rules.book import Book
from rules.checks import (
    contradictions,
    hearing,
    loops,
    lost_pages,
    money,
    opt_out,
    phrases,
    sentences,
    stages,
    upkeep,
)
from rules.checks.finding import Check, Finding
from rules.checks.lifecycle import Lifecycle, WordingFacts
from rules.checks.material import Material

CHECKS: tuple[Check, ...] = (
    *opt_out.CHECKS,
    *money.CHECKS,
    *loops.CHECKS,
    *stages.CHECKS,
    *lost_pages.CHECKS,
    *contradictions.CHECKS,
    *sentences.CHECKS,
    *hearing.CHECKS,
    *phrases.CHECKS,
    *upkeep.CHECKS,
)


def examine(
    book: Book,
    lifecycle: Lifecycle,
    wordings: Mapping[str, WordingFacts],
    *,
    today: date | None = None,
    lint: sentences.Lint | None = None,
) -> tuple[Finding, ...]:
    """
    Ask every check of a book that has loaded.

    Args:
        wordings: every sentence of the bot, by its key; without one, what needs it is not looked at.
        today: the day on which seasons are judged; load the book without a day, so that old pages are seen.
        lint: what the registry of claims says of a text in a language, a sentence for each claim.

    Returns:
        Errors first, then warnings, each by file and line.
    """
    material = Material(book, lifecycle, wordings, today)
    found = [finding for check in CHECKS for finding in check.find(material)]
    if lint is not None:
        found += sentences.claims_in((w for w in wordings.values() if "." not in w.key), lint)
    return tuple(sorted(found, key=lambda f: (f.level, f.file, f.line, f.code, f.what_en)))
