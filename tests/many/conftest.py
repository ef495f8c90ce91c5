"""One fleet of processes for the tests of this folder, killed and started again under them."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.fixtures import in_one_loop
from tests.many.fleet import Broker, Fleet

SAMI = 1001


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    in_one_loop([item for item in ours if item.path.name.startswith("test_many")])
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("many"))


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as telegram:
        telegram.person(SAMI, "Sami")
        yield telegram


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def fleet(
    mongo_uri: str, telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fleet]:
    """One door, two of everything else."""
    folder = tmp_path_factory.mktemp("fleet")
    broker = Broker(folder)
    broker.starts()
    async with FakeWhatsApp() as fake:
        fleet = Fleet(
            folder,
            fake,
            mongo_uri,
            f"many_{uuid4().hex[:12]}",
            broker,
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_BOT_TOKEN=telegram.token,
            TELEGRAM_APPROVER_IDS=str(SAMI),
        )
        try:
            await fleet.starts(
                web="web",
                desk_1="worker,bot,timers",
                desk_2="worker,bot,timers",
                sender_1="sender",
                sender_2="sender",
            )
            yield fleet
        finally:
            await fleet.ends()
            broker.dies()
