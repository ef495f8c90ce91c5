"""`/os/*`: the names that callers know, pure where it says so, and every refusal a sentence in two languages."""

import asyncio

import jwt
import pytest

from bot.conversation import Status
from flows.deal import STAGES
from tests.house import Sami, Talk

DECISION = {
    "lead_id",
    "previous_stage",
    "intent_detected",
    "new_stage",
    "actions",
    "response_message_ar",
    "human_approval_required",
    "auto_send_allowed",
    "timestamp",
    "qualification_question",
}
ACTIONS = {
    "send_whatsapp",
    "send_email",
    "send_sms",
    "book_meeting",
    "send_proposal",
    "request_payment",
    "enroll_sequence",
    "classify_reply",
    "escalate_human",
    "sync_crm",
    "log_activity",
    "onboard_customer",
    "generate_report",
    "do_nothing",
}


@pytest.fixture
def api(house):
    """Call the API in a role."""

    async def call(method, path, body=None, *, role="service", headers=None, **query):
        given = {**(house.token(role) if role else {}), **(headers or {})}
        return await house.http.request(method, f"/os/{path}", json=body, headers=given, params=query)

    return call


async def test_process_answers_with_the_known_names(api):
    answer = await api("POST", "process", {"message": "السلام عليكم، كم السعر؟", "lead_id": "L1"})
    decided = answer.json()

    assert answer.status_code == 200
    assert set(decided) >= DECISION
    assert (decided["lead_id"], decided["previous_stage"]) == ("L1", "new_lead")
    assert (decided["intent_detected"], decided["new_stage"]) == ("ask_price", "qualifying")
    assert decided["auto_send_allowed"] is True
    assert set(decided["actions"]) <= ACTIONS
    assert decided["qualification_question"] and decided["response_message_ar"]


@pytest.mark.parametrize("stage", STAGES)
async def test_process_knows_every_stage_and_stop_beats_them_all(api, stage):
    answer = await api("POST", "process", {"message": "وقفوا الرسايل", "current_stage": stage})

    assert answer.json()["new_stage"] == "opted_out"


@pytest.mark.parametrize("stage", ["negotiating", "payment_requested", "pilot_active"])
async def test_money_stages_always_want_a_human(api, stage):
    decided = (await api("POST", "process", {"message": "السلام عليكم", "current_stage": stage})).json()

    assert decided["human_approval_required"] is True
    assert decided["auto_send_allowed"] is False
    assert decided["new_stage"] == stage


async def test_process_writes_nothing(api, house):
    await house.inside.relay.flush()
    before = await house.everything_stored()
    for words in ("كم السعر؟", "وقفوا الرسايل", "حولت المبلغ", "\ud83d".encode("utf-16", "surrogatepass").hex()):
        answer = await api("POST", "process", {"message": words, "phone": "0501234567", "event_id": "E1"})
        assert answer.status_code == 200
    await api("POST", "bulk-process", {"events": [{"message": "كم السعر؟", "phone": "0501234567"}] * 5})
    await house.settles()
    await house.inside.relay.flush()
    after = await house.everything_stored()

    before.pop("marks", None), after.pop("marks", None)  # how far the timeline is copied goes on with the clock
    assert after == before
    assert house.fake.ledger == []


async def test_an_event_is_acted_on_once_however_often_it_is_reported(api, house):
    talk = Talk(house)
    event = {"message": "كم السعر؟", "phone": talk.phone, "event_id": "crm-4711"}
    first = await api("POST", "process-and-act", event)
    again = await asyncio.gather(*(api("POST", "process-and-act", event) for _ in range(4)))
    await talk.looks()

    assert (first.status_code, first.json()["is_repeated"]) == (202, False)
    assert first.json()["execution"]["action_taken"] == "whatsapp_sent"
    assert {answer.json()["is_repeated"] for answer in again} == {True}
    assert {answer.json()["new_stage"] for answer in again} == {"qualifying"}
    assert {answer.json()["lead_id"] for answer in again} == {first.json()["lead_id"]}
    talk.hears("price_on_request")


