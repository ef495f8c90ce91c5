"""A process that does not know a tenant leaves its contacts to those that do, and serves its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.mongo.store import MongoStore
from bot.bell import Bell
from bot.conversation import Conversation, Waiting
from bot.notebook import Notebook
from bot.relay import Relay
from bot.roles import Duty
from bot.store import Arrival
from bot.tenant import Tenant
from bot.worker import Worker

KNOWN, STRANGER = "known", "stranger"


def now() -> datetime:
    return datetime.now(UTC)


class Handler:
    """Says which contacts were read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def handle(self, conversation: Conversation, waiting: Any, log: Any) -> None:
        self.read.append(conversation.id)

    def follow_up(self, conversation: Conversation, log: Any) -> bool:
        return False


class NobodySends:
    """An outbox without providers."""

    class in_flight:
        calls = 0

        @staticmethod
        def told_to(changed: Any, wake: Any) -> None:
            return

    def waits_until(self, tenant_id: str, conversation_id: str) -> None:
        return None


async def test_contacts_of_a_tenant_nobody_told_us_of_are_left_to_who_knows_it(store: MongoStore) -> None:
    bell, handler = Bell(), Handler()
    notebook = Notebook(store, {KNOWN: Tenant(id=KNOWN, name="Clinic")}, bell, Relay(store, now), now)
    worker = Worker(
        notebook, handler, NobodySends(), bell, now, lambda: "n", duties=frozenset({Duty.WORKER, Duty.TIMERS})
    )
    long_ago = now() - timedelta(minutes=5)
    for tenant_id, count in ((STRANGER, 250), (KNOWN, 1)):
        for number in range(count):
            waiting = Waiting("k", "message", "green_api", long_ago, "c", {"text": "hello"}, is_urgent=True)
            arrival = Arrival(tenant_id, waiting, (f"phone:{tenant_id}{number}",), wake_at=long_ago)
            await store.conversations.record(arrival, long_ago, f"{tenant_id}{number}")
        long_ago += timedelta(seconds=1)
    running = asyncio.create_task(worker.run())
    try:
        bell.ring(STRANGER, f"{STRANGER}0")
        async with asyncio.timeout(60):
            while not handler.read:
                await asyncio.sleep(0.05)
        await worker.stop()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert set(handler.read) == {f"{KNOWN}0"}
    assert await store.quarantine.count(STRANGER) == 0
    left = await store.conversations.read(STRANGER, f"{STRANGER}0")
    assert left is not None
    assert len(left.mailbox) == 1, "it waits for a process that knows its tenant"
