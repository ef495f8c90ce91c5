"""One house with a price list, HubSpot and Moyasar faked, for every test of this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.fakes.business import HUBSPOT_TOKEN, MOYASAR_KEY, WEBHOOK_SECRET, FakeBusiness
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.fixtures import (  # noqa: F401 (fixtures are used by their names)
    house,
    in_one_loop,
    new_house,
    new_talk,
    sami,
    talk,
)
from tests.house.running import RunningHouse, running, settings_for
from tests.offers.trade import PRICES, put_in_force


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop([item for item in items if Path(__file__).parent in item.path.parents])


@pytest.fixture(scope="package")
def world() -> Iterator[FakeBusiness]:
    with FakeBusiness() as started:
        yield started


@pytest.fixture
def outside(world: FakeBusiness) -> Iterator[FakeBusiness]:
    """The services outside, with nothing in them."""
    world.clear()
    yield world
    world.clear()


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def shared_house(
    mongo_uri: str, world: FakeBusiness, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningHouse]:
    async with FakeWhatsApp() as fake:
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"offers_{uuid4().hex[:12]}",
            tmp_path_factory.mktemp("offers"),
            DEALIX_PUBLIC_URL="https://dealix.example",
            DEALIX_TENANT_NAME="شركة الاختبار",
            HUBSPOT_URL=world.url,
            HUBSPOT_TOKEN=HUBSPOT_TOKEN,
            MOYASAR_URL=world.url,
            MOYASAR_SECRET_KEY=MOYASAR_KEY,
            MOYASAR_WEBHOOK_SECRET=WEBHOOK_SECRET,
        )
        async with running(settings, fake, Clock()) as started:
            await put_in_force(started, {"policies/prices.yml": PRICES})
            yield started
