"""The review queue in a real browser: from a message that nobody understood to an example in a change."""

from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from admin.console.review_edit import hearing_pages, with_example, with_phrase
from bot.errors import BadRequest
from bot.playbook import shipped
from rules.sheet import read
from tests.browser.analyst import Analyst
from tests.browser.conftest import Comes
from tests.browser.test_playground import PLACES, PROPOSED, SCREENSHOTS, SIZES, TODAY, says, side
from tests.browser.test_replay_page import has_said
from tests.browser.test_workbench_looks import LOOKS
from tests.browser.visit import PATIENCE_MS, Visit

# A change is compiled before it is saved, on a machine that does other things too.
TEACHING_MS = 40_000

# What is hidden can be taken back for seven seconds.
WRITTEN_DOWN_MS = 9_000

_NUMBERS = count(1)


def gibberish(what: str) -> str:
    """Words that no page knows and no other test writes."""
    letters = "".join("بتثجحخدذرز"[int(digit)] for digit in f"{next(_NUMBERS):03d}")
    return f"طنقل {what} فزلكة {letters}{letters}"


def queue(analyst: Analyst, place: str = "/console", size: str = "desktop", scheme: str = "light") -> Page:
    page = analyst.opens(f"{place}/review", SIZES[size], scheme)
    expect(page.locator("[data-item], [data-state=empty]").first).to_be_visible(timeout=PATIENCE_MS * 2)
    return page


def item(page: Page, text: str) -> Locator:
    return page.locator("[data-item]", has_text=text)


@pytest.mark.browser
def test_a_message_nobody_understood_becomes_an_example_and_is_understood(visit: Visit, comes: Comes) -> None:
    words = gibberish("طرفش")
    has_said(visit, words)
    noura = comes()
    page = queue(noura)
    card = item(page, words)
    expect(card).to_have_count(1)
    expect(card.locator("[data-reason]").first).to_be_visible()
    card.locator("[data-now] summary").click()
    expect(card.locator(".why")).to_contain_text("الآن تُفهم")

    # An example alone would fail, and the page says so before anything is saved.
    card.locator("[data-meant]").select_option("human_request")
    expect(card.locator("[data-example-text]")).to_contain_text("human_request")
    expect(card.locator("[data-example-text]")).to_contain_text(words)
    card.locator("[data-add]").click()
    expect(card.locator("[data-warning]")).to_be_visible(timeout=TEACHING_MS)

    # With the phrase it holds, and stands in a change that waits for a second person like any other.
    card.locator("[data-whole]").click()
    expect(card.locator("[data-phrase]")).to_have_value(words)
    card.locator("[data-add]").click()
    expect(card).to_have_count(0, timeout=TEACHING_MS)
    change = page.locator("[data-target]").input_value()
    assert change
    expect(page.locator("[data-added='1']")).to_be_visible()
    page.reload()
    expect(page.locator("[data-item], [data-state=empty]").first).to_be_visible(timeout=PATIENCE_MS * 2)
    expect(item(page, words)).to_have_count(0)

    noura.opens(f"/console/playground?change={change}")
    expect(page.locator("[data-chip]").first).to_be_visible(timeout=PATIENCE_MS * 2)
    turn = says(page, words)
    expect(side(turn, PROPOSED).locator("[data-intent]")).to_have_attribute("data-intent", "human_request")
    expect(side(turn, TODAY).locator("[data-intent]")).not_to_have_attribute("data-intent", "human_request")


@pytest.mark.browser
def test_a_phrase_that_no_grammar_knows_is_not_saved_and_named(visit: Visit, comes: Comes) -> None:
    words = gibberish("بزنط")
    has_said(visit, words)
    page = queue(comes())
    card = item(page, words)
    card.locator("[data-meant]").select_option("wants_demo")
    card.locator("[data-phrase]").fill("(طنقل")
    card.locator("[data-add]").click()

    expect(card.locator("[data-problems]")).to_contain_text("understanding/", timeout=TEACHING_MS)
    expect(page.locator("[data-added]")).to_have_count(0)


@pytest.mark.browser
def test_equal_messages_are_one_item_with_its_count(visit: Visit, comes: Comes) -> None:
    words = gibberish("قشمر")
    has_said(visit, words)
    has_said(visit, words)
    page = queue(comes())

    expect(item(page, words)).to_have_count(1)
    expect(item(page, words)).to_have_attribute("data-times", "2")


@pytest.mark.browser
def test_what_was_hidden_can_be_taken_back_and_then_is_gone_for_everybody(visit: Visit, comes: Comes) -> None:
    words = gibberish("زغلط")
    has_said(visit, words)
    page = queue(comes())
    item(page, words).locator("[data-dismiss]").click()
    expect(item(page, words)).to_have_count(0)
    page.locator("[data-undo]").click()
    expect(item(page, words)).to_have_count(1)

    item(page, words).locator("[data-dismiss]").click()
    page.wait_for_timeout(WRITTEN_DOWN_MS)
    expect(page.locator("[data-hidden]")).to_have_count(0)
    huda = comes("Huda")
    expect(item(queue(huda), words)).to_have_count(0)


@pytest.mark.browser
def test_who_does_not_write_rules_sees_no_word_of_a_lead(visit: Visit, comes: Comes) -> None:
    words = gibberish("مرطم")
    has_said(visit, words)
    faisal = comes("Faisal", "approver")
    page = faisal.opens("/console/review")

    expect(page.locator("[data-state=empty]")).to_contain_text("محرر القواعد")
    expect(page.locator("[data-item]")).to_have_count(0)
    assert words not in page.content()


