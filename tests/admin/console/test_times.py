"""Dates are Gregorian; the Hijri day stands beside them for whoever asked, and only there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from admin.console.home import home_of
from admin.console.times import day, day_and_clock, hijri, span


@pytest.mark.parametrize(
    ("gregorian", "reckoned"),
    [
        (date(2024, 7, 7), "1446-01-01"),
        (date(2025, 3, 1), "1446-09-01"),
        (date(2026, 2, 18), "1447-09-01"),
        (date(1900, 1, 1), ""),
        (date(2200, 1, 1), ""),
    ],
)
def test_the_hijri_day_is_that_of_umm_al_qura(gregorian: date, reckoned: str) -> None:
    assert hijri(gregorian) == reckoned


def test_outside_a_page_a_moment_is_gregorian_and_in_riyadh() -> None:
    at = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)

    assert day_and_clock(at) == "\u20662026-03-02 01:30\u2069"
    assert day(at) == "\u20662026-03-02\u2069"


@pytest.mark.parametrize(
    ("length", "arabic", "english"),
    [
        (timedelta(seconds=5), "1 د", "1 min"),
        (timedelta(minutes=125), "2 س 5 د", "2 h 5 min"),
        (timedelta(hours=47, minutes=59), "47 س 59 د", "47 h 59 min"),
        (timedelta(days=-2), "2 ي", "2 d"),
        (timedelta(days=29, hours=23, minutes=45), "29 ي 23 س", "29 d 23 h"),
    ],
)
def test_a_month_is_not_told_in_hours(length: timedelta, arabic: str, english: str) -> None:
    assert (span(length, "ar"), span(length, "en")) == (arabic, english)


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        ({"approver"}, "inbox"),
        ({"admin", "rules_editor"}, "inbox"),
        ({"rules_editor"}, "book"),
        ({"dpo"}, "compliance"),
        ({"executive"}, "executive"),
        (set(), "inbox"),
    ],
)
def test_somebody_begins_where_their_role_works(roles: set[str], page: str) -> None:
    assert home_of(frozenset(roles)) == f"/console/{page}"
