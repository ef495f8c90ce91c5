"""The page of partners: somebody examines one, people decide, and the page shows what proves it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave
from tests.browser.conftest import Comes
from tests.browser.visit import DESKTOP, PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


def fills(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"[data-partner-field={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def keeps(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", full_page=True)


def test_a_partner_is_examined_agreed_to_and_proved(comes: Comes) -> None:
    lena = comes("Lena", "admin")
    page = lena.opens("/console/partners", size=DESKTOP)
    fills(page, partner_name="Najd Systems", partner_name_ar="أنظمة نجد", revenue="١00,000", cost="a lot")
    page.locator("[data-examine]").click()
    expect(page.locator(".toast-bad")).to_contain_text("المبلغ بالريال")
    fills(
        page, revenue="100,000", cost="90000", sector_fit="high", size="medium", cr_verified="yes", references="2"
    )
    page.locator("[data-examine]").click()
    opened = page.locator("[data-opened]")
    expect(opened).to_have_attribute("data-status", "waiting_approval", timeout=PATIENCE_MS)
    expect(opened.locator("[data-step=decide]")).to_have_attribute("data-state", "waiting")
    expect(page.locator("[data-score]")).to_contain_text("73 من 100، والثقة 80٪")
    expect(page.locator("[data-recommendation]")).to_have_attribute("data-recommendation", "proceed")
    worst = page.locator("[data-scenario=combined_worst] bdi")
    assert worst.all_inner_texts() == ["70,000", "108,000", "-38,000", "-35.2%"]
    expect(page.locator("[data-bar=combined_worst]")).to_have_class(re.compile("loss"))
    expect(page.locator("[data-partner-field=partner_name]")).to_have_value("")
    assert not lena.scrolls_sideways()
    assert grave(page) == []
    keeps(page, "partners-desktop-ar-light")
    page.locator("[data-economics]").screenshot(path=SCREENSHOTS / "partners-economics-ar-light.png")

    sami = comes("Sami", "approver")
    decided = sami.opens("/console/approvals")
    approval = opened.locator("[data-to-approval]").get_attribute("data-to-approval")
    card = decided.locator(f"[data-approval='{approval}']")
    expect(card).to_contain_text("أنظمة نجد", timeout=PATIENCE_MS)
    card.locator("[data-do=approve]").click()
    card.locator("[data-sure=approve]").click()
    expect(opened).to_have_attribute("data-status", "completed", timeout=PATIENCE_MS)
    expect(opened.locator("[data-to-evidence]")).to_be_visible(timeout=PATIENCE_MS)

    on_phone = comes("Omar", "approver")
    small = on_phone.opens("/console/en/partners", size=PHONE, scheme="dark")
    expect(small.locator("[data-opened]")).to_have_attribute("data-status", "completed", timeout=PATIENCE_MS)
    expect(small.locator("[data-opened]")).to_contain_text("agreed to")
    keeps(small, "partners-phone-en-dark")
    small.locator("[data-economics]").screenshot(path=SCREENSHOTS / "partners-economics-phone-en-dark.png")
    small.locator(".partners .side").screenshot(path=SCREENSHOTS / "partners-form-phone-en-dark.png")
    assert not on_phone.scrolls_sideways()
