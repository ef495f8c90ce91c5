"""
Fixtures of a running house; a folder's `conftest.py` imports the ones it wants.

Starting a house compiles the rule book (seconds), so one is shared by all tests of a folder. Each test has
contacts of its own, and afterwards they are forgotten and the providers healed. A test that needs providers
nobody has met yet, or settings of its own, starts a house of its own.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.conversation import Conversation
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.databases import Databases
from tests.house.running import RunningHouse, running, settings_for
from tests.house.sami import Sami
from tests.house.talk import Talk

NewTalk = Callable[..., Talk]
NewHouse = Callable[..., Any]


def in_one_loop(items: list[pytest.Item]) -> None:
    """Let every async test of these share the loop in which the house runs."""
    for item in items:
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def shared_house(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHouse]:
    """One house for the tests of a folder."""
    folder = tmp_path_factory.mktemp("house")
    async with FakeWhatsApp() as fake:
        settings = settings_for(fake.url, mongo_uri, f"house_{uuid4().hex[:12]}", folder)
        async with running(settings, fake, Clock()) as house:
            yield house


@pytest_asyncio.fixture(loop_scope="session")
async def house(shared_house: RunningHouse) -> AsyncIterator[RunningHouse]:
    """The shared house, clean before and after."""
    yield shared_house
    await shared_house.settles()
    for conversation in await _everybody(shared_house):
        await shared_house.forgets(conversation)
    shared_house.heals()


@pytest_asyncio.fixture(loop_scope="session")
async def new_house(
    mongo_uri: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[NewHouse]:
    """Starts houses of the test's own, with settings of its own."""
    taken: list[str] = []
    async with AsyncExitStack() as stack:

        async def start(**more: Any) -> RunningHouse:
            fake = await stack.enter_async_context(FakeWhatsApp())
            database = databases.take()
            taken.append(database)
            settings = settings_for(fake.url, mongo_uri, database, tmp_path_factory.mktemp("own"), **more)
            return await stack.enter_async_context(running(settings, fake, Clock()))

        yield start
    await databases.give_back(taken)


@pytest_asyncio.fixture(loop_scope="session")
async def own_house(new_house: NewHouse) -> RunningHouse:
    """A house that nobody has used."""
    return await new_house()


@pytest.fixture
def new_talk(house: RunningHouse) -> NewTalk:
    """Makes contacts of the shared house."""
    return lambda provider="green_api", **more: Talk(house, provider, **more)


@pytest.fixture
def talk(new_talk: NewTalk) -> Talk:
    """One contact of the shared house, on Green API."""
    return new_talk()


@pytest.fixture
def sami(house: RunningHouse) -> Sami:
    return Sami(house)


async def _everybody(house: RunningHouse) -> list[Conversation]:
    return await house.inside.store.conversations.recently_active(DEFAULT_TENANT, 1_000)
