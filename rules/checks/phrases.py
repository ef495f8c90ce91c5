"""
Phrases of understanding pages that hear too much: a very short word, or one with two meanings, alone.

Rule 1: a word alone is one that is enough for the phrase to match; `<< >>` around it asks for the whole message,
        which is what makes such a word safe.
Rule 2: a lexeme, a set or a number is no single word and is not looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rules.checks.finding import Check, Finding
from rules.checks.material import Material
from rules.language.normalise import fold_word
from rules.language.page import UnderstandingPage

SHORTEST_WORD = 3
# With its marks a word of two letters is still shorter than this.
LONGEST_LOOKED_AT = 8
# Some phrases fill half a page; their beginning is enough to find them.
LONGEST_QUOTED = 60
# A book has a few thousand phrases; whoever types changes one of them.
PHRASES_REMEMBERED = 20_000

# Folded, these are two words: stop and endowment, bravo and enough, start and never, Ali and on, transfer and
# around, offer and width, yes and what, how much and a pronoun.
TWO_MEANINGS = frozenset(map(fold_word, ("وقف", "كفو", "ابدا", "علي", "حول", "عرض", "ايه", "كم")))

_PIECE = re.compile(
    r"\s*(?P<whole><<|>>)|\s*(?P<edge>[<>])|\s*(?P<open>[(\[])|\s*(?P<close>[)\]])|\s*(?P<bar>\|)"
    r"|\s*(?P<gap>\.\.\d*)|\s*(?P<other>[#@%][\w./]+)|\s*(?P<ask>[?؟])|\s*(?P<word>[^\s()\[\]|<>@%#?؟]+)"
)


def short_word_alone(material: Material) -> Iterator[Finding]:
    """Find words of one or two letters that are a whole phrase, but not the whole message."""
    for page, phrase, words in _alone(material):
        short = [word for word in words if len(word) < SHORTEST_WORD and word.isalpha()]
        if short:
            en = f'{_quoted(short)} alone is enough for "{_short(phrase)}", and stands in many messages.'
            ar = f"تكفي {_quoted(short, '، ')} وحدها للعبارة «{_short(phrase)}»، وهي ترد في رسائل كثيرة."
            yield _finding("short_word_alone", page, en, ar)


def ambiguous_word_alone(material: Material) -> Iterator[Finding]:
    """Find words with two meanings that are a whole phrase, but not the whole message."""
    for page, phrase, words in _alone(material):
        double = [word for word in words if word in TWO_MEANINGS]
        if double:
            en = f'{_quoted(double)} alone is enough for "{_short(phrase)}", and has two meanings once folded.'
            ar = f"تكفي {_quoted(double, '، ')} وحدها للعبارة «{_short(phrase)}»، ولها معنيان بعد توحيد الحروف."
            yield _finding("ambiguous_word_alone", page, en, ar)


CHECKS = (
    Check(
        "short_word_alone",
        "words of one or two letters that are a phrase",
        "كلمة من حرف أو حرفين تكفي وحدها",
        short_word_alone,
    ),
    Check(
        "ambiguous_word_alone",
        "words with two meanings that are a phrase",
        "كلمة بمعنيين تكفي وحدها",
        ambiguous_word_alone,
    ),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a part of a phrase can be satisfied by."""

    alone: frozenset[str]
    """Single words that are enough for it."""
    may_be_left_out: bool


_NOTHING = _Part(frozenset(), may_be_left_out=True)
_MORE = _Part(frozenset(), may_be_left_out=False)


@lru_cache(maxsize=PHRASES_REMEMBERED)
def words_alone(phrase: str) -> frozenset[str]:
    """Name the short words, folded, each of which is enough for a phrase; none for a whole message."""
    pieces = [(str(m.lastgroup), m[m.lastgroup or 0]) for m in _PIECE.finditer(phrase)]
    if not pieces or pieces[0][0] == "whole":
        return frozenset()
    part, _ = _sequence(pieces, 0)
    return frozenset(fold_word(word) for word in part.alone if len(word) <= LONGEST_LOOKED_AT)


def _alone(material: Material) -> Iterator[tuple[UnderstandingPage, str, list[str]]]:
    for page in material.heard.values():
        # A second group of phrases must be heard as well, and a page that speaks only if nothing else was heard
        # is meant to be wide.
        if len(page.says) == 1 and not page.only_if_nothing_else:
            for phrase in page.says[0]:
                yield page, phrase, sorted(words_alone(phrase))


def _short(phrase: str) -> str:
    return phrase if len(phrase) <= LONGEST_QUOTED else phrase[:LONGEST_QUOTED] + "…"


def _quoted(words: list[str], between: str = ", ") -> str:
    return between.join(f"«{word}»" for word in words)


def _finding(code: str, page: UnderstandingPage, en: str, ar: str) -> Finding:
    return Finding(
        code,
        "warning",
        page.file,
        page.line,
        f"{en} Write more words, or << >> around it.",
        f"{ar} أضيفوا كلمات أو ضعوها بين << >>.",
    )


def _sequence(pieces: list[tuple[str, str]], at: int) -> tuple[_Part, int]:
    """Read until a bar or a closing bracket."""
    parts = []
    while at < len(pieces) and pieces[at][0] not in ("bar", "close"):
        part, at = _part(pieces, at)
        parts.append(part)
    needed = [part for part in parts if not part.may_be_left_out]
    if not needed:
        return _Part(frozenset().union(*(part.alone for part in parts)), may_be_left_out=True), at
    return _Part(needed[0].alone if len(needed) == 1 else frozenset(), may_be_left_out=False), at


def _part(pieces: list[tuple[str, str]], at: int) -> tuple[_Part, int]:
    kind, text = pieces[at]
    if kind == "open":
        return _choice(pieces, at + 1, optional=text == "[")
    if kind == "word":
        # A beginning with any ending (`كم*`) stands for many words.
        return (_MORE if text.endswith("*") else _Part(frozenset({text.strip("=~")}), False)), at + 1
    return (_MORE if kind == "other" else _NOTHING), at + 1


def _choice(pieces: list[tuple[str, str]], at: int, *, optional: bool) -> tuple[_Part, int]:
    alone: frozenset[str] = frozenset()
    left_out = optional
    while at < len(pieces):
        part, at = _sequence(pieces, at)
        alone |= part.alone
        left_out = left_out or part.may_be_left_out
        if at >= len(pieces) or pieces[at][0] == "close":
            break
        at += 1
    return _Part(alone, left_out), at + 1