async def test_an_idempotency_key_does_the_same(api, house):
    talk = Talk(house)
    event = {"message": "كم السعر؟", "phone": talk.phone}
    key = {"idempotency-key": "11f0-77"}
    answers = await asyncio.gather(*(api("POST", "process-and-act", event, headers=key) for _ in range(5)))
    other = await api("POST", "process-and-act", {**event, "message": "80"}, headers={"idempotency-key": "other"})
    await talk.looks()

    done = [answer for answer in answers if answer.status_code == 202]
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert {(answer.json()["is_repeated"], answer.content) for answer in done} == {(False, done[0].content)}
    assert other.json()["is_repeated"] is False
    talk.hears("price_on_request", "ask_next_question")


async def test_one_id_of_two_contacts_names_two_events(api, house):
    talks = [Talk(house), Talk(house)]
    for talk in talks:
        await api("POST", "process-and-act", {"message": "كم السعر؟", "phone": talk.phone, "event_id": "1"})
        await talk.looks()

        talk.hears("price_on_request")


async def test_the_stored_stage_counts_and_not_the_callers(api, house):
    talk = Talk(house)
    event = {"message": "السلام عليكم", "phone": talk.phone, "current_stage": "pilot_active", "event_id": "1"}
    acted = (await api("POST", "process-and-act", event)).json()
    await talk.looks()

    assert acted["previous_stage"] == "new_lead"
    assert talk.conversation.stage != "pilot_active"


async def test_a_held_answer_is_a_draft_and_nothing_is_sent(api, house):
    talk = Talk(house)
    acted = (await api("POST", "process-and-act", {"message": "حولت المبلغ", "phone": talk.phone})).json()
    await talk.looks()

    draft = talk.waits_for_a_human()
    assert acted["human_approval_required"] is True
    done = acted["execution"]
    assert (done["action_taken"], done["draft_created"], done["draft_id"]) == ("draft_created", True, draft.id)
    await Sami(house).approves(talk)
    talk.hears_words(draft.text)


@pytest.mark.parametrize(
    ("behaviour", "taken"), [("cut_reply", "whatsapp_unknown"), ("refuse:400:bad", "whatsapp_sent")]
)
async def test_what_became_of_a_send_is_said_as_it_is(api, house, behaviour, taken):
    talk = Talk(house)
    house.fake.script("green_api", behaviour, times=1)
    acted = (await api("POST", "process-and-act", {"message": "كم السعر؟", "phone": talk.phone})).json()

    assert acted["execution"]["action_taken"] == taken


async def test_an_opt_out_through_the_api_is_one(api, house):
    talk = Talk(house)
    await talk.says("السلام عليكم")
    await api("POST", "process-and-act", {"message": "وقفوا الرسايل", "phone": f"+{talk.phone}"})
    await talk.looks()
    talk.heard_so_far()

    talk.is_in("opted_out")
    acted = await api("POST", "process-and-act", {"message": "كم السعر؟", "phone": talk.phone})
    await talk.looks()
    assert acted.json()["execution"]["action_taken"] == "none"
    talk.is_quiet()


async def test_who_the_lead_is_must_be_said(api):
    nobody = await api("POST", "process-and-act", {"message": "x"})
    unknown = await api("POST", "process-and-act", {"message": "x", "lead_id": "01ZZZZZZZZZZZZZZZZZZZZZZZZ"})

    assert (nobody.status_code, unknown.status_code) == (422, 404)


async def test_bulk_judges_each_item_by_itself(api):
    events = [
        {"message": "كم السعر؟"},
        {"message": "وقفوا الرسايل", "current_stage": "negotiating"},
        {"message": "x", "current_stage": "no_such_stage"},
        {"message": "x", "phone": "0112345678"},
        {"message": ["not", "text"]},
        {},
    ]
    answer = await api("POST", "bulk-process", {"events": events})
    results = answer.json()["results"]

    assert [item["status"] for item in results] == ["ok", "ok", "error", "error", "error", "ok"]
    assert [item["index"] for item in results] == list(range(6))
    assert answer.json()["processed"] == 3
    assert results[1]["new_stage"] == "opted_out"
    assert "current_stage" in results[2]["error"]


async def test_bulk_has_an_end(api):
    most = await api("POST", "bulk-process", {"events": [{"message": "مرحبا"}] * 500})
    more = await api("POST", "bulk-process", {"events": [{}] * 501})

    assert (most.status_code, most.json()["processed"]) == (200, 500)
    assert (more.status_code, more.json()["code"]) == (413, "too_many_items")


