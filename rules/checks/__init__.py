"""
Checks of a rule book that loads: what is allowed and still wrong.

`examine(book, lifecycle, wordings)` asks all of them; `CHECKS` lists them with a line in each language.
`in_arabic` says in Arabic what keeps a book from loading.
"""

from rules.checks.arabic_problems import in_arabic
from rules.checks.finding import Check, Finding
from rules.checks.lifecycle import Lifecycle, Step, WordingFacts
from rules.checks.sentences import Lint, claims_in
from rules.checks.table import CHECKS, examine

__all__ = [
    "CHECKS",
    "Check",
    "Finding",
    "Lifecycle",
    "Lint",
    "Step",
    "WordingFacts",
    "claims_in",
    "examine",
    "in_arabic",
]
