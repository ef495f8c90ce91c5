"""
What of a conversation may leave the house: the words, without whom they are about and how to reach them.

Rule 1: phones, addresses, accounts, cards, links, names that we know and names that introduce themselves are
        replaced by what they are: `[phone]` would still mean something, its digits would not.
Rule 2: a text that may hold a password or a code leaves as `[hidden]`, the whole of it.
Rule 3: digits are digits in every script, and what nobody sees between them hides nothing.
Rule 4: in doubt it is masked. A model that reads `[number]` guesses worse; a model that reads a number has it.
Rule 5: the time it takes grows with the length of a text and not with its square: a contact chooses the text.
"""

import re
from collections.abc import Iterable
from unicodedata import category, normalize

from rules.language.secrets import has_secret

HIDDEN = "[hidden]"

# Seven digits are the shortest number that reaches somebody: a landline without its code. Whatever is no letter
# may stand between them, and the stroke by which Arabic stretches a word.
_NUMBER = re.compile(r"\+?\d(?:[\W_ـ]{0,3}\d){6,}")
_MAIL = re.compile(r"(?<!\S)\S+\s?(?:@|\(at\)|\[at\])\s?\S+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp|wa)://\S+|www\.\S+|\b(?:wa\.me|t\.me|bit\.ly)/\S+", re.IGNORECASE)
_IBAN = re.compile(r"(?<![A-Za-z])[A-Za-z]{2}\s?\d{2}(?:[\s\-]?[A-Za-z\d]){11,30}(?![A-Za-z\d])")
_HANDLE = re.compile(r"@\w{3,}")
_INTRODUCED = re.compile(
    r"(?P<by>(?<!\w)(?:[وف]?[اإأ]سمي|[اإأ]خوك|[اإأ]ختك|[اأ]نا\s+[اإأ]سمي|my name is|my name's|name\s*:))"
    r"(?P<name>\s+[^\W\d_]{2,}(?:\s+(?!و)[^\W\d_]{2,})?)",
    re.IGNORECASE,
)
# How people say who they are at the beginning; in the middle of a sentence the same words mean "with you".
_GREETED = re.compile(
    r"(?P<by>(?:^|[\n.,،!؟]|السلام عليكم|عليكم السلام|هلا|اهلا|أهلا|مرحبا|حياك)\s*معا?ك)"
    r"(?P<name>\s+[^\W\d_]{2,}(?:\s+(?!و|من\b)[^\W\d_]{2,})?)"
)
_ENGLISH = re.compile(
    r"(?P<by>\b(?i:i['’]?m|i am|this is)\b)(?P<name>\s+[A-Z][a-z]+(?:\s+(?:[Aa]l-?)?[A-Z][a-z]+)?)"
)
_ALIKE = {**dict.fromkeys("اأإآٱ", "[اأإآٱ]"), **dict.fromkeys("هة", "[هة]"), **dict.fromkeys("يىئ", "[يىئ]")}
_BETWEEN_LETTERS = "[\u064b-\u0652\u0640]*"
_SHORTEST_NAME = 2
_FILLERS = frozenset("\u20e3\u034f\u115f\u1160\u3164\uffa0\u2800")


def masked(text: str, names: Iterable[str] = ()) -> str:
    """
    The text as it may leave.

    Args:
        names: what people are called who may be named in it; each word of them is masked.
    """
    if has_secret(text):
        return HIDDEN
    plain = _plain(text)
    if has_secret(plain):
        return HIDDEN
    for shape, said in ((_LINK, "[link]"), (_MAIL, "[email]"), (_HANDLE, "[email]"), (_IBAN, "[iban]")):
        plain = shape.sub(said, plain)
    plain = _NUMBER.sub("[number]", plain)
    for name in _words_of(names):
        plain = _named(name).sub("[name]", plain)
    for shape in (_INTRODUCED, _GREETED, _ENGLISH):
        plain = shape.sub(lambda found: f"{found['by']} [name]", plain)
    return plain


def reaches_somebody(text: str, names: Iterable[str] = ()) -> bool:
    """Whether anything in a text would be masked."""
    return masked(text, names) != _plain(text)


def _plain(text: str) -> str:
    """The text without what nobody sees, and with one shape for each sign."""
    return "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf" and not _is_unseen(sign))


def _is_unseen(sign: str) -> bool:
    """Chooses a picture (digits of a keyboard are written so), joins signs, or fills a place: nobody reads it."""
    return sign in _FILLERS or "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _words_of(names: Iterable[str]) -> list[str]:
    """The words that names are made of, long ones first: they may hold the others."""
    words = {
        word
        for name in names
        for word in re.findall(r"[^\W\d_]+", re.sub(_BETWEEN_LETTERS, "", _plain(name)))
        if len(word) >= _SHORTEST_NAME
    }
    return sorted(words, key=lambda word: (-len(word), word))


def _named(word: str) -> re.Pattern[str]:
    """A name in any usual spelling, alone or after the letters that Arabic writes together with it."""
    letters = _BETWEEN_LETTERS.join(_ALIKE.get(sign, re.escape(sign)) for sign in word)
    return re.compile(rf"(?<!\w)[وفبلك]?(?:ال|ل)?{letters}{_BETWEEN_LETTERS}(?!\w)", re.IGNORECASE)
