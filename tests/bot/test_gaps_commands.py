"""`dealix gaps look`: what was missing is said in words, and lies in its mailbox afterwards."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from typer.testing import CliRunner

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.cli import commands
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp, bodies

PHONE = "966501234567"


@pytest.fixture(autouse=True)
def _own_logs():
    yield
    structlog.reset_defaults()


@pytest.fixture
async def fake(mongo_uri, databases, tmp_path, monkeypatch):
    """An installation with two channels, one of which keeps a record; nobody serves it at the moment."""
    async with FakeWhatsApp() as server:
        for name, value in {
            "MONGODB_URI": mongo_uri,
            "MONGODB_DATABASE": databases.take(),
            "DEALIX_DATA_DIR": str(tmp_path / "data"),
            "GREEN_API_URL": server.url,
            "GREEN_API_INSTANCE_ID": ACCOUNTS.green_instance,
            "GREEN_API_TOKEN": ACCOUNTS.green_token,
            "FONNTE_URL": server.url,
            "FONNTE_TOKEN": ACCOUNTS.fonnte_token,
        }.items():
            monkeypatch.setenv(name, value)
        yield server


async def run(*arguments):
    return await asyncio.to_thread(CliRunner().invoke, commands, list(arguments))


async def gaps(*arguments):
    return await run("gaps", *arguments)


def loses(fake, words, **ago):
    at = datetime.now(UTC) - timedelta(**ago)
    hook = bodies.text("green_api", words, phone=PHONE, message_id=f"3EB0{words}", at=at)
    fake.keeps("green_api", hook)


async def mailbox(mongo_uri):
    store = MongoStore(open_door(mongo_uri, os.environ["MONGODB_DATABASE"]))
    found = await store.conversations.by_key(DEFAULT_TENANT, f"phone:{PHONE}")
    await store.close()
    return [waiting.data["text"] for waiting in found.mailbox] if found else []


async def test_a_look_says_what_was_missing_and_repairs_it_once(fake, mongo_uri):
    for number, minutes in ((1, 300), (2, 200), (3, 100)):
        loses(fake, str(number), minutes=minutes)
    first = await gaps("look", "--since", "24h")
    again = await gaps("look", "--since", "1d")

    assert first.exit_code == again.exit_code == 0, first.output
    assert "green_api" in first.output
    assert "3 compared, 3 missing, 3 repaired, 0 could not be" in first.output
    assert "fonnte: cannot be compared. Fonnte offers no record" in first.output
    assert "المفقود 3" in first.output
    assert "3 compared, 0 missing" in again.output
    assert await mailbox(mongo_uri) == ["1", "2", "3"]


async def test_a_look_goes_no_further_back_than_it_is_told(fake, mongo_uri):
    loses(fake, "قديمة", hours=3)
    loses(fake, "جديدة", minutes=10)
    looked = await gaps("look", "--since", "1h", "--channel", "green_api")

    assert looked.exit_code == 0, looked.output
    assert "fonnte" not in looked.output
    assert await mailbox(mongo_uri) == ["جديدة"]


async def test_a_record_that_cannot_be_read_ends_in_an_error_that_says_why(fake):
    fake.script("green_api", "reply:429:slow down")
    looked = await gaps("look", "--since", "1h", "--channel", "green_api")

    assert looked.exit_code == 1
    assert "not to the end" in looked.output
    assert ACCOUNTS.green_token not in looked.output


@pytest.mark.parametrize("wrong", ["yesterday", "0h", "-1h", "24", "8d", "9999999d"])
async def test_a_span_that_is_none_is_refused_with_an_example(fake, wrong):
    refused = await gaps("look", f"--since={wrong}")

    assert refused.exit_code == 1
    assert "30m, 24h or 7d" in refused.output


async def test_a_channel_that_is_not_here_is_named(fake):
    refused = await gaps("look", "--channel", "nowhere")

    assert refused.exit_code == 1
    assert "no such channel" in refused.output
