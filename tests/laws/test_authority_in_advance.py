"""Standing approvals: what somebody agreed to once, inside every one of its bounds and nowhere else."""

import asyncio
import time as clock_of_the_machine
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from bot.access.user import People, User
from bot.authority.approval import Risk
from bot.authority.standing_terms import Terms, check_terms, mismatch
from bot.conversation import Conversation, Draft, DraftKind, Edit, Status, Suppression
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import Human
from bot.tenant import Autonomy
from flows.deal import APPROVAL_STAGES
from tests.house import Talk
from tests.laws.test_authority import HUDA, TENANT

HELLO = "السلام عليكم"
SAMI = Human("api:sami", "Sami")
NOON = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Noon in Riyadh."""


def bounds(now, **more):
    given = {
        "kinds": ("reply",),
        "wordings": (),
        "max_risk": Risk.LOW,
        "min_confidence": 0.9,
        "per_day": 50,
        "from_at": now,
        "until_at": now + timedelta(days=7),
        "opens": time(0),
        "closes": time(23, 59, 59),
        "zone": "Asia/Riyadh",
    }
    return Terms(**{**given, **more})


def held(**more):
    given = {
        "id": "D1",
        "kind": DraftKind.REPLY,
        "status": Status.HELD,
        "text": "أهلًا",
        "language": "ar",
        "correlation_id": "c",
        "created_at": NOON + timedelta(minutes=1),
        "wording": "greeting",
        "confidence": 1.0,
        "stage_before": "new_lead",
        "stage_after": "new_lead",
        "hold_reasons": ("hold.everything_is_drafted",),
    }
    return Draft(**{**given, **more})


def contact(**more):
    return Conversation("C1", TENANT, ("phone:966500000000",), NOON, **more)


NAMED = {"max_risk": Risk.MEDIUM, "wordings": ("greeting",)}


@pytest.mark.parametrize(
    ("terms", "draft", "conversation", "minutes", "code"),
    [
        ({}, {}, {}, 2, ""),
        ({}, {"status": Status.QUEUED}, {}, 2, "not_held"),
        ({}, {}, {}, 7 * 24 * 60, "time"),
        ({"from_at": NOON + timedelta(hours=1)}, {}, {}, 2, "time"),
        ({"opens": time(13)}, {}, {}, 2, "hours"),
        ({"closes": time(11)}, {}, {}, 2, "hours"),
        ({}, {"created_at": NOON - timedelta(minutes=1)}, {}, 2, "older"),
        ({}, {"edits": (Edit("x", "Sami", NOON),)}, {}, 2, "touched"),
        ({}, {"snoozed_until": NOON + timedelta(hours=1)}, {}, 2, "touched"),
        ({}, {"kind": DraftKind.MANUAL}, {}, 2, "kind"),
        ({}, {"kind": DraftKind.FOLLOW_UP}, {}, 2, "kind"),
        ({"kinds": ("reply", "follow_up")}, {"kind": DraftKind.FOLLOW_UP}, {}, 2, "unasked_for"),
        ({"wordings": ("price",)}, {}, {}, 2, "wording"),
        ({}, {"proposes": "deal_accepted"}, {}, 2, "stage"),
        ({}, {"flags": ("verify_payment",)}, {}, 2, "flags"),
        ({}, {"flags": ("unsourced_number",)}, {}, 2, "flags"),
        ({}, {"hold_reasons": ("hold.complaint",)}, {}, 2, "reasons"),
        ({}, {"hold_reasons": ("hold.late_message",)}, {}, 2, "reasons"),
        (NAMED, {"hold_reasons": ("hold.complaint",)}, {}, 2, "reasons"),
        (NAMED, {"hold_reasons": ("hold.late_message",)}, {}, 2, ""),
        ({"max_risk": Risk.NONE}, {}, {}, 2, "risk"),
        ({}, {"confidence": 0.89}, {}, 2, "confidence"),
        ({}, {}, {"mode": "human"}, 2, "contact"),
        ({}, {}, {"suppression": Suppression("user_optout", NOON, "k")}, 2, "contact"),
        ({}, {}, {"sends_paused": "complaint"}, 2, "paused"),
    ],
)  # fmt: skip
def test_outside_any_one_bound_it_is_nothing(terms, draft, conversation, minutes, code):
    found = mismatch(
        bounds(NOON, **terms), contact(**conversation), held(**draft), NOON + timedelta(minutes=minutes)
    )

    assert found == code


@given(
    stage=st.sampled_from(APPROVAL_STAGES),
    where=st.sampled_from(["stage", "stage_before", "stage_after"]),
    risk=st.sampled_from([Risk.NONE, Risk.LOW, Risk.MEDIUM]),
    kind=st.sampled_from([DraftKind.REPLY, DraftKind.FOLLOW_UP]),
)
def test_money_is_never_agreed_to_in_advance(stage, where, risk, kind):
    terms = bounds(NOON, max_risk=risk, kinds=("reply", "follow_up"), unasked_for=True, wordings=("greeting",))
    draft = held(kind=kind, **({where: stage} if where != "stage" else {}))
    conversation = contact(**({"stage": stage} if where == "stage" else {}))

    assert mismatch(terms, conversation, draft, NOON + timedelta(minutes=2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": ()},
        {"kinds": ("manual",)},
        {"kinds": ("reply", "follow_up")},
        {"max_risk": Risk.HIGH},
        {"max_risk": Risk.MEDIUM},
        {"min_confidence": 0.5},
        {"per_day": 0},
        {"per_day": 501},
        {"until_at": NOON},
        {"until_at": NOON + timedelta(days=30, seconds=1)},
        {"from_at": NOON + timedelta(days=29), "until_at": NOON + timedelta(days=31)},
        {"opens": time(20), "closes": time(8)},
    ],
)
def test_bounds_that_are_none(wrong):
    with pytest.raises(BadRequest):
        check_terms(bounds(NOON, **wrong), NOON)


@pytest_asyncio.fixture(loop_scope="session")
async def careful(new_house):
    """A house in which everything is drafted, so that every answer waits."""
    return await new_house(DEALIX_AUTONOMY=Autonomy.DRAFT_EVERYTHING.value)


async def agreed(house, **more):
    room = house.inside.trust.authority.standing
    return await room.author(TENANT, SAMI, ("approver",), "Greetings", bounds(house.clock(), **more))


async def looks_twice(house):
    """Let the room look at everything, twice."""
    room = house.inside.trust.authority.standing
    for _ in range(2):
        await room.look_at(TENANT)
        await house.settles()


async def eventually_hears(talk, number):
    deadline = clock_of_the_machine.monotonic() + 6
    while len(talk.replies) < number:
        assert clock_of_the_machine.monotonic() < deadline, [
            (d.hold_reasons, d.flags, d.confidence, d.wording) for d in talk.held
        ]
        await asyncio.sleep(0.05)
    await talk.looks()


async def used(house, standing):
    await house.inside.relay.flush()
    store, now = house.inside.store.timeline, house.clock()
    since, until = now - timedelta(days=1), now + timedelta(days=1)
    found = await store.of_kind(TENANT, "standing_approval_used", since, until, 100)
    return [entry.entry.data for entry in found if entry.entry.data["standing"] == standing.id]


async def test_without_one_everything_waits(careful):
    talk = Talk(careful)
    await talk.says(HELLO)
    await looks_twice(careful)
    await talk.looks()

    talk.waits_for_a_human("hold.everything_is_drafted")


async def test_inside_its_bounds_a_draft_leaves_as_if_its_author_had_agreed(careful):
    standing = await agreed(careful)
    talk = Talk(careful)
    await talk.says(HELLO)
    await eventually_hears(talk, 1)

    [draft] = talk.drafts(Status.ACCEPTED)
    assert (draft.decision, draft.decided_by, draft.grant.approver) == ("approved", "Sami (standing)", SAMI.id)
    assert [(n["draft"], n["by"]) for n in await used(careful, standing)] == [(draft.id, SAMI.id)]
    assert [fact.get("standing") for fact in await talk.happened("draft_approved")] == [standing.id]
    await looks_twice(careful)
    assert len(talk.replies) == 1


async def test_a_day_has_as_many_as_was_said(careful):
    standing = await agreed(careful, per_day=2)
    talks = [Talk(careful) for _ in range(4)]
    for talk in talks:
        await talk.says(HELLO)
    await asyncio.gather(*(looks_twice(careful) for _ in range(5)))

    assert sum(len(talk.replies) for talk in talks) == 2
    assert len(await used(careful, standing)) == 2
    room = careful.inside.trust.authority.standing
    assert await room.used_today(standing) == 2


async def test_one_action_ends_it_for_good(careful):
    standing = await agreed(careful)
    room, token = careful.inside.trust.authority.standing, careful.token("approver", "huda")
    before = (await careful.everything_stored())["standing_approvals"]
    ended = await careful.http.post(f"/api/v1/standing-approvals/{standing.id}/revoke", headers=token)
    again = await careful.http.post(f"/api/v1/standing-approvals/{standing.id}/revoke", headers=token)
    await puts_back(careful, {"is_enabled": True, "revoked_by": "", "signature": standing.signature})
    talk = Talk(careful)
    await talk.says(HELLO)
    await looks_twice(careful)
    await talk.looks()

    assert (ended.status_code, ended.json()["holds"], again.status_code) == (200, False, 422)
    assert len(before) == 1
    assert not room.holds(await room.get(TENANT, standing.id))  # the old row, put back, does not hold again
    talk.waits_for_a_human()


async def puts_back(house, fields):
    """Somebody with the database's password writes into it."""
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database]["standing_approvals"]
        await rows.update_many({}, {"$set": fields})


