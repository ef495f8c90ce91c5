"""What is said to a contact who fell silent, and all that keeps it from being said."""

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta

import pytest

from bot.conversation import DraftKind, Status
from bot.follow_ups import follow_up
from bot.notebook import Log
from bot.silence import silent_since
from bot.tenants import DEFAULT_TENANT
from rules.policies.quiet_hours import QuietHours
from tests.house.running import RunningHouse
from tests.house.talk import Talk

STEP = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
FIRST = timedelta(hours=20)
"""When the first step is due, by the shipped cadence."""


def quiet_hours(house: RunningHouse) -> QuietHours:
    return house.inside.playbooks.policies_of(DEFAULT_TENANT).quiet_hours


async def comes_to(
    house: RunningHouse, is_good: Callable[[QuietHours, datetime], bool], *, days: float = 0
) -> None:
    """Let days pass, and then as much as it takes to a moment that is good for what a test is about."""
    quiet = quiet_hours(house)
    at = house.clock() + timedelta(days=days)
    for _ in range(24 * 60 * 12):
        if is_good(quiet, at):
            break
        at += timedelta(minutes=5)
    else:
        raise AssertionError("such a moment never comes")
    await house.moves(seconds=max(0.0, (at - house.clock()).total_seconds()))


def is_open_for(quiet: QuietHours, at: datetime, span: timedelta) -> bool:
    """Whether a whole span is open; it is looked at every five minutes."""
    steps = range(0, int(span / (5 * MINUTE)) + 1)
    return all(quiet.allows(at + n * 5 * MINUTE, "Riyadh") is None for n in steps)


async def falls_silent(talk: Talk, words: str = "مهتم بالخدمة") -> None:
    """Write at a time whose twentieth hour is open, and hear the answer."""
    await comes_to(talk.house, lambda quiet, at: is_open_for(quiet, at + FIRST, timedelta(minutes=90)))
    await talk.says(words)
    talk.heard_so_far()


async def waits(talk: Talk, **time: float) -> None:
    await talk.house.moves(**time)
    await talk.looks()


