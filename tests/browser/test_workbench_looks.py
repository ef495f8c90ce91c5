"""The workbench in two languages, two widths and two themes, by keyboard alone, and without a database."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.analyst import Analyst
from tests.browser.conftest import Comes, Running
from tests.browser.test_trouble import DATABASE_GIVES_UP_MS, database_asleep
from tests.browser.visit import DESKTOP, PATIENCE_MS

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

NARROW = {"width": 360, "height": 740}
SIZES = {"desktop": DESKTOP, "phone": NARROW}
PLACES = {"ar": "/console", "en": "/console/en"}
# Every language with every width, every width with every theme, every theme with every language.
LOOKS = (
    ("ar", "desktop", "light"),
    ("ar", "phone", "dark"),
    ("en", "phone", "light"),
    ("en", "desktop", "dark"),
)
READ = "routing/price_on_request_to_an_early_lead.yml"
HEARD = "understanding/names_a_later_time.yml"
SAID = "wording/replies.yml%23greeting_and_offer"


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_every_page_fits_on_the_screen(comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    noura = comes()
    place, name = PLACES[language], f"{size}-{language}-{scheme}"

    noura.opens(f"{place}/book?page={READ}", SIZES[size], scheme)
    _fits(noura, f"book-read-{name}")
    noura.opens(f"{place}/book?page={HEARD}")
    noura.edits()
    noura.is_told("fine")
    _fits(noura, f"book-edit-{name}")
    noura.opens(f"{place}/book?change={noura.change}&page={SAID}")
    noura.edits()
    noura.is_told("fine")
    _fits(noura, f"book-wording-{name}")
    noura.opens(f"{place}/versions")
    expect(noura.page.locator("[data-in-force]")).to_be_visible()
    _fits(noura, f"versions-{name}")
    direction = {"ar": "rtl", "en": "ltr"}[language]
    expect(noura.page.locator("html")).to_have_attribute("dir", direction)
    expect(noura.page.locator("html")).to_have_attribute("data-theme", scheme)


def _fits(analyst: Analyst, name: str) -> None:
    analyst.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")
    assert not analyst.scrolls_sideways(), name


def test_on_a_phone_a_menu_leads_everywhere(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book", NARROW)
    expect(page.locator("[data-to=versions]")).to_be_hidden()

    page.locator("[data-menu]").click()
    page.locator("[data-to=versions]").click()

    page.wait_for_selector(".workbench.opened")
    expect(page.locator("[data-in-force]")).to_be_visible()
    expect(page.locator("[data-to=versions]")).to_have_attribute("aria-current", "page")


def test_a_page_is_found_written_saved_and_left_without_a_mouse(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/en/book")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("names_a_later_time")
    entry = noura.sees(f"[data-entry='{HEARD}']")
    expect(page.locator("[data-entry]")).to_have_count(1, timeout=PATIENCE_MS)

    _tab_to(entry)
    page.keyboard.press("Enter")
    edit = page.locator("[data-edit]")
    expect(edit).to_be_visible()
    _tab_to(edit)
    page.keyboard.press("Enter")
    expect(page.locator("[data-editing]")).to_be_visible()
    _tab_to(noura.code)
    page.keyboard.press("Control+Home")
    page.keyboard.type("# by keyboard")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-dirty=false]")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(noura.code).not_to_be_focused()

    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.locator("[data-keys]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-keys]")).to_be_hidden()
    page.locator("#main").focus()
    page.keyboard.press("g")
    page.keyboard.press("v")
    page.wait_for_url("**/console/en/versions**")


def _tab_to(wanted: Locator) -> None:
    """Walk on with Tab until this has the focus."""
    for _ in range(200):
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
        wanted.page.keyboard.press("Tab")
    raise AssertionError("no Tab leads there")


def test_the_other_language_keeps_what_is_looked_at(comes: Comes) -> None:
    noura = comes()
    page = noura.opens(f"/console/book?page={READ}")
    arabic = page.locator("[data-title]").inner_text()

    page.get_by_role("link", name="English").click()

    page.wait_for_selector(".workbench.opened")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("[data-title]")).not_to_have_text(arabic)
    expect(page.locator("[data-title]")).to_contain_text("A lead who asks the price early")
    expect(page.locator(".when-part h3")).to_have_text("When")


def test_somebody_else_sits_down_at_the_same_browser(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book")
    expect(page.locator("[data-visitor]")).to_have_text("Noura")

    page.locator(".who summary").click()
    page.locator("[data-leave]").click()
    noura.name, noura.role = "Faisal", "approver"
    noura.says_who()

    page.wait_for_selector(".workbench.opened")
    expect(page.locator("[data-visitor]")).to_have_text("Faisal")


def test_a_silent_database_is_told_and_what_was_read_stays(comes: Comes, running: Running) -> None:
    noura = comes()
    page = noura.opens(f"/console/book?page={READ}")
    title = page.locator("[data-title]").inner_text()

    with database_asleep(running):
        stale = page.locator("[data-state=stale]")
        expect(stale).to_contain_text("قاعدة البيانات لا تجيب", timeout=DATABASE_GIVES_UP_MS)
        expect(page.locator("[data-title]")).to_have_text(title)

    expect(page.locator("[data-state=stale]")).to_have_count(0, timeout=DATABASE_GIVES_UP_MS)


def test_whoever_leaves_with_unsaved_words_is_asked(comes: Comes) -> None:
    noura = comes()
    page = noura.opens(f"/console/book?page={HEARD}")
    noura.edits()
    noura.types_at_the_top("# half a thought")
    expect(page.locator("[data-dirty=true]")).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.locator("[data-group=rules]").click()
    page.locator("[data-to=versions]").click()

    expect(page.locator("[data-in-force]")).to_be_visible()
    assert asked == ["beforeunload"]
