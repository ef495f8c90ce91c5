"""
Data of an earlier version come back and work; a backup or a restore that is killed leaves nothing half.

`stored/format_1.backup` was made by `dealix backup` of version 0.1.0: a lead in the middle of the questions, a
draft that waited for Sami, and somebody who said stop. Its keys open nothing else.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from adapters.mongo.embedded import EmbeddedMongo
from tests.crash.lead import Lead
from tests.fakes.whatsapp import FakeWhatsApp, bodies
from tests.house.process import Product

STORED = Path(__file__).parent / "stored" / "format_1.backup"
ASKED, HELD, STOPPED = "966570100001", "966570100002", "966570100003"
PATIENCE = 60


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Product]:
    """A data folder on which nothing runs yet."""
    async with FakeWhatsApp() as fake:
        product = Product(tmp_path, fake)
        yield product
        await product.ends()


def begins(place: Product, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", *words],
        cwd=place.folder,
        env=place._environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def does(place: Product, *words: str, code: int = 0) -> str:
    """A command, run to its end; answers what it said."""
    process = begins(place, *words)
    out, err = await asyncio.to_thread(process.communicate, timeout=120)
    said = (out + err).decode()
    assert process.returncode == code, said
    return said


async def test_data_of_the_first_format_come_back_and_the_talk_goes_on(place: Product) -> None:
    said = await does(place, "restore", str(STORED))
    assert "are as they were sealed" in said
    assert "the bot is paused" in said
    await place.boots()

    asked = Lead(place)
    asked.phone = ASKED
    assert (await asked.contact())["stage"] == "qualifying"
    before = {draft["id"] for draft in (await asked.contact())["outbox"]}
    await says(asked, "خمسين")
    deadline = time.monotonic() + PATIENCE
    while not (fresh := [d for d in (await asked.contact())["outbox"] if d["id"] not in before]):
        assert time.monotonic() < deadline, "nobody answered"
        await asyncio.sleep(0.05)
    assert fresh[-1]["status"] == "held", "nothing leaves by itself before a human has looked"
    stopped = Lead(place)
    stopped.phone = STOPPED
    await says(stopped, "السلام عليكم")
    await does(place, "resume", "--as", "Sami")
    waiting = [draft for draft in await place.queue() if draft["status"] == "held"]
    assert len(waiting) == 2
    for draft in waiting:
        path = f"drafts/{draft['draft_id']}/approve"
        answer = await place.asks("POST", path, text_version=draft["text_version"])
        assert answer.status_code == 200, answer.text

    await asked.draft_that_is("accepted", "sent", "delivered")
    await place.comes_to_rest()
    assert asked.arrived and place.arrived(HELD)
    assert place.arrived(STOPPED) == [], "a stop outlives a restore"
    assert "are as they were sealed" in await does(place, "evidence", "verify")
    await place.stops()


async def test_a_backup_that_is_killed_leaves_no_file_and_the_next_one_is_whole(place: Product) -> None:
    await place.boots()
    await fills(place, 60_000)
    file = place.folder / "night.backup"
    part = place.folder / "night.backup.part"

    process = begins(place, "backup", str(file))
    await until(lambda: (part.exists() and part.stat().st_size > 0) or process.poll() is not None)
    assert process.poll() is None, "it was over before it could be killed"
    process.kill()
    process.communicate()
    assert not file.exists()

    said = await does(place, "backup", str(file))
    assert "60" in said and file.exists() and not part.exists()
    assert "every hash is as written" in await does(place, "backup", "--verify", str(file))
    await place.stops()

    # The same on the way back: killed in the middle, it lets nobody start, and is begun anew without being told.
    other = place.folder / "other"
    other.mkdir()
    there = Product(other, place.fake)
    process = begins(there, "restore", str(file))
    await until(lambda: (other / "data" / "mongo" / "port").exists() or process.poll() is not None)
    port = int((other / "data" / "mongo" / "port").read_text())
    async with AsyncMongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        rows = client["dealix"]["timeline"]
        deadline = time.monotonic() + PATIENCE
        while not await has_rows(rows):
            assert time.monotonic() < deadline and process.poll() is None
            await asyncio.sleep(0.005)
        process.kill()
        process.communicate()
        assert await rows.estimated_document_count() < 60_000, "it was over before it could be killed"
    assert "was not finished" in await does(there, "up", "--port", "0", code=1)

    said = await does(there, "restore", str(file))
    assert "are as they were sealed" in said
    try:
        uri = await EmbeddedMongo(other / "data" / "mongo").join()
        assert uri == "", "the restore gives its server back"
        await there.boots()
        async with AsyncMongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            assert await client["dealix"]["timeline"].count_documents({"what": "filler"}) == 60_000
    finally:
        await there.ends()


async def says(lead: Lead, words: str) -> None:
    """With an id of its own: the first ones that a test gives were seen in the stored talk already."""
    fresh = f"3EB0{uuid4().hex[:16].upper()}"
    webhook = bodies.text(lead.provider, words, phone=lead.phone, message_id=fresh, at=lead.clock())
    assert (await lead.product.is_told(lead.provider, webhook)).status_code == 200


async def has_rows(rows: AsyncCollection) -> bool:
    """False also while the server is still starting."""
    try:
        return await rows.estimated_document_count() > 0
    except PyMongoError:
        return False


async def fills(place: Product, count: int) -> None:
    """Past, as it piles up over weeks: words that do not pack to nothing."""
    port = (place.folder / "data" / "mongo" / "port").read_text()
    async with AsyncMongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        at = datetime.now(UTC)
        for start in range(0, count, 5_000):
            await client["dealix"]["timeline"].insert_many(
                [
                    {
                        "_id": f"filler:{n}",
                        "tenant_id": "nobody-here",
                        "conversation_id": "c",
                        "what": "filler",
                        "at": at,
                        "correlation_id": "",
                        "data": {"noise": os.urandom(200)},
                    }
                    for n in range(start, start + 5_000)
                ]
            )


async def until(is_so) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)
