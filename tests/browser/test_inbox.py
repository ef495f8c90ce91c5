"""The inbox in a real browser: every control does what it says, and the database says so too."""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, expect

from bot.conversation import Status
from bot.tenants import DEFAULT_TENANT
from tests.browser.analyst import Analyst
from tests.browser.axe import grave
from tests.browser.conftest import Comes, Running
from tests.browser.desk import Desk
from tests.browser.test_workbench_looks import SCREENSHOTS
from tests.browser.visit import PATIENCE_MS

pytestmark = pytest.mark.browser

# Between the day and the letters stand signs that keep its direction.
HIJRI_EN, HIJRI_AR = re.compile(r"14\d\d-\d\d-\d\d AH"), re.compile(r"14\d\d-\d\d-\d\d\W* هـ")

WIDE, SMALL = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def desk(running: Running) -> Iterator[Desk]:
    yield Desk(running)


def line(analyst: Analyst, name: str) -> Locator:
    return analyst.page.locator("[data-conversation]").filter(has_text=name)


def opens_talk(analyst: Analyst, name: str) -> None:
    line(analyst, name).click()
    expect(analyst.page.locator("[data-open-name]")).to_have_text(name, timeout=PATIENCE_MS)


def waits_for(analyst: Analyst, selector: str) -> None:
    expect(analyst.page.locator(selector).first).to_be_visible(timeout=PATIENCE_MS)


def test_a_talk_is_found_answered_taken_over_paused_and_stopped(desk: Desk, comes: Comes) -> None:
    mark = uuid4().hex[:6]
    asked = desk.hears(f"ريم {mark}", "السلام عليكم", "كم السعر؟")
    paid = desk.hears(f"تركي {mark}", "حولت المبلغ")
    dana = comes("Dana", "approver")
    dana.opens("/console/map")
    page = dana.opens("/console/")
    assert page.url.endswith("/console/inbox")

    # found by a word of the talk, by name, and by what waits
    search = page.locator("[data-search]")
    search.fill(f"ريم {mark}")
    expect(line(dana, mark)).to_have_count(1, timeout=PATIENCE_MS)
    expect(line(dana, mark)).to_contain_text("ريم")
    search.fill(mark)
    expect(line(dana, mark)).to_have_count(2, timeout=PATIENCE_MS)
    page.locator("[data-filter=waits]").click()
    expect(line(dana, mark)).to_have_count(1, timeout=PATIENCE_MS)
    expect(line(dana, "تركي")).to_have_count(1)
    page.locator("[data-filter=all]").click()
    expect(line(dana, mark)).to_have_count(2, timeout=PATIENCE_MS)
    page.locator("[data-stage-filter]").select_option("qualifying")
    expect(line(dana, "تركي")).to_have_count(0, timeout=PATIENCE_MS)
    page.locator("[data-stage-filter]").select_option("")
    expect(line(dana, mark)).to_have_count(2, timeout=PATIENCE_MS)

    # read: what was said, what was decided, and because of which rule
    opens_talk(dana, f"ريم {mark}")
    expect(page.locator("[data-open-phone]")).to_have_text(f"+{asked}")
    decided = page.locator("[data-moment=decided]").filter(has_text="السعر").first
    decided.locator("summary").click()
    expect(decided.locator("[data-because]").first).to_be_visible()
    assert f"conversation={desk.stored(asked).id}" in page.url

    # answered by hand, through the gate
    page.locator("[data-write]").fill("أهلًا ريم، معك دانة")
    page.locator("[data-send]").click()
    bubble = page.locator("[data-line=human]").filter(has_text="معك دانة")
    expect(bubble).to_have_attribute("data-status", Status.SIMULATED.value, timeout=PATIENCE_MS)
    written = desk.stored(asked).outbox[-1]
    assert (written.text, written.status, written.decided_by) == ("أهلًا ريم، معك دانة", Status.SIMULATED, "Dana")

    # taken over, and handed back
    page.locator("[data-take-over]").click()
    waits_for(dana, "[data-hand-back]")
    assert desk.stored(asked).mode == "human"
    page.locator("[data-hand-back]").click()
    waits_for(dana, "[data-take-over]")
    assert desk.stored(asked).mode == "bot"

    # paused, and resumed
    page.locator("[data-pause-contact]").click()
    waits_for(dana, "[data-unpause]")
    assert desk.stored(asked).sends_paused == "by_human"
    page.locator("[data-unpause]").click()
    waits_for(dana, "[data-pause-contact]")
    assert desk.stored(asked).sends_paused == ""

    # what happened outside moves the deal
    page.locator(".events summary").click()
    page.locator("[data-event=booking_confirmed]").click()
    expect(page.locator("[data-open-stage=meeting_booked]")).to_be_visible(timeout=PATIENCE_MS)
    assert desk.stored(asked).stage == "meeting_booked"

    # a stop is asked about first
    page.locator("[data-stop]").click()
    page.locator("[data-stop-no]").click()
    expect(page.locator("[data-stop-sure]")).to_have_count(0, timeout=PATIENCE_MS)
    assert not desk.stored(asked).is_suppressed
    page.locator("[data-stop]").click()
    page.locator("[data-stop-why]").fill("قالها في مكالمة")
    page.locator("[data-stop-sure]").click()
    expect(page.locator("[data-write]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-stop]")).to_have_count(0)
    stopped = desk.stored(asked)
    assert (stopped.stage, stopped.suppression.reason) == ("opted_out", "manual")

    # what waits for a yes is decided where the talk is
    opens_talk(dana, f"تركي {mark}")
    page.locator("[data-card] [data-action=approve]").click()
    expect(page.locator("[data-card]")).to_have_count(0, timeout=PATIENCE_MS)
    assert [d.decision for d in desk.stored(paid).outbox] == ["approved"]


