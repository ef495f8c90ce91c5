"""
The real parts that tests stand on: one MongoDB for the session, one database for each test.

Rule: nothing here patches or pretends; what is fake is a server of its own under `tests/fakes`.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from adapters.mongo.driver import Door, open_door
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from tests.house.databases import Databases

# The same examples in every run, so that main passes today as it did yesterday; `HYPOTHESIS_PROFILE=searching`
# looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("searching", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def mongo_uri() -> Iterator[str]:
    """A real mongod, started for this session and stopped after it."""
    with tempfile.TemporaryDirectory(prefix="dealix-tests-") as folder:
        server = EmbeddedMongo(Path(folder))
        uri = asyncio.run(server.start())
        yield uri
        asyncio.run(server.stop())


@pytest.fixture(scope="session")
def databases(mongo_uri: str) -> Databases:
    """Emptied databases, to be taken again."""
    return Databases(mongo_uri)


@pytest.fixture
async def door(mongo_uri: str, databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """A database of its own for one test, without a collection unless the test wants the store in it."""
    is_prepared = "store" in request.fixturenames
    name = databases.take() if is_prepared else f"bare_{uuid4().hex[:16]}"
    door = open_door(mongo_uri, name)
    yield door
    if not is_prepared:
        await door.drop_database()
    await door.close()
    if is_prepared:
        await databases.give_back([name])


@pytest.fixture
async def store(door: Door) -> MongoStore:
    """Everything Dealix remembers, empty and prepared."""
    store = MongoStore(door)
    await store.prepare()
    return store


def pytest_sessionfinish(session: pytest.Session) -> None:
    """CI accepts no skipped test: what was not run is not proved."""
    if "FAIL_ON_SKIP" not in os.environ or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{skipped} skipped test(s), and FAIL_ON_SKIP is set", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share one running product stay on one worker; so do those that load both cores themselves."""
    for item in items:
        for shared in ("browser", "crash"):
            if f"tests/{shared}/" in item.nodeid:
                item.add_marker(pytest.mark.xdist_group(shared))
