"""One trace for each inbound message; what a human decides points back to it; nothing personal leaves."""

from dataclasses import asdict

import pytest

from bot.conversation import Status
from bot.telemetry import spans
from tests.fakes.whatsapp import ACCOUNTS
from tests.house.talk import Talk
from tests.telemetry.conftest import Watcher


async def test_a_message_is_one_trace_from_webhook_to_send(talk, watcher):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    seen = await watcher.looks()

    correlation_id = talk.conversation.outbox[-1].correlation_id
    (recorded,) = seen.called("inbound.record", correlation_id=correlation_id)
    (handled,) = seen.called("conversation.handle", correlation_id=correlation_id)
    (sent,) = seen.called("send.attempt", correlation_id=correlation_id)
    mine = [span for span in seen.spans if span.trace == recorded.trace]
    names = {span.name for span in mine}

    assert {recorded.trace} == {handled.trace, sent.trace}
    assert handled.parent == recorded.id and sent.parent == handled.id
    assert {"POST /webhooks/{channel_id}", "conversation.decide", "conversation.commit", "POST"} <= names
    (call,) = [span for span in mine if span.name == "POST"]
    assert call.parent == sent.id  # the provider's call, by the HTTP client's instrumentation
    (decided,) = [span for span in mine if span.name == "conversation.decide"]
    assert decided.parent == handled.id
    assert decided.says("intent") and decided.says("rules")
    assert sent.says("provider") == "green_api" and sent.says("outcome") == "accepted"
    assert not any(span.is_error for span in mine)
    assert sent.service == "dealix-under-test"


async def test_messages_read_together_are_handled_in_the_trace_of_the_last_and_point_at_the_others(
    patient_house, collector
):
    talk = Talk(patient_house)
    for words in ("السلام عليكم", "كم السعر؟"):
        assert (await talk.posts(talk.writes(words))).status_code == 200
    stored = await patient_house.remembers(f"phone:{talk.phone}")
    await patient_house.moves(seconds=40)
    await talk.looks()
    seen = await Watcher(patient_house, collector).looks()

    first, last = seen.called("inbound.record", conversation=stored.id)
    (handled,) = seen.called("conversation.handle", conversation=stored.id)
    assert handled.parent == last.id and handled.trace == last.trace
    assert handled.links == ((first.trace, first.id),)
    assert handled.says("events") == 2


async def test_an_approval_is_a_trace_of_its_own_that_points_back_and_the_send_belongs_to_it(talk, sami, watcher):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    await sami.approves(talk)
    talk.heard_so_far()
    seen = await watcher.looks()

    (handled,) = seen.called("conversation.handle", correlation_id=draft.correlation_id)
    (released,) = seen.called("draft.release", draft=draft.id)
    (sent,) = seen.called("send.attempt", draft=draft.id)
    assert released.trace != handled.trace
    assert released.links == ((handled.trace, handled.id),)
    assert released.says("decision") == "approved" and released.says("correlation_id") == draft.correlation_id
    assert sent.trace == released.trace and sent.parent == released.id
    assert sent.links == ((handled.trace, handled.id),)


async def test_a_second_tap_is_an_outcome_and_no_error(talk, sami, watcher):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    await sami.approves(talk)
    talk.heard_so_far()
    assert (await sami.taps_approve(draft)).status_code == 409
    seen = await watcher.looks()

    refused = [span for span in seen.called("draft.release", draft=draft.id) if span.says("refused")]
    assert [(span.says("refused"), span.is_error) for span in refused] == [("already_decided", False)]


async def test_a_failed_call_is_an_error_with_its_class_and_what_the_gate_stops_is_tagged(talk, sami, watcher):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    talk.house.fake.script("green_api", "timeout_after_accept", times=1)
    talk.house.fake.script("green_api", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    await talk.waits_until(Status.UNKNOWN)
    draft = talk.conversation.outbox[-1]
    talk.heard_so_far()
    await talk.says("إيقاف")  # the contact stops us
    talk.heard_so_far()
    refused = await sami.sends_again(draft)
    await talk.looks()
    seen = await watcher.looks()

    (failed,) = seen.called("send.attempt", draft=draft.id)
    assert failed.is_error and failed.says("outcome") == failed.reason
    assert refused.status_code == 200, refused.text
    (stopped,) = seen.called("gate.refuse", draft=draft.id)
    assert stopped.says("refused") == "opted_out" and not stopped.is_error


async def test_nothing_that_anybody_wrote_and_no_secret_and_no_phone_leaves(new_talk, sami, watcher):
    canary = "كناري-المنجم-٧٧"
    for provider in ("green_api", "ultramsg", "fonnte", "meta_cloud"):
        talk = new_talk(provider, name=f"اسم {canary}")
        await talk.says(f"السلام عليكم {canary} طلبي رقم 0559876543")
        talk.heard_so_far()
    await talk.says("حولت المبلغ")
    if talk.held:
        await sami.edits(talk.held[0], f"نعم {canary}")
        await talk.looks()
        await sami.approves(talk)
    refused = await talk.house.http.post(f"/webhooks/ultramsg?secret=wrong-{canary}", content=b"{}")
    unknown = await talk.house.http.get(f"/nowhere/{canary}?token={canary}")
    seen = await watcher.looks()

    assert refused.status_code == 401 and unknown.status_code == 404
    assert len(seen.called("send.attempt")) >= 4
    secrets = [value for value in asdict(ACCOUNTS).values() if len(str(value)) >= 6]
    forbidden = [canary, "559876543", talk.phone, talk.phone[3:], *secrets]
    assert [word for word in forbidden if str(word) in seen.everything] == []
    assert all(span.events == 0 for span in seen.spans)
    addresses = [
        a for span in seen.spans for a in span.attributes if a.startswith(("url.", "http.url", "http.t"))
    ]
    assert addresses == []
    assert {headers.get("x-scrape") for headers in seen.headers} == {"key of collector"}


async def test_a_stranger_neither_continues_a_trace_nor_decides_that_it_is_kept(talk, watcher):
    theirs = "0af7651916cd43dd8448eb211c80319c"
    webhook = talk.writes("السلام عليكم")
    answer = await talk.house.http.post(
        "/webhooks/green_api",
        content=webhook.body,
        headers={**webhook.headers, "traceparent": f"00-{theirs}-b7ad6b7169203331-01"},
        params=webhook.query,
    )
    assert answer.status_code == 200
    await talk.looks()
    talk.heard_so_far()
    seen = await watcher.looks()

    assert talk.conversation.outbox[-1].traceparent.split("-")[1] != theirs
    assert theirs not in {span.trace for span in seen.spans}


@pytest.mark.parametrize("written", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "00-xx-yy-zz"])
async def test_a_place_that_cannot_be_read_begins_a_trace_anew(written, talk, watcher):
    with spans.span("job.look", within=written, is_entry=True, job=f"test {talk.phone[-4:]}"):
        inside = spans.here()
    seen = await watcher.looks()
    (span,) = [s for s in seen.called("job.look") if s.trace == inside.split("-")[1]]
    assert span.parent == ""
