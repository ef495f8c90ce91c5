"""How long drafts may wait."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.policies import Policies
from rules.policies.deadlines import KINDS, WorkingHours
from tests.rules.policies.conftest import over_the_book, reads

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RIYADH = ZoneInfo("Asia/Riyadh")


@pytest.mark.parametrize(
    ("kind", "warn", "due"),
    [
        ("reply", 15 * MINUTE, 60 * MINUTE),
        ("proposal", 4 * HOUR, 24 * HOUR),
        ("discount", 4 * HOUR, 24 * HOUR),
        ("data_sharing", 4 * HOUR, 12 * HOUR),
        ("follow_up", HOUR, 3 * HOUR),
        ("something_else", 15 * MINUTE, 60 * MINUTE),
    ],
)
def test_each_kind_has_its_own_deadlines(shipped: Policies, kind: str, warn: timedelta, due: timedelta) -> None:
    times = shipped.deadlines.of(kind, AT, AT + 20 * HOUR)

    assert (times.warn_at - AT, times.due_at - AT) == (warn, due)


def test_a_reply_expires_with_the_service_window(shipped: Policies) -> None:
    assert shipped.deadlines.of("reply", AT, AT + 5 * HOUR).expires_at == AT + 5 * HOUR
    assert shipped.deadlines.of("reply", AT, AT + 90 * HOUR).expires_at == AT + 24 * HOUR
    assert shipped.deadlines.of("reply", AT, AT - HOUR).expires_at == AT + 24 * HOUR
    assert shipped.deadlines.of("reply", AT, None).expires_at == AT + 24 * HOUR


def test_a_proposal_outlives_the_service_window(shipped: Policies) -> None:
    assert shipped.deadlines.of("proposal", AT, AT + HOUR).expires_at == AT + 72 * HOUR


def test_a_book_without_the_policy_has_the_same_deadlines(shipped: Policies) -> None:
    bare = reads().policies.deadlines

    assert [bare.of(kind, AT, AT + HOUR) for kind in KINDS] == [
        shipped.deadlines.of(kind, AT, AT + HOUR) for kind in KINDS
    ]


moments = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC))
SHIPPED = over_the_book().policies.deadlines


@given(kind=st.sampled_from(KINDS), at=moments, window=st.integers(-2000, 2000))
def test_warn_due_and_expiry_come_in_order(kind: str, at: datetime, window: int) -> None:
    ends = at + timedelta(minutes=window)

    times = SHIPPED.of(kind, at, ends)

    assert at <= times.warn_at <= times.due_at <= times.expires_at
    if kind in ("reply", "follow_up") and ends > at:
        assert times.expires_at <= ends


# Working hours

WORKING = """
kinds:
  proposal: {warn_after: 4 hours, due_after: 12 hours, expire_after: 3 days, clock: working_hours}
"""


def test_a_working_clock_skips_nights_and_weekends() -> None:
    deadlines = over_the_book(approval_deadlines=WORKING).policies.deadlines
    thursday = datetime(2026, 11, 26, 16, tzinfo=RIYADH)

    times = deadlines.of("proposal", thursday, None)

    assert times.warn_at == datetime(2026, 11, 29, 11, tzinfo=RIYADH)
    assert times.due_at == datetime(2026, 11, 30, 10, tzinfo=RIYADH)


@given(at=moments, minutes=st.integers(1, 5000), more=st.integers(0, 500))
def test_working_time_never_runs_backwards_and_stops_inside_working_hours(
    at: datetime, minutes: int, more: int
) -> None:
    hours = WorkingHours()

    ends = hours.after(at, timedelta(minutes=minutes))
    local = ends.astimezone(RIYADH)

    assert ends >= at + timedelta(minutes=minutes)
    assert hours.after(at, timedelta(minutes=minutes + more)) >= ends
    assert local.strftime("%A").lower() in hours.days
    assert hours.start <= local.time() <= hours.end


# The file


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("reply: {warn_after: 15, due_after: 1 hour, expire_after: 1 day}", "is not a span of time"),
        ("reply: {warn_after: 2 hours, due_after: 1 hour, expire_after: 1 day}", "must come in this order"),
        ("reply: {warn_after: 1 hour, due_after: 2 hours}", 'lacks "expire_after"'),
        ("replies: {warn_after: 1 hour, due_after: 2 hours, expire_after: 1 day}", "there is no kind of draft"),
        ("proposal: {warn_after: 1 hour, due_after: 2 hours, expire_after: 90 days}", "longer than 30 days"),
        (
            "reply: {warn_after: 1 hour, due_after: 2 hours, expire_after: 1 day, expires_with_window: false}",
            "cannot leave after the service window",
        ),
        (
            "proposal: {warn_after: 1 hour, due_after: 2 hours, expire_after: 1 day, clock: business}",
            "unknown clock",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(entry: str, words: str) -> None:
    found = reads(approval_deadlines=f"kinds:\n  {entry}\n")

    assert found.problem_with(words).line == 2


def test_working_hours_that_end_before_they_begin_are_refused() -> None:
    reads(approval_deadlines='working_hours: {from: "18:00", until: "09:00"}').problem_with("before they begin")


def test_a_tenant_replaces_the_deadlines_of_one_kind() -> None:
    own = "kinds:\n  reply: {warn_after: 5 minutes, due_after: 20 minutes, expire_after: 8 hours}\n"

    deadlines = over_the_book(approval_deadlines=own).policies.deadlines

    assert deadlines.of("reply", AT, AT + 20 * HOUR).due_at == AT + 20 * MINUTE
    assert deadlines.of("proposal", AT, None).due_at == AT + 24 * HOUR
