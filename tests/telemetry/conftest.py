"""One house for the tests of this folder, watched by a collector."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.fakes.collector import FakeCollector
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.fixtures import house, in_one_loop, new_house, new_talk, sami, talk  # noqa: F401
from tests.house.running import RunningHouse, running, settings_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop([item for item in items if Path(__file__).parent in item.path.parents])


@pytest.fixture(scope="package")
def collector() -> Iterator[FakeCollector]:
    with FakeCollector() as collector:
        yield collector


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def shared_house(
    mongo_uri: str, tmp_path_factory: pytest.TempPathFactory, collector: FakeCollector
) -> AsyncIterator[RunningHouse]:
    """A house whose every span arrives at the collector."""
    async with _watched(mongo_uri, tmp_path_factory.mktemp("watched"), collector) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def patient_house(
    mongo_uri: str, tmp_path_factory: pytest.TempPathFactory, collector: FakeCollector
) -> AsyncIterator[RunningHouse]:
    """Another one, which waits for half a minute whether somebody writes more."""
    folder = tmp_path_factory.mktemp("patient")
    async with _watched(mongo_uri, folder, collector, DEALIX_BURST_SECONDS=30) as started:
        yield started


@asynccontextmanager
async def _watched(
    mongo_uri: str, folder: Path, collector: FakeCollector, **more: Any
) -> AsyncIterator[RunningHouse]:
    async with FakeWhatsApp() as fake:
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"house_{uuid4().hex[:12]}",
            folder,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_EXPORTER_OTLP_HEADERS="x-scrape=key%20of%20collector",
            OTEL_SERVICE_NAME="dealix-under-test",
            **more,
        )
        async with running(settings, fake, Clock()) as started:
            yield started


class Watcher:
    """What arrived at the collector, after everything that waits was sent."""

    def __init__(self, home: RunningHouse, collector: FakeCollector) -> None:
        self.home = home
        self.collector = collector

    async def looks(self) -> FakeCollector:
        await self.home.settles()
        machinery = self.home.installation.telemetry.machinery
        await asyncio.to_thread(machinery.tracer_provider.force_flush)
        return self.collector


@pytest.fixture
def watcher(house: RunningHouse, collector: FakeCollector) -> Watcher:  # noqa: F811
    return Watcher(house, collector)
