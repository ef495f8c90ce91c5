"""
How each connector is asked whether it answers, without sending anything.

Rule 1: every question ends within its connector's time; one that does not is `down`, and says so.
Rule 2: only an answer makes it `ok`. What cannot be asked is never answered for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.connectors.registry import Connector
from bot.connectors.states import Probe
from bot.ports import Health

# Nobody waits longer than this on a page for a look at one connector.
PROBE_SECONDS = 8.0


@runtime_checkable
class CanBeAsked(Protocol):
    """A port that can say how it is without doing anything."""

    async def probe(self) -> Health:
        """Never raises for what the other side answers."""


async def ask(
    connector: Connector, question: Callable[[], Awaitable[Health]], now: Callable[[], datetime]
) -> Probe:
    """Put one question, within the time of its connector."""
    seconds = min(connector.timeout_seconds, PROBE_SECONDS)
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            health = await question()
    except TimeoutError:
        en, ar = f"No answer within {seconds:.0f} s.", f"لا جواب خلال {seconds:.0f} ثوانٍ."
        return Probe("down", now(), en, ar, seconds * 1_000)
    took = (time.monotonic() - began) * 1_000
    return replace(of_health(health), at=now(), latency_ms=round(took, 1))


def of_health(health: Health) -> Probe:
    """A probe that somebody else made."""
    english, _, arabic = health.detail.partition("\n")
    return Probe(health.state, health.checked_at, english, arabic or english)
