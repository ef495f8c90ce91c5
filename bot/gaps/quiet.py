"""
Whether nothing comes in on a channel that normally has traffic at this hour. Pure.

A channel is quiet when nothing came in for twelve minutes, and in each of the last three weeks the same quarter
of an hour of the same day of the week brought at least four messages, and twenty-four in the three together. By
chance alone that happens once in three thousand quarters of an hour. Until there are three weeks there is no
data, and a channel with little traffic at this hour is never judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

QUIET_AFTER = timedelta(minutes=12)
SAME_QUARTER = timedelta(minutes=15)
WEEK = timedelta(days=7)
WEEKS = 3
FEWEST_A_WEEK, FEWEST_IN_ALL = 4, 24

# More than this says no more.
COUNT_AT_MOST = 100


def spans(now: datetime) -> list[tuple[datetime, datetime]]:
    """The same quarter of an hour of the last weeks, latest first."""
    return [(now - n * WEEK - SAME_QUARTER, now - n * WEEK) for n in range(1, WEEKS + 1)]


def is_expected(counts: Sequence[int]) -> bool:
    """Whether so many messages in the same quarters mean that one is missing now."""
    return len(counts) == WEEKS and min(counts) >= FEWEST_A_WEEK and sum(counts) >= FEWEST_IN_ALL
