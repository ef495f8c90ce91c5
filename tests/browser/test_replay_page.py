"""The replay in a real browser, over decisions that were really made: the numbers, the warnings, and its end."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from admin.console.replay_view import difference, headline_of, shared
from bot.workbench.replay_report import Report
from rules.book import DEFAULT_PATH
from tests.browser.analyst import Analyst
from tests.browser.conftest import Comes, Running
from tests.browser.test_playground import PLACES, PRICE, SCREENSHOTS, SIZES, held_price, proposes
from tests.browser.test_workbench_looks import LOOKS
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

QUESTION = "routing/a_question_is_answered_by_who_knows.yml"

# A process starts, two books are compiled, and every decision is made twice.
REPLAY_MS = 60_000

# The timeline is written beside the line, moments after a decision.
RELAY_MS = 3_000


def freed_question() -> str:
    """The shipped page about other questions, without the human at its gate."""
    text = (DEFAULT_PATH / QUESTION).read_text(encoding="utf-8")
    return text.replace("  hold: question_needs_an_answer\n", "").replace("held: true", "held: false")


def has_said(visit: Visit, *messages: str) -> None:
    """A lead writes these in the simulator, each answered or held before the next."""
    visit.opens()
    visit.is_a_new_lead()
    for number, message in enumerate(messages, start=1):
        visit.says(message)
        expect(visit.page.locator("[data-decision]")).to_have_count(number, timeout=PATIENCE_MS)
    visit.page.wait_for_timeout(RELAY_MS)
    visit.leaves()


def runs(analyst: Analyst, change: str, place: str = "/console") -> Page:
    """Open the page of a change and replay it; answers the page with its report."""
    page = analyst.opens(f"{place}/replay?change={change}")
    expect(page.locator("[data-which]")).to_have_value(f"change:{change}")
    page.locator("[data-run]").click()
    expect(page.locator("[data-report]")).to_be_visible(timeout=REPLAY_MS)
    return page


def test_a_change_is_held_against_what_was_really_decided(visit: Visit, comes: Comes, tmp_path: Path) -> None:
    has_said(visit, "كم السعر؟")
    noura = comes()
    change = proposes(noura, PRICE, held_price())
    page = runs(noura, change)

    report = page.locator("[data-report]")
    assert int(report.get_attribute("data-decisions") or 0) >= 1
    assert int(report.get_attribute("data-changed") or 0) >= 1
    expect(page.locator("[data-headline]")).to_have_attribute("data-headline", "good")
    expect(page.locator("[data-kind=newly_held]")).to_be_visible()
    expect(page.locator("[data-kind].bad, [data-kind].gold")).to_have_count(0)
    gate = page.locator("[data-table=gate] tr[data-before=free]")
    expect(gate).to_have_count(1)
    expect(gate).to_contain_text("ينتظر: حديث عن السعر أو الشروط")

    example = page.locator("[data-example=newly_held]", has_text="كم السعر؟").first
    example.locator("summary").click()
    expect(example.locator(".before dd.differs")).to_have_text("يخرج وحده")
    expect(example.locator(".after [data-rule=price_on_request_to_an_early_lead]")).to_be_visible()

    page.locator(".defined summary").click()
    expect(page.locator(".defined")).to_contain_text(f"{datetime.now(UTC):%Y}")
    with page.expect_download() as waiting:
        page.locator("[data-download]").click()
    saved = tmp_path / "report.json"
    waiting.value.save_as(saved)
    kept = Report.of(json.loads(saved.read_text(encoding="utf-8")))
    assert str(kept.changed) == report.get_attribute("data-changed")


def test_a_reply_that_loses_its_human_is_counted_as_lost_safety(visit: Visit, comes: Comes) -> None:
    has_said(visit, "هل عندكم API؟")
    noura = comes()
    page = runs(noura, proposes(noura, QUESTION, freed_question()))

    expect(page.locator("[data-headline]")).to_have_attribute("data-headline", "gold")
    kinds = page.locator("[data-kind]")
    expect(kinds.first).to_have_attribute("data-kind", "freed")
    expect(kinds.first).to_have_class("gold")


def test_a_report_that_became_old_says_so(visit: Visit, comes: Comes) -> None:
    has_said(visit, "كم السعر؟")
    noura, huda = comes(), comes("Huda")
    change = proposes(noura, PRICE, held_price())
    page = runs(noura, change)
    expect(page.locator("[data-state=stale]")).to_have_count(0)
    huda.opens(f"/console/book?change={change}&page={PRICE}")
    huda.edits()
    huda.writes(held_price().replace("negotiation", "commercial_stage"))
    huda.saves()

    expect(page.locator("[data-state=stale]")).to_be_visible()
    expect(page.locator("[data-report]")).to_be_visible()


def test_cancelling_ends_the_process_of_the_replay(visit: Visit, comes: Comes, running: Running) -> None:
    has_said(visit, "كم السعر؟")
    noura = comes()
    page = noura.opens(f"/console/replay?change={proposes(noura, PRICE, held_price())}")
    page.locator("[data-run]").click()
    expect(page.locator(".running")).to_be_visible()
    page.locator("[data-cancel]").click()

    expect(page.locator("[data-note=cancelled]")).to_be_visible()
    expect(page.locator("[data-report]")).to_have_count(0)
    for _ in range(50):
        if not _replaying(running.pid):
            break
        page.wait_for_timeout(100)
    assert _replaying(running.pid) == []


def test_leaving_the_page_ends_the_process_of_the_replay(visit: Visit, comes: Comes, running: Running) -> None:
    noura = comes()
    page = noura.opens(f"/console/replay?change={proposes(noura, PRICE, held_price())}")
    page.locator("[data-run]").click()
    expect(page.locator(".running")).to_be_visible()
    noura.leaves()

    visit.opens()
    for _ in range(300):
        if not _replaying(running.pid):
            break
        visit.page.wait_for_timeout(100)
    assert _replaying(running.pid) == []


def _replaying(pid: int) -> list[int]:
    """The processes of replays that a running Dealix has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(parent) == pid and b"bot.workbench.replaying" in command:
                found.append(int(entry.name))
    return found


