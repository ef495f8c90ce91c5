"""A tenant with a database of its own: its rows are there and nowhere else, and its trouble is its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from adapters.mongo import schema
from adapters.mongo.doors import Doors, OwnDoor
from adapters.mongo.driver import AWAY, Door, open_door
from adapters.mongo.store import MongoStore
from bot.conversation import LogEntry
from bot.events import DeliveryReceipt, DeliveryStatus
from bot.people import Human
from bot.relay import BATCH, Relay
from bot.store import TimelineEntry
from bot.workbench.editions import Edition, How
from tests.mongo.locked import LockedMongo
from tests.mongo.test_conversations import NOW, arrival

HOUSE, OWNER = "default", "acme"
MAIN, OWN = "dealix_main", "acme_own"


class Estate:
    """A locked server with the common database and one of a tenant's own, and a store over both."""

    def __init__(self, server: LockedMongo, store: MongoStore, main: str, own: str) -> None:
        self.server, self.store, self.main, self.own = server, store, main, own

    async def rows(self, database: str, collection: str) -> list[dict[str, Any]]:
        async with self.server.root() as root:
            return [row async for row in root[database][collection].find()]


@pytest.fixture
async def estate(tmp_path: Path) -> AsyncIterator[Estate]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(LockedMongo(tmp_path))
        main, own = await server.user("house", MAIN), await server.user(OWNER, OWN)
        doors = Doors(open_door(main, MAIN), {OWNER: open_door(own, OWN, kind=OwnDoor)})
        store = MongoStore(doors)
        stack.push_async_callback(store.close)
        await store.prepare()
        yield Estate(server, store, main, own)


def entry(tenant: str, number: int) -> TimelineEntry:
    return TimelineEntry(tenant, f"c-{tenant}", LogEntry(f"e{number}", "decided", NOW, "", {}))


async def test_the_rows_of_a_tenant_are_in_its_own_database_and_nowhere_else(estate: Estate) -> None:
    for tenant in (HOUSE, OWNER):
        await estate.store.conversations.record(arrival("m1", tenant=tenant), NOW, f"id-{tenant}")
        await estate.store.timeline.add([entry(HOUSE, 1), entry(OWNER, 2)])

    for collection in ("conversations", "timeline"):
        assert {row["tenant_id"] for row in await estate.rows(MAIN, collection)} == {HOUSE}
        assert {row["tenant_id"] for row in await estate.rows(OWN, collection)} == {OWNER}
    async with estate.server.root() as root:
        shelves = sorted(shelf.name for shelf in schema.SHELVES)
        assert sorted(await root[OWN].list_collection_names()) == shelves


async def test_no_user_reads_the_others_database(estate: Estate) -> None:
    """This, and only this, is enforced by the database itself."""
    await estate.store.conversations.record(arrival("m1", tenant=HOUSE), NOW, "id1")
    await estate.store.conversations.record(arrival("m1", tenant=OWNER), NOW, "id2")

    for uri, elsewhere in ((estate.own, MAIN), (estate.main, OWN)):
        async with AsyncMongoClient(uri) as client:
            rows = client[elsewhere]["conversations"]
            for attempt in (
                rows.find_one(),
                rows.insert_one({"tenant_id": "x"}),
                rows.update_many({}, {"$set": {"stage": "won"}}),
                rows.delete_many({}),
                client[elsewhere].command("dropDatabase"),
                client[elsewhere].list_collection_names(),
            ):
                with pytest.raises(OperationFailure, match="not authorized"):
                    await attempt
    assert len(await estate.rows(MAIN, "conversations")) == len(await estate.rows(OWN, "conversations")) == 1


async def test_sweeps_go_through_every_database_in_one_order(estate: Estate) -> None:
    store = estate.store
    for number, tenant in enumerate([HOUSE, OWNER, HOUSE, OWNER]):
        at = NOW.replace(minute=number)
        talk = arrival(f"m{number}", f"phone:{number}", tenant=tenant, at=at)
        await store.conversations.record(talk, NOW, f"id{number}")
        receipt = DeliveryReceipt(f"r{number}", (f"p{number}",), DeliveryStatus.DELIVERED)
        await store.waiting_receipts.keep(tenant, "green_api", receipt, at)
    for tenant in (HOUSE, OWNER):
        await store.rulebooks.add_edition(_edition(tenant, 1))

    due = await store.conversations.due(NOW.replace(minute=30), 3)
    waiting = await store.waiting_receipts.take_due(NOW.replace(minute=59), 10)

    assert [(row.tenant_id, row.conversation_id) for row in due] == [
        (HOUSE, "id0"),
        (OWNER, "id1"),
        (HOUSE, "id2"),
    ]
    assert [(row[0], row[2].key) for row in waiting] == [
        (HOUSE, "r0"),
        (OWNER, "r1"),
        (HOUSE, "r2"),
        (OWNER, "r3"),
    ]
    assert sorted(await store.rulebooks.heads()) == [(OWNER, 1), (HOUSE, 1)]


