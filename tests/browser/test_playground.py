"""A talk with the proposed rules next to today's, in a real browser: what each says, what differs, and why."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.workbench.chat_reader import read_chats
from rules.book import DEFAULT_PATH
from tests.browser.analyst import Analyst
from tests.browser.conftest import Comes
from tests.browser.test_workbench_looks import LOOKS
from tests.browser.visit import DESKTOP, PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
NARROW = {"width": 360, "height": 740}
SIZES = {"desktop": DESKTOP, "phone": NARROW}
PLACES = {"ar": "/console", "en": "/console/en"}

PRICE = "routing/price_on_request_to_an_early_lead.yml"
TODAY, PROPOSED = 0, 1

# Rules are compiled for every side, on a machine that does other things too.
READING_MS = PATIENCE_MS * 2


def proposes(analyst: Analyst, path: str, text: str) -> str:
    """Write one file anew in a change of its own; answers the change."""
    analyst.opens(f"/console/book?page={path}")
    analyst.edits()
    analyst.writes(text)
    analyst.saves()
    expect(analyst.page.locator("[data-change]")).not_to_have_value("", timeout=PATIENCE_MS)
    return analyst.change


def held_price() -> str:
    """The shipped page about the price, with a human at its gate."""
    text = (DEFAULT_PATH / PRICE).read_text(encoding="utf-8")
    return text.replace("  say: price_on_request\n", "  say: price_on_request\n  hold: negotiation\n").replace(
        "held: false", "held: true"
    )


def says(page: Page, text: str) -> Locator:
    """Write to both phones; answers the turn."""
    before = page.locator("[data-round]").count()
    field = page.locator("[data-say]")
    field.fill(text)
    field.press("Enter")
    turn = page.locator(f"[data-round='{before + 1}']")
    expect(turn).to_be_visible(timeout=READING_MS)
    return turn


def side(turn: Locator, number: int) -> Locator:
    return turn.locator(f"[data-side='{number}']")


def outcome(turn: Locator, number: int) -> Locator:
    return side(turn, number).locator("[data-outcome]")


@pytest.fixture
def talk(comes: Comes) -> tuple[Analyst, str]:
    """An analyst before the two phones, and the change on the second one."""
    noura = comes()
    change = proposes(noura, PRICE, held_price())
    noura.opens(f"/console/playground?change={change}")
    expect(noura.page.locator("[data-chip]").first).to_be_visible(timeout=READING_MS)
    return noura, change


def test_one_message_is_answered_by_both_books_and_what_differs_is_named(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    greeting = says(noura.page, "السلام عليكم")
    price = says(noura.page, "كم السعر؟")

    expect(greeting).to_have_attribute("data-differs", "")
    expect(outcome(price, TODAY)).to_have_attribute("data-outcome", "sent")
    expect(outcome(price, PROPOSED)).to_have_attribute("data-outcome", "held")
    expect(side(price, PROPOSED).locator("[data-differences]")).to_have_attribute(
        "data-differences", "outcome hold"
    )
    expect(side(price, PROPOSED).locator(".bubble.waiting")).to_be_visible()
    expect(side(price, TODAY).locator(".bubble.waiting")).to_have_count(0)
    expect(side(price, TODAY).locator("[data-intent]")).to_have_text("يسأل عن السعر")
    expect(side(price, PROPOSED).locator("[data-stage]")).to_have_attribute("data-stage", "qualifying")
    expect(noura.page.locator("[data-differing='1']")).to_have_text("1 من 2 تختلف")
    expect(noura.page.locator("[data-simulated]")).to_contain_text("لا تخرج أي رسالة")


def test_why_shows_the_words_the_pages_and_what_lost_on_both_phones(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    turn = says(noura.page, "السلام عليكم، كم السعر؟")
    side(turn, PROPOSED).locator("[data-why] summary").click()

    for number in (TODAY, PROPOSED):
        why = side(turn, number).locator(".why")
        expect(why.locator(".why-words mark", has_text="السعر")).to_be_visible()
        expect(why.locator("[data-rule=price_on_request_to_an_early_lead]")).to_be_visible()
        expect(why.locator("[data-lost='routing/the_rest_waits_for_a_human.yml:8']")).to_be_visible()
        expect(why.locator("[data-nearly]").first).to_be_attached()
    link = side(turn, PROPOSED).locator("[data-rule=price_on_request_to_an_early_lead] a")
    expect(link).to_have_attribute("href", f"/console/book?page={PRICE.replace('/', '%2F')}")


def test_a_turn_is_taken_back_and_the_talk_begins_elsewhere_and_over(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    page = noura.page
    says(page, "كم السعر؟")
    says(page, "ودي أشترك")
    page.locator("[data-undo]").click()
    expect(page.locator("[data-round]")).to_have_count(1)

    page.locator("[data-start-stage]").select_option("negotiating")
    turn = page.locator("[data-round='1']")
    for number in (TODAY, PROPOSED):
        expect(outcome(turn, number)).to_have_attribute("data-outcome", "held")
        expect(side(turn, number).locator("[data-stage]")).to_have_attribute("data-stage", "negotiating")

    page.locator("[data-start-over]").click()
    expect(page.locator("[data-round]")).to_have_count(0)
    expect(page.locator("[data-state=empty]")).to_be_visible()


def test_answers_that_are_known_change_what_is_asked_next(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    page = noura.page
    page.locator("[data-start-stage]").select_option("qualifying")
    page.locator("[data-known] summary").click()
    page.locator("[data-slot=monthly_leads]").fill("80")
    page.locator("[data-slot=monthly_leads]").press("Tab")
    expect(page.locator("[data-known] summary")).to_have_text("أجوبة نعرفها: 1")
    page.keyboard.press("Escape")
    turn = says(page, "كم السعر؟")

    expect(side(turn, TODAY)).to_contain_text("عملاء شهريًا: ⁨80⁩")
    expect(side(turn, TODAY).locator(".bubble.theirs")).not_to_contain_text("1 من 5")


def test_a_doubtful_stop_is_settled_by_a_tap_on_its_button(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    asked = says(noura.page, "وقفوا هالشي")
    side(asked, TODAY).locator("[data-tap=opt_out_yes]").click()

    turn = noura.page.locator("[data-round='2']")
    for number in (TODAY, PROPOSED):
        expect(side(turn, number).locator("[data-stage]")).to_have_attribute("data-stage", "opted_out")
    silent = says(noura.page, "كم السعر؟")
    expect(side(silent, TODAY).locator("[data-answer=silent]")).to_contain_text("العميل أوقف الرسائل")


def test_sami_says_yes_where_something_waits_and_the_other_phone_says_that_nothing_does(
    talk: tuple[Analyst, str],
) -> None:
    noura, _ = talk
    says(noura.page, "كم السعر؟")
    noura.page.locator("[data-deed=approves]").click()

    turn = noura.page.locator("[data-round='2']")
    expect(outcome(turn, PROPOSED)).to_have_attribute("data-outcome", "sent")
    expect(side(turn, TODAY).locator("[data-answer=refused]")).to_contain_text("لا توجد مسودة")


@pytest.mark.parametrize("kind", ["voice", "image"])
def test_media_is_sent_as_media(talk: tuple[Analyst, str], kind: str) -> None:
    noura, _ = talk
    noura.page.locator(f"[data-attach={kind}]").click()

    turn = noura.page.locator("[data-round='1']")
    expect(side(turn, TODAY).locator(f".media-{kind}")).to_be_visible()
    expect(side(turn, TODAY).locator("[data-answer]")).to_be_visible()


def test_a_pasted_talk_becomes_a_test_chat_of_the_change(talk: tuple[Analyst, str]) -> None:
    noura, change = talk
    page = noura.page
    page.locator("[data-paste]").click()
    expect(page.locator("[data-paste-field]")).to_be_focused()
    page.locator("[data-paste-field]").fill('السلام عليكم\n\n  كم "السعر"؟ \nوقفوا الرسايل\n')
    page.locator("[data-paste-run]").click()
    expect(page.locator("[data-round]")).to_have_count(3, timeout=READING_MS)

    page.locator("[data-as-chat]").click()
    chat = page.locator("[data-chat]")
    path = chat.get_attribute("data-chat") or ""
    chats, problems = read_chats({path: page.locator("[data-chat-text]").inner_text()})
    assert problems == ()
    assert [step.text for step in chats[0].steps] == ["السلام عليكم", 'كم "السعر"؟', "وقفوا الرسايل"]
    claims = {claim.key: claim.wanted for claim in chats[0].steps[1].expect}
    assert claims["held"] is True, "the chat claims what the proposed rules do"

    page.locator("[data-chat-add]").click()
    expect(chat).to_have_count(0)
    noura.opens(f"/console/book?change={change}&page={path}")
    expect(page.locator(f"[data-page='{path}'], [data-editing='{path}']")).to_be_visible()


def test_saving_the_change_holds_the_same_talk_anew(talk: tuple[Analyst, str], comes: Comes) -> None:
    noura, change = talk
    says(noura.page, "كم السعر؟")
    writer = comes("Huda")
    writer.opens(f"/console/book?change={change}&page={PRICE}")
    writer.edits()
    writer.writes((DEFAULT_PATH / PRICE).read_text(encoding="utf-8"))
    writer.saves()

    turn = noura.page.locator("[data-round='1']")
    expect(outcome(turn, PROPOSED)).to_have_attribute("data-outcome", "sent", timeout=READING_MS)
    expect(turn).to_have_attribute("data-differs", "")


def test_rules_that_cannot_be_read_are_named_where_the_second_phone_would_be(comes: Comes) -> None:
    noura = comes()
    change = proposes(noura, PRICE, held_price().replace("hold: negotiation", "hold: negotation"))
    noura.opens(f"/console/playground?change={change}")

    problems = noura.page.locator("[data-problems]")
    expect(problems).to_contain_text("negotation", timeout=READING_MS)
    expect(problems).to_contain_text(re.compile(rf"{re.escape(PRICE)}:\d+"))
    turn = says(noura.page, "كم السعر؟")
    expect(outcome(turn, TODAY)).to_have_attribute("data-outcome", "sent")


def test_nobody_who_was_made_up_here_ever_becomes_a_lead(visit: Visit, talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    words = "جملة لا تقال إلا في التجربة"
    visit.opens()
    visit.is_a_new_lead()
    visit.says("السلام عليكم")
    visit.hears(1)
    leads = visit.page.locator("[data-lead]").count()
    says(noura.page, words)
    visit.page.reload()
    visit.page.wait_for_selector(".phone-who")

    expect(visit.page.locator("[data-lead]")).to_have_count(leads)
    noura.opens("/console/review")
    noura.page.wait_for_selector("[data-item], [data-state=empty]", timeout=READING_MS)
    expect(noura.page.locator("[data-item]", has_text=words)).to_have_count(0)


def test_what_a_lead_types_is_text_and_never_markup(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    turn = says(noura.page, "<img src=x onerror=alert(1)> <b>كم السعر؟</b>")
    side(turn, TODAY).locator("[data-why] summary").click()
    expect(side(turn, TODAY).locator(".why-words")).to_be_visible()

    expect(noura.page.locator(".play-thread img, .play-thread b")).to_have_count(0)


def test_an_approver_tries_the_rules_and_cannot_write_them(comes: Comes, talk: tuple[Analyst, str]) -> None:
    _, change = talk
    faisal = comes("Faisal", "approver")
    faisal.opens(f"/console/playground?change={change}")
    expect(faisal.page.locator("[data-chip]").first).to_be_visible(timeout=READING_MS)
    says(faisal.page, "كم السعر؟")
    faisal.page.locator("[data-as-chat]").click()

    add = faisal.page.locator("[data-chat-add]")
    expect(add).to_have_attribute("aria-disabled", "true")
    expect(add).to_have_attribute("title", re.compile("محرر القواعد"))


def test_everything_can_be_done_without_a_mouse(talk: tuple[Analyst, str]) -> None:
    noura, _ = talk
    page = noura.page
    page.keyboard.press("Slash")
    expect(page.locator("[data-say]")).to_be_focused()
    page.keyboard.type("كم")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("السعر؟")
    page.keyboard.press("Enter")
    expect(page.locator("[data-round]")).to_have_count(1)

    why = side(page.locator("[data-round='1']"), TODAY).locator("[data-why] summary")
    why.focus()
    page.keyboard.press("Enter")
    expect(side(page.locator("[data-round='1']"), TODAY).locator(".why-words")).to_contain_text("السعر")


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_a_talk_fits_on_the_screen(comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    noura = comes()
    change = proposes(noura, PRICE, held_price())
    noura.leaves()
    page = noura.opens(f"{PLACES[language]}/playground?change={change}", SIZES[size], scheme)
    expect(page.locator("[data-chip]").first).to_be_visible(timeout=READING_MS)
    turn = says(page, "السلام عليكم، كم السعر؟")
    says(page, "وقفوا هالشي")

    shown = side(turn, PROPOSED)
    expect(shown).to_be_visible()
    if size == "phone":
        expect(side(turn, TODAY)).to_be_hidden()
        page.locator("[data-show-side='0']").click()
        expect(side(turn, TODAY)).to_be_visible()
        expect(shown).to_be_hidden()
    else:
        expect(side(turn, TODAY)).to_be_visible()
    page.screenshot(path=SCREENSHOTS / f"playground-{size}-{language}-{scheme}.png", animations="disabled")
    assert not noura.scrolls_sideways()
