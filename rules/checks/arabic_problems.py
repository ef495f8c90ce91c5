"""
What keeps a book from loading, said in Arabic.

Rule 1: a sentence is recognised by its English words; what stands in its blanks is kept as it is.
Rule 2: a sentence that is not known here is given in English after a line of Arabic; a test keeps the table
        whole.
"""

import re
from functools import cache

from rules.checks.arabic_sentences import KINDS, SENTENCES
from rules.problems import Problem

# What is said around a sentence that this table does not know.
UNKNOWN = "في هذا السطر خطأ يمنع تحميل القواعد. التفاصيل بالإنجليزية: {what}"

# A blank that holds a sentence of its own is said in Arabic too.
SENTENCE_INSIDE = "rest"
KIND = "kind"

_BLANK = re.compile(r"\{(\w+)\}")


def in_arabic(problem: Problem) -> str:
    """Say in Arabic what is wrong and what to do; the file and the line are the problem's own."""
    return sentence_in_arabic(problem.what)


def sentence_in_arabic(what: str) -> str:
    """Say one sentence in Arabic, or introduce it in Arabic when it is not known."""
    for pattern, arabic in _patterns():
        found = pattern.fullmatch(what)
        if found:
            words = found.groupdict()
            if SENTENCE_INSIDE in words:
                words[SENTENCE_INSIDE] = sentence_in_arabic(words[SENTENCE_INSIDE])
            if KIND in words:
                words[KIND] = KINDS.get(words[KIND], words[KIND])
            # Written out, because a word of an analyst may hold a brace.
            return _BLANK.sub(lambda blank, said=words: said[blank[1]], arabic)
    return UNKNOWN.replace("{what}", what)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(english), arabic) for english, arabic in SENTENCES)


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _BLANK.split(english)
    named = (f"(?P<{piece}>.*?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(named), re.DOTALL)
