"""Nobody is written to unasked without a consent on record, and who stops is heard at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.conversation import DraftKind, Status
from bot.privacy.consent import ConsentEvent
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import bodies
from tests.house.running import RunningHouse
from tests.laws.test_follow_ups import FIRST, comes_to, falls_silent, is_open_for, waits

FOREVER = datetime(2000, 1, 1, tzinfo=UTC)


class Keeper:
    """Somebody who answers for data protection, over HTTP."""

    def __init__(self, house: RunningHouse, role: str = "dpo") -> None:
        self.house = house
        self.headers = house.token(role, f"the {role}")

    async def get(self, path: str, **query: Any) -> Any:
        return await self.house.http.get(f"/api/v1/{path}", params=query, headers=self.headers)

    async def post(self, path: str, **body: Any) -> Any:
        return await self.house.http.post(f"/api/v1/{path}", json=body, headers=self.headers)

    async def grants(self, contact: str, **changes: Any) -> Any:
        wanted = {
            "contact": contact,
            "channel": "whatsapp",
            "purpose": "marketing",
            "basis": "form_submission",
            "evidence_ref": "form 7",
            **changes,
        }
        return await self.post("consents", **wanted)

    async def asks(self, contact: str, channel: str = "whatsapp", purpose: str = "marketing", **at: Any) -> Any:
        answer = await self.get(f"consents/{contact}/check", channel=channel, purpose=purpose, **at)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def dpo(house: RunningHouse) -> Keeper:
    return Keeper(house)


async def test_every_dimension_of_a_consent_is_its_own_question(house, dpo, new_talk):
    talk, other = new_talk(), new_talk()
    granted = await dpo.grants(talk.phone)
    assert granted.status_code == 201, granted.text

    yes = await dpo.asks(talk.phone)
    assert (yes["is_allowed"], yes["record_id"]) == (True, granted.json()["id"])
    assert yes["reason_ar"] and yes["reason_en"]
    assert (await dpo.asks(talk.phone, channel="email"))["reason"] == "none"
    assert (await dpo.asks(talk.phone, purpose="analytics"))["reason"] == "none"
    assert (await dpo.asks(other.phone))["reason"] == "none"
    begun = datetime.fromisoformat(granted.json()["at"])
    assert (await dpo.asks(talk.phone, at=(begun - timedelta(hours=1)).isoformat()))["reason"] == "not_yet_valid"
    assert (await dpo.asks(talk.phone, at=(begun + timedelta(days=367)).isoformat()))["reason"] == "expired"
    elsewhere = house.inside.trust.privacy.consents
    assert not (await elsewhere.check("another-tenant", talk.phone, "whatsapp", "marketing")).is_allowed

    assert (await dpo.post("consents/revoke", contact=talk.phone)).status_code == 201
    assert (await dpo.asks(talk.phone))["reason"] == "revoked"


@pytest.mark.parametrize(
    "changes",
    [
        {"basis": "existing_client"},
        {"basis": "because"},
        {"purpose": "fun"},
        {"channel": "pigeon"},
        {"evidence_ref": "  "},
        {"evidence_ref": ""},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"contact": "nobody at all"},
    ],
)
async def test_a_consent_without_a_basis_its_evidence_or_a_contact_is_none(dpo, talk, changes):
    answer = await dpo.grants(**{"contact": talk.phone, **changes})
    assert answer.status_code in (404, 422), answer.text
    assert (await dpo.asks(talk.phone))["reason"] == "none"


@pytest.mark.parametrize("role", ["agent", "approver", "executive", "rules_editor", "service"])
async def test_only_who_answers_for_data_protection_grants(house, talk, role):
    assert (await Keeper(house, role).grants(talk.phone)).status_code == 403


async def test_who_writes_opens_an_answer_for_as_long_as_the_window_is_open(house, dpo, talk):
    await talk.says("مهتم بالخدمة")

    assert (await dpo.asks(talk.phone, purpose="service"))["reason"] == "inbound_service"
    assert (await dpo.asks(talk.phone, purpose="sales_reply"))["record_id"].startswith("inbound_service:")
    assert (await dpo.asks(talk.phone))["reason"] == "none"
    await house.moves(hours=25)
    assert (await dpo.asks(talk.phone, purpose="service"))["reason"] == "none"


async def test_however_a_phone_is_written_a_revocation_reaches_its_contact(dpo, new_talk):
    for spelled in ("phone:0{0}", "phone:+966{0}", "+966 {0}", "00966{0}"):
        talk = new_talk()
        assert (await dpo.grants(talk.phone)).status_code == 201
        national = talk.phone.removeprefix("966")
        revoked = await dpo.post("consents/revoke", contact=spelled.format(national))
        assert (revoked.status_code, (await dpo.asks(talk.phone))["reason"]) == (201, "revoked"), spelled
    for nobody in ("phone:", "phone:nobody", "phone:12"):
        assert (await dpo.post("consents/revoke", contact=nobody)).status_code == 404


async def test_a_follow_up_names_its_consent_and_without_one_it_is_cancelled(house, dpo, new_talk, sami):
    talk, other = new_talk(), new_talk()
    await comes_to(house, lambda quiet, at: is_open_for(quiet, at + FIRST, timedelta(minutes=90)))
    for each in (talk, other):
        await each.says("مهتم بالخدمة")
        each.heard_so_far()
    await waits(talk, hours=20, minutes=1)
    await other.looks()
    first, second = talk.held[0], other.held[0]
    assert first.kind is second.kind is DraftKind.FOLLOW_UP
    assert (await dpo.post("consents/revoke", contact=other.phone, purpose="sales_reply")).status_code == 201
    await other.looks()

    assert (other.conversation.draft(second.id).status, other.conversation.draft(second.id).note) == (
        Status.CANCELLED,
        "no_consent",
    )
    await sami.approves(talk)
    (attempt,) = talk.conversation.draft(first.id).attempts
    assert attempt.consent_id.startswith(f"inbound_service:{talk.conversation.id}:")
    assert len(talk.replies) == len(other.replies) + 1
    await house.inside.relay.flush()
    report = (await dpo.get("consents/report/bare-sends")).json()
    assert report["count"] == 0
    started = [data for data in await talk.happened("attempt_started") if data["kind"] == "follow_up"]
    assert [data["consent"] for data in started] == [attempt.consent_id]


async def test_a_consent_withdrawn_after_the_yes_is_found_at_the_gate(house, dpo, talk, sami):
    """The provider is away when the yes is given; before the next try the contact withdraws."""
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    (draft,) = talk.held
    consents, found = house.inside.store.consents, talk.conversation
    event = ConsentEvent(
        *("late", DEFAULT_TENANT, found.id, found.keys, found.phone, "whatsapp", "sales_reply", "revoked", ""),
        *("telegram", "", "", "", "", house.clock(), house.clock()),
    )
    await consents.add([event])  # known to the book alone: the conversation has heard nothing of it
    await sami.approves(talk)

    assert talk.conversation.draft(draft.id).note == "no_consent"
    talk.hears_nothing()


async def test_a_stop_revokes_everything_and_a_wish_to_be_back_grants_what_we_write_here(dpo, talk, sami):
    await dpo.grants(talk.phone)
    await talk.says("السلام عليكم")
    await talk.says("وقفوا الرسايل")
    shown = (await dpo.get(f"consents/{talk.phone}")).json()
    stop = next(event for event in shown["events"] if event["action"] == "revoked")
    assert (stop["channel"], stop["purpose"], stop["source"]) == ("all", "all", "chat")
    assert {held["is_allowed"] for held in shown["now"]} == {False}
    assert len(await talk.happened("consent_revoked")) == 1

    await talk.says("تشغيل الرسائل")
    shown = (await dpo.get(f"consents/{talk.phone}")).json()
    back = [event for event in shown["events"] if event["action"] == "granted" and event["source"] == "chat"]
    assert {event["purpose"] for event in back} == {"sales", "service", "sales_reply"}
    assert {event["evidence_ref"] for event in back} == {talk.conversation.recent[-2].key}
    assert (await dpo.asks(talk.phone, purpose="sales"))["is_allowed"]
    assert (await dpo.asks(talk.phone))["reason"] == "revoked"


async def test_a_stop_delivered_twice_is_written_once(dpo, talk):
    await talk.says("السلام عليكم")
    hook = talk.writes("وقفوا الرسايل")
    await talk.sends(hook, hook)

    shown = (await dpo.get(f"consents/{talk.phone}")).json()
    assert [event["action"] for event in shown["events"]] == ["revoked"]


async def test_the_providers_own_stop_button_revokes_as_words_do(dpo, new_talk):
    talk = new_talk("meta_cloud")
    await talk.says("السلام عليكم")
    preference = {
        "wa_id": talk.phone,
        "category": "marketing_messages",
        "value": "stop",
        "detail": "User requested to stop marketing messages",
        "timestamp": str(int(talk.house.clock().timestamp())),
    }
    contact = {"wa_id": talk.phone, "profile": {"name": "x"}}
    value = {"contacts": [contact], "user_preferences": [preference]}
    await talk.sends(bodies.meta(value, field_name="user_preferences"))

    shown = (await dpo.get(f"consents/{talk.phone}")).json()
    assert [(event["action"], event["purpose"]) for event in shown["events"]] == [("revoked", "all")]


async def test_an_answer_costs_no_question_about_consents(house, talk):
    await talk.says("السلام عليكم")
    before = house.inside.store.round_trips
    await talk.says("كم السعر؟")
    used = house.inside.store.round_trips - before
    # One to take it in, the intent with the decision, the answer of the provider, the look of this test; the jobs
    # of the house may add some of their own meanwhile.
    assert used < 16


async def test_nothing_of_this_was_sent_without_a_consent(house):
    found = await house.inside.trust.privacy.consents.bare_sends(DEFAULT_TENANT, FOREVER, house.clock())
    assert found == []


async def test_of_a_yes_and_a_withdrawal_at_once_nothing_leaves_that_begun_after_the_withdrawal(
    house, dpo, new_talk, sami
):
    talks = [new_talk() for _ in range(8)]
    await comes_to(house, lambda quiet, at: is_open_for(quiet, at + FIRST, timedelta(minutes=90)))
    for talk in talks:
        await talk.says("مهتم بالخدمة")
        talk.heard_so_far()
    await house.moves(hours=20, minutes=1)
    for number, talk in enumerate(talks):
        await talk.looks()
        (draft,) = talk.held
        yes, no = sami.taps_approve(draft), dpo.post("consents/revoke", contact=talk.phone, purpose="sales_reply")
        both = await asyncio.gather(*((yes, no) if number % 2 else (no, yes)))
        event = next(answer.json() for answer in both if answer.status_code == 201)
        await talk.looks()
        ended = talk.conversation.draft(draft.id)
        withdrawn = datetime.fromisoformat(event["recorded_at"])
        late = [attempt for attempt in ended.attempts if attempt.started_at > withdrawn + timedelta(seconds=1)]
        assert late == []
        assert len(ended.attempts) <= 1
        assert (ended.note == "no_consent") is not bool(ended.attempts), ended


async def test_a_repeated_request_records_a_consent_once(house, dpo, talk):
    body = {
        "contact": talk.phone,
        "channel": "email",
        "purpose": "marketing",
        "basis": "form_submission",
        "evidence_ref": "form 9",
    }
    headers = {**dpo.headers, "idempotency-key": f"form-9-{talk.phone}"}
    answers = await asyncio.gather(
        *(house.http.post("/api/v1/consents", json=body, headers=headers) for _ in range(6))
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    shown = (await dpo.get(f"consents/{talk.phone}")).json()
    assert [event["action"] for event in shown["events"]] == ["granted"]


async def test_a_consent_of_somebody_who_never_wrote_is_found_when_they_do(dpo, talk):
    granted = (await dpo.grants(talk.phone, purpose="sales", basis="existing_client")).json()
    assert granted["contact_id"] == ""
    await talk.says("السلام عليكم")

    held = await dpo.asks(talk.conversation.id, purpose="sales")
    assert (held["is_allowed"], held["record_id"]) == (True, granted["id"])
