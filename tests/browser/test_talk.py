"""A lead on the simulated phone, and what the middle of the page says about it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser


def test_a_price_question_is_answered_and_the_page_says_why(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("السلام عليكم، كم السعر؟")

    reply = visit.hears(1)
    decision = visit.is_understood_as("ask_price")
    expect(reply.locator(".status")).to_have_text("محاكاة · لم تُرسل إلى واتساب")
    expect(decision.locator("[data-intent]")).to_have_text("يسأل عن السعر")
    expect(decision.locator("[data-outcome]")).to_have_attribute("data-outcome", "sent")
    expect(decision.locator("[data-rule=price_on_request_to_an_early_lead]")).to_contain_text(
        re.compile(r"routing/price_on_request_to_an_early_lead\.yml:\d+")
    )
    expect(decision.locator("blockquote mark", has_text="السعر")).to_be_visible()
    expect(decision).to_contain_text("عميل جديد")
    visit.is_in("qualifying")


def test_dealix_is_seen_reading_before_it_answers_a_burst_once(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("السلام عليكم", "كم السعر؟")
    expect(visit.page.locator("[data-moving=reading]")).to_be_visible()

    visit.hears(1)
    decision = visit.is_understood_as("ask_price")
    expect(decision.locator("blockquote")).to_have_count(2)
    expect(visit.page.locator("[data-moving]")).to_have_count(0)


def test_a_stop_is_confirmed_once_and_answered_by_silence_ever_after(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("وقفوا الرسايل")
    visit.hears(1)
    visit.is_in("opted_out")

    visit.says("كم السعر؟")
    expect(visit.page.locator("[data-decision]")).to_have_count(2, timeout=PATIENCE_MS)

    expect(visit.decision.locator("[data-outcome]")).to_have_attribute("data-outcome", "silent")
    expect(visit.decision).to_contain_text("العميل أوقف الرسائل")
    expect(visit.replies).to_have_count(1)


@pytest.mark.parametrize(
    ("button", "stage"), [("opt_out_yes", "opted_out"), ("opt_out_no", "new_lead")], ids=["stop", "go on"]
)
def test_a_doubtful_stop_is_asked_back_and_the_button_decides(visit: Visit, button: str, stage: str) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.tries("doubt")
    visit.hears(1)
    visit.taps(button)

    visit.hears(2)
    visit.is_in(stage)
    expect(visit.decision.locator(".kind")).to_have_text("ضغطة زر")


@pytest.mark.parametrize("kind", ["voice", "image"])
def test_media_arrives_as_media_and_is_decided_by_a_page_about_media(visit: Visit, kind: str) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.page.locator(f"[data-attach={kind}]").click()

    expect(visit.page.locator(f".bubble.mine .media-{kind}")).to_be_visible()
    visit.hears(1)
    page = {"voice": "a_voice_note_is_asked_in_writing", "image": "a_file_is_seen_by_a_human"}[kind]
    expect(visit.decision.locator(f"[data-rule={page}]")).to_be_visible()


def test_what_a_lead_types_is_text_and_never_markup(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("<img src=x onerror=alert(1)> <b>كم السعر؟</b>")

    visit.hears(1)
    expect(visit.page.locator(".thread img, .thread b, .heard img, .card img")).to_have_count(0)


def test_each_lead_keeps_their_own_talk_across_a_reload(visit: Visit) -> None:
    visit.opens()
    first = visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.hears(1)
    visit.is_a_new_lead()
    visit.says("أبغى عرض توضيحي")
    visit.hears(1)

    visit.page.locator(f"[data-lead='{first}']").click()
    expect(visit.page.locator("[data-line=contact]")).to_have_text(re.compile("كم السعر؟"), timeout=PATIENCE_MS)
    visit.page.reload()
    expect(visit.page.locator("[data-line=contact]")).to_have_text(re.compile("كم السعر؟"), timeout=PATIENCE_MS)
    expect(visit.replies).to_have_count(1)


def test_starting_over_forgets_the_talk_and_the_stage(visit: Visit) -> None:
    visit.opens()
    visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.hears(1)
    visit.is_in("qualifying")

    visit.page.get_by_role("button", name="ابدأ من جديد", exact=True).click()
    visit.page.get_by_role("button", name="نعم، ابدأ من جديد").click()

    expect(visit.bubbles).to_have_count(0, timeout=PATIENCE_MS)
    visit.is_in("new_lead")


def test_a_number_that_is_no_mobile_is_refused_with_a_sentence(visit: Visit) -> None:
    visit.opens()
    visit.page.locator(".leads .btn").first.click()
    visit.page.locator("[data-new-phone]").fill("0112345678")
    visit.page.locator(".ask .btn.main").click()

    expect(visit.page.locator(".toast-bad")).to_contain_text("ليس رقم جوال سعودي")
    expect(visit.page.locator("[data-new-phone]")).to_be_visible()


def test_two_open_pages_show_the_same_talk_without_a_reload(visit: Visit) -> None:
    visit.opens()
    phone = visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.hears(1)
    other = visit.page.context.new_page()
    other.goto(f"{visit.address}/console/en/simulator?lead={phone}")
    expect(other.locator("[data-line=contact]")).to_have_count(1)

    visit.says("أبغى عرض توضيحي")

    expect(other.locator("[data-line=contact]")).to_have_count(2, timeout=PATIENCE_MS)
