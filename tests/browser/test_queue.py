"""Sami's side of the page: every decision a human can take, and what the lead's phone shows of it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def claim(visit: Visit) -> Locator:
    """A lead claims to have paid; its card waits."""
    visit.opens()
    lead = f"دافع {visit.is_a_new_lead()}"
    visit.is_a_new_lead(name=lead)
    visit.says("حولت المبلغ")
    card = visit.card_about(lead)
    expect(visit.replies).to_have_count(0)
    return card


def test_a_payment_claim_waits_for_sami_and_says_why(visit: Visit, claim: Locator) -> None:
    decision = visit.is_understood_as("paid")

    expect(claim).to_contain_text("يقول إنه دفع؛ تحققوا من المبلغ.")
    expect(claim.locator(".left")).to_contain_text(re.compile("بقي"))
    expect(decision.locator("[data-outcome]")).to_have_attribute("data-outcome", "held")


def test_an_edited_reply_shows_what_changed_and_arrives_once_approved(visit: Visit, claim: Locator) -> None:
    before = claim.locator("[data-text]").inner_text()
    visit.presses(claim, "edit")
    editor = claim.locator("[data-editor]")
    expect(editor).to_be_focused()
    editor.fill(f"{before} شكرًا لصبركم.")
    editor.press("Control+Enter")

    expect(claim.locator("[data-diff] ins")).to_contain_text("شكرًا لصبركم.")
    expect(visit.replies).to_have_count(0)
    visit.presses(claim, "approve")
    reply = visit.hears(1)
    expect(reply).to_contain_text("شكرًا لصبركم.")
    expect(reply.locator(".status")).to_have_class(re.compile("simulated"))
    expect(visit.decided("شكرًا لصبركم.").locator(".truth")).to_contain_text("اعتمده سامي")
    expect(visit.decided("شكرًا لصبركم.").locator(".truth")).to_contain_text("الهاتف المحاكى")
    expect(visit.decision.locator("[data-trace=draft_approved]")).to_be_visible()


def test_escape_leaves_the_text_as_it_was(visit: Visit, claim: Locator) -> None:
    before = claim.locator("[data-text]").inner_text()
    visit.presses(claim, "edit")
    claim.locator("[data-editor]").fill("لا شيء")
    claim.locator("[data-editor]").press("Escape")

    expect(claim.locator("[data-text]")).to_have_text(before)
    expect(claim.locator("[data-action=edit]")).to_be_focused()


def test_an_empty_text_is_refused_and_the_pen_stays_in_hand(visit: Visit, claim: Locator) -> None:
    visit.presses(claim, "edit")
    claim.locator("[data-editor]").fill("   ")
    claim.locator("[data-editor]").press("Control+Enter")

    expect(visit.page.locator(".toast-bad")).to_contain_text("النص فارغ")
    expect(claim.locator("[data-editor]")).to_be_visible()


def test_a_rejected_reply_never_arrives_and_keeps_its_reason(visit: Visit, claim: Locator) -> None:
    text = claim.locator("[data-text]").inner_text()
    name = claim.locator(".btn.link").inner_text()
    visit.presses(claim, "reject")
    claim.get_by_role("button", name="الأسلوب").click()

    decided = visit.decided(name)
    expect(decided).to_have_attribute("data-status", "rejected", timeout=PATIENCE_MS)
    expect(decided.locator(".truth")).to_contain_text("رفضه سامي")
    expect(decided.locator(".truth")).to_contain_text("الأسلوب")
    expect(visit.page.locator("[data-line=bot]", has_text=text)).to_have_count(0)


def test_a_snoozed_card_says_until_when_and_still_waits(visit: Visit, claim: Locator) -> None:
    visit.presses(claim, "snooze")
    claim.get_by_role("button", name="15 دقيقة").click()

    expect(claim.locator(".left")).to_contain_text("مؤجل حتى", timeout=PATIENCE_MS)
    expect(claim.locator("[data-action=approve]")).to_be_enabled()


def test_taking_over_silences_the_bot_until_it_is_handed_back(visit: Visit, claim: Locator) -> None:
    visit.presses(claim, "take_over")
    writer = visit.page.locator("[data-write]")
    writer.fill("معك سامي، وصلنا التحويل.")
    writer.press("Enter")
    arrived = visit.hears(1)
    expect(arrived).to_have_attribute("data-line", "human")
    expect(arrived).to_contain_text("معك سامي، وصلنا التحويل.")

    visit.says("كم السعر؟")
    expect(visit.decision.locator("[data-outcome]")).to_have_attribute(
        "data-outcome", "silent", timeout=PATIENCE_MS
    )
    expect(visit.decision).to_contain_text("إنسان يرد على هذا العميل.")
    expect(visit.replies).to_have_count(1)

    visit.page.locator("[data-hand-back]").click()
    expect(visit.page.locator("[data-mode=bot]")).to_be_visible()
    visit.says("طيب كم السعر؟")
    visit.hears(2)


def test_words_that_sami_is_writing_stay_when_the_lead_writes_and_moves_the_deal(
    visit: Visit, claim: Locator
) -> None:
    visit.presses(claim, "take_over")
    writer = visit.page.locator("[data-write]")
    writer.fill("لحظة من فضلك")
    visit.says("كم السعر؟")
    visit.is_in("qualifying")

    expect(writer).to_have_value("لحظة من فضلك")


def test_a_new_message_replaces_the_waiting_draft(visit: Visit, claim: Locator) -> None:
    first = claim.get_attribute("data-card")
    visit.says("أرسلت لكم الإيصال قبل شوي")

    expect(visit.page.locator(f"[data-card='{first}']")).to_have_count(0, timeout=PATIENCE_MS)
    expect(claim).to_have_count(1)


def test_words_being_written_survive_when_the_draft_is_decided_elsewhere(visit: Visit, claim: Locator) -> None:
    visit.presses(claim, "edit")
    editor = claim.locator("[data-editor]")
    editor.fill("نص لم يكتمل")
    visit.says("أرسلت لكم الإيصال قبل شوي")

    expect(visit.page.locator("[data-gone]")).to_be_visible(timeout=PATIENCE_MS)
    expect(visit.page.locator("[data-editor]")).to_have_value("نص لم يكتمل")


def test_a_verified_payment_moves_the_deal_and_words_alone_do_not(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.hears(1)
    steps = ("booking_confirmed", "meeting_held", "proposal_delivered", "deal_accepted")
    stages = ("meeting_booked", "meeting_done", "proposal_sent", "payment_requested")
    for step, stage in zip(steps, stages, strict=True):
        if not visit.page.locator(f"[data-event={step}]").is_visible():
            visit.page.locator(".events summary").click()
        visit.page.locator(f"[data-event={step}]").click()
        visit.is_in(stage)

    visit.says("تم التحويل")
    card = visit.page.locator("[data-card]").filter(has=visit.page.locator("[data-action=verify_payment]"))
    expect(card).to_have_count(1, timeout=PATIENCE_MS)
    visit.is_in("payment_requested")
    visit.presses(card, "verify_payment")

    visit.is_in("pilot_active")


@pytest.fixture
def paused(visit: Visit) -> Iterator[Visit]:
    """Automatic replies are paused, and run again afterwards."""
    visit.opens()
    visit.page.locator("[data-pause]").click()
    expect(visit.page.locator("[data-posture=paused]")).to_be_visible()
    yield visit
    visit.page.locator("[data-resume]").click()
    expect(visit.page.locator("[data-posture=runs]")).to_be_visible()


def test_while_paused_even_a_plain_answer_waits_for_sami(paused: Visit) -> None:
    name = "عميل أثناء الإيقاف"
    paused.is_a_new_lead(name=name)
    paused.says("كم السعر؟")

    card = paused.card_about(name)
    expect(paused.replies).to_have_count(0)
    paused.presses(card, "approve")
    paused.hears(1)
