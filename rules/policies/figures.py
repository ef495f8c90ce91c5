"""
Which numbers of a text are claims: all but times, dates, phones, addresses, list numbers and prices of the list.
"""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

from rules.policies.claim_text import PERCENT_WORDS, Range, Text, covers
from rules.policies.prices import HALALAS

# A Saudi number has nine digits without its zero; what is shorter may be an amount.
LEAST_PHONE_DIGITS = 9

_NO_CLAIM = (
    re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|(?<![a-z0-9])[a-z0-9-]+\.(?:com|net|org|io|sa|co|me)(?:/\S*)?"),
    re.compile(r"(?<![\d.,:])\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]m)?(?!\d)"),
    re.compile(r"(?<![\d.,])\d{1,2}\s*[ap]m(?![a-z])"),
    re.compile(r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?![\d])"),
    re.compile(r"(?<![\d.,/])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?![\d.,/])(?!\s*(?:من|of)(?![a-z\u0621-\u064a]))"),
    re.compile(r"(?m)^\s*\(?\d{1,2}\s?[.)-](?=\s)"),
)  # fmt: skip
_PHONE = re.compile(r"\+?\d[\d ()-]{6,}\d")


def claimed(text: Text, excused: Collection[Range], amounts: Collection[int]) -> Iterator[tuple[Range, bool]]:
    """
    Yield each figure that needs something behind it, and whether it is a percentage.

    Args:
        excused: words that a claim with evidence, or a phrase that is no claim, accounts for.
        amounts: what the price list says today, in halalas.
    """
    taken: set[int] = set()
    formats = list(_formats(text.folded.text))
    for place, word in enumerate(text.words):
        if place in taken or word.text in PERCENT_WORDS:
            continue
        number = _number_at(text, place)
        if number is None:
            continue
        whole = _with_percent(text, number)
        taken.update(range(*whole))
        is_percentage = whole != number
        if covers(excused, whole) or any(start <= word.at[0] < end for start, end in formats):
            continue
        if not is_percentage and _is_price(word.text, amounts):
            continue
        yield whole, is_percentage


def _formats(folded: str) -> Iterator[Range]:
    for pattern in _NO_CLAIM:
        for found in pattern.finditer(folded):
            yield found.span()
    for found in _PHONE.finditer(folded):
        if sum(char.isdigit() for char in found.group()) >= LEAST_PHONE_DIGITS:
            yield found.span()


def _number_at(text: Text, place: int) -> Range | None:
    """The words of the number that begins here."""
    if text.words[place].is_figure:
        return place, place + 1
    if "#num" not in text.keys[place]:
        return None
    after = place + 1
    while after < len(text.words) and "#num" in text.keys[after] and not text.words[after].is_figure:
        after += 1
    return place, after


def _with_percent(text: Text, number: Range) -> Range:
    first, after = number
    if after < len(text.words) and text.words[after].text in PERCENT_WORDS:
        return first, after + 1
    if first and text.words[first - 1].text in PERCENT_WORDS:
        return first - 1, after
    return number


def _is_price(word: str, amounts: Collection[int]) -> bool:
    digits = word.replace(",", "")
    if not re.fullmatch(r"\d+(?:\.\d{1,2})?", digits):
        return False
    return int(Decimal(digits) * HALALAS) in amounts
