"""Several processes send from one number as fast as one may, in the order of coming."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.departures.limit_terms import Rate
from bot.departures.pacing import OwnPaceRows, Pacer
from bot.departures.slices import LONGEST_HOLD_MS

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Clock:
    """Stands still until it is moved, in either direction."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def moves(self, **by: float) -> None:
        self.now += timedelta(**by)


class CountedRows(OwnPaceRows):
    """One place for all processes, that counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0

    async def give(self, *args):
        self.questions += 1
        await asyncio.sleep(0)  # others come in between, as they do with a database
        return await super().give(*args)


def processes(several: int, clock: Clock, rows: OwnPaceRows | None = None) -> list[Pacer]:
    numbers, shared = count(), rows or CountedRows()
    return [Pacer(shared, clock, lambda: f"slice{next(numbers)}") for _ in range(several)]


def most_in(sent: list[datetime], span: timedelta) -> int:
    return max((sum(end - span < at <= end for at in sent) for end in sent), default=0)


@settings(max_examples=60)
@given(
    st.sampled_from([Rate(1, 30), Rate(5, 60), Rate(50, 3_000), Rate(80, 100)]),
    st.lists(
        st.tuples(st.integers(0, 700), st.integers(0, 3), st.integers(1, 12)),
        min_size=1,
        max_size=40,
    ),
)
def test_no_second_and_no_minute_holds_more_than_the_rate(rate, bursts) -> None:
    clock = Clock()
    several = processes(4, clock)
    sent: list[datetime] = []

    async def one(pacer: Pacer, who: str) -> None:
        if await pacer.take("t", "c", rate, who) is None:
            sent.append(clock())

    async def storm() -> None:
        for number, (later, which, callers) in enumerate(bursts):
            clock.moves(milliseconds=later)
            await asyncio.gather(*(one(several[(which + n) % 4], f"contact{number}:{n}") for n in range(callers)))

    asyncio.run(storm())
    assert most_in(sent, timedelta(seconds=1)) <= rate.a_second
    assert most_in(sent, timedelta(minutes=1)) <= rate.a_minute


async def test_a_burst_leaves_as_fast_as_the_rate_allows_and_in_the_order_of_coming() -> None:
    clock, rate = Clock(), Rate(5, 300)
    (pacer,) = processes(1, clock)
    left: list[str] = []
    waiting = {f"c{n:02}": NOON for n in range(40)}
    for _ in range(20_000):
        for who in sorted(waiting, key=lambda one: (waiting[one], one)):
            if waiting[who] <= clock():
                at = await pacer.take("t", "c", rate, who)
                if at is None:
                    left.append(who)
                    del waiting[who]
                else:
                    waiting[who] = at
        if not waiting:
            break
        clock.now = max(clock.now, min(waiting.values()))
    assert left == sorted(left)
    assert timedelta(seconds=7) <= clock.now - NOON <= timedelta(seconds=12)


async def test_whoever_does_not_come_back_keeps_nobody_waiting_for_long() -> None:
    clock, rate = Clock(), Rate(5, 300)
    (pacer,) = processes(1, clock)
    for number in range(40):
        await pacer.take("t", "c", rate, f"gone{number}")
    clock.moves(seconds=20)
    assert await pacer.take("t", "c", rate, "new") is None


async def test_two_thousand_that_wait_are_let_through_one_after_the_other() -> None:
    clock, rate = Clock(), Rate(1_000, 60_000)
    (pacer,) = processes(1, clock)
    waiting, let_through = {f"c{n:04}": NOON for n in range(2_000)}, 0
    while waiting:
        for who in [one for one, at in waiting.items() if at <= clock()]:
            at = await pacer.take("t", "c", rate, who)
            if at is None:
                let_through += 1
                del waiting[who]
            else:
                waiting[who] = at
        clock.moves(milliseconds=5)
    assert let_through == 2_000
    assert clock() - NOON <= timedelta(seconds=6)


async def test_whoever_comes_late_does_not_pass_whoever_waits() -> None:
    clock, rate = Clock(), Rate(1, 60)
    (pacer,) = processes(1, clock)
    assert await pacer.take("t", "c", rate, "first") is None
    promised = await pacer.take("t", "c", rate, "second")
    clock.now = promised - timedelta(milliseconds=1)
    later = await pacer.take("t", "c", rate, "third")
    assert later is not None and later > promised
    clock.now = promised
    assert await pacer.take("t", "c", rate, "second") is None


async def test_an_ordinary_reply_costs_no_question() -> None:
    clock, rows = Clock(), CountedRows()
    (pacer,) = processes(1, clock, rows)
    for number in range(1_000):
        clock.moves(milliseconds=100)
        assert await pacer.take("t", "c", Rate(80, 4_800), f"c{number}") is None
    assert rows.questions <= 120


async def test_a_busy_number_asks_once_for_many() -> None:
    clock, rows = Clock(), CountedRows()
    (pacer,) = processes(1, clock, rows)
    let_through = 0
    for number in range(2_000):
        clock.moves(milliseconds=15)
        let_through += await pacer.take("t", "c", Rate(80, 4_800), f"c{number}") is None
    assert let_through == 2_000
    assert rows.questions <= 2_000 / 8


async def test_what_does_not_leave_after_all_is_given_back() -> None:
    clock, rate = Clock(), Rate(80, 4_800)
    (pacer,) = processes(1, clock)
    for number in range(500):
        assert await pacer.take("t", "c", rate, f"c{number}") is None
        pacer.give_back("t", "c")


async def test_a_clock_set_back_by_an_hour_keeps_nobody_waiting_for_an_hour() -> None:
    clock, rate = Clock(), Rate(2, 120)
    (pacer,) = processes(1, clock)
    for number in range(10):
        await pacer.take("t", "c", rate, f"c{number}")
    clock.moves(hours=-1)
    began = clock()
    at = await pacer.take("t", "c", rate, "later")
    while at is not None:
        clock.now = at
        at = await pacer.take("t", "c", rate, "later")
    assert clock() - began <= timedelta(milliseconds=LONGEST_HOLD_MS + 61_000)


async def test_numbers_and_tenants_have_nothing_to_do_with_each_other() -> None:
    clock, rate = Clock(), Rate(1, 60)
    (pacer,) = processes(1, clock)
    assert await pacer.take("t", "c", rate, "a") is None
    assert await pacer.take("t", "d", rate, "a") is None
    assert await pacer.take("u", "c", rate, "a") is None
    assert await pacer.take("t", "c", rate, "b") is not None
