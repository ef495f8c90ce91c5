"""Texts in marked pieces: the words that a rule heard, and what an edit took away and brought. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

# The matcher needs time in the square of the words; a longer text is shown as wholly replaced.
WORDS_AT_MOST = 600


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text with one mark: `"" | heard | gone | came`."""

    text: str
    mark: str = ""


def heard(text: str, words: Iterable[str]) -> tuple[Piece, ...]:
    """The text with every word that matched marked, longest first, so that a phrase is one mark."""
    wanted = sorted({w for w in words if w.strip()}, key=len, reverse=True)
    if not wanted:
        return (Piece(text),) if text else ()
    found = re.split(rf"(?<!\w)({'|'.join(map(re.escape, wanted))})(?!\w)", text, flags=re.IGNORECASE)
    return tuple(Piece(part, "heard" if n % 2 else "") for n, part in enumerate(found) if part)


def edited(before: str, after: str) -> tuple[Piece, ...]:
    """Word by word, what went and what came."""
    old, new = _words(before), _words(after)
    if len(old) > WORDS_AT_MOST or len(new) > WORDS_AT_MOST:
        return (Piece(before, "gone"), Piece(after, "came"))
    pieces: list[Piece] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("".join(old[i1:i2])))
            continue
        gone, came = "".join(old[i1:i2]), "".join(new[j1:j2])
        pieces += [piece for piece in (Piece(gone, "gone"), Piece(came, "came")) if piece.text]
    return tuple(pieces)


def _words(text: str) -> list[str]:
    """Words and the blanks between them, so that nothing is lost."""
    return re.findall(r"\S+|\s+", text)
