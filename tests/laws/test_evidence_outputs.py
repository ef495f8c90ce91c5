"""Typed results say what they were made of, stay as they were made, and come back from the database the same."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import get_args
from uuid import uuid4

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pymongo import AsyncMongoClient

from admin.api.outputs import Kind
from bot.conversation import Status
from bot.outputs.models import KINDS, LeadScoreCard, Output
from bot.outputs.provenance import Provenance, Source, provenance
from bot.outputs.scoring import MOST, confidence_of, score_card
from flows.qualification import SLOTS, UNKNOWN, Thresholds
from tests.house import Talk

OUTPUTS = "/api/v1/structured-outputs"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
THRESHOLDS = Thresholds(20, 500, 3)


async def makes(house, kind, role="admin", **body):
    headers = {**house.token(role), "Idempotency-Key": str(uuid4())}
    return await house.http.post(f"{OUTPUTS}/{kind}", headers=headers, json=body)


async def reads(house, path, role="admin", **query):
    return await house.http.get(f"{OUTPUTS}{path}", headers=house.token(role), params=query)


async def each_kind(house):
    """One result of every kind, made over HTTP from one conversation."""
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    await talk.says("80")
    conversation_id = talk.conversation.id
    made = {"lead_score_card": await makes(house, "lead-score-card", conversation_id=conversation_id)}
    await talk.says("حولت لكم المبلغ، ابغى مدير")
    held = talk.drafts(Status.HELD)
    headers = {**house.token("admin"), "Idempotency-Key": str(uuid4())}
    if not held:
        await talk.says("أبغى أتكلم مع شخص")
        held = talk.drafts(Status.HELD)
    made["approval_packet"] = await makes(house, "approval-packet", approval_id=held[0].id)
    body = {"type": "incident_response", "entity_id": conversation_id}
    await house.inside.relay.flush()
    pack = await house.http.post("/api/v1/evidence-packs/assemble", headers=headers, json=body)
    made["evidence_pack"] = await makes(house, "evidence-pack", pack_id=pack.json()["pack_id"])
    return talk, made


async def test_every_kind_is_made_kept_and_read_back_the_same(house):
    talk, made = await each_kind(house)
    for kind, answer in made.items():
        assert answer.status_code == 201, (kind, answer.text)
        first = answer.json()
        again = (await reads(house, f"/{first['output_id']}")).json()
        assert again == first
        output = TypeAdapter(Output).validate_python(again["output"])
        assert isinstance(output, KINDS[kind])
        assert output.provenance.generated_at.tzinfo is not None
        assert output.provenance.sources
        schema = (await reads(house, f"/schemas/{kind}")).json()
        jsonschema.validate(first["output"], schema)
        stored = await house.inside.store.outputs.get("default", first["output_id"])
        assert stored.output == output
        assert talk.phone not in json.dumps(first)
    # Made and read back by their own rooms (`test_executive.py`, `tests/offers/`, `tests/partners/`).
    elsewhere = {"exec_weekly_pack", "pricing_decision_record", "daily_pilot_report"}
    elsewhere |= {"partner_dossier", "economics_model"}
    assert set(made) == set(KINDS) - elsewhere


async def test_a_result_that_somebody_changed_in_the_database_is_refused(house):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    made = (await makes(house, "lead-score-card", conversation_id=talk.conversation.id)).json()
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database].structured_outputs
        await rows.update_one({"_id": f"default:{made['output_id']}"}, {"$set": {"content.score": 99}})
    answer = await reads(house, f"/{made['output_id']}")
    assert (answer.status_code, answer.json()["code"]) == (500, "output_changed")


async def test_a_score_is_named_by_id_and_hash_in_the_pack_of_the_deal(house):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    card = (await makes(house, "lead-score-card", conversation_id=talk.conversation.id)).json()
    headers = {**house.token("admin"), "Idempotency-Key": str(uuid4())}
    body = {"type": "deal_closure", "entity_id": talk.conversation.id}
    pack = (await house.http.post("/api/v1/evidence-packs/assemble", headers=headers, json=body)).json()
    (item,) = [i for i in pack["envelope"]["items"] if i["type"] == "lead_score_card"]
    named = item["data"]["entries"][0]
    assert (named["output_id"], named["sha256"]) == (card["output_id"], card["content_sha256"])


async def test_nobody_hands_in_what_is_computed(house):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    answer = await makes(house, "lead-score-card", conversation_id=talk.conversation.id, score=100)
    assert answer.status_code == 422


async def test_what_is_not_there_is_not_found_and_what_nobody_makes_does_not_exist(house):
    assert (await makes(house, "lead-score-card", conversation_id="nobody")).status_code == 404
    assert (await makes(house, "approval-packet", approval_id="nothing")).status_code == 404
    assert (await makes(house, "evidence-pack", pack_id="nothing")).status_code == 404
    assert (await reads(house, "/nothing")).status_code == 404
    assert (await reads(house, "/schemas/valuation_memo")).status_code == 404
    assert (await makes(house, "valuation-memo")).status_code in (404, 405)
    assert (await reads(house, "", role="agent")).status_code == 403


# The models


SOURCE = Source(kind="conversation", id="c1", at=NOW - timedelta(hours=5))


def test_freshness_is_the_age_of_the_newest_source_and_cannot_be_claimed():
    older = Source(kind="answer", id="c1/x", at=NOW - timedelta(hours=9))
    made = provenance(by="x/1", now=NOW, sources=(older, SOURCE))
    assert made.freshness_hours == Decimal("5.00")
    with pytest.raises(ValidationError, match="freshness"):
        Provenance(**{**made.model_dump(), "freshness_hours": Decimal("0.01")})


def test_a_confidence_without_a_method_is_none_and_a_method_without_one_neither():
    made = provenance(by="x/1", now=NOW, sources=(SOURCE,))
    assert (made.confidence, made.confidence_method) == (None, None)
    for wrong in ({"confidence": Decimal("0.9")}, {"confidence_method": "guess/1"}):
        with pytest.raises(ValidationError, match="belong together"):
            Provenance(**{**made.model_dump(), **wrong})


def test_a_moment_without_a_zone_is_refused_and_every_zone_becomes_utc():
    riyadh = timezone(timedelta(hours=3))
    assert Source(kind="answer", id="a", at=NOW.astimezone(riyadh)).at.tzinfo is UTC
    with pytest.raises(ValidationError):
        Source(kind="answer", id="a", at=NOW.replace(tzinfo=None))
    with pytest.raises(ValidationError):
        Provenance(generated_at=NOW, generated_by="x", freshness_hours=Decimal(0), sources=())


def card(answers):
    made = provenance(
        by="t/1",
        now=NOW,
        sources=(SOURCE,),
        confidence=confidence_of(answers),
        confidence_method="share_of_known_answers/1",
    )
    return score_card("t", "c1", answers, THRESHOLDS, made)


def test_nothing_may_be_added_and_a_choice_is_one_of_a_list():
    made = card({}).model_dump()
    for wrong in ({"more": 1}, {"tier": "lukewarm"}, {"score": 101}, {"schema_version": 2}):
        with pytest.raises(ValidationError):
            LeadScoreCard(**{**made, **wrong})
    with pytest.raises(ValidationError):
        card({}).score = 3


@pytest.mark.parametrize(
    ("answers", "tier", "recommendation", "result"),
    [
        ({}, "cold", "disqualify", "incomplete"),
        ({slot.name: UNKNOWN for slot in SLOTS}, "cold", "disqualify", "not_qualified"),
        (
            {
                "monthly_leads": "80",
                "follow_up_problem": "ننسى نرد",
                "has_sales_team": "yes",
                "monthly_budget_sar": "2000",
                "start_date": "الاسبوع الجاي",
            },
            "hot",
            "qualify",
            "qualified",
        ),
        (
            {
                "monthly_leads": "20",
                "follow_up_problem": "ننسى",
                "has_sales_team": "no",
                "monthly_budget_sar": "500",
                "start_date": "قريب",
            },
            "warm",
            "nurture",
            "qualified",
        ),
    ],
)
def test_a_score_says_tier_recommendation_and_what_the_thresholds_say(answers, tier, recommendation, result):
    made = card(answers)
    assert (made.tier, made.recommendation, made.result) == (tier, recommendation, result)
    assert sum(part.points for part in made.parts) == made.score


def test_money_is_whole_halalas():
    made = card({"monthly_budget_sar": "2000"})
    assert (made.monthly_budget_halalas, made.minimum_monthly_budget_halalas) == (200_000, 50_000)
    assert card({"monthly_budget_sar": "كثير"}).monthly_budget_halalas is None


ANSWERS = st.dictionaries(
    st.sampled_from([slot.name for slot in SLOTS]),
    st.one_of(st.integers(0, 10**9).map(str), st.sampled_from(["yes", "no", UNKNOWN]), st.text(max_size=9)),
)


@given(ANSWERS)
def test_every_set_of_answers_has_a_card_that_survives_json(answers):
    made = card(answers)
    assert sum(MOST.values()) == 100
    assert 0 <= made.score <= 100
    assert all(part.points <= part.most for part in made.parts)
    again = TypeAdapter(Output).validate_json(made.model_dump_json())
    assert again == made


@given(ANSWERS, st.integers(0, 10**6), st.integers(1, 10**6))
def test_more_leads_never_lower_a_score(answers, leads, more):
    fewer = card({**answers, "monthly_leads": str(leads)})
    assert card({**answers, "monthly_leads": str(leads + more)}).score >= fewer.score


def test_every_kind_of_result_may_be_asked_for_by_its_name():
    assert set(get_args(Kind)) == set(KINDS)
