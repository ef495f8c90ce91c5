"""The page of privacy: what a lead asks in the chat is carried out here, and cannot be undone by mistake."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

# A deletion searches every collection.
ERASING_MS = 60_000


def test_a_lead_asks_to_be_forgotten_in_the_chat_and_is(visit: Visit, comes: Comes) -> None:
    visit.opens()
    # A phone of its own: whoever was forgotten stays unwritten to, and the next lead must not get it.
    visit.is_a_new_lead(phone="0559990071", name="شهد المنسية")
    visit.says("السلام عليكم")
    visit.hears(1)
    visit.says("احذفوا بياناتي كلها من عندكم")
    visit.hears(2)
    dana = comes("Dana", "admin")
    page = dana.opens("/console/privacy")
    request = page.locator("[data-request]").filter(has_text="شهد المنسية")
    expect(request).to_have_count(1, timeout=PATIENCE_MS)
    number = request.get_attribute("data-request")
    assert number
    expect(visit.replies.last).to_contain_text(number)

    request = page.locator(f"[data-request='{number}']")
    request.locator("[data-do=erase]").click()
    request.locator("[data-sure=erase]").click()

    page.locator("[data-tile=closed]").click()
    done = page.locator(f"[data-request='{number}'][data-status=completed]")
    expect(done).to_be_visible(timeout=ERASING_MS)
    expect(done).not_to_contain_text("شهد المنسية")


def test_what_is_held_is_put_together_and_taken_along(visit: Visit, comes: Comes) -> None:
    visit.opens()
    phone = visit.is_a_new_lead(name="جود المطلعة")
    visit.says("كم السعر؟")
    visit.hears(1)
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/privacy")
    page.locator("[data-new-kind]").select_option("access")
    page.locator("[data-new-contact]").fill(phone)
    page.locator("[data-new-note]").fill("asked on the phone")
    page.locator("[data-create]").click()
    request = page.locator("[data-request]").filter(has_text="جود المطلعة")
    expect(request).to_have_count(1, timeout=PATIENCE_MS)

    request.locator("[data-do=export]").click()
    expect(request.locator("[data-do=download_json]")).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as taken:
        request.locator("[data-do=download_json]").click()

    held = Path(taken.value.path()).read_text(encoding="utf-8")
    assert "كم السعر؟" in json.dumps(json.loads(held), ensure_ascii=False)


def test_the_default_is_no_and_a_consent_names_its_evidence(visit: Visit, comes: Comes) -> None:
    visit.opens()
    phone = visit.is_a_new_lead(name="لين الموافقة")
    visit.says("السلام عليكم")
    visit.hears(1)
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/privacy")
    page.locator("[data-find]").fill(phone)
    page.locator("[data-find]").press("Enter")
    expect(page.locator("[data-allowed='whatsapp/marketing:False']")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-allowed='whatsapp/service:True']")).to_be_visible()

    page.locator("details:has([data-grant]) summary").click()
    page.locator("[data-grant-channel]").select_option("whatsapp")
    page.locator("[data-grant-purpose]").select_option("marketing")
    page.locator("[data-grant-evidence]").fill("form 4711")
    page.locator("button[data-grant]").click()

    expect(page.locator("[data-allowed='whatsapp/marketing:True']")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-consents]")).to_contain_text("form 4711")


def test_an_approver_reads_requests_and_carries_out_none(visit: Visit, comes: Comes) -> None:
    visit.opens()
    visit.is_a_new_lead(phone="0559990072", name="وعد السائلة")
    visit.says("احذفوا بياناتي كلها من عندكم")
    visit.hears(1)
    fatimah = comes("Fatimah", "approver")

    page = fatimah.opens("/console/en/privacy")

    request = page.locator("[data-request]").filter(has_text="وعد السائلة")
    expect(request).to_have_count(1, timeout=PATIENCE_MS)
    expect(request.locator("[data-do]")).to_have_count(0)
    expect(request).to_contain_text("This takes the role")
