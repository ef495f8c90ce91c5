"""The story of one message: complete, in order, in two languages, without anybody's words, and only one's own."""

from bot.conversation import Status
from tests.fakes.whatsapp import bodies
from tests.house.talk import Talk


async def story_of(house, correlation_id, role="admin"):
    answer = await house.http.get(f"/api/v1/trace/{correlation_id}", headers=house.token(role))
    return answer.status_code, answer.json()


def whats(story):
    return [step["what"] for step in story["steps"]]


async def test_an_answered_message_is_told_from_its_record_to_its_receipts(talk, house):
    await talk.says("السلام عليكم كم السعر؟ كناري-القصة")
    talk.heard_so_far()
    draft = talk.conversation.outbox[-1]
    for status in ("delivered", "read"):
        await talk.sends(
            bodies.receipt(
                "green_api",
                status,
                provider_message_id=draft.provider_message_ids[0],
                phone=talk.phone,
                at=house.clock(),
            )
        )
    status, story = await story_of(house, draft.correlation_id)

    assert status == 200
    assert whats(story)[:2] == ["message_received", "decided"]
    order = [what for what in whats(story) if what in ("reply_queued_by_bot", "attempt_started", "attempt_ended")]
    assert order == ["reply_queued_by_bot", "attempt_started", "attempt_ended"]
    assert whats(story)[-2:] == ["message_delivered", "message_read"]
    assert story["conversation_id"] == talk.conversation.id
    assert not story["has_trouble"]
    decided = next(step for step in story["steps"] if step["what"] == "decided")
    assert decided["data"]["intent"] and decided["data"]["rules"] and "stage_after" in decided["data"]
    ended = next(step for step in story["steps"] if step["what"] == "attempt_ended")
    assert ended["data"]["send_class"] == "accepted" and ended["data"]["latency_ms"] >= 0
    assert ended["data"]["channel"] == "green_api"
    times = [step["at"] for step in story["steps"]]
    assert times == sorted(times)
    assert abs(sum(step["seconds_since_previous"] for step in story["steps"]) - story["seconds"]) < 0.05
    assert all(step["message_ar"] and step["message_en"] for step in story["steps"])
    assert "كناري" not in str(story) and talk.phone not in str(story)
    assert story["trace_ids"] == [draft.traceparent.split("-")[1]]


async def test_a_held_draft_tells_why_who_decided_and_after_how_long(talk, sami, house):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    await house.moves(minutes=20)
    await sami.approves(talk)
    talk.heard_so_far()
    _, story = await story_of(house, draft.correlation_id, "approver")

    held = next(step for step in story["steps"] if step["what"] == "draft_held")
    approved = next(step for step in story["steps"] if step["what"] == "draft_approved")
    assert held["data"]["why"] == list(draft.hold_reasons)
    assert "hold." not in held["message_en"] and "hold." not in held["message_ar"]
    assert approved["data"]["by"] and "sami" in approved["message_en"]
    assert 1200 <= approved["data"]["waited_seconds"] < 1320
    assert "20 min" in approved["message_en"]
    assert len(story["trace_ids"]) == 2  # where it was made, and where it was let go


async def test_what_the_gate_stops_and_what_fails_is_trouble(talk, house):
    house.fake.script("green_api", "refuse:466", times=1)
    for provider in ("ultramsg", "fonnte", "meta_cloud"):
        house.fake.script(provider, "server_error")
    await talk.says("السلام عليكم")
    await talk.looks()
    draft = talk.conversation.outbox[-1]
    _, story = await story_of(house, draft.correlation_id)

    ended = [step for step in story["steps"] if step["what"] == "attempt_ended"]
    assert ended and ended[0]["is_trouble"] and story["has_trouble"]


async def test_a_message_that_nobody_has_read_yet_is_told_where_it_waits(patient_house):
    talk = Talk(patient_house)
    assert (await talk.posts(talk.writes("السلام عليكم"))).status_code == 200
    stored = await patient_house.remembers(f"phone:{talk.phone}")
    status, story = await story_of(patient_house, stored.mailbox[0].correlation_id)

    assert (status, whats(story)) == (200, ["recorded"])


async def test_a_body_that_could_not_be_read_has_a_story_too(house, talk):
    webhook = talk.writes("السلام عليكم")
    answer = await house.http.post(
        "/webhooks/green_api", content=b"[1, 2", headers=webhook.headers, params=webhook.query
    )
    assert answer.json()["status"] == "quarantined"
    stored = await house.everything_stored()
    (row,) = [row for row in stored["quarantine"] if "[1, 2" in row]
    correlation_id = row.split("'correlation_id': '")[1].split("'")[0]
    status, story = await story_of(house, correlation_id)

    assert (status, whats(story)) == (200, ["quarantine"])


async def test_an_unknown_id_is_not_found_and_not_everybody_may_ask(house, talk):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    known = talk.conversation.outbox[-1].correlation_id

    for unknown in ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "x" * 200, "%20"):
        status, refusal = await story_of(house, unknown)
        assert status == 404 and refusal["message_ar"] and refusal["message_en"]
    assert {role: (await story_of(house, known, role))[0] for role in ("executive", "service", "agent")} == {
        "executive": 403,
        "service": 403,
        "agent": 200,
    }
    assert (await house.http.get(f"/api/v1/trace/{known}")).status_code == 401


async def test_every_record_of_a_stop_names_the_message_that_caused_it(talk, house):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("احذفوا بياناتي ولا تراسلوني")
    await talk.looks()
    talk.heard_so_far()
    (received, *_) = [
        entry
        for entry in reversed(await house.inside.store.conversations.log_of("default", talk.conversation.id))
        if entry.what == "message_received"
    ]
    stored = await house.everything_stored()

    assert talk.drafts(Status.ACCEPTED)
    for collection in ("suppressions", "consent_events", "data_requests"):
        mine = [row for row in stored[collection] if talk.phone in row]
        assert mine and all(received.correlation_id in row for row in mine), collection
    assert talk.conversation.suppression.correlation_id == received.correlation_id