@pytest.mark.browser
def test_a_phone_number_in_a_message_is_not_shown_and_not_written(visit: Visit, comes: Comes) -> None:
    words = gibberish("فنجش")
    has_said(visit, f"{words} 0551234987")
    page = queue(comes())
    card = item(page, words)
    card.locator("[data-meant]").select_option("question_other")
    expect(card.locator("[data-example-text]")).to_be_visible()

    assert "0551234987" not in card.inner_html()


@pytest.mark.browser
def test_reasons_are_counted_and_filter_the_queue(visit: Visit, comes: Comes) -> None:
    words = gibberish("هنكر")
    has_said(visit, words)
    page = queue(comes())
    reason = item(page, words).locator("[data-reason]").first.get_attribute("data-reason")
    page.locator(f"[data-filter={reason}]").click()

    expect(page.locator(f"[data-filter={reason}]")).to_have_attribute("aria-pressed", "true")
    expect(item(page, words)).to_have_count(1)
    shown = page.locator("[data-item]").count()
    expect(page.locator(f"[data-item]:has([data-reason={reason}])")).to_have_count(shown)


@pytest.mark.browser
def test_a_sentence_that_sami_keeps_editing_becomes_a_change(visit: Visit, comes: Comes) -> None:
    visit.opens()
    for _ in range(3):
        lead = f"سائل {visit.is_a_new_lead()}"
        visit.is_a_new_lead(name=lead)
        visit.says("هل عندكم API؟")
        card = visit.card_about(lead)
        visit.presses(card, "edit")
        editor = card.locator("[data-editor]")
        editor.fill("حياك الله، سؤالك عند زميلنا المختص ويرد عليك اليوم.")
        editor.press("Control+Enter")
        expect(card.locator("[data-diff]")).to_be_visible(timeout=PATIENCE_MS)
        visit.presses(card, "approve")
        visit.hears(1)
    visit.page.wait_for_timeout(3_000)
    noura = comes()
    page = noura.opens("/console/review?tab=sentences")

    found = page.locator("[data-suggestion=question_will_be_answered]")
    expect(found).to_be_visible(timeout=PATIENCE_MS * 2)
    expect(found.locator("[data-proposed]")).to_have_text("حياك الله، سؤالك عند زميلنا المختص ويرد عليك اليوم.")
    expect(found.locator("[data-diff] del").first).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "review-sentence.png", animations="disabled")
    assert not noura.scrolls_sideways()
    link = found.get_by_role("link", name="افتحها في الكتاب")
    assert (link.get_attribute("href") or "").endswith("wording%2Freplies.yml%23question_will_be_answered")
    found.locator("[data-make]").click()
    expect(page.locator("[data-added='1']")).to_be_visible(timeout=PATIENCE_MS)
    change = page.locator("[data-target]").input_value()
    noura.opens(f"/console/playground?change={change}")
    expect(page.locator("[data-chip]").first).to_be_visible(timeout=PATIENCE_MS * 2)
    turn = says(page, "هل عندكم API؟")
    expect(side(turn, PROPOSED).locator(".bubble.theirs")).to_contain_text("زميلنا المختص")
    expect(side(turn, TODAY).locator(".bubble.theirs")).not_to_contain_text("زميلنا المختص")


@pytest.mark.browser
@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_the_queue_fits_on_the_screen(visit: Visit, comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    words = gibberish("شاشة")
    has_said(visit, words)
    noura = comes()
    page = queue(noura, PLACES[language], size, scheme)
    card = item(page, words)
    card.locator("[data-meant]").select_option("ask_details")
    expect(card.locator("[data-example-text]")).to_be_visible()

    page.screenshot(path=SCREENSHOTS / f"review-{size}-{language}-{scheme}.png", animations="disabled")
    assert not noura.scrolls_sideways()


# -- the text of a page

EXAMPLE = (
    '  - name: "hears it"\n    given: {stage: new_lead, says: "يا \\"هلا\\""}\n    expect: {intent: greeting}\n'
)


@pytest.mark.parametrize("page", hearing_pages(shipped().files), ids=lambda page: page.id)
def test_a_page_that_learns_keeps_every_line_that_it_had(page) -> None:
    before = shipped().files[page.path]
    after = with_example(page.path, before, EXAMPLE)
    if page.takes_phrase:
        after = with_phrase(page.path, after, 'طنقل "فزلكة"')

    lines = iter(after.splitlines())
    assert all(line in lines for line in before.splitlines()), "nothing else is written differently"
    learned = read(after, page.path).content
    assert learned["tests"][-1]["given"]["says"] == 'يا "هلا"'
    if page.takes_phrase:
        says_now = [line["says"] for line in learned["when"] if "says" in line]
        assert 'طنقل "فزلكة"' in says_now[0]


@pytest.mark.parametrize("says", ['["a b", c]', "a b", '\n      - "a b"\n      - c'], ids=["row", "word", "list"])
def test_a_phrase_goes_into_every_way_of_writing_a_list(says: str) -> None:
    before = f"id: x\nwhen:\n  - says: {says}\n  - stage: new_lead\ntests:\n  - {{}}\n"
    after = with_phrase("understanding/x.yml", before, "(d|e) [f]")

    heard = read(after, "x").content["when"][0]["says"]
    assert heard[0] == "(d|e) [f]"
    assert "a b" in heard


def test_a_page_that_wants_two_things_at_once_takes_no_phrase() -> None:
    text = "id: x\nwhen:\n  - says: a\n  - says: b\ntests:\n  - {}\n"

    with pytest.raises(BadRequest):
        with_phrase("understanding/x.yml", text, "c")
