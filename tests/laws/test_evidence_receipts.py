"""Everything that was done or refused has a receipt, and its verdict rests on what others reported."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Status
from bot.evidence.trust_receipts import (
    SHOWN_FROM,
    WEIGHTS,
    Receipt,
    ReceiptVerdict,
    score_of,
)
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import bodies
from tests.house import Talk

RECEIPTS = "/api/v1/receipts"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def receipts(house, talk, role="admin", **query):
    await house.inside.relay.flush()
    query = {"conversation_id": talk.conversation.id, **query}
    answer = await house.http.get(RECEIPTS, headers=house.token(role), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["receipts"]


async def reported(talk, status):
    (draft,) = [d for d in talk.conversation.outbox if d.provider_message_ids]
    ids = draft.provider_message_ids
    await talk.sends(
        bodies.receipt(
            talk.provider,
            status,
            provider_message_id=ids[0],
            phone=talk.phone,
            at=talk.house.clock(),
            reference=draft.id,
        )
    )
    return draft


async def test_a_message_is_unverified_until_its_provider_reports_it(house):
    talk = Talk(house, "meta_cloud")
    await talk.says("كم السعر؟")
    (first,) = await receipts(house, talk)
    assert (first["action"], first["outcome"], first["verdict"]) == ("send_whatsapp", "accepted", "unverified")

    await reported(talk, "sent")
    (second,) = await receipts(house, talk)
    assert second["verdict"] == "partially_verified"

    draft = await reported(talk, "delivered")
    (third,) = await receipts(house, talk)
    assert third["verdict"] == "verified"
    assert third["content_sha256"] == draft.text_sha256
    assert third["correlation_id"] == draft.correlation_id
    assert (third["receipt_id"], third["decision"]) == (first["receipt_id"], "rules")
    assert third["evidence"]


async def test_what_failed_later_contradicts_that_it_was_accepted(house):
    talk = Talk(house, "meta_cloud")
    await talk.says("كم السعر؟")
    (draft,) = talk.drafts(Status.ACCEPTED)
    await talk.sends(
        bodies.receipt(
            "meta_cloud",
            "failed",
            provider_message_id=draft.provider_message_ids[0],
            phone=talk.phone,
            at=house.clock(),
            reference=draft.id,
            error_code=131026,
        )
    )
    (receipt,) = await receipts(house, talk)
    assert receipt["verdict"] == "contradicted"


async def test_what_an_approver_agreed_to_names_the_grant(house, sami):
    talk = Talk(house, "green_api")
    await talk.says("أبغى أتكلم مع شخص")
    answer = await sami.writes(talk, "تفضل، معك سامي")
    assert answer.status_code in (200, 202)
    await talk.looks()
    found = [one for one in await receipts(house, talk) if one["decision"].startswith("grant:")]
    assert found
    assert found[0]["content_sha256"]


async def test_a_refusal_of_the_gate_has_a_receipt_too(house, sami):
    talk = Talk(house, "green_api")
    await talk.says("لا ترسلون لي رسائل")
    await talk.says("إلغاء الاشتراك")
    await sami.writes(talk, "عرض خاص لك")
    await talk.looks()
    blocked = await receipts(house, talk, verdict="blocked")
    assert blocked
    assert {one["decision"] for one in blocked} == {"gate"}
    assert all(one["content_sha256"] == "" or len(one["content_sha256"]) == 64 for one in blocked)


async def test_a_receipt_is_sealed_and_says_where(house):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    (receipt,) = await receipts(house, talk)
    await house.inside.trust.evidence.seals.seal(DEFAULT_TENANT)

    answer = await house.http.get(f"{RECEIPTS}/{receipt['receipt_id']}", headers=house.token("dpo"))

    sealed = answer.json()
    blocks = await house.inside.store.seals.blocks(DEFAULT_TENANT, sealed["sealed_in_block"] - 1, 1)
    links = {link.id: link.hash for link in blocks[0].entries}
    assert links[receipt["receipt_id"]] == sealed["entry_sha256"]
    assert (await house.http.get(f"{RECEIPTS}/nothing", headers=house.token("dpo"))).status_code == 404


async def test_the_latest_of_all_are_listed_and_agents_see_none(house):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    await house.inside.relay.flush()
    answer = await house.http.get(RECEIPTS, headers=house.token("executive"), params={"limit": 5})
    listed = answer.json()["receipts"]
    assert listed[0]["conversation_id"] == talk.conversation.id
    assert [one["at"] for one in listed] == sorted((one["at"] for one in listed), reverse=True)
    assert (await house.http.get(RECEIPTS, headers=house.token("agent"))).status_code == 403


async def test_a_score_over_few_receipts_is_not_shown_but_their_number_is(own_house):
    talk = Talk(own_house, "green_api")
    await talk.says("كم السعر؟")
    await own_house.inside.relay.flush()
    answer = await own_house.http.get(f"{RECEIPTS}/trust", headers=own_house.token("executive"))
    trust = answer.json()
    assert (trust["score"], trust["contradiction_rate"]) == (None, None)
    assert 1 <= trust["sample"] < SHOWN_FROM


def made(verdict, number=0):
    at = NOW + timedelta(seconds=number)
    return Receipt(str(number), "t", "c", "e", at, "send_whatsapp", "accepted", verdict, "rules", "", ())


@pytest.mark.parametrize(("number", "is_shown"), [(0, False), (19, False), (20, True), (500, True)])
def test_the_score_is_shown_from_twenty(number, is_shown):
    score = score_of([made(ReceiptVerdict.VERIFIED, n) for n in range(number)])
    assert (score.sample, score.score) == (number, 1.0 if is_shown else None)


@given(st.lists(st.sampled_from(list(ReceiptVerdict)), min_size=SHOWN_FROM, max_size=60))
def test_the_score_is_the_mean_of_the_weights_and_a_contradiction_never_raises_it(verdicts):
    score = score_of([made(v, n) for n, v in enumerate(verdicts)])
    assert score.score == round(sum(WEIGHTS[v] for v in verdicts) / len(verdicts), 4)
    assert sum(score.by_verdict.values()) == score.sample == len(verdicts)
    worse = score_of([made(v, n) for n, v in enumerate([*verdicts, ReceiptVerdict.CONTRADICTED])])
    assert worse.score <= score.score
