"""How the executive room says numbers, colours and windows, in Arabic and English."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from bot.metrics.dictionary import percent

COLOURS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "green": ("🟢", "أخضر", "Green"),
        "amber": ("🟠", "برتقالي", "Amber"),
        "red": ("🔴", "أحمر", "Red"),
        "grey": ("⚪", "رمادي: بيانات غير كافية", "Grey: not enough data"),
    }
)

NOTHING = ("لا بيانات", "no data")

STATUS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ok": ("محسوب", "computed"),
        "no_data": NOTHING,
        "stale": ("قديم", "stale"),
        "error": ("تعذر الحساب", "could not be computed"),
    }
)

HEALTH: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no_data": NOTHING,
        "on_track": ("في المسار", "on track"),
        "at_risk": ("في خطر", "at risk"),
        "off_track": ("خارج المسار", "off track"),
    }
)

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def pick(pair: tuple[str, str], language: str) -> str:
    """The Arabic or the English of two."""
    return pair[0] if language == "ar" else pair[1]


def told(value: int | str | Decimal | None, unit: str, language: str) -> str:
    """A number as people read it: riyals, a per cent, a span; "no data" where there is none."""
    if value is None:
        return pick(NOTHING, language)
    if unit == "halalas":
        return riyals(int(value), language)
    if unit == "percent":
        return _figure(f"{Decimal(value):.1f}%", language)
    if unit == "seconds":
        return span(int(value), language)
    return _figure(f"{int(value):,}", language)


def share(part: Decimal | str) -> str:
    """A number between 0 and 1 as a per cent: everywhere the same, as the dictionary rounds it."""
    return f"{percent(Decimal(part), 1)}%"


def riyals(halalas: int, language: str) -> str:
    """`1,500.00 ر.س` or `SAR 1,500.00`."""
    amount = f"{Decimal(halalas) / 100:,.2f}"
    return f"{_figure(amount, language)} ر.س" if language == "ar" else f"SAR {amount}"


def span(seconds: int, language: str) -> str:
    """The largest fitting unit, with one decimal where it is not whole."""
    for size, ar, en in ((_DAY, "يوم", "d"), (_HOUR, "ساعة", "h"), (_MINUTE, "دقيقة", "min")):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {ar if language == 'ar' else en}"
    return f"{seconds} {'ثانية' if language == 'ar' else 's'}"


def change(value: int | str | Decimal | None, unit: str, language: str) -> str:
    """How much more or less than before; empty where nobody knows."""
    if value is None:
        return ""
    number = Decimal(value)
    if number == 0:
        return "=" if language == "en" else "دون تغيير"
    arrow = "▲" if number > 0 else "▼"
    return f"{arrow} {told(abs(number), unit, language)}"


def days(first: str, last: str) -> str:
    """`2026-11-15 – 2026-11-21`, each in its own direction."""
    for day in (first, last):
        date.fromisoformat(day)
    return f"\u2066{first} – {last}\u2069"


def _figure(text: str, language: str) -> str:
    """A figure that keeps its sign before it inside a line that runs from right to left."""
    return f"\u2066{text}\u2069" if language == "ar" else text
