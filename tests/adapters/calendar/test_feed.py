"""What a calendar's feed says is taken; and that what is no calendar is never an empty one."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.calendar.feed import FeedCalendar
from bot.booking.ports import Busy, CalendarAway
from tests.fakes.calendar import event, fake_calendar, feed

SUNDAY = datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def busy(body: bytes, days: int = 7) -> list[Busy]:
    async with fake_calendar() as fake:
        fake.body = body
        calendar = FeedCalendar(fake.url, "Asia/Riyadh", lambda: SUNDAY)
        try:
            return list(await calendar.busy(SUNDAY, SUNDAY + timedelta(days=days)))
        finally:
            await calendar.close()


async def test_events_take_their_time_and_those_that_touch_are_one():
    body = feed(
        event(SUNDAY + 8 * HOUR, SUNDAY + 9 * HOUR, "a"),
        event(SUNDAY + 9 * HOUR, SUNDAY + 10 * HOUR, "b"),
        event(SUNDAY - 48 * HOUR, SUNDAY - 47 * HOUR, "past"),
    )
    assert await busy(body) == [Busy(SUNDAY + 8 * HOUR, SUNDAY + 10 * HOUR)]


async def test_a_weekly_meeting_takes_each_week_but_the_one_that_was_moved_out():
    weekly = event(
        SUNDAY + 8 * HOUR, SUNDAY + 9 * HOUR, "w", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20261206T080000Z"
    )
    found = await busy(feed(weekly), days=30)
    assert [one.start for one in found] == [SUNDAY + 8 * HOUR, SUNDAY + timedelta(days=14) + 8 * HOUR]


async def test_what_is_cancelled_or_transparent_takes_nothing():
    found = await busy(
        feed(
            event(SUNDAY + 8 * HOUR, SUNDAY + 9 * HOUR, "a", "TRANSP:TRANSPARENT"),
            event(SUNDAY + 8 * HOUR, SUNDAY + 9 * HOUR, "b", "STATUS:CANCELLED"),
        )
    )
    assert found == []


async def test_a_whole_day_is_the_day_of_its_own_zone():
    day = "BEGIN:VEVENT\r\nUID:d\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261130\r\nEND:VEVENT\r\n"
    assert await busy(feed(day)) == [Busy(SUNDAY + 21 * HOUR, SUNDAY + 45 * HOUR)]


async def test_a_time_in_another_zone_is_the_same_moment():
    zoned = (
        "BEGIN:VEVENT\r\nUID:z\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=America/New_York:20261129T020000\r\n"
        "DTEND;TZID=America/New_York:20261129T030000\r\nEND:VEVENT\r\n"
    )
    assert await busy(feed(zoned)) == [Busy(SUNDAY + 7 * HOUR, SUNDAY + 8 * HOUR)]


@pytest.mark.parametrize(
    ("changes", "code", "may_retry"),
    [
        ({"status": 401}, "calendar_refused", False),
        ({"status": 404}, "calendar_refused", False),
        ({"status": 500}, "calendar_away", True),
        ({"status": 302}, "calendar_away", True),
        ({"is_silent": True}, "calendar_away", True),
        ({"body": b""}, "calendar_unreadable", True),
        ({"body": b"<html>sign in</html>"}, "calendar_unreadable", True),
        ({"body": b"\xff\xfe\x00garbage"}, "calendar_unreadable", True),
        ({"body": b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"}, "calendar_unreadable", True),
        (
            {"body": feed(event(SUNDAY, SUNDAY + HOUR, "s", "RRULE:FREQ=SECONDLY"))},
            "calendar_unreadable",
            True,
        ),
    ],
)
async def test_what_is_no_calendar_is_said_to_be_none(changes, code, may_retry):
    async with fake_calendar() as fake:
        for name, value in changes.items():
            setattr(fake, name, value)
        calendar = FeedCalendar(fake.url, "Asia/Riyadh", lambda: SUNDAY)
        try:
            with pytest.raises(CalendarAway) as away:
                await calendar.busy(SUNDAY, SUNDAY + timedelta(days=7))
            assert (away.value.code, away.value.may_retry) == (code, may_retry)
            assert fake.url not in away.value.message_en
            assert (await calendar.probe()).state == ("auth_failed" if code == "calendar_refused" else "down")
        finally:
            await calendar.close()