def test_rules_that_cannot_be_used_are_named_with_their_line(comes: Comes) -> None:
    noura = comes()
    change = proposes(noura, PRICE, held_price().replace("hold: negotiation", "hold: negotation"))
    page = noura.opens(f"/console/replay?change={change}")
    page.locator("[data-run]").click()

    expect(page.locator("[data-problems]")).to_contain_text("negotation", timeout=REPLAY_MS)
    expect(page.locator("[data-state=fault]")).to_be_visible()


def test_going_back_to_what_was_shipped_is_replayed_like_a_change(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/replay?edition=0&days=1")
    expect(page.locator("[data-which]")).to_have_value("edition:0")
    expect(page.locator("[data-days] + output")).to_have_text("يوم واحد")
    page.locator("[data-run]").click()

    expect(page.locator("[data-report]")).to_be_visible(timeout=REPLAY_MS)


def test_the_days_stay_in_the_address(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/replay?edition=0")
    days = page.locator("[data-days]")
    days.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft" if page.evaluate("document.dir") == "rtl" else "ArrowRight")
    expect(page.locator("[data-days] + output")).to_have_text("10 أيام")
    page.reload()

    expect(page.locator("[data-days] + output")).to_have_text("10 أيام")


def test_a_report_without_decisions_knows_nothing() -> None:
    nothing = Report(old_version="a", new_version="b", decisions=0, changed=0)
    same = Report(old_version="a", new_version="b", decisions=5, changed=0)
    blocking = Report(old_version="a", new_version="b", decisions=5, changed=1, by_kind=(("lost_opt_out", 1),))

    assert headline_of(nothing).tone == "none"
    assert headline_of(same).tone == "good"
    assert (headline_of(blocking).tone, headline_of(blocking).losing) == ("bad", 1)


def test_a_few_of_very_many_are_never_none_and_never_all() -> None:
    assert shared(0, 100_000) == "0%"
    assert shared(1, 100_000) == "<1%"
    assert shared(99_999, 100_000) == ">99%"
    assert shared(100_000, 100_000) == "100%"


def test_words_are_compared_while_most_stay_and_sentences_otherwise() -> None:
    one_word = difference("حياك الله في متجرنا يا أخي", "حياك الله في معرضنا يا أخي")
    another = difference("نرد عليكم هنا", "أبشر، زميلنا يكلمك اليوم")

    assert [piece.text for piece in one_word if piece.mark] == ["متجرنا", "معرضنا"]
    assert [(piece.text, piece.mark) for piece in another if piece.text.strip()] == [
        ("نرد عليكم هنا", "gone"),
        ("أبشر، زميلنا يكلمك اليوم", "came"),
    ]


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_a_report_fits_on_the_screen(visit: Visit, comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    has_said(visit, "كم السعر؟")
    noura = comes()
    change = proposes(noura, PRICE, held_price())
    noura.leaves()
    noura.opens(f"{PLACES[language]}/replay", SIZES[size], scheme)
    page = runs(noura, change, PLACES[language])
    page.locator("[data-example] summary").first.click()

    page.screenshot(path=SCREENSHOTS / f"replay-{size}-{language}-{scheme}.png", animations="disabled")
    assert not noura.scrolls_sideways()