@pytest.mark.parametrize(
    "bent",
    [
        {"per_day": 500},
        {"min_confidence": 0.8},
        {"author": "user:eve"},
        {"wordings": ["price_on_request"]},
        {"title": "Everything"},
        {"max_risk": "medium"},
        {"max_risk": "bogus"},
        {"unasked_for": True},
        {"signature": ""},
        {"closes": "23:59:58"},
    ],
)
async def test_a_row_that_somebody_bent_counts_for_nothing(house, bent):
    room = house.inside.trust.authority.standing
    standing = await agreed(house)
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database]["standing_approvals"]
        await rows.update_one({"id": standing.id}, {"$set": bent})
    await room.look_at(TENANT)

    assert not room.holds(await room.get(TENANT, standing.id))
    told = [a for a in await house.inside.trust.alerts.latest(TENANT) if a.about == standing.id]
    assert [a.kind for a in told] == ["standing_approval_not_genuine"]
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        await client[house.settings.mongodb_database]["standing_approvals"].delete_many({})


async def test_without_its_key_nothing_stands(careful):
    standing = await agreed(careful)
    room, key = careful.inside.trust.authority.standing, careful.settings.data_dir / "keys" / "standing.key"
    assert room.holds(standing)
    key.unlink()
    talk = Talk(careful)
    await talk.says(HELLO)
    await looks_twice(careful)
    await talk.looks()

    talk.waits_for_a_human()
    assert not key.exists()  # reading makes no key
    key.write_bytes(b"another key, as long as a key is, 48 bytes of it")
    assert not room.holds(standing)


