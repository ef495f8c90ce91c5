"""The executive room in a browser: grey where nothing is known, numbers with what they mean, on every size."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import grave
from tests.browser.conftest import Comes
from tests.browser.visit import DESKTOP, PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


def test_what_is_not_known_is_grey_and_every_number_says_what_it_means(comes: Comes) -> None:
    lena = comes("Lena", "admin")
    page = lena.opens("/console/executive", size=DESKTOP)
    whole = page.locator("[data-rag]")
    expect(whole).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-tile]")).to_have_count(5)
    expect(page.locator("[data-tile=revenue_actual]")).to_contain_text("لا بيانات")
    page.locator("[data-group=roi] summary").click()
    cost = page.locator("[data-group=roi] [data-metric=roi_cost]")
    expect(cost).to_contain_text("لا بيانات")
    expect(cost).to_contain_text("ما صُرّح به للفترة")
    expect(page.locator("[data-packs]")).to_contain_text("صباح الأحد")
    assert not lena.scrolls_sideways()
    assert grave(page) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "executive-desktop-ar-light.png", animations="disabled")

    omar = comes("Omar", "approver")
    small = omar.opens("/console/en/executive", size=PHONE, scheme="dark")
    expect(small.locator("[data-rag]")).to_be_visible(timeout=PATIENCE_MS)
    expect(small.locator("[data-tile=revenue_actual]")).to_contain_text("no data")
    assert not omar.scrolls_sideways()
    small.screenshot(path=SCREENSHOTS / "executive-phone-en-dark.png", animations="disabled")


def test_whoever_may_not_read_the_room_is_told_so(comes: Comes) -> None:
    noura = comes("Noura", "rules_editor")
    page = noura.opens("/console/executive")
    expect(page.locator("[data-state=stale]")).to_contain_text("التنفيذي", timeout=PATIENCE_MS)
    expect(page.locator("[data-rag]")).to_have_count(0)
