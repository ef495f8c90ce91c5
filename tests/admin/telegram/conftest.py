"""A house with a real database, a real approval bot and a fake Telegram that only the network connects."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mongo.store import MongoStore
from tests.admin.telegram.house import House
from tests.fakes.telegram import FakeTelegram, Person

# PyMongo leaves a socket to the garbage collector when a connection attempt is cancelled, which stopping a bot
# does: `_async_create_connection` in pymongo/pool_shared.py, 4.20. Other leaks still fail a test.
DRIVER_LEAK = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(DRIVER_LEAK))


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
    return telegram.person(1002, "Second")


@pytest.fixture
async def house(
    store: MongoStore, telegram: FakeTelegram, sami: Person, second: Person, tmp_path: Path
) -> AsyncIterator[House]:
    house = House(store, telegram, approvers=(sami.chat.id,), folder=tmp_path)
    yield house
    await house.closes()
