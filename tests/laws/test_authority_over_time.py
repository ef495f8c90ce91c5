"""Requests while time passes: urgency, who is told, who stands in, and the numbers of all of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.user import People, User
from bot.authority.approval import ApprovalStatus
from bot.authority.deciding import FourEyes, RoleNeeded, SamePerson
from bot.authority.mandates import Delegation
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import Human
from rules.policies import Policies
from rules.policies.deadlines import KINDS
from tests.house import Talk
from tests.laws.test_authority import HUDA, NOURA, SAMI, TENANT, asks, centre, sha, waits  # noqa: F401

HOUR = timedelta(hours=1)


@pytest.fixture
def rooms(house):
    return house.inside.trust.authority


async def alerts_about(house, thing):
    found = await house.inside.trust.alerts.latest(TENANT)
    return sorted((a for a in found if a.about == thing), key=lambda a: a.level)


async def test_deadlines_are_stored_and_urgency_is_read_off_the_clock(house, centre, asks):  # noqa: F811
    asked = await asks(kind="data_sharing", action="share_data", steps=("approver", "dpo"))
    levels = []
    for hours in (0, 4, 8, 12):
        await house.moves(
            seconds=(asked.created_at + hours * HOUR - house.clock() if hours else timedelta(0)).total_seconds()
        )
        levels.append((await centre.get(TENANT, asked.id)).level)

    assert (asked.warn_at, asked.due_at) == (asked.created_at + 4 * HOUR, asked.created_at + 12 * HOUR)
    assert asked.escalate_at == asked.created_at + 24 * HOUR
    assert levels == [0, 1, 1, 2]


async def test_each_level_is_told_once_and_to_the_next_people(house, centre, rooms, asks):  # noqa: F811
    asked = await asks()
    lent = await rooms.delegations.lend(
        TENANT, SAMI, ("approver",), HUDA, from_at=house.clock(), until_at=house.clock() + 20 * 24 * HOUR
    )
    for at in (asked.warn_at, asked.due_at, asked.escalate_at):
        await house.moves(seconds=(max(timedelta(0), at - house.clock())).total_seconds())
        await asyncio.gather(*(rooms.escalation.look_at(TENANT) for _ in range(5)))

    told = await alerts_about(house, asked.id)
    assert [(a.level, a.audience, a.recipients) for a in told] == [
        (1, ("approver",), ()),
        (2, ("approver",), (HUDA.id,)),
        (3, ("admin",), ()),
    ]
    await rooms.delegations.revoke(TENANT, lent.id, SAMI, ("approver",))


async def test_a_new_start_tells_nothing_twice(new_house):
    house = await new_house()
    rooms = house.inside.trust.authority
    asked = await rooms.centre.ask(
        TENANT,
        kind="task",
        action="update_deal",
        resource="deal:1",
        content_sha256=sha("x"),
        recipient="",
        title_en="Change",
        title_ar="تغيير",
        summary_en="",
        summary_ar="",
        requested_by=NOURA,
        correlation_id="c",
    )
    await house.moves(seconds=(9 * HOUR).total_seconds())
    await rooms.escalation.look_at(TENANT)
    await house.installation.stop()
    again = await house.installation.start()
    await house.moves(seconds=(HOUR).total_seconds())
    await again.trust.authority.escalation.look_at(TENANT)

    found = [a for a in await again.trust.alerts.latest(TENANT) if a.about == asked.id]
    assert sorted(a.level for a in found) == [1, 2, 3]


async def test_a_draft_that_waits_twice_too_long_is_told_to_the_admins_once(house, rooms, talk, sami):
    draft = await waits(talk)
    await house.moves(hours=1, minutes=59)
    await rooms.escalation.look_at(TENANT)
    before = await alerts_about(house, draft.id)
    await house.moves(minutes=2)
    for _ in range(3):
        await rooms.escalation.look_at(TENANT)

    assert before == []
    assert [(a.kind, a.level, a.audience) for a in await alerts_about(house, draft.id)] == [
        ("draft_overdue", 3, ("admin",))
    ]


async def test_somebody_hurries_it(house, centre, rooms, asks):  # noqa: F811
    asked = await asks()
    await rooms.escalation.escalate(TENANT, asked.id, NOURA, "the customer waits")
    await rooms.escalation.escalate(TENANT, asked.id, NOURA, "")

    assert [a.level for a in await alerts_about(house, asked.id)] == [2, 3]
    with pytest.raises(BadRequest):
        await rooms.escalation.escalate(TENANT, asked.id, NOURA, "")
    with pytest.raises(NotFound):
        await rooms.escalation.escalate("somebody_else", asked.id, NOURA, "")


async def test_what_ended_without_a_decision_is_told(house, rooms, asks):  # noqa: F811
    asked = await asks(kind="task")
    await house.moves(seconds=(asked.expires_at - house.clock()).total_seconds())
    await rooms.escalation.look_at(TENANT)
    await rooms.escalation.look_at(TENANT)

    assert [a.kind for a in await alerts_about(house, asked.id)] == ["approval_expired"]


async def test_a_borrowed_role_holds_between_its_days(house, centre, rooms, asks):  # noqa: F811
    asked, begins = await asks(kind="proposal"), house.clock() + 2 * HOUR
    await rooms.delegations.lend(TENANT, SAMI, ("approver",), HUDA, from_at=begins, until_at=begins + HOUR)

    with pytest.raises(RoleNeeded):
        await centre.approve(TENANT, asked.id, 1, HUDA, ("agent",))
    await house.moves(seconds=(begins - house.clock()).total_seconds())
    assert asked.id in {v.id for v in await centre.waiting_for(TENANT, HUDA, ("agent",))}
    decided = await centre.approve(TENANT, asked.id, 1, HUDA, ("agent",))
    assert (decided.decided_by, decided.on_behalf_of) == (HUDA, SAMI)
    later = await asks()
    await house.moves(seconds=(HOUR).total_seconds())
    with pytest.raises(RoleNeeded):
        await centre.approve(TENANT, later.id, 1, HUDA, ("agent",))


async def test_a_borrowed_role_can_be_taken_back(house, centre, rooms, asks):  # noqa: F811
    now = house.clock()
    lent = await rooms.delegations.lend(TENANT, SAMI, ("approver",), HUDA, from_at=now, until_at=now + HOUR)
    with pytest.raises(NotAllowed):
        await rooms.delegations.revoke(TENANT, lent.id, NOURA, ("approver",))
    with pytest.raises(NotFound):
        await rooms.delegations.revoke("somebody_else", lent.id, SAMI, ("admin",))
    await rooms.delegations.revoke(TENANT, lent.id, SAMI, ("approver",))
    asked = await asks()

    with pytest.raises(RoleNeeded):
        await centre.approve(TENANT, asked.id, 1, HUDA, ("agent",))


async def test_who_stands_in_counts_as_both(house, centre, rooms, asks):  # noqa: F811
    now = house.clock()
    lent = await rooms.delegations.lend(TENANT, NOURA, ("approver",), HUDA, from_at=now, until_at=now + HOUR)
    by_noura = await asks(action="offer_discount", requested_by=NOURA)
    two_steps = await asks(steps=("approver", "approver"), requested_by=SAMI)

    with pytest.raises(RoleNeeded):  # Noura asked; nobody agrees in her name
        await centre.approve(TENANT, by_noura.id, 1, HUDA, ("agent",))
    with pytest.raises(FourEyes):
        await centre.approve(TENANT, by_noura.id, 1, NOURA, ("approver",))
    await centre.approve(TENANT, two_steps.id, 1, HUDA, ("agent",))
    with pytest.raises(SamePerson):  # Huda has agreed for her
        await centre.approve(TENANT, two_steps.id, 2, NOURA, ("approver",))
    await rooms.delegations.revoke(TENANT, lent.id, NOURA, ("approver",))


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"roles": ("agent",)}, NotAllowed),
        ({"role": "admin"}, BadRequest),
        ({"borrower": SAMI}, BadRequest),
        ({"borrower": Human("key:0123456789ab", "a program")}, BadRequest),
        ({"days": -1}, BadRequest),
        ({"days": 61}, BadRequest),
        ({"role": "dpo"}, NotAllowed),
    ],
)
async def test_what_cannot_be_lent(house, rooms, wrong, refusal):
    now = house.clock()
    days = wrong.get("days", 1)
    with pytest.raises(refusal):
        await rooms.delegations.lend(
            TENANT,
            SAMI,
            wrong.get("roles", ("approver",)),
            wrong.get("borrower", HUDA),
            role=wrong.get("role", "approver"),
            from_at=now,
            until_at=now + timedelta(days=days),
        )


async def test_what_is_lent_ends_with_what_the_lender_has(new_house):
    house = await new_house()
    rooms, people = house.inside.trust.authority, house.inside.store.users
    sara = User("sara", "Sara", frozenset({"approver"}), house.clock())
    assert await people.write(TENANT, People(0, (sara,)))
    now = house.clock()
    await rooms.delegations.lend(TENANT, sara.human, ("approver",), HUDA, from_at=now, until_at=now + HOUR)

    async def may() -> tuple[bool, tuple[str, ...]]:
        found = await rooms.delegations.authority(TENANT, HUDA, ("agent",), "approver", now)
        return found is not None, await rooms.delegations.backups(TENANT, "approver", now)

    assert await may() == (True, (HUDA.id,))
    assert await people.write(TENANT, People(1, (replace(sara, roles=frozenset({"agent"})),)))
    assert await may() == (False, ())
    assert await people.write(TENANT, People(2, (sara,)))
    assert await may() == (True, (HUDA.id,))
    assert await people.write(TENANT, People(3, (replace(sara, is_active=False),)))
    assert await may() == (False, ())


async def test_no_program_decides_in_anybodys_name(house, centre, rooms, asks, talk):  # noqa: F811
    """Also one whose row in the database says that a role was lent to it."""
    program, now = Human("key:0123456789ab", "a program"), house.clock()
    lent = Delegation("forged-row", TENANT, SAMI, program, "approver", now, now + HOUR, "", now)
    await house.inside.store.delegations.add(lent)
    asked = await asks()
    draft = await waits(talk)

    for roles in (("agent",), ("approver",)):
        for verb in (centre.approve, centre.reject):
            with pytest.raises(RoleNeeded):
                await verb(TENANT, asked.id, 1, program, roles)
            with pytest.raises(NotAllowed):
                await verb(TENANT, draft.id, 1, program, roles)
    assert await centre.waiting_for(TENANT, program, ("agent",)) == []


async def test_the_numbers_are_those_of_the_list(house, centre, asks):  # noqa: F811
    talk = Talk(house)
    await waits(talk)
    for number in range(12):
        asked = await asks(kind=("proposal", "task", "payment")[number % 3])
        await house.moves(seconds=(timedelta(minutes=35)).total_seconds())
        if number % 4 == 1:
            await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
        if number % 4 == 2:
            await centre.reject(TENANT, asked.id, 1, SAMI, ("approver",))
    for kind in ("", "proposal", "task", "payment", "reply"):
        stats = await centre.stats(TENANT, kind=kind)
        every = await centre.list(TENANT, kind=kind)
        waiting = await centre.list(TENANT, status="pending", kind=kind)
        for status in ApprovalStatus:
            assert stats.by_status.get(status, 0) == len(await centre.list(TENANT, status=status, kind=kind))
        assert (stats.total, stats.total_pending) == (len(every), len(waiting))
        assert stats.sla_compliant + stats.sla_warning + stats.sla_breach == stats.total_pending
        for level, number in enumerate((stats.sla_compliant, stats.sla_warning)):
            assert number == len(await centre.list(TENANT, status="pending", kind=kind, level=level))
        assert stats.critical == len(await centre.list(TENANT, status="pending", kind=kind, level=3))
    with pytest.raises(BadRequest):
        await centre.list(TENANT, status="open")


moments = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC))


@given(kind=st.one_of(st.sampled_from(KINDS), st.text(max_size=8)), at=moments)
def test_the_deadlines_of_every_request_come_in_order(kind, at):
    times = Policies().deadlines.of_request(kind, at)

    assert at <= times.warn_at <= times.due_at <= times.escalate_at <= times.expires_at


async def test_decisions_and_lists_over_http(house, asks, sami):  # noqa: F811
    asked = await asks()
    one = f"/api/v1/approvals/{asked.id}"

    async def call(method, path, headers, **body):
        return await house.http.request(method, path, headers=headers, json=body or None)

    seen = await call("GET", one, sami.headers)
    assert (seen.status_code, seen.json()["status"], seen.json()["v"]) == (200, "pending", 1)
    assert "grant" not in seen.text
    machine, agent = house.token("service"), house.token("agent", "huda")
    assert (await call("POST", f"{one}/approve", machine, v=1)).status_code == 403
    assert (await call("POST", f"{one}/approve", agent, v=1)).status_code == 403
    assert (await call("POST", f"{one}/approve", sami.headers)).status_code == 422
    assert (await call("POST", f"{one}/approve", sami.headers, v=1, note="go")).status_code == 200
    second = await call("POST", f"{one}/reject", house.token("approver", "huda"), v=1)
    assert (second.status_code, second.json()["code"]) == (409, "already_decided")
    assert second.json()["first"]["decided_by_name"] == "sami"
    assert (await call("GET", "/api/v1/approvals/nothing", sami.headers)).status_code == 404
    assert (await call("GET", "/api/v1/approvals?status=open", sami.headers)).status_code == 422
    stats = (await call("GET", "/api/v1/approvals/stats", sami.headers)).json()
    listed = (await call("GET", "/api/v1/approvals", sami.headers)).json()
    assert stats["total"] == listed["total"]


async def test_delegations_alerts_and_the_policy_over_http(house, rooms, asks, sami):  # noqa: F811
    now = house.clock()
    body = {
        "to_id": "user:huda",
        "to_name": "Huda",
        "from_at": now.isoformat(),
        "until_at": (now + HOUR).isoformat(),
    }
    lent = await house.http.post("/api/v1/delegations", json=body, headers=sami.headers)
    assert (lent.status_code, lent.json()["lender"]["name"]) == (201, "sami")
    ended = await house.http.post(f"/api/v1/delegations/{lent.json()['id']}/revoke", headers=sami.headers)
    assert ended.json()["revoked_at"]

    asked = await asks()
    await rooms.escalation.escalate(TENANT, asked.id, NOURA, "")
    unseen = await house.http.get("/api/v1/alerts", params={"unseen": "true"}, headers=sami.headers)
    [alert] = [a for a in unseen.json()["alerts"] if a["about"] == asked.id]
    seen = await house.http.post(f"/api/v1/alerts/{alert['id']}/seen", headers=sami.headers)
    assert seen.status_code == 204
    unseen = await house.http.get("/api/v1/alerts", params={"unseen": "true"}, headers=sami.headers)
    assert asked.id not in {a["about"] for a in unseen.json()["alerts"]}

    policy = (await house.http.get("/api/v1/policy", headers=sami.headers)).json()
    classes = {action["name"]: action["class"] for action in policy["actions"]}
    assert (classes["read_status"], classes["send_whatsapp"], classes["share_data"]) == ("A", "B", "B+")
    assert (classes["delete_tenant"], bool(policy["owner"] and policy["version"])) == ("C", True)


@pytest.mark.parametrize("who", [Human("user:x", "X")])
async def test_cards_are_due_until_every_chat_shows_the_truth(house, centre, asks, who):  # noqa: F811
    asked = await asks()
    due = {view.id: view.v for view in await centre.cards_due(TENANT, (1, 2))}
    for chat in (1, 2):
        await centre.card_shown(TENANT, asked.id, chat, 100 + chat, 1)
    after = {view.id for view in await centre.cards_due(TENANT, (1, 2))}
    await centre.approve(TENANT, asked.id, 1, who, ("approver",))
    changed = {view.id: view.status for view in await centre.cards_due(TENANT, (1, 2))}
    for chat in (1, 2):
        await centre.card_shown(TENANT, asked.id, chat, 100 + chat, 2)

    assert due[asked.id] == 1
    assert asked.id not in after
    assert changed[asked.id] == "approved"
    assert asked.id not in {view.id for view in await centre.cards_due(TENANT, (1, 2))}
