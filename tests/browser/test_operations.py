"""The operator's page: numbers with their meaning, alive, in both languages, for whoever may see them."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.visit import PATIENCE_MS, PHONE, Visit

pytestmark = pytest.mark.browser


def test_a_draft_that_waits_appears_by_itself_with_the_time_it_has_left(comes: Comes, visit: Visit) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/operations")
    expect(page.locator("[data-stand]")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".operations [data-state=loading]")).to_have_count(0)
    tile = page.locator("[data-tile=drafts] .tile-value")
    before = int(tile.inner_text())

    visit.opens()
    visit.is_a_new_lead()
    visit.says("حولت المبلغ")

    expect(tile).to_have_text(str(before + 1), timeout=PATIENCE_MS)
    expect(page.locator("[data-card=urgent] [data-mark]").first).to_contain_text("left")
    expect(page.locator("[data-card=channels] [data-line-of=simulated]")).to_be_visible()
    expect(page.locator("[data-card=versions] .facts")).to_contain_text("MongoDB")
    expect(page.locator("[data-stand] [data-deed=backup]")).to_contain_text("No backup was ever made")
    for tile in page.locator(".tile").all():
        assert tile.locator(".tile-means").inner_text(), "a number without a definition"
    assert not dana.scrolls_sideways()


def test_in_arabic_on_a_phone_in_the_dark_it_stands_from_the_right(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/operations", size=PHONE, scheme="dark")

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("[data-card=backup]")).to_contain_text("نسخة", timeout=PATIENCE_MS)
    expect(page.locator("h1.page-title")).to_have_text("التشغيل")
    assert not dana.scrolls_sideways()


def test_whoever_may_not_see_it_is_told_so_and_sees_no_number(comes: Comes) -> None:
    noura = comes("Noura", "rules_editor")

    page = noura.opens("/console/en/operations")

    expect(page.locator("[data-state=stale]")).to_contain_text("This takes the role", timeout=PATIENCE_MS)
    expect(page.locator(".tile")).to_have_count(0)
    expect(page.locator(".operations [data-state=loading]")).to_have_count(0)
