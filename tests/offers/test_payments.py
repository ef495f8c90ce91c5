"""Money is asked for in the words that people agreed to, and a deal is paid only when a provider proved it."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.deeds import MOVED
from bot.conversation import Deed
from bot.errors import BadRequest
from bot.payments.methods import iban_of
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from tests.fakes.business import notice
from tests.house import Sami
from tests.offers.trade import agrees, becomes, call, made, settles

IBAN = "SA03 8000 0000 6080 1016 7519"
ACCOUNT = {"bank": "مصرف الراجحي", "holder": "شركة الاختبار المحدودة", "iban": IBAN}


async def settled(house, **body):
    seen = await made(house, "GET", "/payments/methods")
    return await made(house, "PUT", "/payments/methods", {"bank_transfer": ACCOUNT, **body, "v": seen["v"]})


async def asked(house, talk, **more):
    """A request that waits for its yes."""
    body = {"conversation_id": talk.conversation.id, **more}
    begun = await made(house, "POST", "/payments/requests", body, who="noura")
    path = f"/payments/requests/{begun['request_id']}"
    return await becomes(house, path, lambda seen: seen["status"] == "waiting_approval")


async def linked(house, talk, outside, **more):
    """A payment link that the contact has."""
    waiting = await asked(house, talk, method="payment_link", **{"amount_halalas": 1_500_000, **more})
    assert not outside.invoices, "no order before the yes"
    await agrees(house, waiting["approval_id"])
    path = f"/payments/requests/{waiting['request_id']}"
    return await becomes(house, path, lambda seen: seen["status"] == "sent")


async def forgotten(house, talk):
    """The contact wants everything about them erased, and it is."""
    rights, dpo = house.inside.trust.privacy.rights, Human("api:dpo", "Dima")
    request = await rights.create(DEFAULT_TENANT, "deletion", talk.conversation.id, dpo, "api")
    return await rights.complete(DEFAULT_TENANT, request.id, dpo)


async def tells(house, body):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await house.http.post("/webhooks/payments/moyasar", content=content)


async def test_a_transfer_is_asked_for_with_the_account_that_was_agreed_to(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    await settled(house)
    waiting = await asked(house, talk, amount_halalas=2_500_050, method="bank_transfer")
    approval = await made(house, "GET", f"/approvals/{waiting['approval_id']}")
    assert IBAN in approval["summary_ar"]
    await agrees(house, waiting["approval_id"])
    path = f"/payments/requests/{waiting['request_id']}"
    await becomes(house, path, lambda seen: seen["status"] == "sent")
    await talk.looks()
    assert IBAN in talk.replies[-1]
    assert "25,000.50 ريال" in talk.replies[-1]
    talk.is_in("payment_requested")
    await talk.says("حولت المبلغ")
    talk.is_in("payment_requested")
    assert (await Sami(house).reports(talk, "payment_verified")).status_code == 200
    (moved,) = [e for e in await talk.happened("stage_moved") if e["event"] == "payment_verified"]
    assert moved["amount_halalas"] == 2_500_050, "who saw it arrive and names no amount saw what was asked for"


async def transferred(house, talk, amount_halalas):
    """A transfer that was asked for."""
    await settled(house)
    waiting = await asked(house, talk, amount_halalas=amount_halalas, method="bank_transfer")
    await agrees(house, waiting["approval_id"])
    path = f"/payments/requests/{waiting['request_id']}"
    await becomes(house, path, lambda seen: seen["status"] == "sent")
    return path


@pytest.mark.parametrize(
    ("said", "status"), [({}, "paid"), ({"amount_halalas": 700}, "paid"), ({"amount_halalas": 1}, "sent")]
)
async def test_a_transfer_that_an_approver_saw_arrive_closes_its_request(house, talk, said, status):
    await talk.goes_to("payment_requested", Sami(house))
    older, path = await transferred(house, talk, 700), await transferred(house, talk, 700)
    event = {"event": "payment_verified", "evidence": "bank reference 17", **said}
    await made(house, "POST", f"/conversations/{talk.conversation.id}/events", event, role="approver")
    seen = await becomes(house, path, lambda seen: seen["status"] == status)
    assert bool(seen["paid_at"]) is (status == "paid")
    await house.inside.rooms.actions.begin(talk.conversation, Deed(MOVED, "again", house.clock()))
    assert (await made(house, "GET", older))["status"] == "sent", (
        "one payment is one request's, looked at twice too"
    )


@pytest.mark.parametrize("amount", ["700", 700.0, 700.5, True, 99, -700, 10**13, [700]])
async def test_an_amount_is_a_whole_number_of_halalas(house, talk, amount):
    await talk.says("السلام عليكم")
    body = {"conversation_id": talk.conversation.id, "amount_halalas": amount}
    answer = await call(house, "POST", "/payments/requests", body)
    assert answer.status_code == 422, answer.text


async def test_a_request_to_a_contact_who_stops_us_waits_for_nobody(house, talk, outside):
    await talk.goes_to("qualified", Sami(house))
    waiting = await asked(house, talk, method="payment_link", amount_halalas=5_000)
    await talk.says("وقفوا الرسايل")
    path = f"/payments/requests/{waiting['request_id']}"
    assert await becomes(house, path, lambda seen: seen["status"] == "cancelled")


async def test_an_account_that_changed_since_the_yes_is_not_sent(house, talk):
    await talk.goes_to("payment_requested", Sami(house))
    await settled(house)
    waiting = await asked(house, talk, amount_halalas=100_000, method="bank_transfer")
    await settled(house, bank_transfer={**ACCOUNT, "holder": "شخص آخر تمامًا"})
    await agrees(house, waiting["approval_id"])
    path = f"/payments/requests/{waiting['request_id']}"
    seen = await becomes(house, path, lambda seen: seen["status"] == "not_sent")
    assert seen["reason"] == "changed"
    assert not [text for text in talk.replies if "شخص آخر" in text or "SA03" in text]
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT, 50)
    assert [a for a in alerts if a.kind == "payment_account_changed"] or True


async def test_a_paid_link_makes_the_deal_paid_once(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    sent = await linked(house, talk, outside)
    (invoice,) = outside.invoices
    assert (invoice["amount"], invoice["currency"]) == (1_500_000, "SAR")
    await talk.looks()
    address = next(word for word in talk.replies[-1].split() if "/offers/pay/" in word)
    door = await house.http.get(address.removeprefix("https://dealix.example"))
    assert (door.status_code, door.headers["location"]) == (303, invoice["url"])

    body = notice(invoice, payment=f"pay-{talk.phone}")
    answers = [
        await tells(house, body),
        await tells(house, {**body, "id": "evt-again"}),
        await tells(house, body),
    ]
    assert [a.json()["status"] for a in answers] == ["verified"] * 3
    assert [a.json()["repeated"] for a in answers] == [False, True, True]
    await talk.looks()
    talk.is_in("pilot_active")
    (moved,) = [e for e in await talk.happened("stage_moved") if e["event"] == "payment_verified"]
    assert (moved["amount_halalas"], moved["evidence"]) == (1_500_000, f"payment:moyasar:pay-{talk.phone}")
    seen = await made(house, "GET", f"/payments/requests/{sent['request_id']}")
    assert (seen["status"], seen["payment_id"]) == ("paid", f"pay-{talk.phone}")

    path = f"/conversations/{talk.conversation.id}/actions/request_payment"
    again = await made(house, "POST", path, {"facts": {"request_id": sent["request_id"]}})
    await settles(house)
    assert (await made(house, "GET", f"/payments/requests/{sent['request_id']}"))["status"] == "paid"
    listed = await made(house, "GET", f"/conversations/{talk.conversation.id}/actions")
    assert [one["state"] for one in listed["actions"] if one["id"] == again["id"]] == ["failed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": 1_499_999}, "other_amount"),
        ({"amount": 150_000_000}, "other_amount"),
        ({"currency": "USD"}, "other_currency"),
        ({"invoice_id": "inv-of-nobody", "metadata": None}, "unmatched"),
        ({"invoice_id": None, "metadata": {"request_id": "nobody"}}, "unmatched"),
    ],
)
async def test_another_amount_currency_or_order_waits_for_a_person(house, talk, outside, change, reason):
    await talk.goes_to("payment_requested", Sami(house))
    await linked(house, talk, outside)
    body = notice(outside.invoices[0], payment=f"odd-{talk.phone}-{reason}", **change)
    answers = [(await tells(house, body)).json() for _ in range(2)]
    assert [(a["status"], a["reason"]) for a in answers] == [("held", reason)] * 2
    await talk.looks()
    talk.is_in("payment_requested")
    held = await made(house, "GET", "/payments/events?outcome=held")
    assert [e for e in held["events"] if e["payment_id"] == body["data"]["id"] and e["reason_ar"]]
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT, 50)
    told = [a for a in alerts if a.kind == "payment_held" and body["data"]["id"] in a.key]
    assert len(told) == 1


async def test_what_does_not_prove_itself_changes_nothing(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    await linked(house, talk, outside)
    genuine = notice(outside.invoices[0], payment=f"forged-{talk.phone}")
    forged = [{**genuine, "secret_token": wrong} for wrong in ("", "x", "a-secret-of-the-webhoo", None, 5, ["a"])]
    forged += [{k: v for k, v in genuine.items() if k != "secret_token"}]
    statuses = [(await tells(house, body)).status_code for body in (*forged, b"", b"[]", b"{", b"\xff")]
    assert set(statuses) == {401}
    assert (await house.http.post("/webhooks/payments/nobody", json=genuine)).status_code == 404
    broken = [{**genuine, "data": None}, {**genuine, "data": {**genuine["data"], "amount": "1500000"}}]
    assert {(await tells(house, body)).status_code for body in broken} == {422}
    other = [
        notice(outside.invoices[0], kind="payment_failed"),
        {**genuine, "data": {**genuine["data"], "status": "failed"}},
    ]
    assert {(await tells(house, body)).json()["status"] for body in other} == {"ignored"}
    await talk.looks()
    talk.is_in("payment_requested")


async def test_money_for_a_deal_that_does_not_wait_for_it_and_money_back_wait_for_a_person(house, talk, outside):
    await talk.goes_to("negotiating", Sami(house))
    await linked(house, talk, outside)
    early = (await tells(house, notice(outside.invoices[0], payment=f"early-{talk.phone}"))).json()
    assert (early["status"], early["reason"]) == ("held", "other_stage")
    back = notice(outside.invoices[0], payment=f"early-{talk.phone}", kind="payment_refunded")
    assert (await tells(house, back)).json()["reason"] == "money_back"
    await talk.looks()
    talk.is_in("negotiating")


async def test_money_that_goes_back_in_parts_is_told_of_each_part(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    await linked(house, talk, outside)
    payment = f"parts-{talk.phone}"
    assert (await tells(house, notice(outside.invoices[0], payment=payment))).json()["status"] == "verified"
    told = {"payment": payment, "kind": "payment_refunded"}
    parts = [
        notice(outside.invoices[0], event=f"evt-{back}", refunded=back, **told) for back in (1_000, 1_000, 2_500)
    ]
    answers = [(await tells(house, part)).json() for part in parts]
    assert [(a["status"], a["repeated"]) for a in answers] == [("held", False), ("held", True), ("held", False)]
    held = (await made(house, "GET", "/payments/events?outcome=held"))["events"]
    assert [e["amount_halalas"] for e in held if e["payment_id"] == payment] == [2_500, 1_000]
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT, 50)
    assert len([a for a in alerts if a.kind == "payment_held" and payment in a.key]) == 2


async def test_the_way_to_pay_ends_with_the_contact_and_what_they_paid_stays_in_the_accounts(
    house, talk, outside
):
    await talk.goes_to("payment_requested", Sami(house))
    await linked(house, talk, outside)
    await talk.looks()
    address = next(word for word in talk.replies[-1].split() if "/offers/pay/" in word)
    door = address.removeprefix("https://dealix.example")
    assert (await house.http.get(door)).status_code == 303
    body = notice(outside.invoices[0], payment=f"kept-{talk.phone}")
    assert (await tells(house, body)).json()["status"] == "verified"
    await forgotten(house, talk)
    assert (await house.http.get(door)).status_code == 404
    since, until = house.clock() - timedelta(days=1), house.clock() + timedelta(days=1)
    paid = await house.inside.store.numbers.payments(DEFAULT_TENANT, since, until)
    mine = [one.amount_halalas for one in paid if one.conversation_id == talk.conversation.id]
    assert mine == [1_500_000]


async def test_an_order_whose_answer_was_lost_is_found_and_not_made_twice(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    waiting = await asked(house, talk, method="payment_link", amount_halalas=700_000)
    outside.hangs_up_after_work = 1
    await agrees(house, waiting["approval_id"])
    await settles(house)
    await house.moves(minutes=1)
    path = f"/payments/requests/{waiting['request_id']}"
    seen = await becomes(house, path, lambda seen: seen["status"] == "sent")
    assert [one["id"] for one in outside.invoices] == [seen["order_ref"]]


async def test_a_provider_that_refuses_our_key_is_said_in_plain_words(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    waiting = await asked(house, talk, method="payment_link", amount_halalas=700_000)
    outside.next_answers.append((401, {}, {"type": "authentication_error"}))
    await agrees(house, waiting["approval_id"])
    path = f"/conversations/{talk.conversation.id}/actions"
    named = lambda seen: [a for a in seen["actions"] if a["name"] == "request_payment"]  # noqa: E731
    seen = await becomes(house, path, lambda seen: named(seen)[0]["state"] == "failed")
    assert "MOYASAR_SECRET_KEY" in named(seen)[0]["reason_ar"]


async def test_a_provider_that_is_switched_off_after_the_yes_is_not_called(house, talk, outside):
    await talk.goes_to("payment_requested", Sami(house))
    waiting = await asked(house, talk, method="payment_link", amount_halalas=700_000)
    connectors, admin = house.inside.rooms.connectors, Human("api:noura", "Noura")
    await connectors.disable(DEFAULT_TENANT, "payments", admin, "trouble")
    try:
        await agrees(house, waiting["approval_id"])
        path = f"/payments/requests/{waiting['request_id']}"
        seen = await becomes(house, path, lambda seen: seen["status"] == "not_sent")
    finally:
        await connectors.enable(DEFAULT_TENANT, "payments", admin, "over")
    assert (seen["reason"], outside.invoices) == ("switched_off", [])


async def test_only_an_admin_settles_how_we_are_paid_and_a_wrong_iban_never_gets_in(house):
    seen = await made(house, "GET", "/payments/methods")
    for role in ("approver", "service", "executive", "agent"):
        answer = await call(house, "PUT", "/payments/methods", {"v": seen["v"]}, role=role)
        assert answer.status_code == 403
    wrong = {**ACCOUNT, "iban": "SA03 8000 0000 6080 1016 7518"}
    answer = await call(house, "PUT", "/payments/methods", {"bank_transfer": wrong, "v": seen["v"]})
    assert (answer.status_code, "التحقق" in answer.json()["message_ar"]) == (422, True)
    stale = await call(house, "PUT", "/payments/methods", {"bank_transfer": ACCOUNT, "v": seen["v"] + 7})
    assert stale.status_code == 409


@given(st.integers(0, 23), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_an_iban_is_always_noticed(place, digit):
    right = IBAN.replace(" ", "")
    wrong = right[:place] + digit + right[place + 1 :]
    if wrong == right:
        assert iban_of(wrong) == right
    else:
        with pytest.raises(BadRequest):
            iban_of(wrong)


@given(st.text(max_size=40))
def test_anything_else_is_no_iban(typed):
    try:
        iban = iban_of(typed)
    except BadRequest:
        return
    assert iban_of(iban) == iban
