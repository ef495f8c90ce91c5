"""
When the prayers are, and which Hijri day it is: computed, offline, by city.

Rule 1: the times are those of Umm al-Qura: Fajr at 18.5 degrees, Isha 90 minutes after Maghrib, 120 in Ramadan.
Rule 2: the Hijri day is that of the Umm al-Qura calendar; the day of a moon that was sighted may differ by one.

The only door to the libraries `alfalak` (times) and `hijridate` (calendar). Against 13 April 2021 as printed for
Makkah, Madinah, Riyadh and Dammam, twelve days of 2016 and one of 2025 for Makkah, and 6 May 2019 for Riyadh, the
times differ by one minute at most (tests/rules/policies/test_prayers.py).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from alfalak import CalculationMethod, PrayerTimes
from hijridate import Gregorian, Hijri

NAMES = ("fajr", "dhuhr", "asr", "maghrib", "isha")
RAMADAN = 9

# Umm al-Qura leaves half an hour more between Maghrib and Isha in Ramadan; the library computes the other months.
ISHA_LATER_IN_RAMADAN = timedelta(minutes=30)

# The years for which the calendar is published; outside of them there is no Hijri day.
FIRST_DAY, LAST_DAY = date(1924, 8, 1), date(2077, 11, 16)

# Two months for thirty cities.
REMEMBERED_DAYS = 2_048


@dataclass(frozen=True, slots=True)
class City:
    """Where somebody prays."""

    id: str
    name_ar: str
    name_en: str
    latitude: float
    longitude: float


@lru_cache(maxsize=REMEMBERED_DAYS)
def prayers(city: City, day: date, zone: str) -> tuple[tuple[str, datetime], ...]:
    """The five prayers of a day, in order, in the time of the zone."""
    times = PrayerTimes(
        (city.latitude, city.longitude),
        datetime(day.year, day.month, day.day),
        CalculationMethod.UMM_AL_QURA,
        time_zone=ZoneInfo(zone),
    )
    later = ISHA_LATER_IN_RAMADAN if is_ramadan(day) else timedelta(0)
    return (
        ("fajr", times.fajr),
        ("dhuhr", times.dhuhr),
        ("asr", times.asr),
        ("maghrib", times.maghrib),
        ("isha", times.isha + later),
    )


def is_ramadan(day: date) -> bool:
    """Whether a day is in Ramadan by the Umm al-Qura calendar."""
    return _has_hijri(day) and Gregorian.fromdate(day).to_hijri().month == RAMADAN


@lru_cache(maxsize=REMEMBERED_DAYS)
def hijri_day_in(year: int, month: int, day: int) -> tuple[date, ...]:
    """The days of a Gregorian year on which this Hijri day falls; mostly one, now and then two or none."""
    if not FIRST_DAY.year < year < LAST_DAY.year:
        return ()
    first = Gregorian(year, 1, 1).to_hijri().year
    found = []
    for hijri_year in (first, first + 1):
        gregorian = Hijri(hijri_year, month, 1).to_gregorian()
        falls = date(*gregorian.datetuple()) + timedelta(days=day - 1)
        if falls.year == year:
            found.append(falls)
    return tuple(found)


def _has_hijri(day: date) -> bool:
    return FIRST_DAY <= day <= LAST_DAY
