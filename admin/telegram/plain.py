"""
Strangers' text, made fit to stand between our own words in a Telegram message.

Rule 1: what a contact wrote cannot become markup, cannot turn the direction of our lines, and cannot hide.
Rule 2: cutting is counted in UTF-16 units of the escaped text, which is never less than what Telegram counts.
"""

import html
import re
import unicodedata
from itertools import groupby

# Letters with this many marks on top are not a language but an attack on the reader's screen.
MARKS_AT_MOST = 4

# First strong isolate and left-to-right isolate, and their end: https://unicode.org/reports/tr9/
_FSI, _LRI, _PDI = "\u2068", "\u2066", "\u2069"

# Marks that fix the direction of a line whose first visible sign is a picture.
LINE_STARTS = {"ar": "\u200f", "en": "\u200e"}

_NEWLINES = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_MANY_NEWLINES = re.compile(r"\n{3,}")
_JOINERS = re.compile("[\u200c\u200d]{2,}")

# Format signs that a reader sees or an emoji needs: joiners, Arabic number and verse signs.
_KEPT = frozenset("\n\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u08e2")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})

# Letters and symbols by their category, and yet nothing to see: fillers and the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def clean(text: str) -> str:
    """The text as a reader would see it: no control signs, no direction overrides, nothing invisible."""
    unified = _NEWLINES.sub("\n", text).replace("\t", " ")
    visible = "".join(sign for sign in unified if _is_visible(sign))
    joined = _JOINERS.sub("", visible)
    return _MANY_NEWLINES.sub("\n\n", _few_marks(joined)).strip()


def one_line(text: str, at_most: int) -> str:
    """Clean text on a single line, cut with an ellipsis."""
    return cut(" ".join(clean(text).split()), at_most)


def cut(text: str, at_most: int) -> str:
    """At most so many signs, the last one an ellipsis when something is missing."""
    return text if len(text) <= at_most else text[: max(at_most - 1, 0)].rstrip() + "…"


def escaped(text: str) -> str:
    return html.escape(text, quote=False)


def quoted(text: str, at_most: int) -> str:
    """A stranger's words inside one of our lines, at most so many UTF-16 units once escaped."""
    return f"{_FSI}{fitting(one_line(text, at_most), at_most + 1)[0]}{_PDI}"


def code(text: str) -> str:
    """A number or an id inside one of our lines: left to right, whatever stands around it."""
    return f"{_LRI}{escaped(one_line(text, 64))}{_PDI}"


def fitting(text: str, units: int) -> tuple[str, bool]:
    """Escape as much of a clean text as fits into so many UTF-16 units; says whether all of it did."""
    used = 0
    parts: list[str] = []
    for sign in text:
        part = escaped(sign)
        used += utf16(part)
        if used > units - 1:  # one unit is kept for the ellipsis
            return "".join(parts).rstrip() + "…", False
        parts.append(part)
    return "".join(parts), True


def pages(text: str, units: int) -> list[str]:
    """The whole clean text, escaped, in pieces of at most so many UTF-16 units."""
    pieces: list[str] = []
    piece, used = "", 0
    for sign in text:
        part = escaped(sign)
        if used + utf16(part) > units:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + part, used + utf16(part)
    return [*pieces, piece] if piece else pieces


def utf16(text: str) -> int:
    """How Telegram counts the length of a text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def hides_something(text: str) -> bool:
    """Whether a text holds signs that `clean` takes away, line ends aside."""
    return clean(text) != _MANY_NEWLINES.sub("\n\n", _NEWLINES.sub("\n", text).replace("\t", " ")).strip()


def _is_visible(sign: str) -> bool:
    return sign in _KEPT or (sign not in _BLANKS and unicodedata.category(sign) not in _DROPPED_CATEGORIES)


def _few_marks(text: str) -> str:
    kept: list[str] = []
    for is_mark, run in groupby(text, key=lambda sign: unicodedata.combining(sign) != 0):
        signs = list(run)
        kept += signs[:MARKS_AT_MOST] if is_mark else signs
    return "".join(kept)
