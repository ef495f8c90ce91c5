"""
Money as it is written for people: whole halalas in, riyals out.

Rule: a number of halalas is never a fraction, on its way to a page neither.
"""

from decimal import Decimal, InvalidOperation

from bot.errors import BadRequest

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


def halalas_of(typed: str, most: int) -> int:
    """An amount in riyals as somebody types it, `most` halalas at most. Raises BadRequest."""
    try:
        amount = Decimal(typed.replace(",", "").replace("٬", "").replace("٫", ".").strip()) * HALALAS_IN_A_RIYAL
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= most or amount != amount.to_integral_value():
        raise BadRequest(
            f"{typed[:40]!r} is no amount in riyals with at most two decimals",
            "المبلغ بالريال وبخانتين عشريتين على الأكثر",
        )
    return int(amount)
