"""What is said to a contact who fell silent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.policies import Policies
from rules.policies.follow_ups import FollowUps
from rules.vocabulary import STAGES
from tests.rules.policies.conftest import over_the_book, reads

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHIPPED: FollowUps = over_the_book().policies.follow_ups


def test_the_first_step_comes_after_its_time(shipped: Policies) -> None:
    step = shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE)

    assert step is not None
    assert (step.step, step.say, step.due_at) == ("first", "follow_up_first", SINCE + 20 * HOUR)


def test_a_step_is_taken_once_ever(shipped: Policies) -> None:
    follow_ups = shipped.follow_ups

    second = follow_ups.next_step("qualifying", ("first",), SINCE, SINCE)
    none = follow_ups.next_step("qualifying", ("first", "second", "third"), SINCE, SINCE)

    assert second is not None
    assert (second.step, second.due_at) == ("second", SINCE + 3 * DAY)
    assert none is None


def test_a_step_keeps_its_distance_from_the_last_message(shipped: Policies) -> None:
    late = SINCE + 3 * DAY - HOUR

    step = shipped.follow_ups.next_step("qualifying", ("first",), SINCE, late)

    assert step is not None
    assert step.due_at == late + 20 * HOUR


@pytest.mark.parametrize("stage", ["negotiating", "payment_requested", "closed_won", "closed_lost", "opted_out"])
def test_stages_that_no_cadence_names_are_left_alone(shipped: Policies, stage: str) -> None:
    assert shipped.follow_ups.next_step(stage, (), SINCE, SINCE) is None


def test_three_messages_in_thirty_days_are_enough(shipped: Policies) -> None:
    recent = [SINCE - n * DAY for n in (2, 9, 20)]
    old = [SINCE - n * DAY for n in (2, 9, 40)]

    assert shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE, unrequested=recent) is None
    assert shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE, unrequested=old) is not None


def test_three_in_a_row_are_enough(shipped: Policies) -> None:
    assert shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE, in_a_row=3) is None
    assert shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE, in_a_row=2) is not None


def test_nothing_follows_a_goodbye(shipped: Policies) -> None:
    def follows(after: str) -> bool:
        return shipped.follow_ups.next_step("qualifying", (), SINCE, SINCE, after=after) is not None

    assert follows("interest_then_first_question")
    assert follows("")
    assert not follows("not_interested_goodbye")
    assert not follows("colleague_will_answer")


def test_a_book_without_the_policy_follows_up_on_nobody() -> None:
    assert reads().policies.follow_ups.next_step("qualifying", (), SINCE, SINCE) is None


@given(
    stage=st.sampled_from(STAGES),
    done=st.sets(st.sampled_from(["first", "second", "third", "proposal_first", "proposal_last", "later"])),
    silent=st.integers(0, 20_000),
    said=st.integers(0, 20_000),
)
def test_a_step_is_new_not_too_early_and_never_of_a_closed_deal(
    stage: str, done: set[str], silent: int, said: int
) -> None:
    since = SINCE + timedelta(minutes=silent)
    last = since + timedelta(minutes=said)

    step = SHIPPED.next_step(stage, done, since, last)

    if step is not None:
        assert step.step not in done
        assert step.due_at >= since + 20 * HOUR
        assert step.due_at >= last + 20 * HOUR
        assert stage not in ("closed_won", "closed_lost", "opted_out")


CADENCE = """
cadences:
  ours:
    title: Ours
    stages: [qualifying]
    steps:
      - {id: one, after: 1 day, say: follow_up_first}
      - {id: two, after: 4 days, say: follow_up_third}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("after: 4 days", "after: 10 days", "longer than 7 days"),
        ("after: 4 days", "after: 25 hours", 'follows "one" sooner than 20 hours'),
        ("after: 1 day", "after: 2 hours", "sooner than 20 hours after our answer"),
        ("say: follow_up_third", "say: follow_up_thrid", 'Did you mean "follow_up_third"?'),
        ("say: follow_up_third", "say: greeting_short", "unknown say"),
        ("stages: [qualifying]", "stages: [closed_won]", "unknown stages"),
        ("stages: [qualifying]", "stages: []", "empty list"),
        ("id: two", "id: one", 'the step "one" is also in'),
    ],
)
def test_a_mistake_is_named(old: str, new: str, words: str) -> None:
    reads(follow_ups=CADENCE.replace(old, new)).problem_with(words)


def test_a_cadence_has_three_steps_at_most() -> None:
    more = "".join(f"      - {{id: s{n}, after: {n} days, say: follow_up_first}}\n" for n in (5, 6, 7))

    reads(follow_ups=CADENCE + more).problem_with("at most 3 steps, not 5")


def test_an_unknown_wording_after_which_nothing_follows_is_named() -> None:
    reads(follow_ups="not_after: [thank_reply]").problem_with('Did you mean "thanks_reply"?')


def test_a_stage_has_one_cadence() -> None:
    other = (
        CADENCE.replace("cadences:\n", "").replace("ours", "theirs").replace("one", "uno").replace("two", "due")
    )

    reads(follow_ups=CADENCE + other).problem_with('"qualifying" has the cadence "ours" already')


def test_a_tenant_replaces_a_cadence_and_lowers_the_caps() -> None:
    own = "caps: {in_a_row: 1}\n" + CADENCE.replace("ours", "open_question")

    found = over_the_book(follow_ups=own)

    assert found.problems == ()
    step = found.policies.follow_ups.next_step("qualifying", (), SINCE, SINCE)
    assert step is not None
    assert (step.step, step.due_at) == ("one", SINCE + DAY)
    assert found.policies.follow_ups.next_step("qualifying", (), SINCE, SINCE, in_a_row=1) is None


@pytest.mark.parametrize("cap", ["in_a_row: 4", "messages_in_30_days: 5", "silence_ends_after: 14 days"])
def test_nobody_raises_a_cap(cap: str) -> None:
    assert len(over_the_book(follow_ups=f"caps: {{{cap}}}").problems) == 1
    assert len(reads(follow_ups=f"caps: {{{cap}}}").problems) == 1
