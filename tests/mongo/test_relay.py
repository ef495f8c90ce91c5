"""Facts reach the timeline whoever dies between writing and copying them, and whatever is never answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.driver import AWAY
from adapters.mongo.store import MongoStore
from bot.bell import Bell
from bot.conversation import Conversation, Waiting
from bot.notebook import Log, Notebook
from bot.relay import GONE_AFTER, Relay
from bot.store import Arrival
from bot.tenant import Tenant

TENANTS = {name: Tenant(id=name, name=name) for name in ("one", "two")}
MARK = "timeline_copied_until"


class Clock:
    def __init__(self) -> None:
        self.hour = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.hour


class Process:
    """One of those that share a database."""

    def __init__(self, store: MongoStore, clock: Clock, name: str) -> None:
        self.clock = clock
        self.relay = Relay(store, clock, name)
        self.notebook = Notebook(store, TENANTS, Bell(), self.relay, clock)

    async def says(self, tenant_id: str, what: str) -> None:
        await self.notebook.change(tenant_id, f"lead-{tenant_id}", lambda _, log: log.add(what, "c"))


class Troubled:
    """A part of the store that fails as it is told to."""

    def __init__(self, part: Any) -> None:
        self._part = part
        self.loses_answers = False
        self.away_for = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    async def commit(self, *args: Any, **more: Any) -> None:
        await self._part.commit(*args, **more)
        if self.loses_answers:
            raise AWAY[0]("the answer was lost")

    async def changed_since(self, tenant_id: str, since: datetime) -> Any:
        if tenant_id == self.away_for:
            raise AWAY[0]("away")
        async for page in self._part.changed_since(tenant_id, since):
            yield page


@pytest.fixture
async def shared(store: MongoStore) -> MongoStore:
    at = Clock()()
    for tenant_id in TENANTS:
        arrival = Arrival(tenant_id, Waiting("k", "opened", "", at, "c", {}), (f"phone:{tenant_id}",))
        await store.conversations.record(arrival, at, f"lead-{tenant_id}")
    store.conversations = Troubled(store.conversations)
    return store


async def told(store: MongoStore, tenant_id: str) -> list[str]:
    entries = await store.timeline.of_conversation(tenant_id, f"lead-{tenant_id}", 10)
    return [entry.what for entry in entries]


async def test_what_the_dead_left_is_copied_for_every_tenant_that_can_be_reached(shared: MongoStore) -> None:
    clock = Clock()
    dead, heir = Process(shared, clock, "dead"), Process(shared, clock, "heir")
    await dead.relay.flush()
    await heir.relay.flush()
    for tenant_id in TENANTS:
        await dead.says(tenant_id, "said")
    clock.hour += GONE_AFTER + timedelta(seconds=15)
    await heir.relay.flush()
    shared.conversations.away_for = "one"

    with pytest.raises(AWAY):
        await heir.relay.catch_up(list(TENANTS), is_alone=False)

    assert await told(shared, "two") == ["said"], "nobody waits for another tenant's database"
    assert f"{MARK}:dead" in await shared.marks.beginning(MARK), "and nothing is forgotten"
    with pytest.raises(AWAY):
        await heir.relay.catch_up(list(TENANTS), is_alone=False)
    shared.conversations.away_for = ""
    assert await heir.relay.catch_up(list(TENANTS), is_alone=False) == 1, "the other one was done"
    assert await told(shared, "one") == ["said"]
    assert f"{MARK}:dead" not in await shared.marks.beginning(MARK)


async def test_a_write_whose_answer_was_lost_is_told_all_the_same(shared: MongoStore) -> None:
    clock = Clock()
    process = Process(shared, clock, "here")
    shared.conversations.loses_answers = True
    with pytest.raises(AWAY):
        await process.says("one", "said")
    shared.conversations.loses_answers = False

    await process.relay.flush()
    await process.relay.flush()

    assert await told(shared, "one") == ["said"]


async def test_nobody_claims_to_have_copied_what_is_still_being_written(shared: MongoStore) -> None:
    clock = Clock()
    slow, heir = Process(shared, clock, "slow"), Process(shared, clock, "heir")
    await heir.relay.flush()
    conversation = await shared.conversations.read("one", "lead-one")
    assert conversation is not None
    with slow.relay.writing("one", "lead-one", clock()):
        await _commits(shared, conversation, clock())
        clock.hour += timedelta(seconds=40)  # the answer is on its way for that long
        await slow.relay.flush()
    clock.hour += GONE_AFTER + timedelta(seconds=15)  # and then the process dies
    await heir.relay.flush()

    await heir.relay.catch_up(list(TENANTS), is_alone=False)

    assert await told(shared, "one") == ["said"]


async def test_a_note_of_the_living_is_not_dropped_with_an_older_one(shared: MongoStore) -> None:
    await shared.marks.write(f"{MARK}:living", 2)

    await shared.marks.drop(f"{MARK}:living", 1)
    assert await shared.marks.beginning(MARK) == {f"{MARK}:living": 2}
    await shared.marks.drop(f"{MARK}:living", 2)

    assert await shared.marks.beginning(MARK) == {}


async def _commits(store: MongoStore, conversation: Conversation, at: datetime) -> None:
    log = Log(at)
    log.add("said", "c")
    await store.conversations.commit(conversation, at, log=log.named(conversation))
