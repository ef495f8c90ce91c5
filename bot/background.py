"""What a process does again and again beside the messages themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.building import Clock, House
from bot.conversation import Status
from bot.logs import trail
from bot.telemetry import measures
from bot.telemetry.gauges import Gauges

logger = structlog.get_logger()

# A receipt whose message never turns up belongs to a message that was not ours.
RECEIPT_WAITS = timedelta(minutes=15)

# Most early receipts are early by a moment. What a tenant types on the phone brings many that are not ours:
# each is tried a dozen times, further and further apart, and keeps no fresh one waiting.
SOON = timedelta(seconds=0.5)


async def again_and_again(name: str, pause_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do something for as long as the process lives; a fault is told, and does not end it."""
    while True:
        try:
            await work()
        except Exception as fault:  # noqa: BLE001  (the border of background work: the house must go on)
            logger.error("background_work_failed", work=name, **trail(fault))
            measures.background_failed(name)
        await asyncio.sleep(pause_seconds)


def gauges_of(house: House, now: Clock) -> Gauges:
    """What reads how the house stands as a whole."""
    return Gauges(
        house.store.vitals,
        tuple(house.tenants),
        house.chains,
        now,
        unreachable=house.store.unreachable,
        public_url=house.settings.public_url,
    )


async def look_for_editions(house: House) -> None:
    """Take over rules that were published elsewhere; while the database is away there are none."""
    with suppress(*house.store.unreachable):
        await house.playbooks.look()


async def wake_what_a_crash_left(house: House) -> None:
    """
    Look at once at every call that was open when this process's only predecessor died.

    Whoever shares a database must wait for the lease instead: the call may be another living process's.
    """
    for tenant_id in house.tenants:
        for cut_off in await house.store.conversations.with_drafts(tenant_id, (Status.SENDING,), limit=1_000):
            house.bell.ring(tenant_id, cut_off.id)


async def apply_waiting_receipts(house: House, now: Clock) -> None:
    """Try early receipts again: their message may be written down by now."""
    waiting = house.store.waiting_receipts
    try:
        for tenant_id, channel, receipt, kept_at in await waiting.take_due(now(), limit=200):
            age = now() - kept_at
            if await house.intake.apply_receipt(tenant_id, receipt) or age > RECEIPT_WAITS:
                await waiting.drop(tenant_id, channel, receipt.key)
            else:
                await waiting.later(tenant_id, channel, receipt.key, now() + max(age, SOON))
    except house.store.unreachable as away:
        logger.warning("receipts_wait_for_database", reason=type(away).__name__)


async def adopt_left_facts(house: House) -> None:
    """Copy to the timeline what a process that is gone has not."""
    with suppress(*house.store.unreachable):
        copied = await house.relay.catch_up(list(house.tenants), is_alone=False)
        if copied:
            logger.info("timeline_caught_up", entries=copied)
