"""What stands between the internet and the line: replays, floods of bytes, slow senders, and what answers say."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Request

from bot.conversation import Status
from bot.web.bodies import LIMITS, BodyTooSlow, BoundedBodies, limit_of, whole_body
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Talk

DEEP = b"[" * 200_000


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_recorded_webhook_that_is_posted_again_changes_nothing(new_talk, provider):
    """Three providers sign nothing and Meta signs no time: their ids are what a replay runs into."""
    talk = new_talk(provider)
    await talk.says("كم السعر؟")
    talk.hears("price_on_request")
    version = talk.conversation.v
    for name, webhook in talk.posted * 3:
        answer = await talk.house.is_told(name, webhook)
        assert (answer.status_code, answer.json()["new"]) == (200, 0)
    await talk.looks()

    talk.hears_nothing()
    assert talk.conversation.v == version


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_replay_after_its_id_was_forgotten_is_old_news_and_leaves_nothing(new_house, provider):
    """Ids are forgotten after eight days; by then a message is late: a draft at most, and no window opens."""
    house = await new_house()
    talk = Talk(house, provider)
    await talk.says("كم السعر؟")
    first = talk.posted[0]
    for _ in range(2):  # the id is swept out with the first message that is handled after eight days
        await house.moves(days=9)
        await talk.says("السلام عليكم")
    await house.moves(days=2)
    talk.heard_so_far()
    windows = dict(talk.conversation.windows)
    answer = await house.is_told(*first)
    await talk.looks()

    assert answer.status_code == 200
    talk.hears_nothing()
    assert talk.drafts(Status.QUEUED, Status.SENDING) == []
    if provider != "fonnte":  # Fonnte's messages may carry no time of their own
        assert talk.conversation.windows == windows


async def test_a_body_that_trickles_loses_its_connection():
    async def drips() -> dict[str, object]:
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(BodyTooSlow) as refused:
        await whole_body(drips, seconds=0.2)
    assert refused.value.message_ar != refused.value.message_en


async def test_a_trickle_is_answered_408_before_any_route_sees_it():
    app, seen = FastAPI(), []

    @app.post("/api/v1/x")
    async def route(request: Request) -> str:
        seen.append(await request.body())
        return "ok"

    async def drips() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x"
            await asyncio.sleep(0.02)

    transport = httpx.ASGITransport(BoundedBodies(app, seconds=0.2))
    async with httpx.AsyncClient(transport=transport, base_url="http://dealix") as client:
        slow = await client.post("/api/v1/x", content=drips())
        quick = await client.post("/api/v1/x", content=b"all at once")

    assert (slow.status_code, slow.json()["code"]) == (408, "body_too_slow")
    assert (quick.status_code, seen) == (200, [b"all at once"])


@pytest.mark.parametrize("path", ["/api/v1/drafts/x/approve", "/os/process", "/api/v1/rules/changes", "/nowhere"])
async def test_more_bytes_than_an_address_takes_are_refused_announced_or_not(house, path):
    limit = limit_of(path)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(limit // 65_536 + 2):
            yield b" " * 65_536

    announced = await house.http.post(path, content=b" " * (limit + 1), headers=house.token("admin"))
    streamed = await house.http.post(path, content=endless(), headers=house.token("admin"))

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["code"] == streamed.json()["code"] == "body_too_large"
    assert announced.json()["message_ar"]


def test_every_address_has_a_limit_of_bytes():
    assert [path for path, limit in LIMITS if limit is None] == ["/webhooks/"]  # counts by itself
    assert all(limit_of(path) for path in ("/", "/console", "/api/v1/anything", "/os/x", "/telegram/webhook"))


@pytest.mark.parametrize(
    "path", ["/os/process", "/os/process-and-act", "/os/bulk-process", "/api/v1/rules/changes"]
)
@pytest.mark.parametrize("body", [DEEP, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"\xff", b'"\\ud800"'])
async def test_json_that_is_deep_or_broken_is_refused_and_breaks_nothing(house, path, body):
    headers = {
        **house.token("admin"),
        "content-type": "application/json",
        "idempotency-key": f"deep-{hash(body)}",
    }
    answer = await house.http.post(path, content=body, headers=headers)

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_answer_tells_browsers_and_caches_to_keep_nothing(house):
    asked = [
        await house.http.get("/os/stages", headers=house.token("admin")),
        await house.http.get("/os/stages"),
        await house.http.get("/api/v1/drafts", headers=house.token("approver")),
        await house.http.get("/api/v1/nothing", headers=house.token("approver")),
        await house.http.post("/os/process", content=b"{", headers=house.token("admin")),
        await house.http.post("/webhooks/carrier_pigeon", content=b"{}"),
        await house.http.post("/os/process", content=b" " * (9 * 1024 * 1024), headers=house.token("admin")),
        await house.http.get("/readyz"),
    ]

    assert [answer.status_code for answer in asked] == [200, 401, 200, 404, 422, 404, 413, 200]
    for answer in asked:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_channel_that_cannot_prove_its_webhooks_says_so(new_house):
    house = await new_house(GREEN_API_WEBHOOK_TOKEN="", FONNTE_WEBHOOK_SECRET="")
    answer = await house.http.get("/os/whatsapp-providers", headers=house.token("admin"))
    told = {one["name"]: one for one in answer.json()["details"]}

    assert {name: one["webhooks_authenticated"] for name, one in told.items()} == {
        "green_api": False,
        "fonnte": False,
        "ultramsg": True,
        "meta_cloud": True,
    }
    assert told["green_api"]["detail_en"] != told["meta_cloud"]["detail_en"]


async def test_a_message_from_the_future_does_not_keep_a_window_open(talk, house):
    await talk.says("كم السعر؟", at=house.clock() + timedelta(days=30))

    assert max(talk.conversation.windows.values()) <= house.clock()
