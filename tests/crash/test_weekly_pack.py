"""
SIGKILL between the pack of a week and its digest: the pack is there once, and the digest goes out once.

Where to kill is arranged from outside: whoever has written the row of the digest and not yet committed it keeps
the process from writing its own.
"""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from pymongo import AsyncMongoClient

from bot.metrics.spans import last_published
from bot.tenants import DEFAULT_TENANT
from tests.crash.lead import Lead


@asynccontextmanager
async def database_of(product):
    port = (product.folder / "data" / "mongo" / "port").read_text()
    async with AsyncMongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true", tz_aware=True) as client:
        yield client, client["dealix"]


async def comes(asked, within=300):
    """Wait until there is something."""
    deadline = time.monotonic() + within
    while not (found := await asked()):
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.02)
    return found


async def nobody_writes(client):
    """What the dead process had begun to write is given up by the database, after its own time."""
    under_way = await client.admin.command("currentOp", active=True, ns="dealix.alerts")
    return not under_way["inprog"]


async def test_a_process_killed_between_the_pack_and_its_digest_leaves_the_digest_to_the_next(product, whatsapp):
    week = last_published(Lead.clock())
    key = {"tenant_id": DEFAULT_TENANT, "key": f"weekly_digest:{week.id}"}
    heard = {
        "_id": f"{DEFAULT_TENANT}:long-ago", "tenant_id": DEFAULT_TENANT, "conversation_id": "somebody",
        "what": "message_received", "at": week.since + timedelta(days=1), "correlation_id": "", "data": {},
        "salt": "0" * 32,
    }  # fmt: skip
    async with database_of(product) as (client, rows):

        async def packs():
            wanted = {"type": "weekly_pack", "entity_id": week.id}
            return [
                row["_id"].removeprefix(f"{DEFAULT_TENANT}:") async for row in rows.evidence_packs.find(wanted)
            ]

        async def digests():
            return [row async for row in rows.alerts.find(key)]

        assert (await packs(), await digests()) == ([], [])
        await rows.timeline.insert_one(heard)
        async with client.start_session() as session:
            await session.start_transaction()
            theirs = {"_id": uuid4().hex, **key, "kind": "weekly_digest", "at": Lead.clock()}
            await rows.alerts.insert_one(theirs, session=session)
            await product.reboots()
            (made,) = await comes(packs)
            product.dies()
            await comes(lambda: nobody_writes(client))
            await session.abort_transaction()
        assert (await packs(), await digests()) == ([made], [])
        await product.boots()
        (told,) = await comes(digests)
        assert (told["about"], await packs()) == (made, [made])
