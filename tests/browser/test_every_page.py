"""
Every page of the console in two languages, two widths and two themes: it comes to rest without a fault, fits the
screen, and keeps nobody out. Pictures of all of them lie in `build/screenshots`.

The list is the console's own: a new page is looked at by being there.
"""

import pytest
from playwright.sync_api import expect

from admin.console.leaves import LEAVES
from tests.browser.axe import grave
from tests.browser.conftest import Comes
from tests.browser.test_workbench_looks import LOOKS, NARROW, PLACES, SCREENSHOTS
from tests.browser.visit import DESKTOP, PATIENCE_MS

pytestmark = pytest.mark.browser

SIZES = {"desktop": DESKTOP, "phone": NARROW}


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_every_page_comes_to_rest_and_keeps_nobody_out(
    comes: Comes, language: str, size: str, scheme: str
) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    dana = comes("Dana", "admin")
    wrong = []
    for leaf in (leaf.name for leaf in LEAVES):
        page = dana.opens(f"{PLACES[language]}/{leaf}", SIZES[size], scheme)
        expect(page.locator("[data-state=loading]:visible")).to_have_count(0, timeout=PATIENCE_MS)

        page.screenshot(path=SCREENSHOTS / f"{leaf}-{size}-{language}-{scheme}.png", animations="disabled")

        expect(page.locator("html")).to_have_attribute("dir", {"ar": "rtl", "en": "ltr"}[language])
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        wrong += [f"{leaf}: {what}" for what in _wrong_with(dana)]
    assert wrong == []


def _wrong_with(dana) -> list[str]:
    page = dana.page
    said = [
        (dana.scrolls_sideways(), "scrolls sideways"),
        (page.locator("h1").count() != 1, "has not one title"),
        (page.locator("[data-state=fault]:visible").count(), "shows a fault"),
        (page.locator("[data-state=stale]:visible").count(), "says that it is old"),
    ]
    return [*(what for is_so, what in said if is_so), *grave(page)]
