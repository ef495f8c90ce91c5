"""
Moments and spans as Sami reads them in Riyadh.

Rule 1: every date is Gregorian. Whoever asked for it reads the Hijri date (Umm al-Qura) beside it, never instead.
Rule 2: whether it was asked for is a matter of the browser; the page that is being drawn remembers it.
"""

from datetime import date, datetime, timedelta, timezone

from hijridate import Gregorian
from nicegui.client import Client
from nicegui.slot import Slot

from admin.console.sentences import Language, say

# Saudi Arabia has one zone and no summer time, so no time zone data is needed.
RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")

# The browser keeps the wish in a cookie of this name; its value is the only one that means anything.
CALENDAR_COOKIE, HIJRI = "dealix_calendar", "hijri"

# From two days on nobody counts in hours.
HOURS_COUNTED = 48

_WISH = "dealix.hijri"


def also_hijri(client: Client, language: Language) -> None:
    """On this page the Hijri date stands beside every other one."""
    client.storage[_WISH] = language


def clock(at: datetime) -> str:
    """`13:05`"""
    return f"{at.astimezone(RIYADH):%H:%M}"


def day_and_clock(at: datetime) -> str:
    """`2026-03-05 13:05`, which reads the same from either side; with the Hijri day where it was asked for."""
    there = at.astimezone(RIYADH)
    return f"\u2066{there:%Y-%m-%d %H:%M}\u2069{_beside(there.date())}"


def day(at: datetime) -> str:
    """`2026-03-05`, in the same way."""
    there = at.astimezone(RIYADH).date()
    return f"\u2066{there:%Y-%m-%d}\u2069{_beside(there)}"


def hijri(day: date) -> str:
    """`1447-09-16`, by the calendar of Umm al-Qura; empty for a day that it does not reach."""
    try:
        return Gregorian(day.year, day.month, day.day).to_hijri().isoformat()
    except OverflowError:
        return ""


def span(length: timedelta, language: Language) -> str:
    """`58 min`, `2 h 5 min`, `29 d 23 h`; a span under a minute is one minute."""
    minutes = max(1, abs(length) // timedelta(minutes=1))
    if minutes < 60:
        return say("minutes", language, n=minutes)
    hours, rest = divmod(minutes, 60)
    if hours >= HOURS_COUNTED:
        days, rest = divmod(hours, 24)
        return say("days_hours", language, d=days, h=rest) if rest else say("days", language, d=days)
    return say("hours_minutes", language, h=hours, m=rest) if rest else say("hours", language, h=hours)


def _beside(day: date) -> str:
    """The Hijri day, where the page that is being drawn wants one."""
    drawing = Slot.get_stack()
    language = drawing[-1].parent.client.storage.get(_WISH) if drawing else None
    reckoned = hijri(day) if language else ""
    return say("hijri_day", language, day=reckoned) if reckoned else ""
