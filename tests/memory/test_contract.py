"""One contract for every place in which facts are kept: the one on MongoDB, and the one of tests."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from adapters.mongo.driver import open_door
from adapters.mongo.memories import MongoMemories
from adapters.mongo.store import MongoStore
from bot.memory.fact import Fact, MemoryRows
from tests.fakes.memories import InMemory
from tests.house.databases import Databases

# Of today: the database sweeps away what has expired, by its own clock.
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest_asyncio.fixture(loop_scope="session", params=["mongo", "in memory"])
async def memory(
    request: pytest.FixtureRequest, mongo_uri: str, databases: Databases
) -> AsyncIterator[MemoryRows]:
    if request.param == "in memory":
        yield InMemory()
        return
    name = databases.take()
    door = open_door(mongo_uri, name)
    await MongoStore(door).prepare()
    yield MongoMemories(door)
    await door.close()
    await databases.give_back([name])


def fact(key: str = "city", value: str = "riyadh", source: str = "m1", **more: Any) -> Fact:
    told = {"tenant_id": "acme", "contact_id": "c1", "confidence": 0.9, "at": NOW, "expires_at": NOW + 30 * DAY}
    return Fact(key=key, value=value, source_message_id=source, **{**told, **more})


async def test_a_fact_comes_back_as_it_was_kept_and_twice_is_once(memory: MemoryRows) -> None:
    one, other = fact(), fact("crm", "hubspot", "m2", at=NOW + timedelta(seconds=1))
    assert await memory.store("acme", "c1", [one, other]) == 2
    assert await memory.store("acme", "c1", [one, other, fact(source="m3")]) == 1
    found = await memory.retrieve("acme", "c1", NOW)
    assert set(found) == {one, fact(source="m3"), other} and found[-1] == other
    assert await memory.retrieve("acme", "c1", NOW, "crm") == [other]
    stats = await memory.stats("acme", "c1", NOW)
    assert (stats.facts, stats.keys, stats.oldest_at, stats.newest_at) == (3, 2, NOW, other.at)


async def test_facts_are_those_of_one_contact_of_one_tenant(memory: MemoryRows) -> None:
    await memory.store("acme", "c1", [fact()])
    await memory.store("acme", "c2", [fact(contact_id="c2", value="jeddah")])
    await memory.store("other", "c1", [fact(tenant_id="other", value="abha")])
    assert [f.value for f in await memory.retrieve("acme", "c1", NOW)] == ["riyadh"]
    assert [f.value for f in await memory.retrieve("acme", "c2", NOW)] == ["jeddah"]
    assert await memory.delete("acme", "c2") == 1
    assert [f.value for f in await memory.retrieve("other", "c1", NOW)] == ["abha"]
    with pytest.raises(Exception, match="own contact"):
        await memory.store("acme", "c1", [fact(contact_id="c2")])
    for tenant_id, contact_id in (("", "c1"), ("acme", "")):
        for asked in (
            memory.retrieve(tenant_id, contact_id, NOW),
            memory.delete(tenant_id, contact_id),
            memory.stats(tenant_id, contact_id, NOW),
            memory.store(tenant_id, contact_id, [fact()]),
            memory.update(tenant_id, contact_id, fact().id, 0.1, NOW),
        ):
            with pytest.raises(Exception, match=r"contact|tenant"):
                await asked


async def test_what_has_expired_is_not_recalled(memory: MemoryRows) -> None:
    await memory.store("acme", "c1", [fact(), fact("crm", "zoho", expires_at=NOW + DAY)])
    assert [f.key for f in await memory.retrieve("acme", "c1", NOW + DAY)] == ["city"]
    assert (await memory.stats("acme", "c1", NOW + 31 * DAY)).newest_at is None


async def test_how_sure_and_how_long_may_change_and_what_was_said_may_not(memory: MemoryRows) -> None:
    await memory.store("acme", "c1", [fact()])
    assert await memory.update("acme", "c1", fact().id, 0.2, NOW + 2 * DAY)
    (found,) = await memory.retrieve("acme", "c1", NOW)
    assert (found.value, found.confidence, found.expires_at) == ("riyadh", 0.2, NOW + 2 * DAY)
    assert not await memory.update("acme", "c2", fact().id, 0.9, NOW + DAY)
    assert not await memory.update("acme", "c1", "nothing", 0.9, NOW + DAY)


async def test_one_key_or_everything_is_forgotten(memory: MemoryRows) -> None:
    await memory.store("acme", "c1", [fact(), fact("crm", "zoho")])
    assert await memory.delete("acme", "c1", "crm") == 1
    assert [f.key for f in await memory.retrieve("acme", "c1", NOW)] == ["city"]
    assert (await memory.delete("acme", "c1"), await memory.delete("acme", "c1")) == (1, 0)
