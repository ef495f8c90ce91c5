"""One product for the tests of this folder, killed and started again and again on one data folder."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.whatsapp import FakeWhatsApp, bodies
from tests.house.fixtures import in_one_loop
from tests.house.process import Product


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    in_one_loop(ours)
    for item in ours:
        item.add_marker(pytest.mark.crash)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with FakeWhatsApp() as fake:
        product = Product(tmp_path_factory.mktemp("product"), fake)
        try:
            await product.boots()
            yield product
        finally:
            await product.ends()


@pytest_asyncio.fixture(loop_scope="session")
async def whatsapp(product: Product) -> FakeWhatsApp:
    """
    The providers, which outlive every crash; each test begins with healthy ones and an empty ledger.

    What an earlier test sent has arrived by then: a provider that takes and never delivers is not used any more.
    """
    for entry in product.fake.ledger:
        arrived = bodies.receipt(
            entry.provider,
            "delivered",
            provider_message_id=entry.id,
            phone=re.sub(r"\D", "", entry.recipient),
            at=datetime.now(UTC),
        )
        assert (await product.is_told(entry.provider, arrived)).status_code == 200
    product.fake.clear()
    return product.fake
