"""What the consent room and the request room really keep is what compliance measures."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from bot.tenants import DEFAULT_TENANT
from tests.house import Talk
from tests.house.running import RunningHouse


async def posts(house: RunningHouse, path: str, **body: Any) -> Any:
    headers = {**house.token("admin", "lena"), "idempotency-key": uuid4().hex}
    answer = await house.http.post(f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def agrees(house: RunningHouse, **more: Any) -> str:
    talk = Talk(house)
    await talk.says("السلام عليكم")
    whole = {
        "channel": "whatsapp",
        "purpose": "sales",
        "basis": "explicit_consent",
        "evidence_ref": "form-1",
        **more,
    }
    await posts(house, "/consents", contact=talk.conversation.id, **whole)
    return talk.conversation.id


async def found(house: RunningHouse, control: str) -> dict[str, Any]:
    """One control after a fresh scan, with everything sealed."""
    await house.inside.relay.flush()
    await house.inside.trust.evidence.seals.seal(DEFAULT_TENANT)
    scan = await posts(house, "/compliance/scan")
    (outcome,) = [o for o in scan["outcomes"] if o["control"] == control]
    return outcome


async def behind_our_back(house: RunningHouse, collection: str, query: dict[str, Any], update: Any) -> None:
    """Somebody with the password of the database."""
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database][collection]
        if update == "delete":
            assert (await rows.delete_one(query)).deleted_count == 1
        elif update == "copy":
            row = await rows.find_one(query)
            await rows.insert_one({**row, "_id": f"{DEFAULT_TENANT}:planted"})
        else:
            assert (await rows.update_one(query, update)).modified_count == 1


async def test_consents_given_over_the_api_and_in_the_chat_are_borne_out_by_the_history(own_house):
    await agrees(own_house)
    talk = Talk(own_house)
    await talk.says("السلام عليكم")
    await talk.says("وقفوا الرسايل")
    own_house.clock.moves(timedelta(seconds=30))

    for control in ("PDPL-C02", "PDPL-C03", "PDPL-C10"):
        outcome = await found(own_house, control)
        assert outcome["status"] == "compliant", outcome
    (chain,) = (await found(own_house, "PDPL-C10"))["findings"]
    assert chain["numbers"]["entries"] > 0


@pytest.mark.parametrize(
    "update",
    [
        "delete",
        "copy",
        {"$set": {"purpose": "marketing"}},
        {"$set": {"action": "revoked"}},
        {"$set": {"channel": "phone"}},
        {"$set": {"basis": "form_submission"}},
    ],
)
async def test_a_register_that_was_changed_behind_our_back_is_found(own_house, update):
    await agrees(own_house)
    own_house.clock.moves(timedelta(seconds=30))
    assert (await found(own_house, "PDPL-C10"))["status"] == "compliant"

    await behind_our_back(own_house, "consent_events", {"purpose": "sales"}, update)

    outcome = await found(own_house, "PDPL-C10")
    assert outcome["status"] == "non_compliant" and outcome["findings"][0]["evidence"], outcome


async def test_a_consent_without_an_end_within_a_year_is_found(own_house):
    await agrees(own_house)
    late = own_house.clock() + timedelta(days=800)
    await behind_our_back(own_house, "consent_events", {"purpose": "sales"}, {"$set": {"expires_at": late}})

    outcome = await found(own_house, "PDPL-C03")

    assert outcome["status"] == "non_compliant" and outcome["findings"][0]["numbers"]["endless"] == 1


@pytest.mark.parametrize(("kind", "control"), [("access", "PDPL-C04"), ("deletion", "PDPL-C05")])
async def test_a_request_that_nobody_answers_turns_red_on_the_thirtieth_day(own_house, kind, control):
    talk = Talk(own_house)
    await talk.says("السلام عليكم")
    request = await posts(own_house, "/data-requests", kind=kind, contact=talk.conversation.id)
    other = "PDPL-C05" if control == "PDPL-C04" else "PDPL-C04"

    assert (await found(own_house, control))["status"] == "compliant"
    own_house.clock.moves(timedelta(days=29, hours=23))
    assert (await found(own_house, control))["status"] == "compliant"
    own_house.clock.moves(timedelta(hours=2))

    outcome = await found(own_house, control)
    assert outcome["status"] == "non_compliant" and outcome["findings"][0]["evidence"] == [request["id"]], outcome
    assert (await found(own_house, other))["status"] == "compliant"
