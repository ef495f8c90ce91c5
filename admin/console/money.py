"""Money as people read it: whole halalas are kept, riyals are shown."""

from admin.console.sentences import Language, say

HALALAS = 100


def riyals(halalas: int, language: Language) -> str:
    """`1,250.50 SAR`; whole riyals without a fraction."""
    whole, rest = divmod(abs(halalas), HALALAS)
    sign = "-" if halalas < 0 else ""
    number = f"{sign}{whole:,}.{rest:02}" if rest else f"{sign}{whole:,}"
    return say("riyals", language, n=f"\u2066{number}\u2069")