def test_the_bot_is_paused_for_everybody_and_news_arrive_by_themselves(desk: Desk, comes: Comes) -> None:
    name = f"سلطان {uuid4().hex[:6]}"
    phone = desk.hears(name, "مرحبا")
    dana = comes("Dana", "admin")
    page = dana.opens(f"/console/en/inbox?conversation={desk.stored(phone).id}")
    page.locator("[data-pause]").click()
    waits_for(dana, "[data-resume]")
    posture = desk.asks(lambda store: store.postures.read(DEFAULT_TENANT))
    assert posture.paused_by == "Dana"

    desk.hears(name, "كم السعر؟", phone=phone)
    expect(page.locator("[data-line=contact]").filter(has_text="كم السعر؟")).to_be_visible(timeout=PATIENCE_MS)
    expect(line(dana, name).locator("[data-mark=waits]")).to_be_visible(timeout=PATIENCE_MS)

    page.locator("[data-resume]").click()
    waits_for(dana, "[data-pause]")
    assert not desk.asks(lambda store: store.postures.read(DEFAULT_TENANT)).is_paused


def test_older_ones_are_shown_page_by_page_and_what_is_not_here_says_so(desk: Desk, comes: Comes) -> None:
    mark = f"صفحات{uuid4().hex[:6]}"
    desk.places([f"{mark} {number}" for number in range(33)])
    dana = comes("Dana", "admin")
    page = dana.opens(f"/console/inbox?q={mark}&conversation=nobody")
    expect(line(dana, mark)).to_have_count(30, timeout=PATIENCE_MS)
    expect(page.locator(".inbox-talk [data-state=empty]")).to_contain_text("لا محادثة بهذا المعرّف")

    page.locator("[data-more]").click()
    expect(line(dana, mark)).to_have_count(33, timeout=PATIENCE_MS)
    expect(page.locator("[data-more]")).to_have_count(0)
    assert line(dana, mark).first.inner_text().splitlines()[1].endswith("32")

    page.locator("[data-search]").fill("لا أحد بهذا الاسم")
    expect(page.locator(".inbox-lines [data-state=empty]")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("[data-show-all]").click()
    expect(page.locator("[data-search]")).to_have_value("", timeout=PATIENCE_MS)
    expect(page.locator("[data-conversation]")).to_have_count(30, timeout=PATIENCE_MS)


def test_whoever_does_not_talk_with_people_sees_no_phone_and_changes_nothing(
    desk: Desk, browser: Browser
) -> None:
    name = f"هند {uuid4().hex[:6]}"
    phone = desk.hears(name, "رقمي 0551234567")
    talk = f"/console/inbox?conversation={desk.stored(phone).id}"

    executive = desk.lets_in(browser, "executive")
    page = executive.opens(talk)
    expect(page.locator("[data-line=contact]").first).to_be_visible(timeout=PATIENCE_MS)
    seen = page.content()
    assert name in seen
    assert phone not in seen
    assert phone[3:] not in seen
    assert "0551234567" not in seen
    expect(page.locator("[data-write]")).to_have_count(0)
    for closed in ("[data-take-over]", "[data-pause-contact], [data-unpause]", "[data-stop]", "[data-pause]"):
        expect(page.locator(closed)).to_have_attribute("aria-disabled", "true")
    executive.leaves()

    editor = desk.lets_in(browser, "rules_editor")
    page = editor.opens(talk)
    expect(page.locator("[data-state=fault]")).to_be_visible(timeout=PATIENCE_MS)
    assert name not in page.content()
    editor.leaves()
    assert executive.complaints == editor.complaints == []


@pytest.mark.parametrize(("language", "scheme"), [("ar", "light"), ("en", "dark")])
def test_it_keeps_nobody_out_and_fits_a_phone(desk: Desk, comes: Comes, language: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = f"مها {uuid4().hex[:6]}"
    desk.hears(name, "كم السعر؟", "أبي أكلم إنسان")
    dana = comes("Dana", "admin")
    page = dana.opens("/console/inbox" if language == "ar" else "/console/en/inbox", WIDE, scheme)
    opens_talk(dana, name)
    page.screenshot(path=SCREENSHOTS / f"inbox-desktop-{language}-{scheme}.png", animations="disabled")
    assert grave(page) == []
    assert not dana.scrolls_sideways()

    page.locator("[data-back]").evaluate("button => button.click()")
    page.set_viewport_size(SMALL)
    expect(page.locator(".inbox-talk")).to_be_hidden()
    page.screenshot(path=SCREENSHOTS / f"inbox-list-phone-{language}-{scheme}.png", animations="disabled")
    opens_talk(dana, name)
    expect(page.locator(".inbox-list")).to_be_hidden()
    page.screenshot(path=SCREENSHOTS / f"inbox-talk-phone-{language}-{scheme}.png", animations="disabled")
    assert grave(page) == []
    page.locator("[data-to-side]").click()
    expect(page.locator(".inbox-side")).to_be_visible()
    expect(page.locator(".inbox-talk")).to_be_hidden()
    page.locator("[data-to-talk]").click()
    page.locator("[data-back]").click()
    expect(page.locator(".inbox-list")).to_be_visible(timeout=PATIENCE_MS)
    assert not dana.scrolls_sideways()


def test_groups_of_pages_open_by_keyboard_and_the_hijri_day_is_remembered(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/inbox", WIDE)
    group = page.locator("[data-group=run]")
    group.focus()
    page.keyboard.press("ArrowDown")
    expect(group).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[data-to=operations]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-to=runs]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(group).to_be_focused()
    expect(page.locator("[data-to=runs]")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/operations")

    page.wait_for_selector(".workbench.opened")
    expect(page.get_by_text(HIJRI_EN)).to_have_count(0)
    page.locator(".who summary").click()
    page.locator("[data-hijri]").click()
    expect(page.get_by_text(HIJRI_EN).first).to_be_visible(timeout=PATIENCE_MS)
    page.goto(page.url.replace("/en/", "/"))
    page.wait_for_selector(".workbench.opened")
    expect(page.get_by_text(HIJRI_AR).first).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".who summary").click()
    page.locator("[data-hijri]").click()
    expect(page.locator("[data-hijri]")).to_have_attribute("aria-pressed", "false", timeout=PATIENCE_MS)
    expect(page.get_by_text(HIJRI_AR)).to_have_count(0, timeout=PATIENCE_MS)


def test_what_a_deal_is_worth_is_said_beside_the_talk(desk: Desk, browser: Browser, comes: Comes) -> None:
    (deal,) = desk.places([f"قيمة {uuid4().hex[:6]}"], "qualified")
    dana = comes("Dana", "approver")
    page = dana.opens(f"/console/inbox?conversation={deal}", WIDE)
    waits_for(dana, "[data-change-worth]")
    page.locator("[data-change-worth]").click()
    field = page.locator("[data-worth-field=worth_value]")
    field.fill("مليون")
    page.locator("[data-save-worth]").click()
    expect(page.locator(".toast-bad").first).to_be_visible(timeout=PATIENCE_MS)
    expect(field).to_have_value("مليون")
    field.fill("1,250.50")
    page.locator("[data-worth-field=worth_expected]").fill("2026-12-20")
    page.locator("[data-worth-field=worth_owner]").fill("سارة")
    page.locator("[data-save-worth]").click()
    expect(page.locator("[data-worth-form]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-worth=worth_value]")).to_contain_text("1,250.50", timeout=PATIENCE_MS)
    known = desk.asks(lambda store: store.deal_terms.get(DEFAULT_TENANT, deal))
    assert known is not None
    assert (known.value_halalas, str(known.expected_on), known.owner) == (125_050, "2026-12-20", "سارة")

    # what somebody else says meanwhile is not overwritten
    page.locator("[data-change-worth]").click()
    expect(field).to_have_value("1,250.50", timeout=PATIENCE_MS)
    theirs = replace(known, value_halalas=5, v=known.v + 1)
    assert desk.asks(lambda store: store.deal_terms.put(DEFAULT_TENANT, theirs))
    field.fill("9")
    page.locator("[data-save-worth]").click()
    expect(page.locator(".toast-bad").filter(has_text="غُيّرت")).to_be_visible(timeout=PATIENCE_MS)
    kept = desk.asks(lambda store: store.deal_terms.get(DEFAULT_TENANT, deal))
    assert kept is not None
    assert kept.value_halalas == 5

    executive = desk.lets_in(browser, "executive")
    page = executive.opens(f"/console/en/inbox?conversation={deal}", WIDE)
    expect(page.locator("[data-change-worth]")).to_have_attribute("aria-disabled", "true", timeout=PATIENCE_MS)
    executive.leaves()
