"""The pages of trust in two languages, two widths and two themes; pictures of them lie in `build/screenshots`."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.test_workbench_looks import NARROW, PLACES, SCREENSHOTS
from tests.browser.visit import DESKTOP, PATIENCE_MS

pytestmark = pytest.mark.browser

LOOKS = (
    ("ar", "desktop", "light"),
    ("ar", "phone", "dark"),
    ("en", "phone", "light"),
    ("en", "desktop", "dark"),
)
SIZES = {"desktop": DESKTOP, "phone": NARROW}
# What stands there once a page has read what it shows.
PAGES = {
    "approvals": "[data-tile=waiting]",
    "privacy": "[data-tile=open]",
    "compliance": ".compliance h2",
    "evidence": "[data-walk]",
    "runs": "[data-tile=dead]",
}


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_every_page_of_trust_fits_on_the_screen(comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    dana = comes("Dana", "admin")
    for leaf, sign in PAGES.items():
        page = dana.opens(f"{PLACES[language]}/{leaf}", SIZES[size], scheme)
        expect(page.locator(sign).first).to_be_visible(timeout=PATIENCE_MS)

        page.screenshot(path=SCREENSHOTS / f"{leaf}-{size}-{language}-{scheme}.png", animations="disabled")

        assert not dana.scrolls_sideways(), leaf
        expect(page.locator("html")).to_have_attribute("dir", {"ar": "rtl", "en": "ltr"}[language])
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert page.locator("h1").count() == 1
        unnamed = page.locator("button:not([aria-label])").evaluate_all(
            "all => all.filter(b => !b.textContent.trim()).length"
        )
        assert unnamed == 0, f"{leaf} has a button that says nothing"
