"""A house with a real database, a real approval bot and a fake Telegram that only the network connects."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from adapters.mongo.driver import open_door
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from tests.admin.telegram.house import House
from tests.fakes.telegram import FakeTelegram, Person

T = TypeVar("T")


async def _settled(work: Awaitable[T]) -> T:
    """Let the sockets of closed clients close before their loop does, or they count as leaked."""
    try:
        return await work
    finally:
        await asyncio.sleep(0.2)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    mongo = EmbeddedMongo(Path(tmp_path_factory.mktemp("mongo")))
    yield asyncio.run(_settled(mongo.start()))
    asyncio.run(_settled(mongo.stop()))


@pytest.fixture
async def store(mongo_uri: str) -> AsyncIterator[MongoStore]:
    door = open_door(mongo_uri, f"test_{uuid4().hex}")
    store = MongoStore(door)
    await store.prepare()
    yield store
    await door.drop_database()
    await store.close()


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def sami(telegram: FakeTelegram) -> Person:
    return telegram.person(1001, "Sami")


@pytest.fixture
def second(telegram: FakeTelegram) -> Person:
    """Another approver."""
    return telegram.person(1002, "Noura")


@pytest.fixture
async def house(store: MongoStore, telegram: FakeTelegram, sami: Person, second: Person) -> AsyncIterator[House]:
    house = House(store, telegram, approvers=(sami.chat.id,))
    yield house
    await house.closes()
