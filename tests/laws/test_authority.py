"""The approval centre: asked once, decided once, by whoever may, and heard of by whoever waits."""

import asyncio
import hashlib
from datetime import timedelta
from itertools import count

import pytest

from bot.authority.approval import ApprovalStatus
from bot.authority.deciding import FourEyes, RoleNeeded, SamePerson
from bot.authority.grants import GrantRefused
from bot.authority.policy import MissingCorrelation, PolicyRefused
from bot.errors import AlreadyDecided, BadRequest, Expired, NotAllowed, NotFound, Outdated
from bot.people import Human

SAMI, NOURA, HUDA = Human("user:sami", "Sami"), Human("user:noura", "Noura"), Human("user:huda", "Huda")
TENANT = "default"
numbers = count(1)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def centre(house):
    return house.inside.trust.centre


@pytest.fixture
def asks(centre):
    """Ask for something nobody else asks for."""

    async def ask(**more):
        given = {
            "kind": "proposal",
            "action": "send_proposal",
            "resource": f"proposal:{next(numbers)}",
            "content_sha256": sha("the offer"),
            "recipient": "conversation:1",
            "title_en": "Send an offer",
            "title_ar": "إرسال عرض",
            "summary_en": "4,900 riyals",
            "summary_ar": "4,900 ريال",
            "requested_by": NOURA,
            "correlation_id": "c-1",
        }
        return await centre.ask(TENANT, **{**given, **more})

    return ask


async def uses(house, approval, **other):
    read = await house.inside.trust.centre.read(TENANT, approval.id)
    given = {
        "action": read.action,
        "resource": read.resource,
        "content_sha256": read.content_sha256,
        "recipient": read.recipient,
        "now": house.clock(),
    }
    grant_id = other.pop("grant_id", read.grant_id)
    tenant = other.pop("tenant", TENANT)
    return await house.inside.trust.grants.use(tenant, grant_id, **{**given, **other})


async def test_a_yes_makes_one_grant_for_exactly_this(house, centre, asks):
    asked = await asks()
    seen = await centre.get(TENANT, asked.id)
    decided = await centre.approve(TENANT, asked.id, seen.v, SAMI, ("approver",), "go")

    assert (seen.status, seen.waits_for) == (ApprovalStatus.PENDING, ("approver",))
    assert (decided.status, decided.decided_by, decided.decision_note) == (ApprovalStatus.APPROVED, SAMI, "go")
    used = await uses(house, asked)
    assert (used.approver, used.approval_id) == (SAMI, asked.id)
    with pytest.raises(GrantRefused) as again:
        await uses(house, asked)
    assert again.value.code == "grant_used"


async def test_of_twenty_decisions_one_counts_and_the_others_name_it(centre, asks):
    asked = await asks()
    people = [Human(f"user:{n}", f"Approver {n}") for n in range(20)]
    verbs = [centre.approve if n % 2 else centre.reject for n in range(20)]
    answers = await asyncio.gather(
        *(verb(TENANT, asked.id, 1, who, ("approver",)) for verb, who in zip(verbs, people, strict=True)),
        return_exceptions=True,
    )

    won = [answer for answer in answers if not isinstance(answer, Exception)]
    lost = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
    assert (len(won), len(lost)) == (1, 19)
    assert {refusal.details["first"]["decided_by"] for refusal in lost} == {won[0].decided_by.id}
    assert {refusal.status for refusal in lost} == {409}


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"grant_id": "forged"}, "grant_unknown"),
        ({"grant_id": ""}, "grant_unknown"),
        ({"tenant": "somebody_else"}, "grant_unknown"),
        ({"action": "share_data"}, "grant_other_action"),
        ({"resource": "proposal:another"}, "grant_other_resource"),
        ({"content_sha256": sha("another offer")}, "grant_other_content"),
        ({"recipient": "conversation:2"}, "grant_other_recipient"),
    ],
)
async def test_a_grant_is_for_nothing_else(house, centre, asks, other, code):
    asked = await asks()
    await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))

    with pytest.raises(GrantRefused) as refused:
        await uses(house, asked, **other)
    assert (refused.value.code, refused.value.status) == (code, 403)
    assert (await uses(house, asked)).used_at is not None  # the refusal has used nothing up


async def test_a_grant_ends_with_its_time(house, centre, asks):
    asked = await asks()
    await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
    tomorrow = house.clock() + timedelta(hours=24, seconds=1)

    with pytest.raises(GrantRefused) as refused:
        await uses(house, asked, now=tomorrow)
    assert refused.value.code == "grant_expired"


