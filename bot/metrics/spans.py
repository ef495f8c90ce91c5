"""
The spans over which numbers are counted, in Riyadh: weeks from Sunday to Saturday, months, quarters.

Rule: a span begins with the first moment of its first day and ends before the first moment after its last; two
neighbours share no moment and leave none out.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

RIYADH = ZoneInfo("Asia/Riyadh")

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(20\d\d)-Q([1-4])")

# When the pack of a week is made: the morning after its last day.
PUBLISHED_AT = time(8, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """Some whole days in Riyadh."""

    id: str
    first: date
    last: date
    """The last day that is counted."""

    @property
    def since(self) -> datetime:
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment that does not belong to it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def window(self) -> str:
        """As a block says it."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def holds_day(self, day: date) -> bool:
        return self.first <= day <= self.last

    def is_closed(self, now: datetime) -> bool:
        return self.until <= now


def day_of(at: datetime) -> date:
    """The day that it is in Riyadh."""
    return at.astimezone(RIYADH).date()


def week_of(day: date) -> Span:
    """The Saudi week of a day: Sunday to Saturday; its id is its Sunday."""
    sunday = day - timedelta(days=(day.weekday() + 1) % 7)
    return Span(sunday.isoformat(), sunday, sunday + timedelta(days=6))


def week_before(week: Span) -> Span:
    return week_of(week.first - timedelta(days=1))


def iso_week(week: Span) -> str:
    """The ISO week (Monday to Sunday) in which most days of a Saudi week lie: `2026-W47`."""
    year, number, _ = week.last.isocalendar()
    return f"{year}-W{number:02}"


def published_at(week: Span) -> datetime:
    """When the pack of a week is made: Sunday at eight in Riyadh."""
    return datetime.combine(week.last + timedelta(days=1), PUBLISHED_AT, RIYADH).astimezone(UTC)


def last_published(now: datetime) -> Span:
    """The latest week whose pack is to exist at a moment."""
    week = week_before(week_of(day_of(now)))
    return week if published_at(week) <= now else week_before(week)


def read_week(text: str) -> Span | None:
    """A week by its Sunday (`2026-11-15`) or its ISO name (`2026-W47`); None when it is neither."""
    found = re.fullmatch(r"(20\d\d)-W(0[1-9]|[1-4]\d|5[0-3])", text)
    try:
        if found is not None:
            # The Saturday of an ISO week ends the Saudi week of that name.
            return week_of(date.fromisocalendar(int(found[1]), int(found[2]), 6))
        week = week_of(date.fromisoformat(text)) if re.fullmatch(r"20\d\d-\d\d-\d\d", text) else None
    except ValueError:
        return None
    return week if week is not None and week.id == text else None


def month_of(day: date) -> Span:
    """The calendar month of a day: `2026-11`."""
    first = day.replace(day=1)
    return Span(f"{first:%Y-%m}", first, _next_month(first) - timedelta(days=1))


def month_before(month: Span) -> Span:
    return month_of(month.first - timedelta(days=1))


def months_until(month: Span, count: int) -> tuple[Span, ...]:
    """So many months, oldest first, the last one being this."""
    found = [month]
    while len(found) < count:
        found.append(month_before(found[-1]))
    return tuple(reversed(found))


def read_month(text: str) -> Span | None:
    """`2026-11`; None when it is no month."""
    found = _MONTH.fullmatch(text)
    return month_of(date(int(found[1]), int(found[2]), 1)) if found else None


def read_quarter(text: str) -> Span | None:
    """`2026-Q4`; None when it is no quarter."""
    found = _QUARTER.fullmatch(text)
    if found is None:
        return None
    first = date(int(found[1]), 3 * int(found[2]) - 2, 1)
    last = _next_month(_next_month(_next_month(first))) - timedelta(days=1)
    return Span(text, first, last)


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), RIYADH).astimezone(UTC)
