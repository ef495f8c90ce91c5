"""Whether memory levels off while messages go on and on: the traffic of an hour, as fast as it goes."""

import asyncio
from pathlib import Path
from typing import Any

from bench.houses import Dealix
from bench.leads import World
from bench.wire import Clients

PARTS = 8
MESSAGES = 6
CONCURRENCY = 48
WARM_UP_LEADS = 20


async def measure_hours(messages: int, folder: Path) -> dict[str, Any]:
    """Resident memory of the service and its database at the start and after each eighth of the messages."""
    world = World()
    await world.open()
    house = Dealix(world.port, folder)
    await house.start()
    try:
        clients = Clients(house.port)
        await world.crowd(clients, world.new_leads(WARM_UP_LEADS), MESSAGES, CONCURRENCY)
        seconds, refused, marks = 0.0, 0, [_mark(house, 0)]
        for _ in range(PARTS):
            leads = world.new_leads(max(1, messages // PARTS // MESSAGES))
            seen = await world.crowd(clients, leads, MESSAGES, CONCURRENCY)
            seconds, refused = seconds + seen.seconds, refused + seen.refused
            world.texts.clear()
            marks.append(_mark(house, sum(world.got.values())))
        await asyncio.sleep(10)
        return {
            "messages": sum(world.got.values()),
            "seconds": round(seconds, 1),
            "marks": marks,
            "at_rest": _mark(house, sum(world.got.values())),
            "lost": world.lost,
            "doubled": world.doubled,
            "refused": refused,
            "complaints": house.complaints()[:10],
        }
    finally:
        await house.stop()
        world.close()


def _mark(house: Dealix, messages: int) -> dict[str, float]:
    service, database = house.memory_mib()
    return {"messages": messages, "service_mib": round(service, 1), "database_mib": round(database, 1)}