async def test_while_everything_is_paused_nothing_is_released(careful):
    await agreed(careful)
    await careful.inside.desk.pause(TENANT, SAMI)
    talk = Talk(careful)
    await talk.says(HELLO)
    await looks_twice(careful)
    await talk.looks()

    talk.waits_for_a_human()


async def test_whoever_approves_no_more_stands_for_nothing(careful):
    people, noura = careful.inside.store.users, Human("user:noura", "Noura")
    user = User("noura", "Noura", frozenset({"approver"}), careful.clock())
    assert await people.write(TENANT, People(0, (user,)))
    room = careful.inside.trust.authority.standing
    await room.author(TENANT, noura, ("approver",), "Greetings", bounds(careful.clock()))
    first, second = Talk(careful), Talk(careful)
    await first.says(HELLO)
    await eventually_hears(first, 1)
    assert await people.write(TENANT, People(1, (replace(user, roles=frozenset({"agent"})),)))
    await second.says(HELLO)
    await looks_twice(careful)
    await second.looks()

    second.waits_for_a_human()


async def test_who_may_agree_and_end(house):
    room = house.inside.trust.authority.standing
    standing = await agreed(house)
    for roles in ((), ("agent",), ("service",), ("dpo",), ("executive",)):
        with pytest.raises(NotAllowed):
            await room.author(TENANT, HUDA, roles, "All", bounds(house.clock()))
        with pytest.raises(NotAllowed):
            await room.revoke(TENANT, standing.id, HUDA, roles)
    with pytest.raises(NotFound):
        await room.revoke("somebody_else", standing.id, HUDA, ("admin",))
    assert replace(await room.get(TENANT, standing.id), signature="").author == SAMI
    assert room.holds(standing)
    await room.revoke(TENANT, standing.id, HUDA, ("admin",))
    assert not room.holds(await room.get(TENANT, standing.id))


async def test_over_http(house, sami):
    now = house.clock()
    body = {
        "title": "Greetings",
        "from_at": now.isoformat(),
        "until_at": (now + timedelta(days=3)).isoformat(),
    }
    made = await house.http.post("/api/v1/standing-approvals", json=body, headers=sami.headers)
    one = f"/api/v1/standing-approvals/{made.json()['id']}"

    assert (made.status_code, made.json()["holds"], made.json()["max_risk"]) == (201, True, "low")
    assert (await house.http.get(one, headers=sami.headers)).json() == made.json()  # also to the millisecond
    listed = (await house.http.get("/api/v1/standing-approvals", headers=sami.headers)).json()
    assert made.json()["id"] in {row["id"] for row in listed["standing_approvals"]}
    for wrong in ({"zone": "Mars/Base"}, {"per_day": 0}, {"max_risk": "high"}, {"until_at": now.isoformat()}):
        refused = await house.http.post(
            "/api/v1/standing-approvals", json={**body, **wrong}, headers=sami.headers
        )
        assert refused.status_code == 422, wrong
    for role in ("agent", "service"):
        refused = await house.http.post("/api/v1/standing-approvals", json=body, headers=house.token(role))
        assert refused.status_code == 403
    await house.http.post(f"{one}/revoke", headers=sami.headers)