async def test_stages_names_all_thirteen(api):
    answer = (await api("GET", "stages")).json()

    assert answer["total"] == 13
    assert set(answer["stages"]) == set(STAGES)
    for stage in answer["stages"].values():
        assert {"transitions", "auto_actions", "message_template"} <= set(stage)
        assert stage["name_ar"] and stage["name_en"]


async def test_providers_are_listed_with_what_they_say_of_themselves(api, house):
    answer = (await api("GET", "whatsapp-providers")).json()

    assert set(answer["providers"]) == {"green_api", "ultramsg", "fonnte", "meta_cloud"}
    assert all(answer["providers"].values())
    assert (answer["any_configured"], answer["recommended"]) == (True, "green_api")


async def test_a_test_send_goes_to_listed_numbers_only_and_passes_the_gate(new_house):
    house = await new_house(DEALIX_TEST_NUMBERS="966511111111,966522222222")
    admin = house.token("admin")

    async def sends(phone):
        body = {"phone": phone, "message": "تجربة"}
        return await house.http.post("/os/test-send", json=body, headers=admin)

    taken = await sends("0511111111")
    assert (taken.status_code, taken.json()["sent"]) == (202, True)
    assert [(e.recipient, e.text) for e in house.fake.ledger] == [("966511111111@c.us", "تجربة")]
    assert (await sends("0599999999")).status_code == 403
    agent = await house.http.post("/os/test-send", json={"phone": "0511111111"}, headers=house.token("agent"))
    assert agent.status_code == 403

    stopped = Talk(house)
    stopped.phone = "966522222222"
    await stopped.says("وقفوا الرسايل")
    refused = await sends("0522222222")
    assert (refused.status_code, refused.json()["sent"], refused.json()["status"]) == (202, False, "cancelled")
    assert len([e for e in house.fake.ledger if "966522222222" in e.recipient]) == 1

    for _ in range(10):
        last = await sends("0511111111")
    assert last.status_code == 429


REFUSALS = [
    ("POST", "process", {"message": "x"}, "", 401),
    ("POST", "process", {"message": "x", "current_stage": "nowhere"}, "service", 422),
    ("POST", "process", {"message": "x" * 65_537}, "service", 422),
    ("POST", "process", {"message": "x", "phone": "12"}, "service", 422),
    ("POST", "process", {"message": "x", "source": "pigeon"}, "service", 422),
    ("POST", "process", [1, 2], "service", 422),
    ("POST", "process-and-act", {"message": "x", "phone": "0501234567"}, "executive", 403),
    ("POST", "bulk-process", {"events": {}}, "service", 422),
    ("POST", "test-send", {"phone": "0501234567"}, "agent", 403),
    ("GET", "nothing-here", None, "service", 404),
    ("GET", "process", None, "service", 405),
]


@pytest.mark.parametrize(("method", "path", "body", "role", "status"), REFUSALS)
async def test_a_refusal_is_a_problem_with_a_sentence_in_both_languages(api, method, path, body, role, status):
    answer = await api(method, path, body, role=role)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], bool(told["code"])) == (status, True)
    assert told["message_en"] and any("\u0600" <= letter <= "\u06ff" for letter in told["message_ar"])


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'"x"', b"\xff", b'{"message": "\\ud800"}'])
async def test_a_body_that_is_no_event_is_refused_or_read_but_never_breaks(house, body):
    headers = {**house.token("service"), "content-type": "application/json"}
    answer = await house.http.post("/os/process", content=body, headers=headers)

    assert answer.status_code in (200, 400, 422)
    assert (await house.http.get("/readyz")).status_code == 200


async def test_a_token_of_another_key_or_another_algorithm_is_none(house):
    claims = {"iss": "dealix", "aud": "dealix-api", "sub": "x", "tenant": "default", "role": "admin"}
    claims |= {"iat": 1_700_000_000, "exp": 4_000_000_000}
    forged = [jwt.encode(claims, "k" * 48, algorithm="HS256"), jwt.encode(claims, None, algorithm="none")]
    for token in forged:
        answer = await house.http.get("/os/stages", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_the_drafts_of_the_api_are_seen_by_their_status(api, house):
    talk = Talk(house)
    await api("POST", "process-and-act", {"message": "كم السعر؟", "phone": talk.phone})
    await talk.looks()

    assert len(talk.drafts(Status.ACCEPTED)) == 1
    assert await Sami(house).queue() == []
