"""The page of compliance: measured on a press, every number leads to what it counts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.visit import PATIENCE_MS

pytestmark = pytest.mark.browser

# A scan reads a month of records.
SCAN_MS = 60_000


def test_a_scan_fills_the_page_and_its_numbers_lead_to_their_controls(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/compliance")
    page.locator("[data-scan]").click()
    expect(page.locator("[data-posture]")).to_be_visible(timeout=SCAN_MS)
    expect(page.locator("[data-scan]")).to_be_visible(timeout=SCAN_MS)

    counted = int(page.locator("[data-tile='status:not_applicable'] .tile-value").inner_text())
    page.locator("[data-tile='status:not_applicable']").click()
    expect(page.locator("[data-control]")).to_have_count(counted, timeout=PATIENCE_MS)
    assert set(page.locator("[data-control]").evaluate_all("all => all.map(c => c.dataset.status)")) == {
        "not_applicable"
    }
    page.locator("[data-all]").click()
    expect(page.locator("[data-control]")).to_have_count(14, timeout=PATIENCE_MS)

    for cell in page.locator("[data-cell]").all():
        shown = int(cell.inner_text())
        key = cell.get_attribute("data-cell")
        page.locator(f"[data-cell='{key}']").click()
        expect(page.locator("[data-control]")).to_have_count(shown, timeout=PATIENCE_MS)
        page.locator(f"[data-cell='{key}']").click()
        expect(page.locator("[data-control]")).to_have_count(14, timeout=PATIENCE_MS)


def test_a_control_opens_and_says_where_it_comes_from_in_arabic(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/compliance")
    card = page.locator("[data-control='PDPL-C01']")

    card.locator("[data-turn]").click()

    expect(card.locator(".facts")).to_contain_text("Personal Data Protection Law", timeout=PATIENCE_MS)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.reload()
    page.wait_for_selector(".workbench.opened")
    expect(page.locator("[data-control='PDPL-C01'] .facts")).to_be_visible(timeout=PATIENCE_MS)


def test_whoever_may_not_read_it_is_told_so(comes: Comes) -> None:
    noura = comes("Noura", "rules_editor")

    page = noura.opens("/console/en/compliance")

    expect(page.locator("[data-state=stale]")).to_contain_text("This takes the role", timeout=PATIENCE_MS)
    expect(page.locator("[data-control]")).to_have_count(0)
