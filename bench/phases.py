"""
One phase of load, and what it cost: the same figures for whatever is measured.

Rule: what is still written down shortly after the last message belongs to the messages.
"""

import asyncio
import os
from collections.abc import Awaitable
from statistics import median
from typing import Any, Protocol

from bench import figures
from bench.houses import Used, cpu_seconds
from bench.leads import Seen

LESS_IS_BETTER = ("webhook_p50_ms", "webhook_p99_ms", "provider_p50_ms", "provider_p99_ms", "cpu_ms")


class Measured(Protocol):
    """One process or several."""

    def used(self) -> Used: ...


def median_of(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Each figure's median over the rounds; messages are summed. The best round shows what noise has added."""
    summed = ("messages", "refused", "unanswered")
    figure = {
        key: sum(r[key] for r in rounds) if key in summed else round(median(r[key] for r in rounds), 2)
        for key in rounds[0]
    }
    return {**figure, "best": {key: min(r[key] for r in rounds) for key in LESS_IS_BETTER}}


async def phase(house: Measured, working: Awaitable[Seen]) -> dict[str, Any]:
    """Run one phase and say what it cost."""
    before, own = house.used(), cpu_seconds(os.getpid())
    load_before = os.getloadavg()[0]
    seen = await working
    await asyncio.sleep(1.5)  # what is still written down after the call belongs to the message
    return _figures(seen, house.used().since(before), cpu_seconds(os.getpid()) - own, load_before)


def _figures(seen: Seen, used: Used, own: float, load_before: float) -> dict[str, Any]:
    count = max(1, seen.messages)
    return {
        "messages": seen.messages,
        "refused": seen.refused,
        "unanswered": seen.unanswered,
        "per_second": round(seen.messages / seen.seconds, 1),
        "webhook_p50_ms": figures.percentile_ms(seen.webhook, 50),
        "webhook_p99_ms": figures.percentile_ms(seen.webhook, 99),
        "provider_p50_ms": figures.percentile_ms(seen.provider, 50),
        "provider_p99_ms": figures.percentile_ms(seen.provider, 99),
        "cpu_ms": round(1000 * (used.service + used.database) / count, 2),
        "cpu_service_ms": round(1000 * used.service / count, 2),
        "cpu_database_ms": round(1000 * used.database / count, 2),
        "cpu_of_the_bench_ms": round(1000 * own / count, 2),
        "load_average_before": round(load_before, 2),
    }