async def test_a_silent_contact_is_followed_up_once_sami_agrees(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    draft = talk.waits_for_a_human("hold.follow_up")
    await sami.approves(talk)

    assert draft.kind is DraftKind.FOLLOW_UP
    assert [reason.page for reason in draft.because] == ["open_question"]
    assert draft.due_at < draft.expires_at
    talk.hears("follow_up_first")


async def test_nobody_is_followed_up_before_the_time(talk):
    await falls_silent(talk)
    await waits(talk, hours=19, minutes=55)

    talk.is_quiet()


async def test_nothing_leaves_by_itself_even_when_everything_else_does(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    await waits(talk, hours=3)

    assert [draft.status for draft in talk.conversation.outbox if draft.kind is DraftKind.FOLLOW_UP] == [
        Status.HELD
    ]
    talk.hears_nothing()


@pytest.mark.parametrize("words", ["طيب", "👍", "كم السعر؟"])
async def test_any_word_of_the_contact_cancels_what_waits(talk, words):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    await talk.says(words)

    assert talk.conversation.draft(draft.id).status is Status.CANCELLED
    assert await talk.happened("follow_up_cancelled")


async def test_a_word_of_the_contact_that_no_webhook_brought_cancels_what_waits_too(talk):
    await talk.house.inside.trust.gaps.compare()
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    talk.house.fake.keeps(talk.provider, talk.writes("طيب"))
    await waits(talk, minutes=4)
    await talk.house.inside.trust.gaps.compare()
    await talk.looks()

    assert talk.conversation.draft(draft.id).status is Status.CANCELLED


async def test_an_approved_follow_up_is_not_sent_after_the_contact_wrote(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    await talk.posts(talk.writes("ليش ما رديتوا؟"))
    answer = await sami.taps_approve(draft)
    await talk.looks()

    assert answer.status_code == 409
    assert talk.conversation.draft(draft.id).status is Status.CANCELLED


async def test_a_step_is_never_taken_twice(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    await sami.rejects(*talk.held, reason="not_now")
    await falls_silent(talk, "مهتم")
    await waits(talk, hours=23)

    talk.is_quiet()
    assert list(talk.conversation.followed_up) == ["first"]


@pytest.mark.parametrize("seed", range(6))
async def test_no_clock_takes_a_step_twice_however_it_jumps(talk, seed):
    """Forwards by days, backwards by hours, and looked at by two workers who read the same."""
    await falls_silent(talk)
    chance, at, ids = random.Random(seed), talk.house.clock(), iter(range(1_000_000))
    playbook = talk.house.inside.playbooks.of(DEFAULT_TENANT)
    tenant = talk.house.inside.tenants[DEFAULT_TENANT]
    conversation, steps = talk.conversation, []
    for _ in range(300):
        at += timedelta(hours=chance.uniform(-30, 60) if chance.random() < 0.3 else chance.uniform(0, 3))
        copies = [deepcopy(conversation), conversation]  # the first worker's write is refused: it was read before
        for copy in copies:
            log = Log(at)
            follow_up(copy, playbook, tenant, lambda: f"draft{next(ids)}", log)
        steps += [facts["step"] for what, _, facts in log.entries if what.startswith(("draft_", "follow_up_not"))]
        for draft in conversation.outbox:
            if draft.status is Status.HELD and chance.random() < 0.5:
                draft.step(Status.REJECTED)

    assert steps, "nothing was ever due"
    assert len(steps) == len(set(steps))
    assert set(steps) == set(conversation.followed_up)


async def test_outside_the_service_window_the_reason_is_written_down_once_and_nothing_is_said(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    await sami.rejects(*talk.held)
    await comes_to(talk.house, lambda quiet, at: is_open_for(quiet, at, STEP), days=3)
    await talk.looks()
    await comes_to(talk.house, lambda quiet, at: is_open_for(quiet, at, STEP), days=5)
    await talk.looks()

    passed_over = [(facts["step"], facts["reason"]) for facts in await talk.happened("follow_up_not_possible")]
    assert passed_over == [("second", "window_closed"), ("third", "window_closed")]
    talk.is_quiet()
    assert talk.conversation.next_at is None


@pytest.mark.parametrize(
    "words",
    [
        "وقفوا الرسايل",
        "أبي أكلم موظف",
        "خدمتكم سيئة جدا وبشتكي عليكم",
        "غير مهتم",
        "شكرا",
    ],
)
async def test_who_wants_no_more_or_waits_for_us_is_left_alone(talk, words):
    await talk.says("مهتم بالخدمة")
    await falls_silent(talk, words)
    await waits(talk, hours=23)

    assert not [draft for draft in talk.conversation.outbox if draft.kind is DraftKind.FOLLOW_UP]


async def test_whom_a_human_answers_is_left_alone(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=19)
    await sami.takes_over(talk)
    await waits(talk, hours=2)

    assert not [draft for draft in talk.conversation.outbox if draft.kind is DraftKind.FOLLOW_UP]


async def test_a_follow_up_that_waits_dies_with_a_take_over(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    await sami.takes_over(talk)
    await talk.looks()

    assert talk.conversation.draft(draft.id).status is Status.CANCELLED


async def test_a_follow_up_that_waits_dies_with_a_step_of_the_deal(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    answer = await sami.reports(talk, "booking_confirmed")
    await talk.looks()

    assert answer.status_code == 200
    assert talk.conversation.draft(draft.id).note == "deal_moved_on"
    talk.is_quiet()


async def test_in_quiet_hours_nobody_is_asked_until_they_end(talk):
    def due_while_quiet(quiet: QuietHours, at: datetime) -> bool:
        found = quiet.allows(at + FIRST + MINUTE, "Riyadh")
        return found is not None and found.until < at + FIRST + timedelta(hours=2)

    await comes_to(talk.house, due_while_quiet)
    await talk.says("مهتم بالخدمة")
    talk.heard_so_far()
    await waits(talk, hours=20, minutes=1)
    talk.is_quiet()

    ends = quiet_hours(talk.house).allows(talk.house.clock(), "Riyadh").until
    await waits(talk, seconds=(ends - talk.house.clock()).total_seconds() + 1)

    talk.waits_for_a_human("hold.follow_up")


async def test_an_approved_follow_up_that_meets_quiet_hours_waits_and_is_not_lost(talk, sami):
    def soon_quiet(quiet: QuietHours, at: datetime) -> bool:
        found = quiet.allows(at + FIRST + timedelta(minutes=20), "Riyadh")
        is_short = found is not None and found.until < at + FIRST + timedelta(hours=2)
        return is_short and is_open_for(quiet, at + FIRST, timedelta(minutes=10))

    await comes_to(talk.house, soon_quiet)
    await talk.says("مهتم بالخدمة")
    talk.heard_so_far()
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    await talk.house.moves(minutes=19)
    await sami.approves(talk)

    (queued,) = talk.drafts(Status.QUEUED)
    ends = quiet_hours(talk.house).allows(talk.house.clock(), "Riyadh").until
    assert (queued.id, queued.note) == (draft.id, "quiet_hours")
    assert abs(queued.retry_at - ends) < timedelta(seconds=1)
    talk.hears_nothing()

    await waits(talk, seconds=(ends - talk.house.clock()).total_seconds() + 1)

    talk.hears("follow_up_first")
    assert talk.conversation.draft(draft.id).note == ""


async def test_a_follow_up_waits_with_a_card_that_says_what_it_is(talk, sami):
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held

    (card,) = [card for card in await sami.queue() if card["draft_id"] == draft.id]
    assert "hold.follow_up" in card["hold_reasons"]


async def test_a_follow_up_whose_arrival_sami_saw_counts_like_any_other(new_talk, house, sami):
    talk = new_talk("fonnte")
    await falls_silent(talk)
    answered_at = talk.conversation.recent[-1].at
    await waits(talk, hours=20, minutes=1)
    house.fake.script("fonnte", "cut_reply", times=1)
    await sami.approves(talk)
    (draft,) = talk.drafts(Status.UNKNOWN)
    await sami.says_it_arrived(draft)
    await talk.looks()

    assert len(talk.conversation.unrequested) == 1
    assert silent_since(talk.conversation) == answered_at
