"""A meeting's time in words, as it is said to a contact. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS_AR = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_AR = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
    "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def in_words(at: datetime, zone: str, language: str) -> str:
    """`الأحد 29 نوفمبر الساعة 10:00 صباحًا`, `Sunday 29 November at 10:00 AM`."""
    local = at.astimezone(ZoneInfo(zone))
    hour, minute = local.hour % 12 or 12, local.minute
    if language == "en":
        half = "AM" if local.hour < 12 else "PM"
        day, month = _DAYS_EN[local.weekday()], _MONTHS_EN[local.month - 1]
        return f"{day} {local.day} {month} at {hour}:{minute:02} {half}"
    half = "صباحًا" if local.hour < 12 else "مساءً"
    day, month = _DAYS_AR[local.weekday()], _MONTHS_AR[local.month - 1]
    return f"{day} {local.day} {month} الساعة {hour}:{minute:02} {half}"


def numbered(at: datetime, number: int, zone: str, language: str) -> str:
    """The same with the number by which a contact chooses it."""
    return f"({number}) {in_words(at, zone, language)}"
