"""J2: what waits is decided once, by somebody who may, about the words that they saw."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.conversation import Status
from tests.house import Sami


@pytest_asyncio.fixture(loop_scope="session")
async def waiting(talk):
    """A contact whose answer waits for Sami."""
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    talk.waits_for_a_human()
    return talk


async def test_an_approved_draft_leaves_as_it_was_read(waiting, sami):
    draft = waiting.held[0]
    await sami.approves(waiting)

    waiting.hears_words(draft.text)
    sent = waiting.conversation.draft(draft.id)
    assert sent.status == Status.ACCEPTED
    assert (sent.decided_by, sent.decision) == ("sami", "approved")
    assert sent.grant.text_sha256 == draft.text_sha256
    assert sent.grant.used_by_attempt == sent.attempts[-1].id


async def test_an_edited_text_needs_a_yes_of_its_own(waiting, sami):
    before = waiting.held[0]
    edited = await sami.edits(before, "وصلنا، ونتأكد ونرد عليكم اليوم.")
    await waiting.looks()

    assert edited.status_code == 200
    fresh = waiting.waits_for_a_human()
    assert [before.text] == [edit.text for edit in fresh.edits]

    outdated = await sami.taps_approve(before)
    await waiting.looks()
    assert (outdated.status_code, outdated.json()["code"]) == (409, "outdated")
    waiting.hears_nothing()

    await sami.approves(waiting)
    waiting.hears_words("وصلنا، ونتأكد ونرد عليكم اليوم.")


@pytest.mark.parametrize("text", ["", "   ", "ا" * 4097])
async def test_a_text_that_nobody_could_send_is_refused(waiting, sami, text):
    refused = await sami.edits(waiting.held[0], text)

    assert refused.status_code == 422
    assert refused.json()["message_ar"] and refused.json()["message_en"]


async def test_a_rejected_draft_is_over(waiting, sami):
    draft = waiting.held[0]
    assert (await sami.rejects(draft, "price")).status_code == 200
    await waiting.looks()

    waiting.is_quiet()
    refused = await sami.taps_approve(draft)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    assert "sami" in refused.json()["message_en"]
    assert [{"reason": d["reason"]} for d in await waiting.happened("draft_rejected")] == [{"reason": "price"}]


async def test_a_rejection_takes_one_of_the_named_reasons(waiting, sami):
    assert (await sami.rejects(waiting.held[0], "because")).status_code == 422


async def test_of_two_approvers_with_two_thumbs_each_one_tap_counts(new_talk, house):
    """Ten conversations, four taps each at once: ten messages."""
    approvers = [Sami(house, "sami"), Sami(house, "noura")] * 2
    for _ in range(10):
        talk = new_talk()
        await talk.says("حولت المبلغ")
        draft = talk.waits_for_a_human()

        answers = await asyncio.gather(*(approver.taps_approve(draft) for approver in approvers))
        await talk.looks()

        assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
        late = [a.json()["code"] for a in answers if a.status_code == 409]
        assert late == ["already_decided"] * 3
        talk.hears_words(draft.text)


async def test_a_draft_is_outdated_when_the_contact_writes_again(waiting, sami):
    old = waiting.held[0]
    await waiting.says("ومتى نبدأ؟")
    fresh = waiting.waits_for_a_human()

    refused = await sami.taps_approve(old)
    assert fresh.id != old.id
    assert set(old.answers) < set(fresh.answers)
    assert (refused.status_code, refused.json()["code"]) == (409, "outdated")
    assert waiting.conversation.draft(old.id).status == Status.CANCELLED
    await sami.approves(waiting)
    waiting.hears_words(fresh.text)


async def test_an_opt_out_meanwhile_cancels_what_waits(waiting, sami):
    draft = waiting.held[0]
    await waiting.says("لا ترسلون لي شي")
    waiting.hears("opt_out_confirmation")

    refused = await sami.taps_approve(draft)
    await waiting.looks()
    assert refused.status_code == 409
    waiting.is_quiet()


async def test_while_a_human_answers_the_bot_is_silent_and_the_same_gate_holds(waiting, sami):
    draft = waiting.held[0]
    assert (await sami.takes_over(waiting)).status_code == 200
    await waiting.looks()
    assert waiting.conversation.draft(draft.id).status == Status.CANCELLED

    await waiting.says("كم السعر؟")
    waiting.is_quiet()
    await sami.writes(waiting, "معك سامي، كيف أقدر أخدمك؟")
    await waiting.looks()
    waiting.hears_words("معك سامي، كيف أقدر أخدمك؟")

    await waiting.says("وقفوا الرسايل")
    waiting.hears("opt_out_confirmation")
    await sami.writes(waiting, "لحظة من فضلك")
    await waiting.looks()
    waiting.is_quiet()


async def test_a_conversation_handed_back_is_answered_again(talk, sami):
    await talk.says("السلام عليكم")
    await sami.takes_over(talk)
    await sami.hands_back(talk)
    talk.heard_so_far()

    await talk.says("كم السعر؟")
    talk.hears("price_on_request")


async def test_a_takeover_ends_by_itself_after_hours(talk, sami, house):
    await talk.says("السلام عليكم")
    await sami.takes_over(talk)
    talk.heard_so_far()
    await house.moves(hours=4, minutes=1)

    await talk.says("كم السعر؟")
    talk.hears("price_on_request")


async def test_an_expired_draft_cannot_be_approved(waiting, sami, house):
    draft = waiting.held[0]
    assert draft.expires_at - draft.created_at <= timedelta(hours=24)
    await house.moves(hours=24, minutes=1)
    await waiting.looks()

    refused = await sami.taps_approve(draft)
    assert (refused.status_code, refused.json()["code"]) == (409, "expired")
    assert waiting.conversation.draft(draft.id).status == Status.EXPIRED
    waiting.is_quiet()


async def test_sami_is_reminded_once_at_each_deadline(waiting, house):
    await house.moves(minutes=16)
    await house.moves(minutes=20)
    await house.moves(minutes=30)
    await house.moves(minutes=30)

    assert [d["level"] for d in await waiting.happened("draft_waits_too_long")] == [1, 2]


async def test_snoozing_moves_no_deadline(waiting, sami, house):
    draft = waiting.held[0]
    assert (await sami.snoozes(draft, 15)).status_code == 200
    await house.moves(minutes=16)
    await waiting.looks()

    after = waiting.conversation.draft(draft.id)
    assert after.snoozed_until is None
    assert (draft.warn_at, draft.due_at, draft.expires_at) == (after.warn_at, after.due_at, after.expires_at)
    await sami.approves(waiting)
    waiting.hears_words(draft.text)


async def test_what_a_card_shows_is_there(waiting, sami):
    (card,) = [c for c in await sami.queue() if c["draft_id"] == waiting.held[0].id]

    assert waiting.phone not in card["phone_masked"]
    assert waiting.phone[-3:] == card["phone_masked"][-3:]
    for name in ("stage", "intent", "confidence", "because", "last_lines", "text", "due_at", "expires_at"):
        assert card[name], name


async def test_a_stranger_learns_nothing(waiting, house):
    draft = waiting.held[0]
    for headers in ({}, {"authorization": "Bearer x.y.z"}):
        answer = await house.http.get(f"/api/v1/drafts/{draft.id}", headers=headers)
        assert answer.status_code == 401
        assert draft.text not in answer.text
    agent = await house.http.post(
        f"/api/v1/drafts/{draft.id}/approve", json={"text_version": 1}, headers=house.token("agent")
    )
    assert agent.status_code == 403
    await waiting.looks()
    waiting.waits_for_a_human()
