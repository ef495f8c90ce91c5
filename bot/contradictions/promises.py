"""
What a text promises in minutes, hours and days: `within two hours`, «خلال 24 ساعة», `from 9 to 6`. Pure.

Rule: what cannot be read for sure promises nothing; a detector that guesses is switched off by its readers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rules.language.normalise import fold

_UNITS = {
    "minute": timedelta(minutes=1),
    "minutes": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hours": timedelta(hours=1),
    "day": timedelta(days=1),
    "days": timedelta(days=1),
    "week": timedelta(days=7),
    "weeks": timedelta(days=7),
    "دقيقه": timedelta(minutes=1),
    "دقايق": timedelta(minutes=1),
    "ساعه": timedelta(hours=1),
    "ساعات": timedelta(hours=1),
    "يوم": timedelta(days=1),
    "ايام": timedelta(days=1),
    "اسبوع": timedelta(days=7),
    "اسابيع": timedelta(days=7),
    "ساعتين": timedelta(hours=2),
    "يومين": timedelta(days=2),
    "اسبوعين": timedelta(days=14),
    "دقيقتين": timedelta(minutes=2),
}
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10,
    "واحده": 1, "ثلاث": 3, "ثلاثه": 3, "اربع": 4, "اربعه": 4, "خمس": 5, "خمسه": 5, "عشر": 10, "عشره": 10,
}  # fmt: skip

_COUNT = rf"(?:(\d{{1,4}})|({'|'.join(_NUMBERS)}))"
_UNIT = rf"({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_SPAN = re.compile(rf"(?<![\w])(?:{_COUNT}[ -]*)?{_UNIT}(?![\w])")
_WITHIN = re.compile(
    rf"(?<![\w])(?:within|in(?: less than)?|in under|خلال|في غضون|في اقل من)\s+(?:the next\s+)?"
    rf"(?:{_COUNT}[ -]*)?{_UNIT}(?![\w])"
)
_ANSWERS = re.compile(
    r"(?<![\w])[وفبس]?(?:repl(?:y|ies)|answer|respond|get back|contact you|call you|hear from us"
    r"|نرد|سنرد|بنرد|يرد|الرد|نجيب|نتواصل|سنتواصل|يتواصل|نكلم|نتصل|يوصلك رد|نعود)"
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A span of time that a text names."""

    span: timedelta
    words: str
    """As written."""


def spans(text: str) -> Iterator[Promise]:
    """Every span that a text names."""
    yield from _found(_SPAN, text)


def answers_within(text: str) -> Iterator[Promise]:
    """Within which time a text promises an answer."""
    if _ANSWERS.search(fold(text).text):
        yield from _found(_WITHIN, text)


def _found(pattern: re.Pattern[str], text: str) -> Iterator[Promise]:
    folded = fold(text)
    for match in pattern.finditer(folded.text):
        digits, word, unit = match.groups()
        count = int(digits) if digits else _NUMBERS.get(word or "", 1)
        start, end = folded.raw_span(*match.span())
        yield Promise(count * _UNITS[unit], text[start:end].strip())


def in_words(span: timedelta) -> str:
    """`90 minutes`, `1 hour`, `3 days`."""
    minutes = round(span.total_seconds() / 60)
    if minutes % 1_440 == 0 and minutes >= 2_880:
        return _counted(minutes // 1_440, "day")
    return _counted(minutes // 60, "hour") if minutes % 60 == 0 else _counted(minutes, "minute")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
