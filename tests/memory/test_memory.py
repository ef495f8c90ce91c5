"""What contacts tell us is remembered with its message, and goes with them; who takes over is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bot.conversation import Conversation, DataAsk, Draft, DraftKind, Said, Status
from bot.memory.fact import fact_of
from bot.memory.handover import handover_of
from bot.memory.heard import named_in
from bot.tenants import DEFAULT_TENANT
from rules.language.normalise import fold
from tests.house import Talk
from tests.house.running import PATIENCE, RunningHouse


async def comes(asked: Callable[[], Awaitable[Any]], is_so: Callable[[Any], object]) -> Any:
    """Wait for a condition, not for a time: somebody else may be at it."""
    deadline = time.monotonic() + PATIENCE
    while not is_so(found := await asked()):
        assert time.monotonic() < deadline, f"it never came: {found}"
        await asyncio.sleep(0.02)
    return found


async def facts(house: RunningHouse, talk: Talk) -> dict[str, set[str]]:
    await house.inside.rooms.memory.learn()
    found: dict[str, set[str]] = {}
    for fact in await house.inside.rooms.memory.recall(DEFAULT_TENANT, talk.conversation.id):
        found.setdefault(fact.key, set()).add(fact.value)
    return found


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("حنا في الرياض ونستخدم هبسبوت", {("city", "riyadh"), ("crm", "hubspot")}),
        ("مقرنا بالرّياض", {("city", "riyadh")}),
        ("من جدّة", {("city", "jeddah")}),
        ("We use Salesforce in Jeddah", {("city", "jeddah"), ("crm", "salesforce")}),
        ("وش الخبر؟", set()),
        ("فرعنا في الخبر", {("city", "khobar")}),
        ("ما نستخدم سيلز فورس", set()),
        ("we don't use hubspot", set()),
        ("كم السعر؟", set()),
    ],
)
def test_places_and_systems_are_heard_however_they_are_written(said: str, named: set[tuple[str, str]]) -> None:
    assert {(key, value) for key, value, _ in named_in(said)} == named


def test_the_longest_message_is_read_while_nobody_notices() -> None:
    words = " ".join(f"w{number % 97}" for number in range(16_000))[:65_000]
    began = time.process_time()
    assert named_in(words) == []
    taken = time.process_time() - began
    began = time.process_time()
    fold(words)
    # Beside folding it, which every message costs, it takes little: the loop serves everybody meanwhile.
    assert taken < 10 * (time.process_time() - began)


async def test_what_a_contact_says_is_remembered_once_with_its_message(house: RunningHouse, talk: Talk) -> None:
    await talk.says("السلام عليكم، كم السعر؟ حنا شركة في الرياض")
    await talk.says("200")
    found = await facts(house, talk)
    assert found["city"] == {"riyadh"} and found["language"] == {"ar"}
    conversation = await house.inside.store.conversations.read(DEFAULT_TENANT, talk.conversation.id)
    answered = {name: slot.value for name, slot in conversation.slots.items()}
    assert answered and {name: found[name] for name in answered} == {n: {v} for n, v in answered.items()}
    before = await house.inside.rooms.memory.recall(DEFAULT_TENANT, conversation.id)
    heard = {data["key"] for what, data in await house.history(conversation) if what == "message_received"}
    assert {fact.source_message_id for fact in before} <= heard

    fresh = type(house.inside.rooms.memory)(
        **_parts(house)
    )  # a process that starts, and remembers nothing itself
    await house.inside.store.marks.drop(
        f"memory_learnt_until:{DEFAULT_TENANT}",
        await house.inside.store.marks.read(f"memory_learnt_until:{DEFAULT_TENANT}"),
    )
    await fresh.learn()
    assert await fresh.recall(DEFAULT_TENANT, conversation.id) == before


async def test_what_cannot_all_be_so_is_a_conflict(house: RunningHouse, talk: Talk) -> None:
    await talk.says("حنا في الرياض")
    await talk.says("مقرنا في جدة")
    await facts(house, talk)
    (conflict,) = await house.inside.rooms.memory.conflicts(DEFAULT_TENANT, talk.conversation.id)
    assert (conflict.key, [fact.value for fact in conflict.facts]) == ("city", ["riyadh", "jeddah"])
    address = f"/api/v1/conversations/{talk.conversation.id}/memory"
    shown = (await house.http.get(address, headers=house.token("agent"))).json()
    assert [one["key"] for one in shown["conflicts"]] == ["city"]


async def forgotten(house: RunningHouse, contact: str) -> None:
    """Two people carry out a request for deletion."""
    asked = await house.http.post(
        "/api/v1/data-requests",
        json={"kind": "deletion", "contact": contact},
        headers={**house.token("dpo", "lena"), "idempotency-key": uuid4().hex},
    )
    assert asked.status_code in (200, 201, 202), asked.text
    request = asked.json()
    request_id = request.get("id") or request["request_id"]
    done = await house.http.post(
        f"/api/v1/data-requests/{request_id}/complete",
        json={},
        headers={**house.token("dpo", "noura"), "idempotency-key": uuid4().hex},
    )
    assert done.status_code in (200, 202), done.text


async def test_who_is_forgotten_is_not_remembered(house: RunningHouse, talk: Talk) -> None:
    await talk.says("حنا في الرياض ونستخدم هبسبوت")
    assert (await facts(house, talk))["crm"] == {"hubspot"}
    contact = talk.conversation.id
    await forgotten(house, contact)
    await house.inside.rooms.memory.learn()

    async def left() -> list[Any]:
        return await house.inside.rooms.memory.recall(DEFAULT_TENANT, contact)

    assert await comes(left, lambda facts: not facts) == []


class ErasedMeanwhile:
    """The rows of a memory that is slow: its contact is forgotten between what it read and what it writes."""

    def __init__(self, house: RunningHouse, contact: str) -> None:
        self._house, self._contact = house, contact

    async def store(self, tenant_id: str, contact_id: str, facts: Any) -> int:
        if contact_id == self._contact:
            await forgotten(self._house, contact_id)
            await comes(self._is_gone, bool)
        return await self._house.inside.store.memories.store(tenant_id, contact_id, facts)

    async def delete(self, tenant_id: str, contact_id: str, key: str = "") -> int:
        return await self._house.inside.store.memories.delete(tenant_id, contact_id, key)

    async def _is_gone(self) -> bool:
        found = await self._house.inside.store.conversations.read(DEFAULT_TENANT, self._contact)
        return found is None or bool(found.restricted)


async def test_who_is_forgotten_while_we_learn_is_not_remembered(house: RunningHouse, talk: Talk) -> None:
    await talk.says("حنا في الرياض")
    contact = talk.conversation.id
    slow = type(house.inside.rooms.memory)(**{**_parts(house), "rows": ErasedMeanwhile(house, contact)})
    mark = f"memory_learnt_until:{DEFAULT_TENANT}"
    if (seen := await house.inside.store.marks.read(mark)) is not None:
        await house.inside.store.marks.drop(mark, seen)
    await slow.learn()
    assert await house.inside.store.memories.retrieve(DEFAULT_TENANT, contact, house.clock()) == []


async def test_the_summary_tells_whoever_takes_over(house: RunningHouse, talk: Talk) -> None:
    await talk.says("السلام عليكم، كم السعر؟ " + "كلام طويل " * 60)
    await talk.says("200")
    await house.settles()
    await facts(house, talk)  # or the job learns between the two summaries
    address = f"/api/v1/conversations/{talk.conversation.id}/handover"
    first, again = [(await house.http.get(address, headers=house.token("agent"))).json() for _ in range(2)]
    assert first == again
    conversation = await house.inside.store.conversations.read(DEFAULT_TENANT, talk.conversation.id)
    assert (first["stage"], first["version"]) == (conversation.stage, conversation.v)
    assert len(first["messages"]) <= 10 and all(len(line["text"]) <= 280 for line in first["messages"])
    assert any(line["is_cut"] for line in first["messages"])
    assert "المرحلة" in first["summary"]["ar"] and "Last messages" in first["summary"]["en"]
    assert "hold." not in first["summary"]["ar"] + first["summary"]["en"]
    assert talk.phone not in str(first)
    remembered = await house.http.get(address.replace("handover", "memory"), headers=house.token("agent"))
    assert remembered.json()["facts"]
    assert talk.phone not in remembered.text
    missing = await house.http.get("/api/v1/conversations/nobody/handover", headers=house.token("agent"))
    refused = await house.http.get(address, headers=house.token("executive"))
    assert (missing.status_code, refused.status_code) == (404, 403)


def test_what_is_owed_and_why_stands_before_what_was_said() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    draft = Draft(
        "d1", DraftKind.REPLY, Status.HELD, "نعم " * 200, "ar", "e1", now, hold_reasons=("hold.discount",)
    )
    sent = Draft("d2", DraftKind.REPLY, Status.DELIVERED, "وصل", "ar", "e0", now)
    conversation = Conversation(
        id="c1",
        tenant_id="acme",
        keys=("phone:966501234567",),
        created_at=now,
        phone="966501234567",
        stage="negotiating",
        asked="monthly_budget_sar",
        outbox=[sent, draft],
        recent=[Said("contact", f"{number} " + "كلام " * 90, now) for number in range(12)],
        windows={"green_api": now - timedelta(hours=30)},
        data_asks=(DataAsk("q1", "access", "DSR-7", now, now),),
        v=9,
    )
    fact = fact_of("acme", "c1", "city", "riyadh", "m1", 0.9, now)
    made = handover_of(conversation, (fact,), lambda key, language: f"<{key}:{language}>", now)
    assert [line.text.split()[0] for line in made.messages] == [str(number) for number in range(2, 12)]
    assert all(len(line.text) <= 280 and line.is_cut for line in made.messages)
    assert [(one.kind, one.text[:5]) for one in made.pending] == [
        ("draft", "نعم ن"),
        ("data_request", "DSR-7"),
        ("question", "month"),
    ]
    assert (made.reason, made.version, made.window_expires_at) == ("hold.discount", 9, None)
    en = made.summary_en.splitlines()
    assert en[:3] == ["Stage: <stage.negotiating:en>", "Why: <hold.discount:en>", "Known: city riyadh"]
    assert (
        en.index("Owed:") < en.index("Last messages:")
        and "- question without an answer: monthly budget in SAR" in en
    )
    assert "المرحلة: <stage.negotiating:ar>" in made.summary_ar and "966501234567" not in made.summary_ar
    assert made == handover_of(conversation, (fact,), lambda key, language: f"<{key}:{language}>", now)


def _parts(house: RunningHouse) -> dict[str, Any]:
    inside = house.inside
    return {
        "rows": inside.store.memories,
        "store": inside.store,
        "tenants": inside.tenants,
        "words": lambda key, _language: key,
        "now": house.clock,
    }
