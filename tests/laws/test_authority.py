"""The approval centre: asked once, decided once, by whoever may, and heard of by whoever waits."""

import asyncio
import hashlib
from itertools import count

import pytest

from bot.approval import ApprovalStatus
from bot.authority import FourEyes, RoleNeeded, SamePerson
from bot.errors import AlreadyDecided, BadRequest, Expired, NotAllowed, NotFound, Outdated
from bot.grants import GrantRefused
from bot.people import Human
from bot.policy import MissingCorrelation, PolicyRefused

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
