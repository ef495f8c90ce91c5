"""What somebody who answers for the audit log sees on the command line."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import structlog
from typer.testing import CliRunner

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.cli import commands
from bot.conversation import LogEntry
from bot.evidence.signing import Signer
from bot.store import TimelineEntry

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def run(*arguments):
    return CliRunner().invoke(commands, ["evidence", *map(str, arguments)])


@pytest.fixture(autouse=True)
def _own_logs():
    """A command sets up logging for its process; the next test has another terminal."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(mongo_uri, tmp_path, monkeypatch):
    """An installation with a history of five entries, and a hand in its database."""
    name = f"evidence_{uuid4().hex[:12]}"
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MONGODB_DATABASE", name)
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))

    def does(work):
        async def inside():
            door = open_door(mongo_uri, name)
            try:
                store = MongoStore(door)
                await store.prepare()
                return await work(store, door)
            finally:
                await door.close()

        return asyncio.run(inside())

    async def history(store, _door):
        entries = [LogEntry(f"c1:{n:08}:000", "decided", NOW, f"e{n}", {"n": n}) for n in range(5)]
        await store.timeline.add([TimelineEntry("default", "c1", entry) for entry in entries])

    does(history)
    return does


def test_an_untouched_log_ends_with_zero_and_its_head_can_be_kept(database):
    anchored = run("anchor")
    assert anchored.exit_code == 0, anchored.output
    verified = run("verify", "--anchor", anchored.stdout.strip())
    assert verified.exit_code == 0, verified.output
    assert "5 entries in 1 blocks" in verified.output
    assert "السجل سليم" in verified.output


def test_a_changed_entry_ends_with_one_and_is_named(database):
    assert run("anchor").exit_code == 0

    async def change(_store, door):
        await door.collection("timeline").update_one({"_id": "default:c1:00000003:000"}, {"$set": {"data.n": 9}})

    database(change)
    verified = run("verify")
    assert verified.exit_code == 1
    assert "block 1, entry c1:00000003:000: changed" in verified.output
    assert "السجل غير سليم" in verified.output


def test_a_cut_tail_is_found_with_the_anchor_that_somebody_kept(database, tmp_path):
    kept = run("anchor").stdout.strip()

    async def cut(_store, door):
        for name in ("seals", "anchors"):
            await door.collection(name).delete_many({})
        await door.collection("timeline").delete_many({})

    database(cut)
    (tmp_path / "data" / "anchors.jsonl").unlink()
    assert run("verify").exit_code == 0, "without an anchor nobody can know"
    verified = run("verify", "--anchor", kept)
    assert verified.exit_code == 1
    assert "cut_off" in verified.output


def test_what_is_no_anchor_and_who_is_no_tenant_is_said(database):
    assert run("verify", "--anchor", "1:xyz").exit_code == 1
    refused = run("verify", "--tenant", "nobody")
    assert refused.exit_code == 1
    assert "there is no tenant" in refused.output


def test_keys_are_shown_and_turned_over(database, tmp_path):
    before = run("keys").stdout.split()
    assert run("anchor").exit_code == 0
    assert run("rotate-key").exit_code == 0
    after = run("keys").stdout
    assert before[0] in after
    assert not after.startswith(before[0])
    assert run("verify").exit_code == 0
    assert Signer(tmp_path / "data" / "keys").current().id == after.split()[0]
