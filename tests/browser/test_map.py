"""The map: where everything is drawn, and in a real browser that its numbers are those of what happened."""

from itertools import combinations, pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from admin.console.map_layout import BOXES, EVERYWHERE, HEIGHT, WIDTH, Box, route
from flows.deal import STAGES, TABLE
from tests.browser.conftest import Comes
from tests.browser.test_playground import PLACES, SCREENSHOTS, SIZES
from tests.browser.test_replay_page import RELAY_MS
from tests.browser.test_workbench_looks import LOOKS
from tests.browser.visit import DESKTOP, PATIENCE_MS, Visit

PAIRS = sorted({(stage, after) for (stage, _), after in TABLE.items() if after != EVERYWHERE})

# A number in its ring, in units of the picture.
RING = 24


def test_every_stage_has_a_place_of_its_own() -> None:
    assert set(BOXES) == set(STAGES)
    for one, two in combinations(BOXES.values(), 2):
        assert not _overlap(one, two)
    for box in BOXES.values():
        assert box.x >= 0 and box.y >= 0 and box.x + box.width <= WIDTH and box.y + box.height <= HEIGHT


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=[f"{b} to {a}" for b, a in PAIRS])
def test_every_arrow_stays_in_the_picture_and_runs_through_no_stage(before: str, after: str) -> None:
    points = route(before, after).points

    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    for stage, box in BOXES.items():
        for (x1, y1), (x2, y2) in pairwise(points):
            line = Box(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
            assert not _overlap(line, _inner(box)), f"{before} > {after} runs through {stage}"


def test_no_number_hides_another_or_a_stage() -> None:
    labels = {pair: route(*pair).label for pair in PAIRS}

    for (one, (x1, y1)), (two, (x2, y2)) in combinations(labels.items(), 2):
        assert abs(x1 - x2) >= RING or abs(y1 - y2) >= RING, f"{one} and {two}"
    for pair, (x, y) in labels.items():
        for stage, box in BOXES.items():
            assert not _overlap(Box(x - 1, y - 1, 2, 2), box), f"{pair} stands on {stage}"


def _inner(box: Box) -> Box:
    """A line may touch the edge that it starts from."""
    return Box(box.x + 1, box.y + 1, box.width - 2, box.height - 2)


def _overlap(one: Box, two: Box) -> bool:
    apart = one.x + one.width <= two.x or two.x + two.width <= one.x
    above = one.y + one.height <= two.y or two.y + two.height <= one.y
    return not (apart or above)


# -- in a real browser


def counted(page: Page) -> None:
    expect(page.locator("[data-as-of]")).to_be_visible(timeout=PATIENCE_MS)


def moved(page: Page, before: str, after: str) -> int:
    """How many the table says moved."""
    return sum(int(row.get_attribute("data-count") or 0) for row in _rows(page, before, after).all())


def _rows(page: Page, before: str, after: str) -> Locator:
    return page.locator(f"[data-moved='{before}>{after}']")


def now(page: Page, stage: str) -> int:
    return int(page.locator(f"[data-stop={stage}]").get_attribute("data-now") or 0)


def count_again(page: Page) -> None:
    """The numbers of the moment, once those of the line beside it have arrived."""
    page.wait_for_timeout(RELAY_MS)
    before = page.locator("[data-as-of]").inner_text()
    page.locator("[data-refresh]").click()
    expect(page.locator("[data-as-of]")).not_to_have_text(before, timeout=PATIENCE_MS)


@pytest.mark.browser
def test_a_lead_who_asks_the_price_is_seen_to_move(visit: Visit, comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/map")
    counted(page)
    qualifying, moves = now(page, "qualifying"), moved(page, "new_lead", "qualifying")
    visit.opens()
    visit.is_a_new_lead()
    visit.says("كم السعر؟")
    visit.is_in("qualifying")
    count_again(page)

    assert now(page, "qualifying") == qualifying + 1
    assert moved(page, "new_lead", "qualifying") == moves + 1
    row = page.locator("[data-row=qualifying] td.n").first
    expect(row).to_have_text(f"{qualifying + 1:,}")
    expect(_rows(page, "new_lead", "qualifying").first).to_contain_text("القواعد")
    expect(page.locator("[data-step='new_lead>qualifying']")).to_have_class("map-line by-rules")


@pytest.mark.browser
def test_who_stops_is_a_loss_of_the_stage_that_they_left(visit: Visit, comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/map")
    counted(page)
    out, stops = now(page, "opted_out"), moved(page, "new_lead", "opted_out")
    visit.opens()
    visit.is_a_new_lead()
    visit.says("وقفوا الرسايل")
    visit.is_in("opted_out")
    count_again(page)

    assert now(page, "opted_out") == out + 1
    assert moved(page, "new_lead", "opted_out") == stops + 1
    expect(page.locator("[data-stop=new_lead] .map-drop")).to_be_visible()


@pytest.mark.browser
def test_a_pressed_stage_tells_its_pages_and_moves_and_nobodys_name(visit: Visit, comes: Comes) -> None:
    visit.opens()
    phone = visit.is_a_new_lead()
    visit.is_a_new_lead(name="خالد المجهول")
    visit.says("كم السعر؟")
    visit.is_in("qualifying")
    noura = comes()
    page = noura.opens("/console/map")
    counted(page)
    count_again(page)
    page.locator("[data-stop=qualifying]").click()

    card = page.locator("[data-opened=qualifying]")
    expect(card).to_be_focused()
    expect(card.locator("[data-page=price_on_request_between_questions]")).to_be_attached()
    expect(card.locator("[data-page=every_message_is_logged]")).to_have_count(0)
    expect(card.locator(".traces li").first).to_contain_text("عميل جديد")
    words = card.inner_text()
    assert "خالد المجهول" not in words
    assert phone[-7:] not in words
    card.locator("[data-close]").click()
    expect(card).to_have_count(0)


@pytest.mark.browser
def test_a_stage_is_opened_without_a_mouse_and_its_talk_begins_there(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/en/map")
    counted(page)
    page.locator("[data-stop=negotiating]").focus()
    page.keyboard.press("Enter")
    card = page.locator("[data-opened=negotiating]")
    expect(card).to_be_focused()
    expect(card).to_contain_text("No reply leaves without Sami")
    page.get_by_role("link", name="Try a talk that begins here").click()

    expect(page.locator("[data-start-stage]")).to_have_value("negotiating", timeout=PATIENCE_MS * 2)


@pytest.mark.browser
def test_the_window_is_chosen_and_stays_in_the_address(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/map")
    counted(page)
    page.locator("[data-days='30']").click()
    expect(page.locator("[data-days='30']")).to_have_attribute("aria-pressed", "true")
    counted(page)
    page.locator(".defined summary").click()
    expect(page.locator(".defined")).to_contain_text("بتوقيت الرياض")
    page.reload()

    expect(page.locator("[data-days='30']")).to_have_attribute("aria-pressed", "true")


@pytest.mark.browser
@pytest.mark.parametrize("language", PLACES)
def test_the_road_runs_in_the_direction_of_reading(comes: Comes, language: str) -> None:
    noura = comes()
    page = noura.opens(f"{PLACES[language]}/map", DESKTOP)
    counted(page)

    def left(stage: str) -> float:
        box = page.locator(f"[data-stop={stage}]").bounding_box()
        assert box is not None
        return box["x"]

    if language == "ar":
        assert left("new_lead") > left("qualifying") > left("meeting_done")
    else:
        assert left("new_lead") < left("qualifying") < left("meeting_done")
    tip = page.locator("[data-step='new_lead>qualifying']").bounding_box()
    new, following = (page.locator(f"[data-stop={s}]").bounding_box() for s in ("new_lead", "qualifying"))
    assert tip and new and following
    between = sorted((new["x"], following["x"]))
    assert between[0] < tip["x"] < between[1]


@pytest.mark.browser
@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_the_map_fits_on_the_screen(comes: Comes, language: str, size: str, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    noura = comes()
    page = noura.opens(f"{PLACES[language]}/map", SIZES[size], scheme)
    counted(page)
    if size == "phone":
        expect(page.locator("[data-row=new_lead]")).to_be_visible()
        expect(page.locator("[data-map]")).to_be_hidden()
        page.locator("[data-view-to=picture]").click()
        expect(page.locator("[data-map]")).to_be_visible()
        assert not noura.scrolls_sideways()
        page.locator("[data-view-to=table]").click()
        page.locator("[data-choose=new_lead]").click()
    else:
        expect(page.locator("[data-map]")).to_be_visible()
        page.locator("[data-stop=new_lead]").click()
    expect(page.locator("[data-opened=new_lead]")).to_be_visible()
    page.evaluate("document.querySelector('.page').scrollTop = 0")

    page.screenshot(path=SCREENSHOTS / f"map-{size}-{language}-{scheme}.png", animations="disabled")
    assert not noura.scrolls_sideways()
