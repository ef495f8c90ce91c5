"""
Seats under every weather: two never sit on one, shares are fair, what is dropped is taken again.

Processes and clocks are simulated, so that hypothesis can let any of them sleep at any moment; that the real
database keeps the same promises is checked at the end.
"""

import asyncio
import math
from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from adapters.mongo.store import MongoStore
from bot.roles import PARTS, Duty
from bot.seats import BEAT_SECONDS, LEASE_SECONDS, Held, Seats

JOB = "job:escalation"


class Away(Exception):
    """The database does not answer."""


class Time:
    """True time, which nobody in the house sees."""

    def __init__(self) -> None:
        self.now = 1_000.0


@dataclass
class _Seat:
    holder: str
    fence: int
    until: float


class Ledger:
    """Seats as the database keeps them, by its own clock."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.seats: dict[str, _Seat] = {}
        self.is_away = False
        self.answers_late_by = 0.0

    async def claim(self, holder: str, names, seconds: float) -> dict[str, int]:
        self._reached()
        won = {}
        for name in names:
            seat = self.seats.setdefault(name, _Seat("", 0, 0.0))
            if seat.until <= self._time.now or seat.holder == holder:
                seat.fence += seat.holder != holder
                seat.holder, seat.until = holder, self._time.now + seconds
                won[name] = seat.fence
        self._time.now += self.answers_late_by
        return won

    async def renew(self, holder: str, names, seconds: float) -> set[str]:
        self._reached()
        kept = {name for name in names if self._is_taken_by(name, holder)}
        for name in kept:
            self.seats[name].until = self._time.now + seconds
        self._time.now += self.answers_late_by
        return kept

    async def give_back(self, holder: str, names) -> None:
        self._reached()
        for name in names:
            if self.seats[name].holder == holder:
                self.seats[name].holder, self.seats[name].until = "", self._time.now

    async def taken(self) -> list[Held]:
        self._reached()
        return [Held(n, s.holder, s.fence) for n, s in self.seats.items() if s.until > self._time.now]

    def _is_taken_by(self, name: str, holder: str) -> bool:
        return self.seats[name].holder == holder and self.seats[name].until > self._time.now

    def _reached(self) -> None:
        if self.is_away:
            raise Away


class Process:
    """Its own clock began at another moment and runs a little fast or slow."""

    def __init__(self, name: str, ledger: Ledger, time: Time, drift: float = 1.0) -> None:
        self.seats = Seats(ledger, name, lambda: 7_777.0 + time.now * drift, (Away,))
        self.seats.share({Duty.WORKER})
        self.seats.sit(JOB, self._work)

    async def _work(self) -> None:
        await asyncio.Event().wait()

    async def beats(self) -> None:
        try:
            await self.seats.beat()
        except Away:
            self.seats.drop_expired()

    @property
    def parts(self) -> set[int]:
        return {part for part in range(PARTS) if self.seats.looks_after(Duty.WORKER, part)}


steps = st.lists(
    st.tuples(
        st.sampled_from(["beat", "away", "back", "late", "prompt", "stop"]),
        st.integers(0, 3),
        st.floats(0, LEASE_SECONDS * 1.5),
    ),
    max_size=60,
)


@given(steps)
def test_two_never_hold_the_same_seat_whatever_sleeps_or_breaks(steps: list[tuple[str, int, float]]) -> None:
    """A process that is not chosen to beat sleeps; what it believes then is asked at every moment."""

    async def play() -> None:
        time = Time()
        ledger = Ledger(time)
        crew = [Process(f"p{n}", ledger, time, drift) for n, drift in enumerate((1.0, 0.999, 1.001, 1.0))]
        fences: dict[str, tuple[int, str]] = {}
        for what, who, seconds in steps:
            time.now += seconds
            match what:
                case "away":
                    ledger.is_away = True
                case "back":
                    ledger.is_away = False
                case "late":
                    ledger.answers_late_by = seconds / 2
                case "prompt":
                    ledger.answers_late_by = 0.0
                case "stop":
                    await crew[who].seats.stop()
                case _:
                    await crew[who].beats()
            believed = Counter(name for process in crew for name in process.seats.held)
            assert [name for name, holders in believed.items() if holders > 1] == []
            for process in crew:
                for name in process.seats.held:
                    fence = process.seats.fence(name)
                    known, holder = fences.get(name, (0, ""))
                    assert fence > known or (fence == known and holder == process.seats.holder)
                    fences[name] = (fence, process.seats.holder)
        ledger.is_away = False
        for process in crew:
            await process.seats.stop()

    asyncio.run(play())


@given(st.integers(1, 40), st.integers(0, 40))
def test_after_a_few_beats_everybody_has_a_fair_share_and_nothing_is_left(first: int, more: int) -> None:
    async def play() -> None:
        time = Time()
        ledger = Ledger(time)
        crew = [Process(f"a{n}", ledger, time) for n in range(first)]
        await _beats(crew, time, 3)
        crew += [Process(f"b{n}", ledger, time) for n in range(more)]
        await _beats(crew, time, 3)

        most = math.ceil(PARTS / len(crew))
        assert all(len(process.parts) <= most for process in crew)
        assert set().union(*(process.parts for process in crew)) == set(range(PARTS))
        for process in crew:
            await process.seats.stop()

    asyncio.run(play())


async def test_what_a_dead_process_held_is_taken_after_its_lease_and_what_a_stopped_one_held_at_once() -> None:
    time = Time()
    ledger = Ledger(time)
    one, two = Process("one", ledger, time), Process("two", ledger, time)
    await _beats([one, two], time, 3)
    assert len(one.parts) == len(two.parts) == PARTS // 2

    await one.seats.stop()
    await _beats([two], time, 1)
    assert len(two.parts) == PARTS, "it said that it goes"
    three = Process("three", ledger, time)
    await _beats([two, three], time, 3)

    dead, left = two.parts, three.parts
    assert dead
    await _beats([three], time, 1)
    assert three.parts == left, "its lease is not over"
    time.now += LEASE_SECONDS
    await _beats([three], time, 1)
    assert three.parts == set(range(PARTS))
    await three.seats.stop()
    await two.seats.stop()


async def test_the_work_of_a_seat_stops_before_somebody_else_begins_it() -> None:
    time = Time()
    ledger = Ledger(time)
    log: list[str] = []

    def sitting(name: str) -> Process:
        process = Process(name, ledger, time)

        async def work() -> None:
            log.append(f"{name} begins")
            try:
                await asyncio.Event().wait()
            finally:
                log.append(f"{name} ends")

        process.seats.sit("telegram:1", work)
        return process

    one, two = sitting("one"), sitting("two")
    await one.beats()
    await two.beats()
    await asyncio.sleep(0)
    ledger.is_away = True
    time.now += LEASE_SECONDS - 0.5  # one could not renew, and the database would not give the seat away yet
    await one.beats()
    await asyncio.sleep(0)
    assert log == ["one begins", "one ends"]

    ledger.is_away = False
    await two.beats()
    assert not two.seats.holds("telegram:1"), "the lease is not over"
    time.now += 1
    await two.beats()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log == ["one begins", "one ends", "two begins"]
    await one.seats.stop()
    await two.seats.stop()


async def test_a_fault_in_the_work_of_a_seat_ends_the_work_and_it_is_begun_anew() -> None:
    time = Time()
    process = Process("one", Ledger(time), time)
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        raise RuntimeError("broken")

    process.seats.sit("job:broken", work)
    for _ in range(3):
        await process.beats()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert begun == 3
    await process.seats.stop()


async def _beats(crew: list[Process], time: Time, times: int) -> None:
    for _ in range(times):
        time.now += BEAT_SECONDS
        for process in crew:
            await process.beats()


async def test_the_database_gives_a_seat_to_one_until_it_is_given_back(store: MongoStore) -> None:
    seats = store.seats

    won = await asyncio.gather(*(seats.claim(who, [JOB, "job:seals"], 60) for who in ("a", "b", "c")))

    winners = {name: who for who, fences in zip("abc", won, strict=True) for name in fences}
    assert sorted(winners) == [JOB, "job:seals"]
    assert sum(len(fences) for fences in won) == 2
    holder = winners[JOB]
    other = "d"
    assert await seats.claim(other, [JOB], 60) == {}
    assert await seats.renew(holder, [JOB], 60) == {JOB}
    assert await seats.renew(other, [JOB], 60) == set()
    assert {seat.name: seat.holder for seat in await seats.taken()}[JOB] == holder
    first = (await seats.claim(holder, [JOB], 60))[JOB]

    await seats.give_back(other, [JOB])
    assert await seats.claim(other, [JOB], 60) == {}, "only a holder gives back"
    await seats.give_back(holder, [JOB])
    assert await seats.renew(holder, [JOB], 60) == set()
    assert (await seats.claim(other, [JOB], 60))[JOB] == first + 1


async def test_the_database_takes_a_seat_back_by_its_own_clock(store: MongoStore) -> None:
    await store.seats.claim("a", [JOB], 0.2)
    async with asyncio.timeout(20):
        while not (won := await store.seats.claim("b", [JOB], 60)):
            await asyncio.sleep(0.02)

    assert won == {JOB: 2}
    assert await store.seats.renew("a", [JOB], 60) == set()
