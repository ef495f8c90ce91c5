"""Moments and spans as an approver in Riyadh reads them."""

from datetime import datetime, timedelta, timezone

from admin.telegram.sentences import Language, say

# Saudi Arabia has one zone and no summer time, so no time zone data is needed.
RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")

_MINUTE = timedelta(minutes=1)


def clock(at: datetime, now: datetime, language: Language) -> str:
    """`13:05` today, `13:05 tomorrow`, else with its date."""
    local, today = at.astimezone(RIYADH), now.astimezone(RIYADH).date()
    match (local.date() - today).days:
        case 0:
            return f"{local:%H:%M}"
        case 1:
            return say("tomorrow", language, at=f"{local:%H:%M}")
        case _:
            return f"{local:%Y-%m-%d %H:%M}"


def span(length: timedelta, language: Language) -> str:
    """`58 min`, `2 h 5 min`, `3 d`; a span under a minute is one minute."""
    minutes = max(1, abs(length) // _MINUTE)
    if minutes < 60:
        return say("minutes", language, n=minutes)
    if minutes >= 48 * 60:
        return say("days", language, n=minutes // (24 * 60))
    hours, rest = divmod(minutes, 60)
    return say("hours_minutes", language, h=hours, m=rest) if rest else say("hours", language, n=hours)


def whole_minutes(length: timedelta) -> int:
    return max(1, length // _MINUTE)
