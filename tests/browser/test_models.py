"""The page of language models, with none configured: what it says instead of numbers, and to whom."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.visit import PHONE

pytestmark = pytest.mark.browser


def test_without_a_model_the_page_says_so_and_shows_no_zero(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/models", size=PHONE)

    expect(page.locator("[data-stand=none]")).to_contain_text("كل شيء يعمل من دونه")
    expect(page.locator("[data-no-calls]")).to_be_visible()
    expect(page.locator(".models .tile")).to_have_count(0)
    expect(page.locator("[data-switch]")).to_have_count(0)
    page.locator("[data-window='7d']").click()
    expect(page.locator("[data-window='7d']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert not dana.scrolls_sideways()