async def test_of_twenty_who_use_a_grant_at_once_one_may(house, centre, asks):
    asked = await asks()
    await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
    tried = await asyncio.gather(*(uses(house, asked) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in tried) == 1
    assert {answer.code for answer in tried if isinstance(answer, Exception)} == {"grant_used"}


async def test_uses_and_refusals_are_in_the_audit(house, centre, asks):
    asked = await asks()
    await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
    await uses(house, asked, used_for="run:7")
    with pytest.raises(GrantRefused):
        await uses(house, asked)

    used, refused = await noted(house, "grant_used", asked), await noted(house, "grant_refused", asked)
    assert [(n["approver"], n["used_for"]) for n in used] == [(SAMI.id, "run:7")]
    assert [n["reason"] for n in refused] == ["grant_used"]
    assert [n["by"] for n in await noted(house, "approval_approved", asked)] == [SAMI.id]


async def noted(house, what, approval):
    """The audit entries of a kind about one request."""
    entries = await house.inside.store.timeline.of_correlation(TENANT, approval.correlation_id)
    return [e.data for e in entries if e.what == what and e.data.get("resource") == approval.resource]


async def test_two_steps_take_two_people(house, centre, asks):
    asked = await asks(steps=("approver", "dpo"), correlation_id="c-two")
    first = await centre.approve(TENANT, asked.id, 1, SAMI, ("approver", "dpo"))

    assert (first.status, first.waits_for) == (ApprovalStatus.PENDING, ("dpo",))
    with pytest.raises(SamePerson):
        await centre.approve(TENANT, asked.id, 2, SAMI, ("approver", "dpo"))
    with pytest.raises(RoleNeeded):
        await centre.approve(TENANT, asked.id, 2, HUDA, ("approver",))
    with pytest.raises(Outdated):
        await centre.approve(TENANT, asked.id, 1, HUDA, ("dpo",))
    done = await centre.approve(TENANT, asked.id, 2, HUDA, ("dpo",))
    assert [(step.role, step.by) for step in done.steps] == [("approver", SAMI), ("dpo", HUDA)]
    assert done.status is ApprovalStatus.APPROVED


async def test_whoever_asked_does_not_agree_where_four_eyes_are_wanted(centre, asks):
    asked = await asks(action="offer_discount", kind="discount")

    assert (await centre.get(TENANT, asked.id)).four_eyes
    with pytest.raises(FourEyes):
        await centre.approve(TENANT, asked.id, 1, NOURA, ("admin", "approver"))
    await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Human("api:noura", "noura"), Human("console:noura", "Noura")),
        (Human("console:zo\u00e9", "Zo\u00e9"), Human("cli:zoe\u0301", "Zoe\u0301")),
        (Human("api:\uff4e\uff4f\uff55\uff52\uff41", "Noura"), Human("api:no\u200bura", "Noura")),
        (Human("api:\u0646\u0648\u0631\u0629", ""), Human("console:\u0646\u0640\u0648\u0631\u064e\u0629", "")),
    ],
)
async def test_another_door_or_another_spelling_is_not_another_person(centre, asks, one, other):
    asked = await asks(action="offer_discount", kind="discount", requested_by=one)
    with pytest.raises(FourEyes):
        await centre.approve(TENANT, asked.id, 1, other, ("approver",))
    assert asked.id not in {view.id for view in await centre.waiting_for(TENANT, other, ("approver",))}

    two = await asks(steps=("approver", "dpo"))
    await centre.approve(TENANT, two.id, 1, one, ("approver",))
    with pytest.raises(SamePerson):
        await centre.approve(TENANT, two.id, 2, other, ("dpo",))


async def test_where_two_eyes_are_enough_one_may_agree_with_oneself(centre, asks):
    asked = await asks()

    assert (await centre.approve(TENANT, asked.id, 1, NOURA, ("approver",))).status == "approved"


@pytest.mark.parametrize("roles", [(), ("service",), ("agent",), ("executive",), ("rules_editor",), ("dpo",)])
async def test_nobody_else_decides(centre, asks, roles):
    asked = await asks()

    for verb in (centre.approve, centre.reject):
        with pytest.raises(RoleNeeded):
            await verb(TENANT, asked.id, 1, HUDA, roles)
    assert (await centre.get(TENANT, asked.id)).status == "pending"


async def test_an_admin_is_no_protection_officer(centre, asks):
    asked = await asks(steps=("dpo",))

    with pytest.raises(RoleNeeded):
        await centre.approve(TENANT, asked.id, 1, SAMI, ("admin",))


async def test_time_ends_a_request(house, centre, asks):
    heard = []

    async def hear(approval):
        heard.append((approval.id, approval.status.value))

    centre.when_decided("task", hear)
    asked = await asks(kind="task")
    await house.moves(seconds=(asked.expires_at - house.clock()).total_seconds())

    assert (await centre.get(TENANT, asked.id)).status == "expired"
    for verb in (centre.approve, centre.reject):
        with pytest.raises(Expired):
            await verb(TENANT, asked.id, 1, SAMI, ("approver",))
    await house.inside.trust.authority.escalation.look_at(TENANT)
    assert (asked.id, "expired") in heard
    assert (await centre.read(TENANT, asked.id)).status == "expired"


