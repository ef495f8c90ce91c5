"""What a provider means by "wait", in every way of saying it, and how long that holds."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.whatsapp import causes
from adapters.whatsapp.asked_pauses import AskedPauses
from adapters.whatsapp.call import LONGEST_RETRY_AFTER_SECONDS, Answer, result_of, retry_after_seconds
from bot.events import SendClass
from bot.ports import SendResult

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.integers(0, 999_999_999), st.sampled_from(["{}", " {}", "{} ", "\t{}\t"]))
def test_seconds_are_seconds_and_never_more_than_a_day(seconds: int, form: str) -> None:
    assert retry_after_seconds(form.format(seconds), NOON) == min(seconds, LONGEST_RETRY_AFTER_SECONDS)


@given(st.integers(-10_000_000, 10_000_000), st.integers(-12, 14))
def test_a_date_is_the_time_until_then_in_whatever_zone_it_is_written(seconds: int, hours: int) -> None:
    moment = (NOON + seconds * SECOND).astimezone(timezone(timedelta(hours=hours)))
    read = retry_after_seconds(format_datetime(moment), NOON)
    assert read == min(max(seconds, 0), LONGEST_RETRY_AFTER_SECONDS)


@given(st.text(max_size=40))
def test_whatever_else_stands_there_is_no_time_and_no_crash(header: str) -> None:
    read = retry_after_seconds(header, NOON)
    assert read is None or 0 <= read <= LONGEST_RETRY_AFTER_SECONDS


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "1e3", "٧", "Sun, 99 Mar 2026 09:00:00 GMT"])
def test_what_is_no_time_is_none(header: str) -> None:
    assert retry_after_seconds(header, NOON) is None


def answer(status: int, after: float | None = None) -> Answer:
    return Answer(status, None, "", 5.0, after)


@pytest.mark.parametrize(
    ("cause", "after", "seconds"),
    [
        (causes.TOO_MANY_REQUESTS, 7.0, 7.0),
        (causes.TOO_MANY_REQUESTS, 0.0, 0.0),
        (causes.QUOTA_USED_UP, None, 3_600.0),
        (causes.QUOTA_USED_UP, 60.0, 60.0),
        (causes.SPAM_LIMIT, None, 3_600.0),
        (causes.PROVIDER_TROUBLE, 30.0, 30.0),
        (causes.PROVIDER_TROUBLE, None, 0.0),
        (causes.PAIR_LIMIT, 6.0, 0.0),
        (causes.QUOTA_OF_CONTACTS, None, 0.0),
        (causes.BAD_REQUEST, 30.0, 0.0),
        (causes.ACCEPTED, 30.0, 0.0),
    ],
)
def test_what_is_about_the_number_pauses_the_number(cause, after, seconds) -> None:
    assert result_of(cause, answer(429, after)).pause_seconds == seconds


def test_too_many_without_a_time_is_some_seconds() -> None:
    assert 1 <= result_of(causes.TOO_MANY_REQUESTS, answer(429)).pause_seconds <= 10


def heard(until: datetime = NOON + 60 * SECOND, said_at: datetime = NOON) -> AskedPauses:
    pauses = AskedPauses()
    pauses.hear("c", until, said_at, "busy\nمشغول", NOON)
    return pauses


def test_it_holds_until_its_time_and_for_its_channel() -> None:
    pauses = heard()
    assert pauses.of("c", NOON + 59 * SECOND) is not None
    assert pauses.of("c", NOON + 60 * SECOND) is None
    assert pauses.of("d", NOON) is None


def test_the_same_request_heard_every_second_prolongs_nothing() -> None:
    pauses = heard()
    for n in range(1, 120):
        now = NOON + n * SECOND
        pauses.hear("c", now + 60 * SECOND, NOON, "busy\nمشغول", now)
    assert pauses.of("c", NOON + 61 * SECOND) is None


def test_a_new_request_prolongs_and_never_shortens() -> None:
    pauses = heard()
    pauses.hear("c", NOON + 90 * SECOND, NOON + SECOND, "busy", NOON + SECOND)
    assert pauses.of("c", NOON + 80 * SECOND) is not None
    pauses.hear("c", NOON + 10 * SECOND, NOON + 2 * SECOND, "busy", NOON + 2 * SECOND)
    assert pauses.of("c", NOON + 80 * SECOND) is not None


def test_a_clock_set_back_ends_it_and_does_not_lengthen_it() -> None:
    assert heard().of("c", NOON - timedelta(hours=1)) is None


def test_a_message_taken_by_a_later_call_proves_that_it_is_over_and_an_earlier_one_does_not() -> None:
    pauses = heard()
    pauses.note("c", SendResult(SendClass.ACCEPTED, latency_ms=5_000), NOON + 2 * SECOND)
    assert pauses.of("c", NOON + 2 * SECOND) is not None
    pauses.note("c", SendResult(SendClass.ACCEPTED, latency_ms=100), NOON + 3 * SECOND)
    assert pauses.of("c", NOON + 3 * SECOND) is None
    pauses.hear("c", NOON + 60 * SECOND, NOON, "busy", NOON + 4 * SECOND)
    assert pauses.of("c", NOON + 5 * SECOND) is None
