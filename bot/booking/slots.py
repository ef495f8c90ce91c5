"""
Which times are free and decent to offer. Pure.

Rule 1: a meeting lies within working hours as a whole, outside every quiet span (prayers, nights, holidays),
        and touches nothing that is taken.
Rule 2: times stand on a grid of the meeting's own length from the opening of the day, so that two meetings of
        ours overlap only when they are the same time.
Rule 3: nobody is asked to come at once: the first time is some hours away.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.booking.ports import Busy
from rules.policies import Policies
from rules.policies.deadlines import WorkingHours
from rules.policies.fields import WEEKDAYS
from rules.policies.quiet_hours import QuietHours

NOT_BEFORE = timedelta(hours=2)
LOOK_AHEAD = timedelta(days=14)

# Nobody books further ahead, and a feed is not unfolded for longer.
BOOKED_AT_MOST = timedelta(days=366)

# Two times on the same morning suit the same people; the second one is for the others.
APART = timedelta(hours=3)

# The shortest quiet span of the policy is half an hour; a look each five minutes misses none.
_LOOK_EVERY = timedelta(minutes=5)


def free_slots(
    busy: Sequence[Busy], policies: Policies, city: str, now: datetime, minutes: int, count: int
) -> tuple[datetime, ...]:
    """So many times to offer, the earliest first and the others apart from it; fewer when there are no more."""
    chosen: list[datetime] = []
    spare: list[datetime] = []
    for start in _candidates(policies.deadlines.hours, now + NOT_BEFORE, now + LOOK_AHEAD, minutes):
        if not is_free(start, busy, policies, city, now, minutes):
            continue
        is_apart = all(abs(start - other) >= APART for other in chosen)
        (chosen if is_apart else spare).append(start)
        if len(chosen) == count:
            return tuple(chosen)
    return tuple(sorted([*chosen, *spare[: count - len(chosen)]]))


def is_thinkable(start: datetime, now: datetime) -> bool:
    """Whether a meeting may begin then at all, before anybody looks into a calendar."""
    return now < start <= now + BOOKED_AT_MOST


def is_free(
    start: datetime, busy: Sequence[Busy], policies: Policies, city: str, now: datetime, minutes: int
) -> bool:
    """Whether one time may be offered, or still be booked."""
    end = start + timedelta(minutes=minutes)
    if start <= now or not _is_on_grid(policies.deadlines.hours, start, minutes):
        return False
    if not _is_within(policies.deadlines.hours, start, end):
        return False
    if any(one.start < end and start < one.end for one in busy):
        return False
    return not _is_quiet(policies.quiet_hours, start, end, city)


def _candidates(hours: WorkingHours, first: datetime, last: datetime, minutes: int) -> Iterator[datetime]:
    zone, length = ZoneInfo(hours.zone), timedelta(minutes=minutes)
    day = first.astimezone(zone).date()
    while True:
        opens = datetime.combine(day, hours.start, zone).astimezone(UTC)
        closes = datetime.combine(day, hours.end, zone).astimezone(UTC)
        if opens > last:
            return
        start = opens
        while WEEKDAYS[day.weekday()] in hours.days and start + length <= closes:
            if first <= start <= last:
                yield start
            start += length
        day += timedelta(days=1)


def _is_on_grid(hours: WorkingHours, start: datetime, minutes: int) -> bool:
    local = start.astimezone(ZoneInfo(hours.zone))
    opens = datetime.combine(local.date(), hours.start, local.tzinfo)
    return (local - opens) % timedelta(minutes=minutes) == timedelta(0)


def _is_within(hours: WorkingHours, start: datetime, end: datetime) -> bool:
    zone = ZoneInfo(hours.zone)
    local, until = start.astimezone(zone), end.astimezone(zone)
    if WEEKDAYS[local.weekday()] not in hours.days or local.date() != until.date():
        return False
    return hours.start <= local.time() and until.time() <= hours.end


def _is_quiet(quiet: QuietHours, start: datetime, end: datetime, city: str) -> bool:
    at = start
    while at < end:
        if quiet.allows(at, city) is not None:
            return True
        at += _LOOK_EVERY
    return False
