"""Where the service spends its time under full load, by stages, as a sampler inside it sees it."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bench.houses import Dealix
from bench.leads import World
from bench.wire import Clients

MESSAGES = 6
CONCURRENCY = 48
WARM_UP_LEADS = 20


async def measure_stages(leads: int, folder: Path) -> dict[str, Any]:
    """Share of each stage in what the loop did, and the places seen most often."""
    world = World()
    await world.open()
    begin, result = folder / "begin", folder / "sampled.json"
    house = Dealix(world.port, folder)
    house.command = [sys.executable, "-m", "bench.sampled", str(begin), str(result), "up"]
    await house.start()
    try:
        clients = Clients(house.port)
        await world.crowd(clients, world.new_leads(WARM_UP_LEADS), MESSAGES, CONCURRENCY)
        begin.touch()
        seen = await world.crowd(clients, world.new_leads(leads), MESSAGES, CONCURRENCY)
        begin.unlink()
        while not result.exists():
            await asyncio.sleep(0.1)
    finally:
        await house.stop()
        world.close()
    found = json.loads(result.read_text(encoding="utf-8"))
    busy = max(1, sum(found["stages"].values()))
    return {
        "messages": seen.messages,
        "samples": busy,
        "stages": {n: round(c / busy, 3) for n, c in sorted(found["stages"].items(), key=lambda one: -one[1])},
        "places": {n: round(c / busy, 3) for n, c in list(found["places"].items())[:40]},
        "lost": world.lost,
        "doubled": world.doubled,
        "refused": seen.refused,
    }
