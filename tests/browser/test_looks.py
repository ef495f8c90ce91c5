"""The page in two languages, two widths and two themes, by keyboard alone, and on its own."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import DESKTOP, PATIENCE_MS, PHONE, Visit

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

LANGUAGES = {"ar": "/console/simulator", "en": "/console/en/simulator"}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
STORES = {"ar": "متجر الواحة", "en": "Oasis Store"}
CHIPS = {"ar": "price", "en": "english"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_story_fits_on_the_screen(visit: Visit, language: str, size: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = visit.opens(LANGUAGES[language], SIZES[size])
    name = f"{STORES[language]} {visit.is_a_new_lead()[-2:]}"
    visit.is_a_new_lead(name=name)
    _shoot(visit, f"{size}-{language}-empty")
    visit.tries(CHIPS[language])
    visit.hears(1)
    visit.tries("paid")
    visit.card_about(name)
    expect(page.locator("[data-moving]")).to_have_count(0, timeout=PATIENCE_MS)

    assert not visit.scrolls_sideways()
    for tab in ("phone", "story", "queue") if size == "phone" else ("",):
        if tab:
            page.locator(f"[data-tab-to={tab}]").click()
            expect(page.locator(f".pane-{tab}")).to_be_visible()
            assert not visit.scrolls_sideways()
        _shoot(visit, "-".join(filter(None, (size, language, tab))))


def _shoot(visit: Visit, name: str) -> None:
    visit.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


def test_on_a_phone_one_pane_is_open_and_the_badge_calls_sami(visit: Visit) -> None:
    page = visit.opens(size=PHONE)
    visit.is_a_new_lead()
    visit.tries("paid")

    expect(page.locator(".tab .badge")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".pane-queue")).to_be_hidden()
    page.locator("[data-tab-to=queue]").click()
    expect(page.locator("[data-action=approve]").first).to_be_visible()
    expect(page.locator(".pane-phone")).to_be_hidden()


def test_the_english_switch_keeps_the_lead_and_turns_the_page(visit: Visit) -> None:
    page = visit.opens()
    visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.hears(1)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")

    page.get_by_role("link", name="English").click()

    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator(".pane-story h2")).to_have_text("What Dealix decided, and why")
    expect(page.locator("[data-line=contact]")).to_have_text(re.compile("كم السعر؟"), timeout=PATIENCE_MS)
    expect(visit.decision.locator("[data-intent]")).to_have_text("Asks the price")


def test_an_english_lead_is_answered_in_english(visit: Visit) -> None:
    visit.opens(LANGUAGES["en"])
    visit.is_a_new_lead()
    visit.tries("english")

    assert re.search(r"[A-Za-z]{4}", visit.hears(1).inner_text())
    expect(visit.replies.locator("p")).not_to_have_text(re.compile(r"[\u0600-\u06ff]"))


def test_everything_can_be_done_without_a_mouse(visit: Visit) -> None:
    page = visit.opens()
    visit.is_a_new_lead(name="بلا فأرة")
    page.locator("[data-say]").focus()
    page.keyboard.type("تم التحويل")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("تأكدوا لو سمحتوا")
    page.keyboard.press("Enter")
    card = visit.card_about("بلا فأرة")

    _tab_to(card, "edit")
    page.keyboard.press("Enter")
    expect(card.locator("[data-editor]")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" تم.")
    page.keyboard.press("Control+Enter")
    expect(card.locator("[data-diff] ins")).to_be_visible(timeout=PATIENCE_MS)
    _tab_to(card, "approve")
    page.keyboard.press("Enter")

    expect(visit.hears(1)).to_contain_text("تم.")


def _tab_to(card: Locator, action: str) -> None:
    """Walk on with Tab until this button of the card has the focus."""
    button = card.locator(f"[data-action={action}]")
    for _ in range(300):
        card.page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {action}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(visit: Visit, scheme: str) -> None:
    page = visit.opens(scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)

    page.locator("[data-theme-switch]").click()
    page.reload()

    other = {"light": "dark", "dark": "light"}[scheme]
    expect(page.locator("html")).to_have_attribute("data-theme", other)


def test_the_page_says_what_is_simulated_and_which_variables_make_it_real(visit: Visit) -> None:
    page = visit.opens(LANGUAGES["en"])
    page.locator(".about summary").click()

    about = page.locator(".about-text")
    expect(about).to_contain_text("no message leaves this machine")
    for variable in (
        "GREEN_API_TOKEN",
        "ULTRAMSG_TOKEN",
        "FONNTE_TOKEN",
        "WHATSAPP_API_TOKEN",
        "TELEGRAM_BOT_TOKEN",
    ):
        expect(about).to_contain_text(variable)


def test_empty_panes_say_what_will_appear_in_them(visit: Visit) -> None:
    page = visit.opens()
    visit.is_a_new_lead()

    expect(page.locator(".thread .blank")).to_be_visible()
    expect(page.locator(".pane-story .blank")).to_contain_text("لا قرار بعد")
    expect(page.locator("[data-chip]").first).to_be_visible()
