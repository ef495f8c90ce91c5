"""A provider that takes messages and delivers none, a channel on which nobody writes, and no false alarm."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import LogEntry, Status
from bot.gaps import quiet, unheard
from bot.gaps.watch import Accepted
from bot.store import TimelineEntry
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Talk
from tests.house.running import RunningHouse
from tests.laws.test_gaps import alerts, channel

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(new_house) -> RunningHouse:
    """A house with a past of its own: channels are judged by what they did before."""
    return await new_house()


async def is_answered(talk: Talk, *, with_receipt: bool) -> None:
    """The contact writes and is answered; the provider reports on that, or does not."""
    await talk.says("كم السعر؟")
    draft = talk.drafts(Status.ACCEPTED)[-1]
    if with_receipt:
        await is_reported(talk, draft)


async def is_reported(talk: Talk, draft, status: str = "delivered") -> None:
    await talk.sends(
        bodies.receipt(
            draft.last_channel,
            status,
            provider_message_id=draft.provider_message_ids[0],
            phone=talk.phone,
            at=talk.house.clock(),
            reference=draft.id,
        ),
        via=draft.last_channel,
    )


async def listens(house: RunningHouse, **later: float) -> None:
    await house.moves(**later)
    await house.inside.relay.flush()
    await house.inside.trust.gaps.listen()


async def has_a_habit(house: RunningHouse, provider: str, times: int = 3) -> None:
    for _ in range(times):
        await is_answered(Talk(house, provider), with_receipt=True)
    await listens(house, minutes=5)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_provider_that_takes_and_never_delivers_is_noticed_within_two_minutes(fresh, provider):
    await has_a_habit(fresh, provider)
    began, talks = fresh.clock(), [Talk(fresh, provider) for _ in range(3)]
    for talk in talks:
        await is_answered(talk, with_receipt=False)
        await listens(fresh, seconds=20)
    assert (await channel(fresh, provider))["receipts"] == "seen"
    await listens(fresh, seconds=30)

    told = await channel(fresh, provider)
    assert fresh.clock() - began < timedelta(minutes=2)
    assert (told["receipts"], told["state"]) == ("silent", "silent")
    assert "reports nothing" in told["detail_en"]
    assert told["silent_since"] is not None
    (alert,) = await alerts(fresh, "channel_silent")
    assert alert.about == provider
    assert set(alert.audience) == {"admin", "approver"}
    health = (await fresh.http.get("/os/whatsapp-providers", headers=fresh.token("admin"))).json()
    assert [one["state"] for one in health["details"] if one["channel"] == provider] == ["silent"]
    assert [len(talk.arrived) for talk in talks] == [1, 1, 1], "what was taken is never sent again"

    await is_reported(talks[1], talks[1].drafts(Status.ACCEPTED)[0])
    await listens(fresh, seconds=1)

    told = await channel(fresh, provider)
    assert (told["receipts"], told["state"], told["silent_since"]) == ("seen", "ok", None)
    assert len(await alerts(fresh, "channel_heard_again")) == 1
    assert [len(talk.arrived) for talk in talks] == [1, 1, 1]
    await listens(fresh, minutes=3)
    assert (await channel(fresh, provider))["receipts"] == "seen", (
        "it is not called silent again for the same messages"
    )


async def test_two_contacts_are_enough_where_nothing_else_was_taken_for_two_minutes(fresh):
    await has_a_habit(fresh, "green_api")
    for _ in range(2):
        await is_answered(Talk(fresh), with_receipt=False)
    await listens(fresh, seconds=60)

    assert (await channel(fresh, "green_api"))["receipts"] == "silent"


async def test_new_contacts_are_written_to_through_another_number_and_known_ones_are_not(fresh):
    await has_a_habit(fresh, "green_api")
    known = Talk(fresh)
    await is_answered(known, with_receipt=True)
    await listens(fresh, minutes=3)
    for _ in range(3):
        await is_answered(Talk(fresh), with_receipt=False)
    await listens(fresh, seconds=60)
    stranger = Talk(fresh)
    await stranger.says("كم السعر؟")
    await known.says("كم السعر؟")

    assert [entry.provider for entry in stranger.arrived] == ["ultramsg"]
    assert {entry.provider for entry in known.arrived} == {"green_api"}


async def test_where_the_number_may_not_change_nobody_is_written_to_from_another(new_house):
    house = await new_house(DEALIX_MAY_CHANGE_NUMBER=False)
    await has_a_habit(house, "green_api")
    for _ in range(3):
        await is_answered(Talk(house), with_receipt=False)
    await listens(house, seconds=60)
    stranger = Talk(house)
    await stranger.says("كم السعر؟")

    assert (await channel(house, "green_api"))["receipts"] == "silent"
    assert [entry.provider for entry in stranger.arrived] == ["green_api"]


async def test_a_channel_that_never_reported_anything_is_not_silent_but_never_seen(fresh):
    for _ in range(5):
        await is_answered(Talk(fresh, "fonnte"), with_receipt=False)
    await listens(fresh, seconds=90)
    await listens(fresh, minutes=10)

    told = await channel(fresh, "fonnte")
    assert (told["receipts"], told["silent_since"]) == ("never seen", None)
    assert told["last_accepted_at"] is not None
    assert await alerts(fresh, "channel_silent") == []


async def test_an_ordinary_day_and_a_day_without_messages_raise_no_alarm(fresh):
    await listens(fresh, seconds=1)
    for number in range(24):
        talk = Talk(fresh)
        # Every sixth contact has no phone at hand for hours.
        await is_answered(talk, with_receipt=number % 6 != 5)
        await listens(fresh, minutes=7)
    for _ in range(12):
        await listens(fresh, hours=1)

    assert await alerts(fresh, "channel_silent") == []
    assert (await channel(fresh, "green_api"))["receipts"] == "seen"


async def test_many_messages_to_one_contact_without_a_phone_are_no_silence(fresh):
    await has_a_habit(fresh, "green_api")
    talk = Talk(fresh)
    for _ in range(4):
        await talk.says("كم السعر؟")
    await listens(fresh, seconds=90)

    assert (await channel(fresh, "green_api"))["receipts"] == "seen"


# Nobody writes


async def wrote(house: RunningHouse, at: datetime, how_many: int) -> None:
    """That contacts wrote in the past, as the history of the service has it."""
    entries = [
        LogEntry(
            f"past:{at.timestamp()}:{n}",
            "message_received",
            at + timedelta(seconds=n),
            "",
            {"channel": "green_api"},
        )
        for n in range(how_many)
    ]
    await house.inside.store.timeline.add([TimelineEntry(DEFAULT_TENANT, "past", entry) for entry in entries])


async def test_a_channel_that_is_never_quiet_at_this_hour_is_missed_within_fifteen_minutes(fresh):
    gaps, silence_begins = fresh.inside.trust.gaps, fresh.clock()
    await gaps.notice_quiet()
    told = (await channel(fresh, "green_api"))["inbound"]
    for week in (1, 2, 3):
        await wrote(fresh, silence_begins - week * quiet.WEEK + timedelta(minutes=2), 12)
    await wrote(fresh, silence_begins - timedelta(seconds=30), 5)
    await fresh.moves(minutes=10)
    await gaps.notice_quiet()
    early = await alerts(fresh, "channel_quiet")
    await fresh.moves(minutes=4)
    await gaps.notice_quiet()
    await gaps.notice_quiet()

    assert (told, early) == ("no data", [])
    (alert,) = await alerts(fresh, "channel_quiet")
    assert "12, 12, 12" in alert.detail
    assert (await channel(fresh, "green_api"))["inbound"] == "quiet"

    await Talk(fresh).says("السلام عليكم")
    await fresh.inside.relay.flush()
    await gaps.notice_quiet()

    assert (await channel(fresh, "green_api"))["inbound"] == "ok"


async def test_a_channel_is_not_missed_where_one_of_the_weeks_was_quiet_too(fresh):
    gaps, silence_begins = fresh.inside.trust.gaps, fresh.clock()
    await gaps.notice_quiet()
    for week in (1, 2):
        await wrote(fresh, silence_begins - week * quiet.WEEK + timedelta(minutes=2), 30)
    await wrote(fresh, silence_begins - 5 * quiet.WEEK, 30)
    await fresh.moves(minutes=14)
    await gaps.notice_quiet()

    assert await alerts(fresh, "channel_quiet") == []
    assert (await channel(fresh, "green_api"))["inbound"] == "not expected"


# The judgement itself


def sends_at(*ages: float, contacts: int = 1_000) -> list[Accepted]:
    """Sends by their age in seconds, newest first, to so many different contacts."""
    ordered = sorted(ages)
    return [Accepted(f"d{n}", f"c{n % contacts}", NOW - timedelta(seconds=age)) for n, age in enumerate(ordered)]


ages = st.lists(st.floats(0, 1_500), max_size=40)


@given(ages=ages, delays=st.lists(st.floats(0, 40), min_size=40, max_size=40))
def test_a_channel_that_reports_everything_within_seconds_never_has_a_run(ages, delays):
    sends = sends_at(*ages)
    heard = {
        send.draft_id: send.at + timedelta(seconds=delay)
        for send, delay in zip(sends, delays, strict=False)
        if send.at + timedelta(seconds=delay) <= NOW
    }

    run = unheard.run_of(sends, heard, NOW)

    assert run is None or not unheard.is_silent(run, sends_at(*range(2_000, 2_050)), {})


@given(ages=st.lists(st.floats(46, 1_500), min_size=3, max_size=40, unique=True))
def test_a_channel_with_a_perfect_habit_that_reports_nothing_of_three_contacts_is_silent(ages):
    habit = sends_at(*range(2_000, 2_050))
    run = unheard.run_of(sends_at(*ages), {}, NOW)

    assert run is not None
    assert unheard.is_silent(run, habit, {send.draft_id: send.at + timedelta(seconds=2) for send in habit})


@given(ages=ages, contacts=st.integers(1, 2), before=st.floats(1, 100))
def test_two_contacts_are_never_enough_while_others_hear_from_us(ages, contacts, before):
    sends = [*sends_at(*(46 + age / 50 for age in ages), contacts=contacts)]
    heard_of = Accepted("heard", "somebody", min([s.at for s in sends], default=NOW) - timedelta(seconds=before))
    run = unheard.run_of([*sends, heard_of], {"heard": heard_of.at}, NOW)

    if run is not None and run.sends[-1].at - heard_of.at <= unheard.TOGETHER:
        assert not run.is_long_enough


@given(misses=st.integers(1, 50), run_of=st.integers(3, 6))
def test_the_more_a_channel_misses_anyway_the_longer_the_run_must_be(misses, run_of):
    habit = sends_at(*range(2_000, 2_050))
    heard = {send.draft_id: send.at + timedelta(seconds=2) for send in habit[misses:]}
    run = unheard.run_of(sends_at(*range(50, 50 + run_of)), {}, NOW)

    assert unheard.is_silent(run, habit, heard) == (misses < 50 and (misses / 50) ** run_of <= 1e-4)


def test_a_provider_that_works_through_a_queue_is_slow_and_not_silent():
    burst = sends_at(*(100 + n / 10 for n in range(20)))
    heard = {send.draft_id: NOW - timedelta(seconds=15 * n) for n, send in enumerate(reversed(burst[-7:]))}

    assert unheard.run_of(burst, heard, NOW) is None


@given(st.lists(st.integers(0, 40), max_size=4))
def test_nothing_is_expected_before_three_weeks_of_traffic(counts):
    expected = len(counts) == 3 and min(counts) >= 4 and sum(counts) >= 24
    assert quiet.is_expected(counts) == expected
