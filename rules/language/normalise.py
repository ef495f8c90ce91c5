"""
Fold a text for matching, and keep for every folded character the place where it stood.

Law 1: everything that matches or searches text folds it here, pages and messages alike.
Law 2: folding twice is folding once.
Law 3: every offset points inside the raw text.
"""

import re
from dataclasses import dataclass

from rules.language.letters import FOLDS

_LETTERS = "\u0621-\u064aa-z"
_RUN = re.compile(rf"([{_LETTERS}])\1{{2,}}")
_DOUBLE_ALEF = re.compile("ا{2,}")
_FINAL_DOUBLE = re.compile(rf"([اويه])\1+(?![{_LETTERS}])")
_SPELLED_OUT = re.compile(rf"(?<![{_LETTERS}\d])(?:[{_LETTERS}][ .*_-]){{2,}}[{_LETTERS}](?![{_LETTERS}\d])")
_WORD_WITH_HAMZA = re.compile("[\u0621-\u064a]*\u0621[\u0621-\u064a]*")


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text, and for each of its characters the offset in the raw text."""

    text: str
    offsets: tuple[int, ...]
    raw_length: int

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Where folded characters `start` to `end` (exclusive) stand in the raw text."""
        if start >= end or not self.offsets:
            return (0, 0)
        # What was folded away behind the last character (marks, a hamza, elongation) belongs to the word.
        behind = self.offsets[end] if end < len(self.offsets) else self.raw_length
        return (self.offsets[start], max(behind, self.offsets[end - 1] + 1))


def fold(text: str) -> Folded:
    """Fold a raw text: marks, tatweel, alef, ya, ta marbuta, digits, elongation, hidden characters, case."""
    pieces: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        piece = FOLDS[char]
        if piece:
            pieces.append(piece)
            if len(piece) == 1:
                offsets.append(offset)
            else:
                offsets.extend([offset] * len(piece))
    folded = "".join(pieces)
    dropped = _superfluous(folded)
    while dropped:
        folded = "".join(char for place, char in enumerate(folded) if place not in dropped)
        offsets = [offset for place, offset in enumerate(offsets) if place not in dropped]
        dropped = _superfluous(folded)
    return Folded(folded, tuple(offsets), len(text))


def fold_word(word: str) -> str:
    """The folded form alone, for words of the book."""
    return fold(word).text.strip()


def _superfluous(folded: str) -> set[int]:
    """Places to leave out; called until there are none, and the second call is nearly always the last."""
    dropped: set[int] = set()
    for match in _SPELLED_OUT.finditer(folded):
        dropped.update(range(match.start() + 1, match.end(), 2))
    if dropped:
        return dropped
    for pattern in (_RUN, _DOUBLE_ALEF, _FINAL_DOUBLE):
        for match in pattern.finditer(folded):
            dropped.update(range(match.start() + 1, match.end()))
    if dropped:
        return dropped
    if "ء" in folded:
        for match in _WORD_WITH_HAMZA.finditer(folded):
            # ماء and شيء lose their meaning with their hamza: ما is "not".
            if len(match.group()) > 3:
                dropped.update(match.start() + i for i, char in enumerate(match.group()) if char == "ء")
    return dropped
