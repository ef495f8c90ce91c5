"""
Dealix as many processes with a real broker between them, and what stays true while they are killed.

The tests share one fleet and run in their order; each waits until the fleet is whole again before it ends.
"""

import asyncio
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.crash.lead import Lead
from tests.many.conftest import SAMI
from tests.many.fleet import PATIENCE, Fleet

PRICE = "كم السعر؟"
PAID = "حولت المبلغ"


@pytest.fixture
def web(fleet: Fleet):
    fleet.fake.clear()
    return fleet["web"]


def answers_of(lead: Lead) -> list[str]:
    return [entry.reference or entry.id for entry in lead.arrived]


async def talks(lead: Lead, times: int) -> None:
    """Write, wait for the answer, write again."""
    for number in range(1, times + 1):
        answer = await lead.says(PRICE if number > 1 else "السلام عليكم")
        assert answer.status_code == 200
        await answered(lead, number)


async def answered(lead: Lead, times: int, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while len(lead.arrived) < times:
        assert time.monotonic() < deadline, f"{len(lead.arrived)} answers instead of {times}"
        await asyncio.sleep(0.02)


async def test_a_message_goes_through_every_role_and_a_held_one_through_sami(fleet, web, telegram):
    lead = Lead(web)
    await talks(lead, 2)
    await lead.says(PAID)
    sami = telegram.person(SAMI, "Sami")

    await sami.taps("approve", on=await sami.sees_button("approve", within=PATIENCE), within=PATIENCE)
    sent = await lead.draft_that_is("accepted", "sent", "delivered")

    assert [entry.text for entry in lead.arrived][2:] == [sent["text"]]
    served = {member.name: (await member.http.get("/healthz")).status_code for member in fleet.members.values()}
    assert set(served.values()) == {200}
    refused = await lead_refused_by(fleet["desk_1"], lead)
    assert refused == 404, "only the web role has doors"


async def lead_refused_by(member, lead: Lead) -> int:
    return (await member.is_told("green_api", lead.writes("مرحبا"))).status_code


async def test_whoever_hands_in_an_event_waits_for_what_other_processes_make_of_it(fleet, web):
    phone, event = Lead(web).phone, uuid4().hex
    token = (await web.asks("GET", "drafts")).request.headers["authorization"]
    asked = {"phone": phone, "message": "السلام عليكم", "event_id": event}
    headers = {"authorization": token, "idempotency-key": uuid4().hex}

    said = await web.http.post("/os/process-and-act", json=asked, headers=headers)

    assert said.status_code == 202, said.text
    assert said.json()["execution"]["action_taken"] == "whatsapp_sent", said.text
    assert len(web.arrived(phone)) == 1


async def test_a_burst_of_forty_messages_keeps_each_contacts_order_and_is_answered_once(fleet, web):
    """Five messages each, sent without waiting for an answer, some delivered twice."""
    leads = [Lead(web) for _ in range(8)]
    hooks = {lead.phone: [lead.writes(f"{PRICE} {number}") for number in range(5)] for lead in leads}

    async def writes(lead: Lead) -> None:
        for hook in hooks[lead.phone]:
            told = [web.is_told("green_api", hook) for _ in range(2)]
            assert {answer.status_code for answer in await asyncio.gather(*told)} == {200}

    await asyncio.gather(*(writes(lead) for lead in leads))
    await fleet.comes_to_rest()

    for lead in leads:
        stored = await lead.contact()
        heard = [said["text"] for said in stored["recent"] if said["who"] == "contact"]
        assert heard == [f"{PRICE} {number}" for number in range(5)]
        facts = await facts_of(fleet, stored["_id"], "message_received", 5)
        told = [fact["data"]["key"] for fact in facts]
        assert len(told) == len(set(told)) == 5
        left = [d["id"] for d in stored["outbox"] if d["status"] in ("accepted", "sent", "delivered", "read")]
        assert len(lead.arrived) == len(left), "each reply that left, left once"
        assert lead.arrived, "nobody was forgotten"


async def facts_of(fleet: Fleet, conversation_id: str, what: str, at_least: int = 1) -> list[dict]:
    """What the timeline says, once the copy has caught up."""

    async def copied() -> list[dict]:
        cursor = fleet.database["timeline"].find({"conversation_id": conversation_id, "what": what})
        found = await cursor.sort("at", 1).to_list(None)
        return found if len(found) >= at_least else []

    return await fleet.until(copied, f"never {at_least} {what} in the timeline")


async def test_a_killed_worker_and_a_killed_sender_lose_and_repeat_nothing(fleet, web):
    leads = [Lead(web) for _ in range(24)]

    async def writes(lead: Lead, after: float) -> None:
        await asyncio.sleep(after)
        assert (await lead.says("السلام عليكم")).status_code == 200

    stream = [asyncio.create_task(writes(lead, n * 0.08)) for n, lead in enumerate(leads)]
    await asyncio.sleep(0.8)
    fleet["desk_1"].dies()
    fleet["sender_1"].dies()
    await asyncio.gather(*stream)
    in_doubt = await settled(fleet, leads)

    for lead in leads:
        assert len(lead.arrived) <= 1, "nobody hears the same twice"
        assert len(lead.arrived) == 1 or lead.phone in in_doubt, "nobody is forgotten"
    assert len(in_doubt) <= 16, "no more than what was on its way"
    await asyncio.gather(fleet["desk_1"].boots(), fleet["sender_1"].boots())
    await fleet.until(lambda: is_shared(fleet, "worker", 2), "the newcomer never got its share")
    await fleet.until(lambda: is_shared(fleet, "sender", 2), "the newcomer never got its share")


async def settled(fleet: Fleet, leads: list[Lead]) -> set[str]:
    """Wait until each has an answer, or its answer was on its way when somebody died; answers those phones."""

    async def rests() -> set[str] | None:
        on_the_way = set()
        for lead in leads:
            if lead.arrived:
                continue
            drafts = (await lead.contact()).get("outbox", ())
            if not drafts or drafts[-1]["status"] not in ("sending", "unknown"):
                return None
            on_the_way.add(lead.phone)
        return on_the_way or {"nobody"}

    return await fleet.until(rests, "somebody was forgotten")


async def is_shared(fleet: Fleet, duty: str, between: int) -> bool:
    return sorted((await fleet.holders(duty)).values()) == [32 // between] * between


async def test_without_its_broker_the_fleet_goes_on_and_takes_it_back_when_it_is_new(fleet, web):
    assert fleet.broker is not None
    fleet.broker.dies()
    lost, again = Lead(web), Lead(web)
    await talks(lost, 2)

    fleet.broker.starts()  # with nothing in it
    await asyncio.sleep(1)

    before = await rings_heard(fleet)

    async def is_rung() -> bool:
        so_far = len(again.arrived)
        assert (await again.says(PRICE)).status_code == 200
        await answered(again, so_far + 1)
        return await rings_heard(fleet) > before

    assert await fleet.until(is_rung, "rings never travelled again")
    for name in ("web", "desk_1", "sender_1"):
        assert fleet[name].said.count('"broker_away"') == 1, "one warning, however long it was away"


async def rings_heard(fleet: Fleet) -> float:
    """How many rings the workers and senders have heard so far, as they say themselves."""
    total = 0.0
    for name in ("desk_1", "desk_2", "sender_1", "sender_2"):
        page = (await fleet[name].http.get("/metrics")).text
        found = re.findall(r'^dealix_rings_total\{[^}]*outcome="heard"[^}]*\} (\S+)$', page, re.MULTILINE)
        total += sum(map(float, found))
    return total


async def test_one_process_asks_telegram_and_another_takes_over_when_it_dies(fleet, web, telegram):
    token = telegram.token.partition(":")[0]

    async def holder() -> str:
        return (await fleet.seats()).get(f"telegram:{token}", "")

    first = await fleet.until(holder, "nobody serves Telegram")
    serving = next(m for m in fleet.members.values() if f'"seat": "telegram:{token}"' in last_life(m))
    serving.dies()
    lead = Lead(web)
    await lead.says(PAID)
    second = await fleet.until(lambda: other_than(holder, first), "nobody took over")

    sami = telegram.person(SAMI, "Sami")
    draft = await lead.draft_that_is("held")

    def cards() -> list:
        return [m for m in sami.messages if m.button(f":approve:{draft['id']}")]

    await fleet.until(lambda: there(cards), "the other never showed the card")
    await sami.taps("approve", on=cards()[0], within=PATIENCE)
    await lead.draft_that_is("accepted", "sent", "delivered")
    assert len(lead.arrived) == 1
    assert len(cards()) <= 1, "no card came twice"
    assert second != first
    await serving.boots()


def last_life(member) -> str:
    """What the present life of a process wrote of Telegram's seat: taken, and not left since."""
    said = [line for line in member.said_in_this_life.splitlines() if '"seat": "telegram:' in line]
    return said[-1] if said and "seat_taken" in said[-1] and member.is_alive else ""


async def other_than(holder, first: str) -> str:
    now = await holder()
    return now if now != first else ""


async def there(look) -> bool:
    return bool(look())


async def test_what_is_due_is_done_once_by_two_processes_that_keep_time(fleet, web):
    leads = [Lead(web) for _ in range(6)]
    for lead in leads:
        await lead.says(PAID)
    drafts = [await lead.draft_that_is("held") for lead in leads]
    past = datetime.now(UTC) - timedelta(minutes=1)
    for lead, draft in zip(leads, drafts, strict=True):
        await fleet.database["conversations"].update_one(
            {"phone": lead.phone, "outbox.id": draft["id"]},
            {"$set": {"outbox.$.warn_at": past, "next_at": past, "next_duty": "timers"}, "$inc": {"v": 1}},
        )

    async def reminded() -> bool:
        rows = [await lead.contact() for lead in leads]
        return all(row["outbox"][-1]["alerted_level"] == 1 for row in rows)

    await fleet.until(reminded, "nobody kept the time")
    for lead in leads:
        told = await facts_of(fleet, (await lead.contact())["_id"], "draft_waits_too_long")
        assert len(told) == 1
    jobs = Counter(name for name in await fleet.seats() if name.startswith("job:"))
    assert jobs["job:escalation"] == jobs["job:seals"] == jobs["job:receipts"] == 1


async def test_a_sender_that_sleeps_past_its_lease_sends_nothing_twice_when_it_wakes(fleet, web):
    fleet.fake.script("green_api", "slow:0.6")
    leads = [Lead(web) for _ in range(12)]
    await asyncio.gather(*(lead.says("السلام عليكم") for lead in leads))
    await asyncio.sleep(0.35)  # calls are under way, and more wait
    sleeper = fleet["sender_2"]
    sleeper.sleeps()
    fleet.fake.heals("green_api")

    async def is_alone() -> bool:
        return sorted((await fleet.holders("sender")).values()) == [32]

    await fleet.until(is_alone, "its share was not taken")
    sleeper.wakes()
    await settled(fleet, leads)
    await fleet.until(lambda: is_shared(fleet, "sender", 2), "it never came back")
    await fleet.comes_to_rest()

    for lead in leads:
        assert [len(lead.arrived), lead.phone] == [1, lead.phone]
    assert "seats_lost" in sleeper.said or "seat_lost" in sleeper.said


async def test_two_processes_without_any_broker_find_each_others_work(mongo_uri, tmp_path_factory, fleet):
    alone = Fleet(tmp_path_factory.mktemp("unrung"), fleet.fake, mongo_uri, f"unrung_{uuid4().hex[:8]}", None)
    fleet.fake.clear()
    try:
        await alone.starts(web="web", rest="worker,sender,timers")
        leads = [Lead(alone["web"]) for _ in range(3)]
        await asyncio.gather(*(talks(lead, 2) for lead in leads))
        for lead in leads:
            assert len(lead.arrived) == 2
        with pytest.raises(httpx.HTTPStatusError):
            (await alone["rest"].http.get("/api/v1/drafts")).raise_for_status()
    finally:
        await alone.ends()
