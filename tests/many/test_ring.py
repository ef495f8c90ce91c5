"""Rings over a real broker: who hears them, what a broker that is away costs, and that nobody ever waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from adapters.nats.ring import WAITING_AT_MOST, Ring, read
from bot.roles import Duty
from tests.many.fleet import Broker

LEAD = ("default", "01J")


class Ear:
    """What one process hears."""

    def __init__(self, url: str, **more: bool) -> None:
        self.rings: list = []
        self.changes: list = []
        self.ring = Ring(url, "", lambda name, at: self.rings.append((name, at)), self.changes.append, **more)

    async def hears(self, ring: bool = True) -> None:
        async with asyncio.timeout(30):
            while not (self.rings if ring else self.changes):
                await asyncio.sleep(0.01)

    async def is_connected(self, so: bool = True) -> None:
        async with asyncio.timeout(30):
            while self.ring.is_open is not so:
                await asyncio.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.dies()


@pytest_asyncio.fixture
async def ears(broker: Broker) -> AsyncIterator[tuple[Ear, Ear]]:
    one, two = Ear(broker.url), Ear(broker.url)
    await one.ring.start()
    await two.ring.start()
    yield one, two
    await one.ring.stop()
    await two.ring.stop()


async def rings_until_heard(one: Ear, two: Ear, part: int) -> None:
    """Whoever has just begun to listen may miss the first ring; nobody counts on one."""
    async with asyncio.timeout(30):
        while not two.rings:
            one.ring.ring(Duty.WORKER, part, LEAD, None)
            await asyncio.sleep(0.05)


async def test_a_ring_reaches_whoever_looks_after_the_part_and_a_change_reaches_everybody(broker, ears):
    one, two = ears
    broker.starts()
    two.ring.listen([(Duty.WORKER, 7)])
    await one.is_connected()
    await two.is_connected()
    await rings_until_heard(one, two, 7)
    two.rings.clear()

    one.ring.ring(Duty.WORKER, 8, LEAD, None)
    one.ring.ring(Duty.SENDER, 7, LEAD, None)
    one.ring.changed(LEAD)
    await two.hears(ring=False)

    assert two.changes == [LEAD]
    assert set(two.rings) <= {(LEAD, None)}, "the last of the rings that were tried before, at most"
    assert one.rings == one.changes == [], "nobody hears his own voice"


async def test_changes_are_not_carried_to_a_process_that_shows_nothing(broker, ears):
    broker.starts()
    one, two = ears
    blind = Ear(broker.url, shows=False)
    await blind.ring.start()
    blind.ring.listen([(Duty.WORKER, 3)])
    try:
        await rings_until_heard(one, blind, 3)
        async with asyncio.timeout(30):
            while not two.changes:
                one.ring.changed(LEAD)
                await asyncio.sleep(0.05)
        one.ring.ring(Duty.WORKER, 3, ("default", "last"), None)
        async with asyncio.timeout(30):
            while (("default", "last"), None) not in blind.rings:
                await asyncio.sleep(0.01)

        assert blind.changes == []
    finally:
        await blind.ring.stop()


async def test_a_broker_that_is_away_is_one_warning_and_comes_back_by_itself(broker, ears):
    one, two = ears
    with structlog.testing.capture_logs() as said:
        two.ring.listen([(Duty.WORKER, 1)])
        await asyncio.sleep(2.5)
        broker.starts()
        await rings_until_heard(one, two, 1)
        broker.dies()
        await one.is_connected(so=False)
        two.rings.clear()
        broker.starts()
        await rings_until_heard(one, two, 1)

    warned = [line for line in said if line["event"] == "broker_away"]
    assert len(warned) == 4, "two processes, two times away"
    assert "secret" not in str(said)


async def test_ringing_without_a_broker_costs_nothing_and_remembers_a_bounded_number(ears):
    one, _ = ears
    began = time.monotonic()
    for number in range(WAITING_AT_MOST + 5):
        one.ring.ring(Duty.WORKER, number % 32, LEAD, None)

    assert time.monotonic() - began < 2
    assert one.ring.lost == 5


async def test_a_wrong_password_is_told_and_tried_again(broker):
    broker.starts()
    stranger = Ear(broker.url.replace("secret", "guess"))
    with structlog.testing.capture_logs() as said:
        await stranger.ring.start()
        await asyncio.sleep(2.5)
        assert not stranger.ring.is_open
        await stranger.ring.stop()

    assert [line["event"] for line in said].count("broker_away") == 1
    assert "guess" not in str(said)


@pytest.mark.parametrize("said", ["no ring", '["only one"]', "[1, 2]", '["t", "c", "soon"]', "{}"])
def test_a_ring_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(ValueError):
        read(said.encode())
