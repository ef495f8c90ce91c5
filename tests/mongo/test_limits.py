"""What is counted over all processes: exactly the limit, whoever asks at once, and nothing lost by a death."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.departures.limit_terms import LimitTerms, Rate
from bot.departures.limits import UNASKED_FOR, Allowed, Limits, Spent
from bot.departures.pacing import Pacer
from bot.departures.pauses import ChannelPauses, Pause
from bot.departures.slices import Ask, Slice, Window, give
from bot.errors import NotFound
from bot.events import SendClass
from bot.ports import SendResult
from bot.tenant import Tenant

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TENANTS = {name: Tenant(name, name) for name in ("first", "second")}
PROCESSES = 5


@pytest.fixture
async def stores(store: MongoStore, door, mongo_uri: str):
    """The same database as several processes see it."""
    async with AsyncExitStack() as stack:
        others = []
        for _ in range(PROCESSES - 1):
            other = MongoStore(open_door(mongo_uri, door._database.name))
            stack.push_async_callback(other.close)
            others.append(other)
        yield [store, *others]


def limits_of(store: MongoStore, now=lambda: NOON) -> Limits:
    return Limits(store.limits, TENANTS, {}, lambda _: (1, 3), now)


async def test_of_fifty_that_leave_at_once_from_five_processes_exactly_fifteen_do(stores) -> None:
    rooms = [limits_of(store) for store in stores]
    answers = await asyncio.gather(
        *(rooms[n % PROCESSES].reserve("first", UNASKED_FOR, f"draft{n}", NOON) for n in range(50))
    )
    assert sum(isinstance(answer, Allowed) for answer in answers) == 15
    # Midnight in Riyadh.
    assert {a.until for a in answers if isinstance(a, Spent)} == {datetime(2026, 3, 1, 21, 0, tzinfo=UTC)}
    assert isinstance(await rooms[0].reserve("second", UNASKED_FOR, "draft0", NOON), Allowed)
    (budget,) = (await rooms[1].view("first")).budgets
    assert (budget.used, budget.left, budget.limit) == (15, 0, 15)


async def test_the_same_message_counts_once_however_often_it_is_tried(stores) -> None:
    rooms = [limits_of(store) for store in stores]
    tried = [rooms[n % PROCESSES].reserve("first", UNASKED_FOR, "the one", NOON) for n in range(40)]
    assert all(isinstance(answer, Allowed) for answer in await asyncio.gather(*tried))
    (budget,) = (await rooms[0].view("first")).budgets
    assert budget.used == 1


async def test_what_was_given_back_can_be_taken_by_another_and_only_once(stores) -> None:
    rooms = [limits_of(store) for store in stores]
    for n in range(15):
        await rooms[0].reserve("first", UNASKED_FOR, f"draft{n}", NOON)
    back = await asyncio.gather(*(room.give_back("first", UNASKED_FOR, "draft3", NOON) for room in rooms))
    assert sorted(back) == [False] * (PROCESSES - 1) + [True]
    answers = await asyncio.gather(
        *(room.reserve("first", UNASKED_FOR, f"new{n}", NOON) for n, room in enumerate(rooms))
    )
    assert sum(isinstance(answer, Allowed) for answer in answers) == 1


async def test_a_new_day_in_riyadh_is_a_new_day(stores) -> None:
    room = limits_of(stores[0])
    evening = datetime(2026, 3, 1, 20, 59, tzinfo=UTC)
    for n in range(15):
        await room.reserve("first", UNASKED_FOR, f"draft{n}", evening)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "late", evening), Spent)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "late", evening + timedelta(minutes=1)), Allowed)


async def test_several_places_are_taken_together_or_not_at_all(stores) -> None:
    room = limits_of(stores[0])
    assert isinstance(await room.reserve("first", UNASKED_FOR, "bulk", NOON, 14), Allowed)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "two", NOON, 2), Spent)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "one", NOON, 1), Allowed)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "large", NOON, 16), Spent)
    with pytest.raises(ValueError, match="0 places"):
        await room.reserve("first", UNASKED_FOR, "none", NOON, 0)
    with pytest.raises(NotFound):
        await room.reserve("first", "no such budget", "one", NOON)
    with pytest.raises(NotFound):
        await room.reserve("nobody", UNASKED_FOR, "one", NOON)


async def test_a_tenant_that_may_send_none_sends_none(store) -> None:
    tenants = {"first": Tenant("first", "first", limits=LimitTerms(unasked_for_a_day=0))}
    room = Limits(store.limits, tenants, {}, lambda _: (1, 3), lambda: NOON)
    assert isinstance(await room.reserve("first", UNASKED_FOR, "one", NOON), Spent)


TURNS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 2), st.integers(1, 9), st.integers(0, 900), st.integers(0, 9)),
    min_size=1,
    max_size=12,
)
_names = count()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=TURNS)
async def test_the_database_shares_a_rate_exactly_as_the_arithmetic_says(store, turns) -> None:
    windows = (Window(1_000, 6), Window(5_000, 14))
    rows, name = store.limits, f"c{next(_names)}"
    now, slices, held = 1_000_000, (), {}
    for number, (later, who, want, hold, uses) in enumerate(turns):
        now += later
        ask = Ask(f"s{number}", want, now, hold, held.pop(who, None))
        expected = give(slices, windows, ask)
        assert await rows.give("first", name, windows, ask) == expected
        slices = expected.slices
        if expected.n:
            held[who] = Slice(ask.id, min(uses, expected.n), now)


async def test_fifty_contacts_at_five_processes_get_exactly_the_second_of_the_number(stores) -> None:
    numbers = count()
    pacers = [Pacer(store.limits, lambda: NOON, lambda: f"s{next(numbers)}") for store in stores]
    answers = await asyncio.gather(
        *(pacers[n % PROCESSES].take("first", "green_api", Rate(15, 600), f"c{n}") for n in range(50))
    )
    assert sum(answer is None for answer in answers) == 15


class HeardPauses:
    """A chain that only remembers what it was told."""

    def __init__(self) -> None:
        self.heard: dict[str, datetime] = {}

    def pause(self, channel: str, until: datetime, said_at: datetime, reason: str) -> None:
        self.heard[channel] = until


def result(**more) -> SendResult:
    return SendResult(SendClass.NOT_SENT_FALLBACK, detail="busy\nمشغول", **more)


async def test_a_pause_is_known_to_every_process_and_after_a_restart(stores) -> None:
    told, other = HeardPauses(), HeardPauses()
    await ChannelPauses(stores[0].limits, {"first": told}, lambda: NOON).note(
        "first", "green_api", result(retry_after_seconds=90.0, pause_seconds=90.0)
    )
    until = NOON + timedelta(seconds=90)
    assert told.heard == {"green_api": until}
    await ChannelPauses(stores[1].limits, {"first": other, "second": HeardPauses()}, lambda: NOON).look()
    assert other.heard == {"green_api": until}
    later = HeardPauses()
    await ChannelPauses(stores[2].limits, {"first": later}, lambda: until).look()
    assert later.heard == {}


async def test_a_shorter_pause_never_ends_a_longer_one(store) -> None:
    chain = HeardPauses()
    pauses = ChannelPauses(store.limits, {"first": chain}, lambda: NOON)
    for seconds in (90.0, 5.0, 30.0):
        await pauses.note("first", "c", result(retry_after_seconds=seconds, pause_seconds=seconds))
    (kept,) = await store.limits.paused(NOON)
    assert kept.until == NOON + timedelta(seconds=90)
    assert kept.seconds == 90.0


async def test_what_no_provider_measured_doubles_while_it_goes_on(store) -> None:
    clock = [NOON]
    pauses = ChannelPauses(store.limits, {"first": HeardPauses()}, lambda: clock[0])
    lasted = []
    for _ in range(9):
        await pauses.note("first", "c", result(pause_seconds=4.0))
        pause = await store.limits.last_pause("first", "c")
        lasted.append(pause.seconds)
        clock[0] = pause.until
    assert lasted == [4, 8, 16, 32, 64, 128, 256, 300, 300]
    clock[0] += timedelta(hours=1)
    await pauses.note("first", "c", result(pause_seconds=4.0))
    assert (await store.limits.last_pause("first", "c")).seconds == 4.0


async def test_calls_that_were_refused_together_count_as_one_time(store) -> None:
    pauses = ChannelPauses(store.limits, {"first": HeardPauses()}, lambda: NOON)
    for _ in range(6):
        await pauses.note("first", "c", result(pause_seconds=4.0))
    assert (await store.limits.last_pause("first", "c")).seconds == 4.0


async def test_a_clock_set_back_makes_no_pause_longer(store) -> None:
    ahead = NOON + timedelta(hours=1)
    await store.limits.pause(Pause("first", "c", ahead + timedelta(seconds=7), 7.0, ahead, "busy"))
    chain = HeardPauses()
    await ChannelPauses(store.limits, {"first": chain}, lambda: NOON).look()
    assert chain.heard == {"c": NOON + timedelta(seconds=7)}