async def test_a_row_in_another_tenants_name_is_nobodys(estate: Estate) -> None:
    """Whoever holds the password of one tenant's database cannot make work for another tenant with it."""
    await estate.store.conversations.record(arrival("m1", tenant=OWNER), NOW, "id1")
    forged = (await estate.rows(OWN, "conversations"))[0] | {"_id": "forged", "tenant_id": HOUSE}
    left_behind = forged | {"_id": "left", "tenant_id": OWNER}
    async with estate.server.root() as root:
        await root[OWN]["conversations"].insert_one(forged)
        await root[MAIN]["conversations"].insert_one(left_behind)

    due = await estate.store.conversations.due(NOW, 10)

    assert [(row.tenant_id, row.conversation_id) for row in due] == [(OWNER, "id1")]
    assert await estate.store.conversations.read(HOUSE, "forged") is None
    assert await estate.store.conversations.read(OWNER, "left") is None


async def test_a_silent_database_is_its_tenants_trouble_alone(estate: Estate, mongo_uri: str) -> None:
    """The common database stays; the tenant's own dies, comes back, and everything goes on."""
    main = open_door(mongo_uri, f"main_{estate.server.port}")
    store = MongoStore(Doors(main, {OWNER: open_door(estate.own, OWN, kind=OwnDoor)}))
    await store.prepare()
    await store.conversations.record(arrival("m1", tenant=HOUSE), NOW, "id1")
    estate.server.dies()
    clock = asyncio.get_running_loop().time

    with pytest.raises(AWAY):
        await store.conversations.record(arrival("m2", tenant=OWNER), NOW, "id2")
    began = clock()
    for _ in range(20):
        with pytest.raises(AWAY):
            await store.conversations.read(OWNER, "id2")
    assert clock() - began < 1, "after the first, nobody waits for what is away"
    assert [row.conversation_id for row in await store.conversations.due(NOW, 10)] == ["id1"]
    with pytest.raises(AWAY):
        await store.timeline.add([entry(OWNER, 1), entry(HOUSE, 2)])
    assert len(await store.timeline.of_conversation(HOUSE, f"c-{HOUSE}", 10)) == 1
    await store.ping()

    estate.server.comes_back()
    await _answers(store)
    await main.drop_database()
    await store.close()


async def test_a_changed_password_is_an_absence_and_not_a_fault(estate: Estate) -> None:
    async with estate.server.root() as root:
        await root.admin.command("dropUser", OWNER)
    fresh = MongoStore(Doors(open_door(estate.main, MAIN), {OWNER: open_door(estate.own, OWN, kind=OwnDoor)}))

    with pytest.raises(AWAY):
        await fresh.conversations.read(OWNER, "id1")
    assert await fresh.conversations.due(NOW, 10) == []
    await fresh.close()


async def test_a_tenant_of_the_common_database_costs_no_round_trip_more(
    estate: Estate, store: MongoStore, door: Door
) -> None:
    for target, each in ((estate.store, estate.store), (store, store)):
        before = target.round_trips
        await each.conversations.record(arrival("m9", tenant=HOUSE), NOW, "id9")
        await each.timeline.add([entry(HOUSE, 1), entry("zed", 2)])
        assert target.round_trips - before == 2


async def test_facts_of_a_tenant_who_waits_hold_up_nobody_elses(door: Door) -> None:
    """They are kept, and copied when its database is back; those behind them are copied now."""
    nobody_there = open_door("mongodb://127.0.0.1:1/?directConnection=true", OWN, kind=OwnDoor)
    store = MongoStore(Doors(door, {OWNER: nobody_there}))
    await schema.prepare(door)
    relay = Relay(store, lambda: NOW)
    relay.add(OWNER, "c-acme", [LogEntry(f"a{n}", "decided", NOW, "", {}) for n in range(BATCH)])
    relay.add(HOUSE, "c-default", [LogEntry("d1", "decided", NOW, "", {})])

    with pytest.raises(AWAY):
        await relay.flush()

    assert [entry.id for entry in await store.timeline.of_conversation(HOUSE, "c-default", 10)] == ["d1"]
    assert await store.marks.read("timeline_copied_until") is None, "a mark would forget what was not copied"
    with pytest.raises(AWAY):
        await relay.flush()
    await nobody_there.close()


async def _answers(store: MongoStore) -> None:
    deadline = asyncio.get_running_loop().time() + 40
    while True:
        try:
            recorded = await store.conversations.record(arrival("m2", tenant=OWNER), NOW, "id2")
        except AWAY:
            assert asyncio.get_running_loop().time() < deadline, "it never came back"
            await asyncio.sleep(0.2)
        else:
            assert recorded.conversation_id == "id2"
            return


def _edition(tenant: str, number: int) -> Edition:
    noura = Human("console:noura", "Noura")
    return Edition(tenant, number, "v", {}, How.PUBLISHED, "t", noura, noura, NOW)
