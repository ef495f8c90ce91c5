"""
What a message costs while many contacts are stored, and what walks over them.

Rule: half of those who write are stored contacts, taken from anywhere among all of them; the other half is new.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import stored
from bench.houses import Dealix
from bench.leads import World
from bench.phases import median_of, phase
from bench.wire import Clients

TAUGHT_BY = 9
MESSAGES = 6
IDLE_SECONDS = 20.0
SEALED_WITHIN = 60.0

# What looks at more than this to answer one question walks; slower than this is worth a line whatever it reads.
WALKS_OVER = 300
SLOW_MS = 40


async def measure_sizes(
    sizes: Sequence[int], timeline_of_every: int, per_second: float, seconds: float, rounds: int, folder: Path
) -> dict[str, Any]:
    """The same load at every size, on one database that grows."""
    world = World()
    await world.open()
    house = Dealix(world.port, folder)
    await house.start()
    found: dict[str, Any] = {}
    try:
        leads = await taught(world, house)
        before = 0
        for size in sizes:
            began = time.perf_counter()
            await stored.fill(house.uri, "dealix", leads, before, size, timeline_of_every)
            filled = time.perf_counter() - began
            await house.stop()
            started = await house.start()
            measured = await _size(world, house, leads, (before, size), (per_second, seconds, rounds))
            found[str(size)] = {
                "filled_s": round(filled, 1),
                "database_ready_s": round(started.database_ready, 2),
                "service_ready_after_s": round(started.after_database, 2),
                **measured,
            }
            before = size
    finally:
        await house.stop()
        world.close()
    return found


async def taught(world: World, house: Dealix) -> list[stored.Lead]:
    """Let a few leads talk, so that there is something to copy."""
    clients, talked = Clients(house.port), {}
    for number, lead in enumerate(world.new_leads(TAUGHT_BY)):
        said = 1 + number % 3
        await world.crowd(clients, [lead], said, 1)
        talked[lead] = said
    until = time.monotonic() + SEALED_WITHIN
    while await house.door.collection("timeline").find_one({"open": True}):
        if time.monotonic() > until:
            raise RuntimeError("what the leads did was never sealed")
        await asyncio.sleep(0.5)
    return await stored.learn(house.uri, "dealix", talked)


async def _size(
    world: World,
    house: Dealix,
    leads: list[stored.Lead],
    new: tuple[int, int],
    load: tuple[float, float, int],
) -> dict[str, Any]:
    per_second, seconds, rounds = load
    known = _known(world, leads, *new)
    clients = Clients(house.port)
    await house.door.command("profile", 1, slowms=SLOW_MS, filter=_WALKERS)
    await world.crowd(clients, [next(known) for _ in range(10)], 2, 10)
    idle = await _idle(house)
    phases, trips, count = [], 0, 0
    for _ in range(rounds):
        before = sum((await house.round_trips()).values())
        phases.append(await phase(house, world.paced(clients, per_second, seconds, known)))
        trips += sum((await house.round_trips()).values()) - before
        count += phases[-1]["messages"]
    await house.door.command("profile", 0)
    lies = await stored.stored(house.uri, "dealix")
    memory = house.memory_mib()
    return {
        "contacts": lies.contacts,
        "facts": lies.facts,
        "data_mib": lies.data_mib,
        "on_disk_mib": lies.on_disk_mib,
        "paced": median_of(phases),
        "round_trips": round(trips / max(1, count), 2),
        "idle": idle,
        "walks": await _walks(house),
        "memory_mib": {"service": round(memory[0], 1), "database": round(memory[1], 1)},
        "lost": world.lost,
        "doubled": world.doubled,
        "refused": sum(one["refused"] for one in phases),
        "complaints": house.complaints()[:10],
    }


_WALKERS = {
    "$or": [
        {"docsExamined": {"$gt": WALKS_OVER}},
        {"keysExamined": {"$gt": WALKS_OVER}},
        {"millis": {"$gt": SLOW_MS}},
    ]
}


def _known(world: World, leads: Sequence[stored.Lead], first: int, until: int) -> Iterator[str]:
    """Stored contacts from anywhere, each once."""
    dice = random.Random(until)
    for number in dice.sample(range(first, until), min(until - first, 20_000)):
        phone = stored.phone(number)
        world.remember(phone, stored.said_by(leads, number))
        yield phone


async def _idle(house: Dealix) -> dict[str, float]:
    """What silence costs, a second."""
    await asyncio.sleep(2.0)
    before, trips = house.used(), sum((await house.round_trips()).values())
    await asyncio.sleep(IDLE_SECONDS)
    spent, after = house.used().since(before), sum((await house.round_trips()).values())
    return {
        "service_ms": round(1000 * spent.service / IDLE_SECONDS, 1),
        "database_ms": round(1000 * spent.database / IDLE_SECONDS, 1),
        "round_trips": round((after - trips) / IDLE_SECONDS, 1),
    }


async def _walks(house: Dealix) -> list[dict[str, Any]]:
    """What read much or took long since the profiler was switched on: how often, and how bad it was."""
    profile = house.door.collection("system.profile")
    often: Counter[str] = Counter()
    worst: dict[str, dict[str, Any]] = {}
    for row in await profile.find({"ns": {"$not": {"$regex": "system.profile|admin"}}}):
        asked = row.get("command", {})
        looked = asked.get("filter") or asked.get("q") or asked.get("query") or asked.get("pipeline") or ""
        name = f"{row['ns'].partition('.')[2]} {row['op']} {row.get('planSummary', '')} {_shape(looked)}"
        often[name] += 1
        if row["millis"] >= worst.get(name, {}).get("millis", -1):
            worst[name] = {
                "millis": row["millis"],
                "docs": row.get("docsExamined", 0),
                "keys": row.get("keysExamined", 0),
            }
    return [{"what": name, "times": times, **worst[name]} for name, times in often.most_common(20)]


def _shape(asked: Any) -> str:
    """Which fields were asked about, without what was sought."""
    if isinstance(asked, dict):
        return " ".join(str(name) for name in asked)
    return " | ".join(_shape(stage[name]) if (name := next(iter(stage), "")) else "" for stage in asked[:2])
