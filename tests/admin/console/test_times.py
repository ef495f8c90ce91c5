"""Dates are Gregorian; the Hijri day stands beside them for whoever asked, and only there."""

from datetime import UTC, date, datetime

import pytest

from admin.console.home import home_of
from admin.console.times import day, day_and_clock, hijri


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
