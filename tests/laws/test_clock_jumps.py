"""
A machine's clock that is set an hour ahead or back does no harm: nothing happens twice, and nothing is lost.

Every timer is a due time in the database. Each test lets one fire while the clock is wrong, sets it right, lets
the same moment pass again, and counts what people saw.
"""

import asyncio
from datetime import timedelta

import pytest

from bot.conversation import DraftKind, Status
from bot.people import Human
from bot.runs.flow import Flow, Next, Step, Turn, done, sleep_until
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk
from tests.house.running import RunningHouse
from tests.house.sami import Sami
from tests.laws.test_follow_ups import falls_silent

HOUR = timedelta(hours=1)
SAMI = Human("api:sami", "Sami")


async def goes_wrong_and_right_again(house: RunningHouse, talk: Talk, jump: timedelta) -> None:
    """The clock jumps, everything due then happens, and it is set right again; then the hour passes truly."""
    for by in (jump, -jump):
        house.clock.jumps(by)
        await looks(house, talk)
    house.clock.moves(HOUR)
    await looks(house, talk)


async def looks(house: RunningHouse, talk: Talk) -> None:
    house.inside.bell.ring(DEFAULT_TENANT, talk.conversation.id)
    await house.settles()
    await talk.looks()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_reminders_and_the_end_of_a_snooze_are_told_once(house, jump):
    talk, sami = Talk(house), Sami(house)
    await talk.says("كم السعر؟ أحتاج عقدا")
    await talk.says("حولت المبلغ")
    draft = talk.held[0]
    await sami.snoozes(draft, minutes=15)

    await goes_wrong_and_right_again(house, talk, jump)

    ended = [e for e in await talk.happened("snooze_ended") if e["draft"] == draft.id]
    reminded = [e["level"] for e in await talk.happened("draft_waits_too_long") if e["draft"] == draft.id]
    assert len(ended) == 1
    assert reminded == sorted(set(reminded)), "each level once"
    assert talk.held[0].snoozed_until is None


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_draft_expires_once_and_is_never_sent_after_it(house, jump):
    talk, sami = Talk(house), Sami(house)
    await talk.says("حولت المبلغ")
    draft = talk.held[0]
    await house.moves(seconds=(draft.expires_at - house.clock() - HOUR / 2).total_seconds())

    await goes_wrong_and_right_again(house, talk, jump)

    expired = [e for e in await talk.happened("draft_expired") if e["draft"] == draft.id]
    assert len(expired) == 1
    refused = await sami.taps_approve(draft)
    assert refused.status_code in (404, 409)
    talk.hears_nothing()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_silent_contact_is_followed_up_once(house, jump):
    talk = Talk(house)
    await falls_silent(talk)
    await house.moves(hours=19.5)

    await goes_wrong_and_right_again(house, talk, jump)

    follow_ups = [d for d in talk.conversation.outbox if d.kind is DraftKind.FOLLOW_UP]
    assert [d.status for d in follow_ups] == [Status.HELD]
    talk.hears_nothing()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_each_level_of_an_approval_is_told_once_and_its_end_too(house, jump):
    authority = house.inside.trust.authority
    asked = await authority.centre.ask(
        DEFAULT_TENANT,
        kind="data_sharing",
        action="share_data",
        resource=f"thing:{jump}",
        content_sha256="0" * 64,
        recipient="",
        title_en="Share",
        title_ar="مشاركة",
        summary_en="s",
        summary_ar="س",
        requested_by=SAMI,
        correlation_id="c-1",
    )
    for at in (asked.warn_at, asked.due_at, asked.escalate_at, asked.expires_at):
        house.clock.jumps(at - house.clock() - HOUR / 2)
        for by in (jump, -jump, HOUR):
            house.clock.jumps(by)
            await asyncio.gather(*(authority.escalation.look_at(DEFAULT_TENANT) for _ in range(2)))

    told = [a for a in await house.inside.trust.alerts.latest(DEFAULT_TENANT) if a.about == asked.id]
    assert sorted(a.level for a in told if a.kind == "approval_escalated") == [1, 2, 3]
    assert [a.kind for a in told].count("approval_expired") == 1


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_run_that_sleeps_wakes_once_in_a_running_house(house, jump):
    woken = []

    async def rest(turn: Turn) -> Next:
        return sleep_until(turn.now + HOUR / 2)

    async def wake(turn: Turn) -> Next:
        woken.append(turn.dedupe_key)
        return done()

    runs, engine = house.inside.trust.runs, house.inside.trust.runs_room.engine
    name = "sleeps_ahead" if jump > timedelta(0) else "sleeps_back"
    runs.register(Flow(name, 1, (Step("rest", rest), Step("wake", wake))))
    run = await runs.start_run(DEFAULT_TENANT, name, state={}, by=SAMI)
    await ends(house, run.id, "rest")
    for by in (jump, -jump, HOUR):
        house.clock.jumps(by)
        await engine.carry_on(DEFAULT_TENANT, run.id)

    assert woken == [f"{run.id}:wake"]
    assert (await runs.get(DEFAULT_TENANT, run.id)).run.status.value == "completed"


async def ends(house: RunningHouse, run_id: str, step: str) -> None:
    """Until the house itself has done a step of a run."""
    for _ in range(2_000):
        if step in (await house.inside.trust.runs.get(DEFAULT_TENANT, run_id)).run.done:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{step} was never done")


async def test_a_deal_that_is_won_while_the_clock_is_wrong_is_found_at_once(house):
    """The look back must not begin in a future that the clock has come back from."""
    won = house.inside.trust.evidence.won_deals
    house.clock.jumps(HOUR)
    await won.look(DEFAULT_TENANT)
    house.clock.jumps(-HOUR)
    talk, sami = Talk(house), Sami(house)
    await talk.says("السلام عليكم")
    await talk.goes_to("closed_won", sami)
    await house.inside.relay.flush()

    await won.look(DEFAULT_TENANT)

    assert await won.of(DEFAULT_TENANT, talk.conversation.id) is not None
