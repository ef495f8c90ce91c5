"""
Money as it is written for people: whole halalas in, riyals out.

Rule: a number of halalas is never a fraction, on its way to a page neither.
"""

HALALAS_IN_A_RIYAL = 100


def riyals(halalas: int) -> str:
    """`1,500` or `1,500.50`, with a minus in front of what is below nothing."""
    whole, rest = divmod(abs(halalas), HALALAS_IN_A_RIYAL)
    sign = "-" if halalas < 0 else ""
    return f"{sign}{whole:,}.{rest:02}" if rest else f"{sign}{whole:,}"


def said(halalas: int, language: str) -> str:
    """`1,500 ريال`, or `SAR 1,500`."""
    if language != "ar":
        return f"SAR {riyals(halalas)}"
    # Without the mark a minus between Arabic words is set on the wrong side of its number.
    mark = "\u200e" if halalas < 0 else ""
    return f"{mark}{riyals(halalas)} ريال"
