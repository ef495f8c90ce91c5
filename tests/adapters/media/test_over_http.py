"""A person asks for a file of a conversation and gets it as an attachment; nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from adapters.media.line import FetchedMedia, Keeper
from adapters.mongo.store import MongoStore
from admin.api import media as media_api
from bot.access import Principal
from bot.audit import Audit
from bot.conversation import LogEntry, Waiting
from bot.media import MediaRoom
from bot.store import Arrival, TimelineEntry
from bot.web import problem
from tests.adapters.media.far_away import FarAway, is_loopback
from tests.adapters.media.test_fetching import JPEG

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class Door:
    """Who stands before it in these tests."""

    tenant_id: str = "default"
    role: str = "approver"

    @property
    def principal(self) -> Principal:
        return Principal("sami", self.tenant_id, frozenset({self.role}))


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[FarAway]:
    async with FarAway(tmp_path) as server:
        yield server


@pytest.fixture
def somebody() -> Door:
    return Door()


@pytest.fixture
async def client(far: FarAway, store: MongoStore, somebody: Door) -> AsyncIterator[httpx.AsyncClient]:
    ids = iter(range(1_000))
    fetched = FetchedMedia(
        {"green_api": Keeper(far.hosts("files.example"))},
        resolve=far.resolve,
        may_connect=is_loopback,
        tls=far.trusting,
    )
    audit = Audit(store, lambda: NOW, lambda: f"id{next(ids)}")
    app = FastAPI()
    problem.install(app)

    async def callers() -> Any:
        return somebody.principal

    app.include_router(media_api.router(MediaRoom(store, fetched, audit), callers))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://dealix") as client:
        yield client


async def conversation(store: MongoStore, url: str, tenant_id: str = "default") -> str:
    """A contact who sent one picture."""
    waiting = Waiting("m1", "message", "green_api", NOW, "c1", {})
    recorded = await store.conversations.record(
        Arrival(tenant_id, waiting, ("phone:966501234567",), "966501234567"), NOW, f"talk-{tenant_id}"
    )
    media = {"mime_type": "image/jpeg", "url": url, "provider_media_id": ""}
    fact = {"key": "green_api|966501234567@c.us:1", "channel": "green_api", "kind": "image", "media": media}
    entry = LogEntry("e1", "message_received", NOW, "c1", {**fact, "sent_at": NOW})
    await store.timeline.add([TimelineEntry(tenant_id, recorded.conversation_id, entry)])
    return recorded.conversation_id


async def test_a_person_gets_the_file_as_an_attachment(client, store, far) -> None:
    address = f"/api/v1/conversations/{await conversation(store, far.says('/a', JPEG))}/media"
    (listed,) = (await client.get(address)).json()["media"]
    answer = await client.post(f"{address}/{listed['ref']}")

    assert "966501234567" not in str(listed)
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == f'attachment; filename="{listed["ref"]}.jpg"'


async def test_who_opened_which_file_is_written_down(client, store, far) -> None:
    talk = await conversation(store, far.says("/a", JPEG))
    address = f"/api/v1/conversations/{talk}/media"
    (listed,) = (await client.get(address)).json()["media"]
    await client.post(f"{address}/{listed['ref']}")

    entries = await store.timeline.of_conversation("default", talk, 10)
    (opened,) = [entry for entry in entries if entry.what == "media_opened"]
    assert (opened.data["by"], opened.data["ref"]) == ("api:sami", listed["ref"])


async def test_a_refusal_is_said_before_anything_is_sent(client, store, far) -> None:
    address = f"/api/v1/conversations/{await conversation(store, 'https://169.254.169.254/latest')}/media"
    (listed,) = (await client.get(address)).json()["media"]
    answer = await client.post(f"{address}/{listed['ref']}")

    assert (answer.status_code, answer.json()["code"]) == (422, "media_refused")
    assert answer.json()["message_ar"] and far.connections == 0


async def test_nobody_else_sees_files(client, store, far, somebody) -> None:
    address = f"/api/v1/conversations/{await conversation(store, far.says('/a', JPEG))}/media"
    (listed,) = (await client.get(address)).json()["media"]
    wrong = await client.post(f"{address}/{'0' * 24}")
    somebody.tenant_id = "other"
    foreign = [await client.get(address), await client.post(f"{address}/{listed['ref']}")]
    somebody.tenant_id, somebody.role = "default", "executive"
    unfit = [await client.get(address), await client.post(f"{address}/{listed['ref']}")]

    assert wrong.status_code == 404
    assert [answer.status_code for answer in (*foreign, *unfit)] == [404, 404, 403, 403]
    assert far.connections == 0
