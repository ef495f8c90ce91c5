"""
Public holidays, with where each is written and when somebody last looked.

Rule 1: a holiday is a day of every year, a day of the Hijri calendar, or days that were announced.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rules.policies.fields import Fields
from rules.policies.prayers import hijri_day_in

KEYS = (
    "name_ar", "name_en", "every_year_on", "hijri_day", "day_after_hijri", "from", "days", "source", "reviewed",
)  # fmt: skip
STARTS = ("every_year_on", "hijri_day", "day_after_hijri", "from")

# The longest holiday that was ever announced to offices had twelve days.
MOST_DAYS = 14
MOST_HOLIDAYS = 20

# A Hijri month has 29 or 30 days; only these exist in each year.
LAST_DAY_OF_EVERY_HIJRI_MONTH = 29

_MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_A_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday and the days on which it falls."""

    name_ar: str
    name_en: str
    starts: str
    """`every_year_on | hijri_day | day_after_hijri | from`"""
    month: int
    day: int
    year: int
    """The year of an announced day, else 0."""
    days: int
    source: str
    reviewed: date

    def begins_in(self, year: int) -> tuple[date, ...]:
        """Its first days in a Gregorian year."""
        if self.starts == "from":
            return (date(self.year, self.month, self.day),) if self.year == year else ()
        if self.starts == "every_year_on":
            is_real = (self.month, self.day) != (2, 29) or _is_leap(year)
            return (date(year, self.month, self.day),) if is_real else ()
        after = timedelta(days=1 if self.starts == "day_after_hijri" else 0)
        return tuple(day + after for day in hijri_day_in(year, self.month, self.day))

    def spans_around(self, day: date) -> Iterator[tuple[date, date]]:
        """Its first day and the day after its last, for every time it falls near a day."""
        for year in (day.year - 1, day.year, day.year + 1):
            if date.min.year <= year <= date.max.year:
                for first in self.begins_in(year):
                    yield first, first + timedelta(days=self.days)


def read_holiday(entry: Fields) -> Holiday | None:
    """Read one item of the list."""
    entry.need("name_ar", "name_en", "source", "reviewed")
    reviewed = entry.day("reviewed")
    starts = [key for key in STARTS if key in entry]
    if len(starts) != 1:
        entry.notes.problem(entry.line, f"a holiday begins in one of these ways: {', '.join(STARTS)}. Write one.")
        return None
    begins = _beginning(entry, starts[0])
    if begins is None or reviewed is None:
        return None
    year, month, day = begins
    return Holiday(
        entry.text("name_ar"),
        entry.text("name_en"),
        starts[0],
        month,
        day,
        year,
        entry.whole("days", 1, 1, MOST_DAYS),
        entry.text("source"),
        reviewed,
    )


def _beginning(entry: Fields, starts: str) -> tuple[int, int, int] | None:
    if starts == "from":
        announced = entry.day("from")
        return (announced.year, announced.month, announced.day) if announced else None
    found = _MONTH_AND_DAY.fullmatch(str(entry.map[starts]))
    if found is None:
        entry.problem(
            starts, f'"{entry.map[starts]}" is not a month and a day. Write it as "09-23", in quotation marks.'
        )
        return None
    month, day = int(found[1]), int(found[2])
    if starts != "every_year_on" and day > LAST_DAY_OF_EVERY_HIJRI_MONTH:
        entry.problem(
            starts, f"not every Hijri month has a day {day}. Write day_after_hijri with day 29 of that month."
        )
        return None
    if starts == "every_year_on" and not _exists(month, day):
        entry.problem(starts, f'there is no day "{entry.map[starts]}". Change it.')
        return None
    return 0, month, day


def _exists(month: int, day: int) -> bool:
    try:
        date(_A_LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
