"""Which times are offered, and the file that calendars read."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.booking.booking import Booking
from bot.booking.ics import invitation
from bot.booking.ports import Busy
from bot.booking.slots import LOOK_AHEAD, NOT_BEFORE, free_slots, is_free
from bot.booking.times import in_words
from rules.policies import Policies
from rules.policies.fields import WEEKDAYS

POLICIES = Policies()
RIYADH = ZoneInfo("Asia/Riyadh")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

spans = st.builds(
    lambda start, length: Busy(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length)),
    st.integers(0, 14 * 24 * 60),
    st.integers(1, 24 * 60),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(spans, max_size=12), st.sampled_from([15, 30, 45, 60]), st.integers(0, 7 * 24 * 60))
def test_an_offered_time_is_free_decent_and_neither_too_soon_nor_too_far(busy, minutes, later):
    now = NOW + timedelta(minutes=later)
    for start in free_slots(busy, POLICIES, "riyadh", now, minutes, 2):
        end, local = start + timedelta(minutes=minutes), start.astimezone(RIYADH)
        assert now + NOT_BEFORE <= start <= now + LOOK_AHEAD
        assert all(end <= one.start or one.end <= start for one in busy)
        assert WEEKDAYS[local.weekday()] in POLICIES.deadlines.hours.days
        assert POLICIES.deadlines.hours.start <= local.time()
        assert end.astimezone(RIYADH).time() <= POLICIES.deadlines.hours.end
        assert all(
            POLICIES.quiet_hours.allows(start + timedelta(minutes=minute), "riyadh") is None
            for minute in range(minutes)
        )


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([15, 30, 45, 50]), st.integers(0, 3 * 24 * 60), st.integers(0, 3 * 24 * 60))
def test_two_times_of_ours_overlap_only_when_they_are_the_same(minutes, one, other):
    first, second = (NOW + timedelta(minutes=at) for at in (one, other))
    free = [at for at in (first, second) if is_free(at, (), POLICIES, "riyadh", NOW, minutes)]
    if len(free) == 2 and first != second:
        assert abs(first - second) >= timedelta(minutes=minutes)


def test_a_full_calendar_offers_nothing():
    assert free_slots([Busy(NOW, NOW + timedelta(days=30))], POLICIES, "riyadh", NOW, 30, 2) == ()


def test_two_times_are_not_on_the_same_morning():
    first, second = free_slots((), POLICIES, "riyadh", NOW, 30, 2)
    assert second - first >= timedelta(hours=3)


def booking(**more) -> Booking:
    told = {"start_at": NOW, "end_at": NOW + timedelta(minutes=30), "uid": "b@dealix", "email": "a@b.co", **more}
    return Booking("b", "default", "c", "calendar", told.pop("status", "booked"), NOW, NOW, **told)


def read(file: bytes):
    (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
    return icalendar.Calendar.from_ical(file), event


@given(st.text(max_size=200), st.text(max_size=200))
def test_an_invitation_says_the_same_to_whoever_reads_it(summary, place):
    file = invitation(booking(), summary=summary, place=place, organizer="us@dealix.test", minutes=30, now=NOW)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    calendar, event = read(file)
    assert (calendar["METHOD"], event["UID"], int(event["SEQUENCE"])) == ("REQUEST", "b@dealix", 0)
    assert (event.start, event.end) == (NOW, NOW + timedelta(minutes=30))
    assert str(event["ATTENDEE"]) == "mailto:a@b.co"
    assert str(event["SUMMARY"]).strip() == _plain(summary).strip()


def _plain(text: str) -> str:
    return "\n".join("".join(sign for sign in line if sign >= " ") for line in text.splitlines())


def test_what_is_off_is_a_cancel_of_the_same_uid():
    file = invitation(
        booking(status="cancelled", sequence=2), summary="x", place="", organizer="", minutes=30, now=NOW
    )
    calendar, event = read(file)
    assert (calendar["METHOD"], event["UID"], int(event["SEQUENCE"])) == ("CANCEL", "b@dealix", 2)
    assert event["STATUS"] == "CANCELLED"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Monday 23 November at 5:00 PM"), ("ar", "الاثنين 23 نوفمبر الساعة 5:00 مساءً")],
)
def test_a_time_in_words(language, words):
    assert in_words(NOW, "Asia/Riyadh", language) == words
