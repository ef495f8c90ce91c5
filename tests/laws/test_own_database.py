"""A house in which one tenant has a database of its own, with a user that reaches nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest_asyncio
from pydantic import TypeAdapter

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.conversation import Waiting
from bot.events import InboundMessage, Kind
from bot.store import Arrival
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp, bodies
from tests.house.clock import Clock
from tests.house.running import RunningHouse, eventually, running, settings_for
from tests.house.talk import new_message_id
from tests.mongo.locked import LockedMongo

OWN, OWNER = "acme_own", "acme"

FILE = """
tenants:
  - id: default
    name: Everybody
    channels:
      - {{id: green_api, provider: green_api, url: "{url}", instance_id: "{green}", token: "{green_token}",
         webhook_secret: "{green_secret}"}}
  - id: acme
    name: Acme
    database: {{uri: "{own}", name: acme_own}}
    channels:
      - {{id: acme_fonnte, provider: fonnte, url: "{url}", token: "{fonnte}", webhook_secret: "{fonnte_secret}"}}
"""


class Estate:
    """The house, its provider, and the locked server beneath."""

    def __init__(self, house: RunningHouse, server: LockedMongo, own: str) -> None:
        self.house, self.server, self.own = house, server, own

    async def own_rows(self, collection: str) -> list[dict[str, Any]]:
        async with self.server.root() as root:
            return [row async for row in root[OWN][collection].find()]

    async def common_rows(self, collection: str) -> list[str]:
        return (await self.house.everything_stored())[collection]

    async def writes(self, channel: str, provider: str, phone: str, words: str) -> None:
        at = self.house.clock()
        webhook = bodies.text(provider, words, phone=phone, message_id=new_message_id(), at=at)
        answer = await self.house.is_told(channel, webhook)
        assert answer.status_code == 200, answer.text

    def arrived(self, phone: str) -> list[str]:
        return [entry.text for entry in self.house.fake.ledger if phone in entry.recipient]


@pytest_asyncio.fixture(loop_scope="session")
async def estate(mongo_uri: str, tmp_path: Path) -> AsyncIterator[Estate]:
    async with AsyncExitStack() as stack:
        (tmp_path / "server").mkdir()
        server = await stack.enter_async_context(LockedMongo(tmp_path / "server"))
        own = await server.user(OWNER, OWN)
        fake = await stack.enter_async_context(FakeWhatsApp())
        tenants = tmp_path / "tenants.yml"
        tenants.write_text(
            FILE.format(
                url=fake.url,
                own=own,
                green=ACCOUNTS.green_instance,
                green_token=ACCOUNTS.green_token,
                green_secret=ACCOUNTS.green_webhook_token,
                fonnte=ACCOUNTS.fonnte_token,
                fonnte_secret=ACCOUNTS.fonnte_secret,
            )
        )
        settings = settings_for(
            fake.url, mongo_uri, f"common_{server.port}", tmp_path / "data", DEALIX_TENANTS_FILE=tenants
        )
        house = await stack.enter_async_context(running(settings, fake, Clock()))
        yield Estate(house, server, own)


async def test_it_answers_for_both_and_each_tenants_rows_stay_where_they_belong(estate: Estate) -> None:
    await estate.writes("green_api", "green_api", "966500000001", "كم السعر؟")
    await estate.writes("acme_fonnte", "fonnte", "966500000002", "كم السعر؟")
    await eventually(lambda: estate.arrived("966500000001") and estate.arrived("966500000002"))
    await estate.house.settles()
    await estate.house.inside.relay.flush()

    for collection in ("conversations", "timeline"):
        common = await estate.common_rows(collection)
        assert {row["tenant_id"] for row in await estate.own_rows(collection)} == {OWNER}
        assert common and all("'tenant_id': 'default'" in row for row in common)
    assert "966500000002" not in repr(await estate.house.everything_stored())


async def test_the_sweep_finds_what_waits_in_a_tenants_own_database(estate: Estate) -> None:
    """Written by another process, which rings no bell here."""
    elsewhere = MongoStore(open_door(estate.own, OWN))
    now = estate.house.clock()
    keys = ("phone:966500000003",)
    message = InboundMessage("m1", keys, Kind.TEXT, "كم السعر؟", phone="966500000003")
    waiting = Waiting(
        "acme|m1", "message", "acme_fonnte", now, "c1", TypeAdapter(InboundMessage).dump_python(message)
    )
    arrival = Arrival(OWNER, waiting, keys, "966500000003", opens_window=True, wake_at=now)
    await elsewhere.conversations.record(arrival, now, "id3")
    await elsewhere.close()

    await eventually(lambda: estate.arrived("966500000003"), complaint="nobody looked there")


async def test_nothing_repeats_the_password(estate: Estate) -> None:
    password = estate.own.partition("://")[2].partition("@")[0].partition(":")[2]

    assert {password, estate.own} <= set(estate.house.installation.secrets)
    assert password not in repr(estate.house.installation.configs)


async def test_when_its_database_dies_only_that_tenant_waits(estate: Estate) -> None:
    """Nothing of it is confirmed that is not stored; the provider comes again, and then it is answered."""
    estate.server.dies()
    phone, at = "966500000004", estate.house.clock()
    webhook = bodies.text("fonnte", "كم السعر؟", phone=phone, message_id=new_message_id(), at=at)

    refused = await estate.house.is_told("acme_fonnte", webhook)
    await estate.writes("green_api", "green_api", "966500000005", "كم السعر؟")
    await eventually(lambda: estate.arrived("966500000005"))
    ready = await estate.house.http.get("/readyz")

    assert refused.status_code == 503
    assert ready.status_code == 200
    await asyncio.to_thread(estate.server.comes_back)
    while (await estate.house.is_told("acme_fonnte", webhook)).status_code != 200:
        await asyncio.sleep(0.3)
    await eventually(lambda: estate.arrived(phone))
