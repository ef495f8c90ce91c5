"""A tenant takes everything along, and leaves without a trace and without touching its neighbours."""

import asyncio
import gzip
import json
from datetime import UTC, datetime

import pytest
import structlog
from typer.testing import CliRunner

from adapters.mongo import schema
from adapters.mongo.driver import open_door
from adapters.mongo.scope import Rows
from adapters.mongo.store import MongoStore
from bot.cli import commands
from bot.conversation import LogEntry
from bot.store import TimelineEntry

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LEFT, STAYS = "left", "default"


def run(*arguments):
    return CliRunner().invoke(commands, ["tenants", *map(str, arguments)])


@pytest.fixture(autouse=True)
def _own_logs():
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(mongo_uri, databases, tmp_path, monkeypatch):
    """An installation of one tenant, in whose database another one was served before."""
    name = databases.take()
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MONGODB_DATABASE", name)
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))
    asyncio.run(_filled(mongo_uri, name))
    yield name
    asyncio.run(databases.give_back([name]))


async def _filled(uri, name):
    store = MongoStore(open_door(uri, name))
    await store.prepare()
    for tenant in (LEFT, STAYS):
        entries = [LogEntry(f"e{n}", "message_received", NOW, "k", {"text": f"سر {n}"}) for n in range(1_203)]
        await store.timeline.add([TimelineEntry(tenant, "c1", entry) for entry in entries])
        await store.suppressions.add(tenant, ["phone:966501234567"], "user_optout", "m", NOW)
    await store.close()


def rows_of(uri, name, tenant):
    async def read():
        door = open_door(uri, name)
        try:
            return {s.name: await Rows(door, s).of(tenant).find({}, sort=[("_id", 1)]) for s in schema.SHELVES}
        finally:
            await door.close()

    return asyncio.run(read())


def test_everything_of_a_tenant_is_in_the_file_and_nothing_of_another(database, mongo_uri, tmp_path):
    file = tmp_path / "left.gz"

    done = run("export", LEFT, "--to", file)

    assert done.exit_code == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    stored = rows_of(mongo_uri, database, LEFT)
    assert len(lines) == sum(map(len, stored.values())) == 1_204
    assert {line["row"]["tenant_id"] for line in lines} == {LEFT}
    assert {line["row"]["_id"] for line in lines} == {row["_id"] for rows in stored.values() for row in rows}
    assert "سر 1202" in json.dumps(lines, ensure_ascii=False)


def test_whoever_left_is_removed_whole_and_the_others_stay_as_they_are(database, mongo_uri, tmp_path):
    before = rows_of(mongo_uri, database, STAYS)

    done = run("delete", LEFT, "--to", tmp_path / "left.gz", "--yes")

    assert done.exit_code == 0, done.stderr
    assert "1204 rows removed" in done.stdout.replace("\n", "")
    assert not any(rows_of(mongo_uri, database, LEFT).values())
    assert rows_of(mongo_uri, database, STAYS) == before
    assert len(gzip.decompress((tmp_path / "left.gz").read_bytes()).splitlines()) == 1_204


def test_nobody_is_removed_who_is_served_here_or_without_a_clear_word(database, mongo_uri, tmp_path):
    served = run("delete", STAYS, "--to", tmp_path / "a.gz", "--yes")
    unsure = run("delete", LEFT, "--to", tmp_path / "b.gz")
    (tmp_path / "c.gz").write_bytes(b"mine")
    twice = run("delete", LEFT, "--to", tmp_path / "c.gz", "--yes")

    assert [done.exit_code for done in (served, unsure, twice)] == [1, 1, 1]
    assert "still served" in served.stderr
    assert "ما زالت" in served.stderr
    assert (tmp_path / "c.gz").read_bytes() == b"mine"
    assert sum(map(len, rows_of(mongo_uri, database, LEFT).values())) == 1_204


def test_the_list_counts_what_is_served(database):
    done = run("list")

    assert done.exit_code == 0, done.stderr
    assert f"{STAYS}: 1204 rows" in done.stdout
    assert LEFT not in done.stdout
