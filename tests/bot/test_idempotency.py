"""The middleware around routes of a test's own: secrets, faults, streams, and a database that is away."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse

from adapters.mongo.driver import Door
from adapters.mongo.idempotency import SHELF, MongoIdempotency
from adapters.mongo.store import MongoStore
from bot.idempotency import LARGEST_ANSWER_BYTES, Idempotency
from bot.people import Human
from bot.web import problem
from bot.web.idempotency import Counter, EffectId, OncePerKey, acts, reads_only, shows_secret_once

SECRET = "dlx_live_9f8e7d6c5b4a"


class Gone(Exception):
    """The database of this test is away."""


@dataclass
class Somebody:
    tenant_id: str = "default"
    human: Human = field(default_factory=lambda: Human("api:sami", "Sami"))


class Calls:
    """How often each route was handled."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.refuses_with = 0


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def client(store: MongoStore, door: Door, calls: Calls) -> httpx.AsyncClient:
    return _client(MongoIdempotency(door), calls)


def _client(reservations: Any, calls: Calls) -> httpx.AsyncClient:
    app = FastAPI()
    problem.install(app)

    async def callers(_: Any) -> Any:
        return Somebody()

    ids = iter(range(1_000_000))
    idempotency = Idempotency(reservations, lambda: datetime.now(UTC), lambda: f"id{next(ids)}")
    app.add_middleware(OncePerKey, counter=lambda: Counter(idempotency, callers, ("api",), (Gone,)))

    @app.post("/api/v1/keys", status_code=201, dependencies=[acts, shows_secret_once])
    async def make_key(effect_id: EffectId) -> dict[str, str]:
        calls.effects.append(effect_id)
        return {"secret": SECRET}

    @app.put("/api/v1/thing", dependencies=[acts])
    async def change(effect_id: EffectId) -> dict[str, int]:
        calls.effects.append(effect_id)
        if calls.refuses_with == 1:
            raise RuntimeError("a fault of ours")
        if calls.refuses_with:
            raise HTTPException(calls.refuses_with)
        return {"number": len(calls.effects)}

    @app.post("/api/v1/file", dependencies=[reads_only])
    async def file() -> dict[str, int]:
        calls.effects.append("")
        return {"number": len(calls.effects)}

    @app.post("/api/v1/stream")
    async def stream() -> StreamingResponse:
        calls.effects.append("")

        async def parts() -> Any:
            for _ in range(5):
                yield b"x" * (LARGEST_ANSWER_BYTES // 4)

        return StreamingResponse(parts())

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://dealix")


async def test_a_secret_that_is_shown_once_is_kept_nowhere_and_made_once(client, calls, door: Door) -> None:
    headers = {"idempotency-key": uuid4().hex}
    first = await client.post("/api/v1/keys", headers=headers)
    again = await client.post("/api/v1/keys", headers=headers)

    assert (first.status_code, first.json()) == (201, {"secret": SECRET})
    assert (again.status_code, again.json()["code"]) == (409, "answer_not_kept")
    assert again.json()["message_ar"] and SECRET not in again.text
    assert len(calls.effects) == 1
    rows = await door.collection(SHELF.name).find({})
    assert len(rows) == 1 and SECRET not in str(rows)


@pytest.mark.parametrize("status", [1, 500, 503, 409, 429, 403])
async def test_what_failed_is_no_answer_and_the_next_try_has_the_same_effect_id(client, calls, status) -> None:
    headers = {"idempotency-key": uuid4().hex}
    calls.refuses_with = status
    failed = await client.put("/api/v1/thing", headers=headers)
    calls.refuses_with = 0
    later = await client.put("/api/v1/thing", headers=headers)
    again = await client.put("/api/v1/thing", headers=headers)

    assert failed.status_code == (500 if status == 1 else status)
    assert (later.status_code, later.json()) == (200, {"number": 2})
    assert (again.json(), again.headers["idempotency-replayed"]) == ({"number": 2}, "true")
    assert len(calls.effects) == 2 and calls.effects[0] == calls.effects[1] != ""


async def test_without_a_key_nothing_is_handled_where_one_is_required(client, calls) -> None:
    answer = await client.put("/api/v1/thing")

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert "Idempotency-Key" in answer.json()["message_ar"]
    assert calls.effects == []


async def test_two_keys_in_one_request_are_none(client, calls) -> None:
    answer = await client.put("/api/v1/thing", headers=[("idempotency-key", "a"), ("idempotency-key", "b")])

    assert (answer.status_code, calls.effects) == (400, [])


async def test_an_answer_too_large_to_keep_is_given_whole_and_made_once(client, calls) -> None:
    headers = {"idempotency-key": uuid4().hex}
    first = await client.post("/api/v1/stream", headers=headers)
    again = await client.post("/api/v1/stream", headers=headers)

    assert len(first.content) == LARGEST_ANSWER_BYTES // 4 * 5
    assert (again.status_code, len(calls.effects)) == (409, 1)


async def test_what_only_reads_may_be_repeated_and_leaves_nothing(client, calls, door: Door) -> None:
    headers = {"idempotency-key": uuid4().hex}
    numbers = [(await client.post("/api/v1/file", headers=headers)).json()["number"] for _ in range(3)]

    assert numbers == [1, 2, 3]
    assert all(row["answer"] is None for row in await door.collection(SHELF.name).find({}))


async def test_while_the_database_is_away_nothing_is_handled_under_a_key(calls) -> None:
    class Away:
        async def insert(self, fresh: Any) -> bool:
            raise Gone

    answer = await _client(Away(), calls).put("/api/v1/thing", headers={"idempotency-key": "k"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert calls.effects == []