async def test_the_same_thing_asked_twice_is_one_request(centre, asks):
    asked = await asks()
    again = await asyncio.gather(*(asks(resource=asked.resource) for _ in range(10)))

    assert {request.id for request in again} == {asked.id}


async def test_another_content_replaces_what_waits(house, centre, asks):
    asked = await asks()
    newer = await asks(resource=asked.resource, content_sha256=sha("a better offer"))

    assert (await centre.get(TENANT, asked.id)).status == "superseded"
    with pytest.raises(AlreadyDecided):
        await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
    assert (await centre.approve(TENANT, newer.id, 1, SAMI, ("approver",))).status == "approved"


async def test_whoever_asked_takes_it_back(centre, asks):
    asked = await asks()

    with pytest.raises(NotAllowed):
        await centre.cancel(TENANT, asked.id, 1, HUDA, ("approver",))
    assert (await centre.cancel(TENANT, asked.id, 1, NOURA, ())).status == "cancelled"
    with pytest.raises(AlreadyDecided):
        await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))


async def test_what_failed_to_hear_of_a_decision_hears_again(house, centre, asks):
    heard = []

    async def falls_over_twice(approval):
        heard.append(approval.id)
        if len(heard) < 3:
            raise ConnectionError("away")

    centre.when_decided("payment", falls_over_twice)
    asked = await asks(kind="payment")
    decided = await centre.approve(TENANT, asked.id, 1, SAMI, ("approver",))
    for _ in range(4):
        await centre.deliver(TENANT)

    assert decided.status == "approved"
    assert heard == [asked.id] * 3
    assert len(await noted(house, "approval_approved", asked)) == 1
    assert (await uses(house, asked)).approver == SAMI


@pytest.mark.parametrize(
    ("wrong", "refusal", "code"),
    [
        ({"action": "delete_tenant"}, PolicyRefused, "forbidden_action"),
        ({"action": ""}, PolicyRefused, "empty_action"),
        ({"action": "make_coffee"}, PolicyRefused, "unknown_action"),
        ({"correlation_id": ""}, MissingCorrelation, "missing_correlation_id"),
        ({"content_sha256": "abc"}, BadRequest, "bad_request"),
        ({"risk": "tiny"}, BadRequest, "bad_request"),
        ({"steps": ()}, BadRequest, "bad_request"),
        ({"steps": ("boss",)}, BadRequest, "bad_request"),
        ({"title_ar": " "}, BadRequest, "bad_request"),
    ],
)
async def test_what_cannot_be_asked(asks, wrong, refusal, code):
    with pytest.raises(refusal) as refused:
        await asks(**wrong)

    assert refused.value.code == code
    assert refused.value.message_ar != refused.value.message_en


async def test_another_tenants_request_never_existed(centre, asks):
    asked = await asks()

    with pytest.raises(NotFound):
        await centre.get("somebody_else", asked.id)
    for verb in (centre.approve, centre.reject, centre.cancel):
        with pytest.raises(NotFound):
            await verb("somebody_else", asked.id, 1, SAMI, ("admin", "approver"))
    assert (await centre.get(TENANT, asked.id)).status == "pending"


async def waits(talk):
    """A draft about money, which waits for a human."""
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    return talk.waits_for_a_human()


async def test_the_centre_shows_drafts_and_requests_alike(house, centre, asks, talk, sami):
    asked = await asks()
    draft = await waits(talk)
    listed = {view.id: view for view in await centre.list(TENANT, status="pending")}

    assert {asked.id, draft.id} <= set(listed)
    assert (listed[draft.id].source, listed[draft.id].kind) == ("conversation", draft.kind)
    assert listed[draft.id].v == draft.text_version
    answer = await house.http.get("/api/v1/approvals", params={"status": "pending"}, headers=sami.headers)
    shown = {view["id"]: view for view in answer.json()["approvals"]}
    assert set(shown) >= {asked.id, draft.id}
    assert shown[draft.id]["summary_ar"] == listed[draft.id].summary_ar


async def test_a_draft_is_decided_in_its_conversation(centre, talk):
    draft = await waits(talk)

    with pytest.raises(NotAllowed):
        await centre.approve(TENANT, draft.id, 1, HUDA, ("agent",))
    decided = await centre.approve(TENANT, draft.id, draft.text_version, SAMI, ("approver",))
    assert (decided.status, decided.decided_by.name) == ("approved", "Sami")
    with pytest.raises(AlreadyDecided):
        await centre.reject(TENANT, draft.id, 1, HUDA, ("approver",))
    await talk.looks()
    assert talk.replies[-1] == draft.text
