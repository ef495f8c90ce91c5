"""
The computed prayer times beside printed ones.

Sources: the official calendar's site for Makkah in 2016; newspapers that quote it for 13 April 2021 (1 Ramadan
1442), 18 April 2025, and a printed table of Ramadan 1440 for Riyadh.
"""

from datetime import date, datetime, timedelta

import pytest

from rules.policies import Policies
from rules.policies.prayers import hijri_day_in, is_ramadan, prayers

MAKKAH_2016 = """
2016-01-05 05:39 12:26 15:32 17:53 19:23
2016-02-04 05:39 12:35 15:49 18:13 19:43
2016-03-05 05:22 12:33 15:55 18:27 19:57
2016-04-03 04:55 12:24 15:50 18:37 20:07
2016-05-02 04:27 12:18 15:39 18:47 20:17
2016-06-04 04:11 12:20 15:37 19:01 20:31
2016-07-08 04:18 12:26 15:43 19:07 20:37
2016-08-02 04:32 12:27 15:46 19:00 20:30
2016-09-04 04:48 12:20 15:45 18:34 20:04
2016-10-06 04:58 12:09 15:32 18:04 19:34
2016-11-05 05:09 12:05 15:19 17:43 19:13
2016-12-04 05:24 12:12 15:17 17:38 19:08
"""

FIRST_OF_RAMADAN_1442 = """
makkah 04:45 12:22 15:46 18:40 20:40
madinah 04:41 12:22 15:51 18:43 20:43
riyadh 04:12 11:54 15:23 18:15 20:15
buraydah 04:21 12:05 15:36 18:27 20:27
dammam 03:56 11:41 15:11 18:03 20:03
abha 04:38 12:11 15:31 18:27 20:27
tabuk 04:46 12:35 16:08 18:59 20:59
"""

OTHERS = """
riyadh 2019-05-06 03:50 11:50 15:16 18:25 20:25
makkah 2025-04-18 04:40 12:20 15:44 18:41 20:11
"""


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.split("\n") if line]


PRINTED = [
    *(("makkah", *row) for row in rows(MAKKAH_2016)),
    *((city, "2021-04-13", *times) for city, *times in rows(FIRST_OF_RAMADAN_1442)),
    *map(tuple, rows(OTHERS)),
]

MOST_APART = timedelta(minutes=1)


@pytest.mark.parametrize(("city", "day", "times"), [(city, day, times) for city, day, *times in PRINTED])
def test_the_times_are_those_that_are_printed(shipped: Policies, city: str, day: str, times: list[str]) -> None:
    computed = shipped.quiet_hours.prayers(date.fromisoformat(day), city)

    for (name, at), printed in zip(computed, times, strict=True):
        expected = datetime.fromisoformat(f"{day}T{printed}:00+03:00")
        assert abs(at - expected) <= MOST_APART, (name, at, printed)


def test_the_night_prayer_is_later_in_ramadan(shipped: Policies) -> None:
    quiet = shipped.quiet_hours
    before, during = date(2026, 2, 17), date(2026, 2, 18)

    gaps = []
    for day in (before, during):
        times = dict(prayers(quiet.city_named("riyadh"), day, quiet.zone))
        gaps.append(times["isha"] - times["maghrib"])

    assert gaps == [timedelta(minutes=90), timedelta(minutes=120)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2021, 4, 13), date(2021, 5, 12)),
        (date(2025, 3, 1), date(2025, 3, 29)),
        (date(2026, 2, 18), date(2026, 3, 19)),
        (date(2027, 2, 8), date(2027, 3, 8)),
    ],
)
def test_ramadan_begins_and_ends_as_in_the_official_calendar(first: date, last: date) -> None:
    day = timedelta(days=1)

    assert is_ramadan(first)
    assert is_ramadan(last)
    assert not is_ramadan(first - day)
    assert not is_ramadan(last + day)


def test_a_hijri_day_may_fall_twice_in_a_year_or_not_at_all() -> None:
    found = {year: hijri_day_in(year, 10, 1) for year in range(2025, 2034)}

    assert found[2025] == (date(2025, 3, 30),)
    assert found[2033] == (date(2033, 1, 2), date(2033, 12, 23))
    assert hijri_day_in(2100, 10, 1) == ()
    assert not is_ramadan(date(2100, 1, 1))
