"""The story of a message, told on its page in both languages."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes, Running
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser


def test_a_message_is_told_by_its_correlation_id(visit: Visit, comes: Comes, running: Running) -> None:
    visit.opens()
    visit.is_a_new_lead(name="ريم القصة")
    visit.says("حولت المبلغ")
    visit.card_about("ريم القصة")
    token = running.command("token", "--role", "admin", "--as", "Dana").strip()
    drafts = httpx.get(
        f"{running.address}/api/v1/drafts", headers={"authorization": f"Bearer {token}"}, timeout=20
    ).json()["drafts"]
    correlation_id = next(d["correlation_id"] for d in drafts if d["contact_name"] == "ريم القصة")
    dana = comes("Dana", "admin")

    page = dana.opens("/console/en/trace")
    page.locator("[data-correlation]").fill("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    page.locator("[data-tell]").click()
    expect(page.locator(".toast-bad")).to_be_visible()
    page.locator("[data-correlation]").fill(correlation_id)
    page.locator("[data-correlation]").press("Enter")
    expect(page.locator("[data-story]")).to_have_text(correlation_id)
    for what in ("message_received", "decided", "draft_held"):
        expect(page.locator(f"[data-step={what}]")).to_be_visible()
    expect(page.locator("[data-step=draft_held]")).to_contain_text("waits for a human")
    assert f"id={correlation_id}" in page.url

    page = dana.opens(f"/console/trace?id={correlation_id}")
    expect(page.locator("[data-step=draft_held]")).to_contain_text("ينتظر إنسانًا")
    assert "حولت المبلغ" not in page.locator("#main").inner_text()


def test_the_story_is_one_press_away_from_where_its_id_stands(visit: Visit, comes: Comes) -> None:
    visit.opens()
    visit.is_a_new_lead(name="نورة الرابط")
    visit.says("كم السعر؟")
    link = visit.page.locator("[data-trace-of]").first
    expect(link).to_be_visible()
    correlation_id = link.get_attribute("data-trace-of")

    page = comes("Dana", "admin").opens(link.get_attribute("href") or "")
    expect(page.locator("[data-story]")).to_have_text(correlation_id or "")
    expect(page.locator("[data-step=decided]")).to_be_visible()
