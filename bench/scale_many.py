"""One process, several processes, the textbook and the simplest handler, under the same load by turns."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.fleet import Broker, Database, Fleet, textbook
from bench.houses import Dealix, Process, Used, cpu_seconds, simplest
from bench.leads import World
from bench.phases import median_of, phase
from bench.wire import Clients

WARM_UP_LEADS = 10
CONCURRENCY = 48
MESSAGES = 6
IDLE_SECONDS = 10.0


class Subject:
    """Somebody who answers webhooks, and the world around it."""

    def __init__(self, world: World, house: Any) -> None:
        self.world, self.house = world, house
        self.clients = Clients(house.port)
        self.paced: list[dict[str, Any]] = []
        self.full: list[dict[str, Any]] = []

    async def warm_up(self) -> None:
        await self.world.crowd(self.clients, self.world.new_leads(WARM_UP_LEADS), MESSAGES, CONCURRENCY)

    async def turn(self, per_second: float, seconds: float, leads: int) -> None:
        """One round."""
        self.paced.append(await phase(self.house, self.world.paced(self.clients, per_second, seconds)))
        crowd = self.world.crowd(self.clients, self.world.new_leads(leads), MESSAGES, CONCURRENCY)
        self.full.append(await phase(self.house, crowd))

    def found(self) -> dict[str, Any]:
        return {
            "paced": median_of(self.paced),
            "full": median_of(self.full),
            "lost": self.world.lost,
            "doubled": self.world.doubled,
            "refused": sum(r["refused"] for r in (*self.paced, *self.full)),
        }


async def measure_fleets(
    workers: Sequence[int], per_second: float, seconds: float, leads: int, rounds: int, folder: Path
) -> dict[str, Any]:
    """What each form costs; the textbook works beside every one of them."""
    worlds = [World() for _ in range(3 + len(workers))]
    await asyncio.gather(*(world.open() for world in worlds))
    database, broker = Database(folder), Broker()
    await asyncio.gather(database.start(), broker.start())
    plain = _of_its_own(folder, "simplest")
    book = _of_its_own(folder, "textbook")
    handlers = [simplest(worlds[0].port, plain), textbook(worlds[1].port, book, database)]
    try:
        for handler in handlers:
            handler.spawn()
        await asyncio.gather(*(handler.ready() for handler in handlers))
        load = (per_second, seconds, leads, rounds)
        beside = Subject(worlds[1], _OnDatabase(handlers[1], database))
        found = {"one process": await _alone(worlds[2], Subject(worlds[0], handlers[0]), beside, load, folder)}
        for world, count in zip(worlds[3:], workers, strict=True):
            own = _of_its_own(folder, f"fleet{count}")
            fleet = Fleet(count, world.port, own, database, broker)
            found[f"{count} worker{'s' * (count > 1)}"] = await _fleet(world, fleet, beside, load)
    finally:
        await asyncio.gather(*(handler.stop() for handler in handlers))
        await asyncio.gather(database.stop(), broker.stop())
        for world in worlds:
            world.close()
    return found


async def _alone(
    world: World, plain: Subject, beside: Subject, load: tuple[float, float, int, int], folder: Path
) -> dict[str, Any]:
    house = Dealix(world.port, _of_its_own(folder, "alone"))
    await house.start()
    try:
        mine = Subject(world, house)
        for one in (mine, plain, beside):
            await one.warm_up()
        found = await _rounds([mine, plain, beside], house, load)
        memory = dict(zip(("service", "database"), (round(m, 1) for m in house.memory_mib()), strict=True))
        return {**found, "simplest": plain.found(), "memory_mib": memory, "complaints": house.complaints()[:10]}
    finally:
        await house.stop()


async def _fleet(
    world: World, fleet: Fleet, beside: Subject, load: tuple[float, float, int, int]
) -> dict[str, Any]:
    start = await fleet.start()
    try:
        idle = await _idle(fleet)
        mine = Subject(world, fleet)
        beside.paced, beside.full = [], []
        await mine.warm_up()
        shared: Counter[str] = Counter()
        found = await _rounds([mine, beside], fleet, load, fleet.used_by, shared)
        count = sum(r["messages"] for r in (*mine.paced, *mine.full))
        return {
            **found,
            "start_s": round(start, 2),
            "idle": idle,
            "memory_mib": fleet.memory_mib(),
            "cpu_ms_by_process": {name: round(1000 * spent / count, 2) for name, spent in shared.items()},
            "complaints": fleet.complaints()[:10],
        }
    finally:
        await fleet.stop()


async def _rounds(
    subjects: list[Subject],
    house: Any,
    load: tuple[float, float, int, int],
    used_by: Callable[[], dict[str, float]] = dict,
    shared: Counter[str] | None = None,
) -> dict[str, Any]:
    """
    Turns of all; the first one is who it is about, the last one the textbook.

    What each process of the first one used in its turns is added to `shared`.
    """
    per_second, seconds, leads, rounds = load
    trips: dict[str, int] = {}
    for _ in range(rounds):
        before, used = await house.round_trips(), used_by()
        await subjects[0].turn(per_second, seconds, leads)
        after = await house.round_trips()
        if shared is not None:
            shared.update({name: spent - used[name] for name, spent in used_by().items()})
        trips = {name: trips.get(name, 0) + after[name] - before[name] for name in after}
        for other in subjects[1:]:
            await other.turn(per_second, seconds, leads)
    count = max(1, sum(r["messages"] for r in (*subjects[0].paced, *subjects[0].full)))
    return {
        **subjects[0].found(),
        "round_trips": round(sum(trips.values()) / count, 2),
        "round_trips_by_command": {name: round(n / count, 2) for name, n in trips.items() if n},
        "textbook": subjects[-1].found(),
    }


async def _idle(fleet: Fleet) -> dict[str, float]:
    """What the fleet costs while nobody writes, a second; the broker and the database are in it."""
    await asyncio.sleep(3.0)
    used, trips = fleet.used(), sum((await fleet.round_trips()).values())
    await asyncio.sleep(IDLE_SECONDS)
    spent = fleet.used().since(used)
    asked = sum((await fleet.round_trips()).values()) - trips
    return {
        "cpu_ms": round(1000 * (spent.service + spent.database) / IDLE_SECONDS, 1),
        "round_trips": round(asked / IDLE_SECONDS, 1),
    }


class _OnDatabase:
    """A handler that is measured together with the database it shares."""

    def __init__(self, handler: Process, database: Database) -> None:
        self.port = handler.port
        self._handler, self._database = handler, database

    def used(self) -> Used:
        return Used(cpu_seconds(self._handler.pid), cpu_seconds(self._database.pid))


def _of_its_own(folder: Path, name: str) -> Path:
    own = folder / name
    own.mkdir()
    return own
