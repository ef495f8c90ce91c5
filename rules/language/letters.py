"""
How one character is folded for matching, and nothing else.

Law 1: the raw text is never changed; folding makes a copy on which pages are matched.
Law 2: compatibility folding (NFKC) is applied to single characters of four blocks only. On a whole string it
splits words at U+FE70, turns one sign into a sentence (U+FDFA), and leaves tatweel and bidi marks in place.
"""

import unicodedata

ALEF_LIKE = "أإآٱٲٳ"
YA_LIKE = "ىیېۍئے"
HA_LIKE = "ةۃەہھۀ"

_SAME = {
    **dict.fromkeys(ALEF_LIKE, "ا"),
    **dict.fromkeys(YA_LIKE, "ي"),
    **dict.fromkeys(HA_LIKE, "ه"),
    "ؤ": "و",
    "ک": "ك",
    "ڪ": "ك",
    "گ": "ق",  # Gulf and Iraqi g is written for qaf
    "چ": "ك",
    "پ": "ب",
    "ڤ": "ف",
    "ژ": "ز",
    "٪": "%",
    "٫": ".",
    "٬": ",",
    "’": "",
    "‘": "",
    "ʼ": "",
    "`": "",
    "´": "",
    "'": "",
    # Cyrillic and Greek letters that look Latin: a word typed with them is read as it looks.
    **dict(zip("аеорсхуіѕтмкнвАЕОРСХУІЅТМКНВοΟρΡτΤ", "aeopcxyistmkhbaeopcxyistmkhboopptt", strict=True)),
}

_DELETED_RANGES = (
    (0x0610, 0x061A),  # Quranic signs
    (0x061C, 0x061C),  # Arabic letter mark
    (0x0640, 0x0640),  # tatweel
    (0x064B, 0x065F),  # tashkeel, and the decomposed hamzas 0653-0655
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E8),
    (0x06EA, 0x06ED),
    (0x08D3, 0x08FF),
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),
    (0x0300, 0x033F),  # combining Latin accents
    (0x180E, 0x180E),
    (0x200B, 0x200F),  # zero width and direction
    (0x202A, 0x202E),
    (0x2060, 0x2069),
    (0xFE00, 0xFE0F),  # variation selectors
    (0x20E3, 0x20E3),  # keycap: the digit before it stays
    (0xFEFF, 0xFEFF),
    (0x1F3FB, 0x1F3FF),  # skin tones
)

_COMPATIBILITY_RANGES = (
    (0xFB50, 0xFDF9),
    (0xFDFC, 0xFDFF),
    (0xFE70, 0xFEFC),
    (0xFF01, 0xFF5E),
    (0x1D400, 0x1D7FF),
)

_WIDE_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _fold_character(char: str) -> str:
    if char in _SAME:
        return _SAME[char]
    code = ord(char)
    if _within(code, _DELETED_RANGES):
        return ""
    if char in _WIDE_SPACES:
        return " "
    if char in "\r\u2028\u2029\x0b\x0c\x85":
        return "\n"
    if _within(code, _COMPATIBILITY_RANGES):
        # The isolated marks decompose to a space and a mark: the mark goes, and so must the space.
        decomposed = unicodedata.normalize("NFKC", char).replace(" ", "")
        return "".join(_fold_character(part) for part in decomposed if part != char)
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    if code > 0x7F and unicodedata.name(char, "").startswith("LATIN"):
        base = unicodedata.normalize("NFKD", char)[0]
        return base.lower() if base.isascii() else char.lower()[:1]
    return char.lower() if char.isascii() else char


class _Folds(dict[str, str]):
    """Remembers what each character folds to; at most as large as Unicode."""

    def __missing__(self, char: str) -> str:
        folded = self[char] = _fold_character(char)
        return folded


FOLDS = _Folds()
