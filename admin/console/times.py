"""Moments and spans as Sami reads them in Riyadh."""

from datetime import datetime, timedelta, timezone

from admin.console.sentences import Language, say

# Saudi Arabia has one zone and no summer time, so no time zone data is needed.
RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")


def clock(at: datetime) -> str:
    """`13:05`"""
    return f"{at.astimezone(RIYADH):%H:%M}"


def day_and_clock(at: datetime) -> str:
    """`2026-03-05 13:05`, which reads the same from either side."""
    return f"\u2066{at.astimezone(RIYADH):%Y-%m-%d %H:%M}\u2069"


def span(length: timedelta, language: Language) -> str:
    """`58 min`, `2 h 5 min`; a span under a minute is one minute."""
    minutes = max(1, abs(length) // timedelta(minutes=1))
    if minutes < 60:
        return say("minutes", language, n=minutes)
    hours, rest = divmod(minutes, 60)
    return say("hours_minutes", language, h=hours, m=rest) if rest else say("hours", language, h=hours)
