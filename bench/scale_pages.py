"""
How long the server works on what every page shows, while many contacts are stored.

Rule 1: the list is the service's own: every question of the API that needs nothing but a tenant. The pages ask
        the same functions, so that whatever is added is measured.
Rule 2: what counts is the time from asking to the whole answer over loopback, the first time and warm; a page
        above the limit fails the run, however seldom it is opened.
"""

import statistics
import time
from pathlib import Path
from typing import Any

import httpx

from bench import stored
from bench.houses import Dealix
from bench.leads import World
from bench.scale_stored import taught

LIMIT_MS = 300.0
TIMES = 7
ENOUGH_MS = 10_000.0
NO_ANSWER = 599

# Not a page: the whole log is walked, on a person's press, and how long that takes grows with it by design.
WALKS = ("/api/v1/evidence/chain",)


async def measure_pages(contacts: int, timeline_of_every: int, folder: Path) -> dict[str, Any]:
    """Milliseconds of every page and question, `{path: {first, p50, worst, status}}`, and which are too slow."""
    world = World()
    await world.open()
    house = Dealix(world.port, folder)
    await house.start()
    try:
        leads = await taught(world, house)
        await stored.fill(house.uri, "dealix", leads, 0, contacts, timeline_of_every)
        await house.stop()
        await house.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}", timeout=20) as http:
            asked = await _all_of(http, house)
        lies = await stored.stored(house.uri, "dealix")
    finally:
        await house.stop()
        world.close()
    return {
        "contacts": lies.contacts,
        "facts": lies.facts,
        "limit_ms": LIMIT_MS,
        "asked": asked,
        "too_slow": sorted(path for path, one in asked.items() if one["p50_ms"] > LIMIT_MS),
        "broken": sorted(path for path, one in asked.items() if one["status"] >= 500),
    }


async def _all_of(http: httpx.AsyncClient, house: Dealix) -> dict[str, Any]:
    said = house.speaks_as("admin")
    api = (await http.get("/api/openapi.json", headers=said)).raise_for_status().json()
    paths = [
        path
        for path, verbs in api["paths"].items()
        if "get" in verbs and "{" not in path and path.startswith("/api/") and path not in WALKS
    ]
    return {path: await _one(http, path, said) for path in sorted(paths)}


async def _one(http: httpx.AsyncClient, path: str, headers: dict[str, str]) -> dict[str, Any]:
    took: list[float] = []
    status = 0
    while len(took) < TIMES and sum(took) < ENOUGH_MS:
        began = time.perf_counter()
        try:
            status = (await http.get(path, headers=headers)).status_code
        except httpx.TransportError:
            status = NO_ANSWER
        took.append(1_000 * (time.perf_counter() - began))
    warm = took[1:] or took
    return {
        "first_ms": round(took[0], 1),
        "p50_ms": round(statistics.median(warm), 1),
        "worst_ms": round(max(warm), 1),
        "status": status,
    }
