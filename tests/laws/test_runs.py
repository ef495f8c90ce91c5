"""Durable work in a running house: real approvals, the API, and what came in and could not be handled."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from bot.intake import _waiting
from bot.people import Human
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, done, wait_for_approval
from bot.tenants import DEFAULT_TENANT
from bot.worker import _as_raw
from tests.house import Talk
from tests.house.running import RunningHouse
from tests.laws.test_bad_input import authentic

RUNS = "/api/v1/runs"
SAMI = Human("api:sami", "Sami")


class Board:
    """Whoever looks at runs, over HTTP."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house

    async def gets(self, path: str = "", role: str = "admin", **params: Any) -> Any:
        return await self.house.http.get(f"{RUNS}{path}", params=params, headers=self.house.token(role))

    async def posts(self, path: str, role: str = "admin") -> Any:
        return await self.house.http.post(f"{RUNS}{path}", headers=self.house.token(role))

    async def reaches(self, run_id: str, status: str) -> dict[str, Any]:
        """A failed run has arrived when it was told; until then it is in hand."""
        for _ in range(2_000):
            seen: dict[str, Any] = (await self.gets(f"/{run_id}")).json()
            if seen["status"] == status and not (status == "failed" and seen["next_run_at"]):
                return seen
            await asyncio.sleep(0.02)
        raise AssertionError(f"never {status}: {seen}")


@pytest.fixture
def board(house: RunningHouse) -> Board:
    return Board(house)


def flow_of(house: RunningHouse, *steps: Step, **more: Any) -> str:
    """A flow of this test, known to the house."""
    name = f"test_{uuid4().hex[:12]}"
    house.inside.trust.runs.register(Flow(name, 1, steps, **more))
    return name


async def test_a_run_asks_people_waits_and_goes_on_with_their_grant(house: RunningHouse, board: Board) -> None:
    centre, runs = house.inside.trust.centre, house.inside.trust.runs

    async def ask(turn: Turn) -> Next:
        approval = await centre.ask(
            turn.tenant_id,
            kind="data_sharing",
            action="share_data",
            resource=turn.dedupe_key,
            content_sha256="0" * 64,
            recipient="",
            title_en="Share",
            title_ar="مشاركة",
            summary_en="s",
            summary_ar="س",
            requested_by=turn.by,
            correlation_id=turn.correlation_id,
        )
        return wait_for_approval(approval.id, turn.now + timedelta(days=1), asked=approval.id)

    async def act(turn: Turn) -> Next:
        assert turn.state["approval"]["grant_id"]
        return done(progress={"done": 3, "total": 3}, acted=True)

    flow = flow_of(house, Step("ask", ask), Step("act", act), hears=("data_sharing",))
    run = await runs.start_run(DEFAULT_TENANT, flow, state={}, by=SAMI)
    waiting = await board.reaches(run.id, "waiting_approval")
    listed = (await board.gets(status="incomplete", flow=flow)).json()
    assert [r["run_id"] for r in listed["runs"]] == [run.id]
    assert [s["state"] for s in waiting["steps"]] == ["waiting", "to_do"]
    assert waiting["checkpoints"][-1]["what"] == "waits"

    approval = await centre.read(DEFAULT_TENANT, waiting["state"]["asked"])
    await centre.approve(DEFAULT_TENANT, approval.id, approval.v, Human("api:huda", "Huda"), ("approver", "dpo"))

    ended = await board.reaches(run.id, "completed")
    assert ended["state"]["acted"] and ended["percent"] == 100
    assert ended["progress"] == {"done": 3, "total": 3, "note_en": "", "note_ar": ""}
    assert (await board.gets(status="incomplete", flow=flow)).json()["total"] == 0


async def test_a_dead_run_is_shown_told_retried_and_cancelled_by_admins_only(
    house: RunningHouse, board: Board
) -> None:
    async def work(_: Turn) -> Next:
        raise GiveUp("the other side is closed", "الطرف الآخر مغلق", code="closed")

    flow = flow_of(house, Step("work", work))
    run = await house.inside.trust.runs.start_run(DEFAULT_TENANT, flow, state={}, by=SAMI)
    failed = await board.reaches(run.id, "failed")
    assert (failed["error"]["code"], failed["error"]["message_ar"]) == ("closed", "الطرف الآخر مغلق")
    dead = (await board.gets("/dead")).json()
    assert run.id in [r["run_id"] for r in dead["runs"]]
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert [a.kind for a in alerts if a.about == run.id] == ["run_failed"]

    assert (await board.posts(f"/{run.id}/retry", role="executive")).status_code == 403
    assert (await board.gets(f"/{run.id}", role="agent")).status_code == 403
    assert (await board.posts(f"/{run.id}/retry")).status_code == 200
    await board.reaches(run.id, "failed")
    cancelled = await board.posts(f"/{run.id}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (await board.posts(f"/{run.id}/cancel")).status_code == 409
    assert (await board.posts(f"/{run.id}/retry")).status_code == 409
    assert (await board.gets("/nothing-of-that-name")).status_code == 404
    assert (await board.gets(status="asleep")).status_code == 422


async def test_what_could_not_be_handled_is_put_back_once(house: RunningHouse, board: Board) -> None:
    """An event that was parked whole comes back to its contact, also when two people put it back at once."""
    talk = Talk(house, name="أبو خالد")
    await talk.says("السلام عليكم")
    await house.settles()
    conversation = await house.remembers(f"phone:{talk.phone}")
    webhook = talk.writes("كم السعر؟")
    raw = await parked(house, conversation, webhook)
    (event,) = [e for e in (await board.gets("/dead")).json()["events"] if e["reason"] == raw.reason]

    assert (await board.posts(f"/dead/{event['event_id']}/retry", role="dpo")).status_code == 403
    first = await board.posts(f"/dead/{event['event_id']}/retry")
    second = await board.posts(f"/dead/{event['event_id']}/retry")

    assert (first.status_code, first.json()["new"], second.status_code) == (200, 1, 409)
    await house.settles()
    after = await house.remembers(f"phone:{talk.phone}")
    assert [line.text for line in after.recent].count("كم السعر؟") == 1
    assert event["event_id"] not in [e["event_id"] for e in (await board.gets("/dead")).json()["events"]]


async def parked(house: RunningHouse, conversation: Any, webhook: Any) -> Any:
    """What the worker keeps of an event that it cannot handle, made by the intake's and the worker's own hand."""
    channel = house.inside.channels["green_api"]
    (event,) = channel.provider.parse(webhook.body)
    raw = _as_raw(conversation, _waiting(channel, event, house.clock(), "c-1"))
    await house.inside.store.quarantine.keep(raw)
    return raw


async def test_what_nobody_understands_stays_until_it_is_set_aside(house: RunningHouse, board: Board) -> None:
    before = {e["event_id"] for e in (await board.gets("/dead")).json()["events"]}
    await house.is_told("green_api", authentic("green_api", f'{{"odd": "{uuid4()}"'.encode()))
    (event,) = [e for e in (await board.gets("/dead")).json()["events"] if e["event_id"] not in before]

    refused = await board.posts(f"/dead/{event['event_id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (422, "still_unreadable")
    assert (await board.posts(f"/dead/{event['event_id']}/cancel")).status_code == 200
    assert (await board.posts(f"/dead/{event['event_id']}/cancel")).status_code == 409
    assert (await board.posts("/dead/event_bm8/cancel")).status_code == 404
    assert (await board.posts("/dead/event_%C3%A9/cancel")).status_code == 404
    assert event["event_id"] not in [e["event_id"] for e in (await board.gets("/dead")).json()["events"]]
