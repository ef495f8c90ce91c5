"""What a person saw arrive, and what went back, is in the revenue; an amount is never guessed."""

import asyncio
from uuid import uuid4

from tests.house import Sami, Talk

BACK = "/api/v1/deals/{}/refunds"


async def paying(house):
    """A contact who was asked for money by a person, outside of our requests."""
    talk = Talk(house, "green_api")
    await talk.goes_to("payment_requested", Sami(house))
    return talk.conversation.id


async def came(house):
    """(revenue of this month, payments that it is made of), once everything that was written is told."""
    await house.inside.relay.flush()
    path = "/api/v1/forecast-control/unified"
    actual = (await house.http.get(path, headers=house.token("executive"))).json()["actual"]
    return actual["verified_halalas"] or 0, actual["payments"]


async def posts(house, path, role="approver", key="", **body):
    headers = {**house.token(role, "sami"), "idempotency-key": key or uuid4().hex}
    return await house.http.post(path, json=body, headers=headers)


async def verifies(house, deal, event="payment_verified", **body):
    path = f"/api/v1/conversations/{deal}/events"
    return await posts(house, path, event=event, evidence="bank reference 77", **body)


async def test_a_transfer_that_an_approver_saw_is_revenue(house):
    deal = await paying(house)
    before, payments = await came(house)
    for wrong in (0, -1, 1.5, True, "5", 10**13):
        refused = await verifies(house, deal, amount_halalas=wrong)
        assert refused.status_code == 422, wrong
    answer = await verifies(house, deal, amount_halalas=2_500_050)
    assert answer.status_code == 200, answer.text
    assert await came(house) == (before + 2_500_050, payments + 1)
    other = await verifies(house, deal, "pilot_converted", amount_halalas=5)
    assert other.status_code == 422


async def test_what_nobody_asked_for_and_nobody_named_adds_nothing(house):
    deal, before = await paying(house), await came(house)
    assert (await verifies(house, deal)).status_code == 200
    assert await came(house) == before


async def test_what_went_back_is_no_revenue_and_no_more_goes_back_than_came(house):
    deal = await paying(house)
    path = BACK.format(deal)
    assert (await posts(house, path, amount_halalas=1, evidence="ref 1")).status_code == 422
    await verifies(house, deal, amount_halalas=100_000)
    before, payments = await came(house)

    key = uuid4().hex
    told = [await posts(house, path, key=key, amount_halalas=30_000, evidence="ref 2") for _ in range(2)]
    assert [one.status_code for one in told] == [201, 201]
    assert told[0].json() == {"conversation_id": deal, "refunded_halalas": 30_000, "paid_halalas": 70_000}
    both = await asyncio.gather(*(posts(house, path, amount_halalas=40_000, evidence="ref 3") for _ in range(2)))
    assert sorted(one.status_code for one in both) == [201, 422]
    assert await came(house) == (before - 70_000, payments + 2)
    rows = await house.http.get("/api/v1/executive-room/behind/revenue_actual", headers=house.token("executive"))
    assert sum(r["amount_halalas"] for r in rows.json()["rows"] if r["conversation_id"] == deal) == 30_000


async def test_who_may_not_or_what_is_no_refund_is_refused(house):
    deal = await paying(house)
    for role in ("executive", "agent", "service", "dpo"):
        answer = await posts(house, BACK.format(deal), role, amount_halalas=1, evidence="ref")
        assert answer.status_code == 403, role
    for body in (
        {},
        {"amount_halalas": 0},
        {"amount_halalas": 1.0},
        {"amount_halalas": 10**13},
        {"evidence": "x"},
    ):
        answer = await posts(house, BACK.format(deal), **{"evidence": "ref", **body})
        assert answer.status_code == 422, body
    missing = await posts(house, BACK.format("nobody"), amount_halalas=1, evidence="ref")
    assert missing.status_code == 404
