"""
A text cut into whole words for the claims: every word, the whole text, with its place.

Rule 1: words are folded by the one normaliser and matched whole; nothing is found inside another word.
Rule 2: a phrase does not reach over the end of a sentence.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rules.language.lexicon import NUMBER_KEY, Lexicon
from rules.language.normalise import fold
from rules.language.numbers import number_in_words
from rules.language.patterns import Pattern, matches

# The sign and its words; the sign is read as the first of them.
PERCENT = "percent"
PERCENT_WORDS = frozenset({PERCENT, "بالميه", "بالمايه", "pct"})

# A number word below this ("one question", "two days") is grammar more often than a figure.
LEAST_NUMBER_WORD = 20

Range = tuple[int, int]
"""First word, and the one after the last."""

_WORD = re.compile(
    r"(?P<ar>[\u0621-\u064a]+)"
    r"|(?P<num>\d+(?:[.,]\d+)*(?![a-z0-9]))"
    r"|(?P<la>[a-z0-9]+)"
    r"|(?P<percent>%)"
    r"|(?P<end>[!?؟;؛\n…]|\.(?!\w))"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word or number."""

    text: str
    """Folded."""
    at: Range
    """Where it stands in the folded text."""
    span: Range
    """Where it stands in the raw text."""
    sentence: int
    is_figure: bool
    """Whether it begins with a digit: 80, 3.5, 10x."""


class Text:
    """A text with the keys of its words."""

    def __init__(self, raw: str, lexicon: Lexicon) -> None:
        self.raw = raw
        self.folded = fold(raw)
        self.words = tuple(self._cut())
        self.keys = tuple(self._keys(word, lexicon) for word in self.words)

    def _cut(self) -> Iterator[Word]:
        sentence = 0
        for found in _WORD.finditer(self.folded.text):
            if found.lastgroup == "end":
                sentence += 1
                continue
            word = PERCENT if found.lastgroup == "percent" else found.group()
            span = self.folded.raw_span(*found.span())
            yield Word(word, found.span(), span, sentence, word[0].isdigit())

    @staticmethod
    def _keys(word: Word, lexicon: Lexicon) -> frozenset[str]:
        keys = lexicon.keys(word.text, arabizi=False)
        return keys | {NUMBER_KEY} if word.is_figure or _is_number_word(word.text) else keys

    @cached_property
    def all_keys(self) -> frozenset[str]:
        """Every key that some word has."""
        return frozenset().union(*self.keys)

    @cached_property
    def sentences(self) -> tuple[Range, ...]:
        """The words of each sentence."""
        ranges: list[Range] = []
        for place, word in enumerate(self.words):
            if not ranges or word.sentence != self.words[place - 1].sentence:
                ranges.append((place, place))
            ranges[-1] = (ranges[-1][0], place + 1)
        return tuple(ranges)

    def find(self, patterns: Iterable[Pattern]) -> list[Range]:
        """Where any of the phrases stands; overlapping places are joined."""
        found = sorted(
            place
            for pattern in patterns
            if not pattern.anchors.isdisjoint(self.all_keys)
            for sentence in self.sentences
            for place in self._find_in(pattern, *sentence)
        )
        joined: list[Range] = []
        for first, after in found:
            if joined and first < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], after))
            else:
                joined.append((first, after))
        return joined

    def _find_in(self, pattern: Pattern, first: int, after: int) -> Iterator[Range]:
        for at in range(first, after):
            if pattern.starts is not None and pattern.starts.isdisjoint(self.keys[at]):
                continue
            taken = next(matches(pattern.nodes, self.keys, at, first, after), None)
            if taken:
                yield taken[0], taken[-1] + 1

    def span(self, place: Range) -> Range:
        """Where some words stand in the raw text."""
        first, last = self.words[place[0]], self.words[place[1] - 1]
        return first.span[0], self.folded.raw_span(first.at[0], last.at[1])[1]

    def said(self, place: Range) -> str:
        """Some words as they were written."""
        start, end = self.span(place)
        return self.raw[start:end].strip()


def _is_number_word(word: str) -> bool:
    found = number_in_words([word])
    return found is not None and found[0] >= LEAST_NUMBER_WORD


def covers(places: Iterable[Range], place: Range) -> bool:
    """Whether one of these places holds the whole of another."""
    return any(first <= place[0] and place[1] <= after for first, after in places)
