"""The board of deals in a real browser: it counts them all, and moves one only by what really happened."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, expect

from bot.deals.terms import Terms
from bot.tenants import DEFAULT_TENANT
from tests.browser.axe import grave
from tests.browser.conftest import Comes, Running
from tests.browser.desk import Desk
from tests.browser.test_inbox import SMALL, WIDE
from tests.browser.test_workbench_looks import SCREENSHOTS
from tests.browser.visit import PATIENCE_MS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(running: Running) -> Iterator[Desk]:
    yield Desk(running)


def stage_of(desk: Desk, conversation_id: str) -> str:
    found = desk.asks(lambda store: store.conversations.read(DEFAULT_TENANT, conversation_id))
    assert found is not None
    return found.stage


def records(card: Locator, event: str, evidence: str, override: str = "", amount: str = "") -> None:
    card.locator("[data-move]").click()
    card.locator(f"[data-event={event}]").click()
    card.locator("[data-evidence]").fill(evidence)
    if override:
        card.locator("[data-override]").fill(override)
    if amount:
        card.locator("[data-amount]").fill(amount)
    card.locator("[data-sure]").click()


def test_a_deal_moves_by_what_happened_and_by_somebodys_word(desk: Desk, comes: Comes) -> None:
    mark = uuid4().hex[:6]
    (booked,) = desk.places([f"موعد {mark}"], "meeting_booked")
    (pilot,) = desk.places([f"تجربة {mark}"], "pilot_active")
    (asked,) = desk.places([f"دفع {mark}"], "payment_requested")
    worth = Terms(pilot, value_halalas=1_250_050, set_at=datetime.now(UTC), set_by="user:x", v=1)
    assert desk.asks(lambda store: store.deal_terms.put(DEFAULT_TENANT, worth))
    dana = comes("Dana", "approver")
    page = dana.opens("/console/pipeline", WIDE)
    card = page.locator(f"[data-deal='{booked}']")
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    counts = desk.asks(lambda store: store.inbox.by_stage(DEFAULT_TENANT))
    for stage, count in counts.items():
        shown = page.locator(f"[data-column={stage}] [data-count]")
        expect(shown).to_have_attribute("data-count", str(count), timeout=PATIENCE_MS)
    value = page.locator("[data-column=pilot_active] [data-value]")
    expect(value).to_have_attribute("data-value", "1250050")
    expect(value).to_contain_text("12,500.50")
    expect(page.locator("[data-column=meeting_booked] [data-value=none]")).to_be_visible()

    # without a word about how one knows, nothing moves; and one may change one's mind
    records(card, "meeting_held", " ")
    expect(page.locator(".toast-bad").first).to_be_visible(timeout=PATIENCE_MS)
    assert stage_of(desk, booked) == "meeting_booked"
    card.locator("[data-no]").click()
    expect(card.locator("[data-sure]")).to_have_count(0, timeout=PATIENCE_MS)
    records(card, "meeting_held", "كنت فيه")
    moved = page.locator(f"[data-column=meeting_done] [data-deal='{booked}']")
    expect(moved).to_be_visible(timeout=PATIENCE_MS)
    assert stage_of(desk, booked) == "meeting_done"

    # what arrived is told in riyals, and becomes revenue
    paying = page.locator(f"[data-deal='{asked}']")
    records(paying, "payment_verified", "كشف الحساب", amount="كثير")
    expect(page.locator(".toast-bad").filter(has_text="بالريال")).to_be_visible(timeout=PATIENCE_MS)
    paying.locator("[data-amount]").fill("١٬٢٥٠٫٥٠")
    paying.locator("[data-sure]").click()
    paid = page.locator(f"[data-column=pilot_active] [data-deal='{asked}']")
    expect(paid).to_be_visible(timeout=PATIENCE_MS)
    log = desk.asks(lambda store: store.conversations.log_of(DEFAULT_TENANT, asked))
    told = desk.asks(lambda store: store.timeline.of_conversation(DEFAULT_TENANT, asked, 50))
    amounts = [entry.data["amount_halalas"] for entry in (*log, *told) if "amount_halalas" in entry.data]
    assert set(amounts) == {125_050}

    # nothing is won without a verified payment, or a reason
    winning = page.locator(f"[data-deal='{pilot}']")
    records(winning, "pilot_converted", "عقد موقع")
    expect(page.locator(".toast-bad").filter(has_text="لم يتحقق أحد")).to_be_visible(timeout=PATIENCE_MS)
    assert stage_of(desk, pilot) == "pilot_active"
    winning.locator("[data-evidence]").fill("عقد موقع")
    winning.locator("[data-override]").fill("دفع نقدًا ورأيته")
    winning.locator("[data-sure]").click()
    expect(page.locator(f"[data-column=closed_won] [data-deal='{pilot}']")).to_be_visible(timeout=PATIENCE_MS)
    assert stage_of(desk, pilot) == "closed_won"

    moved.locator("[data-open-talk]").click()
    page.wait_for_url(f"**/inbox?conversation={booked}")
    expect(page.locator("[data-open-name]")).to_have_text(f"موعد {mark}", timeout=PATIENCE_MS)


def test_a_column_shows_older_cards_and_whoever_may_not_decide_moves_nothing(
    desk: Desk, browser: Browser
) -> None:
    desk.places([f"عرض {number}" for number in range(10)], "proposal_sent")
    executive = desk.lets_in(browser, "executive")
    page = executive.opens("/console/en/pipeline", WIDE)
    cards = page.locator("[data-column=proposal_sent] [data-deal]")
    expect(cards).to_have_count(8, timeout=PATIENCE_MS)
    expect(page.locator("[data-column=proposal_sent] [data-count]")).to_have_attribute("data-count", "10")
    page.locator("[data-more=proposal_sent]").click()
    expect(cards).to_have_count(10, timeout=PATIENCE_MS)
    move = cards.first.locator("[data-move]")
    expect(move).to_have_attribute("aria-disabled", "true")
    move.click(force=True)
    expect(page.locator("[data-event]")).to_have_count(0)
    page.locator("[data-to-map]").click()
    page.wait_for_url("**/map")
    executive.leaves()
    assert executive.complaints == []


@pytest.mark.parametrize(("language", "scheme"), [("ar", "light"), ("en", "dark")])
def test_the_board_keeps_nobody_out_and_fits_a_phone(
    desk: Desk, comes: Comes, language: str, scheme: str
) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (placed,) = desk.places(["لوحة"], "qualified")
    dana = comes("Dana", "admin")
    page = dana.opens("/console/pipeline" if language == "ar" else "/console/en/pipeline", WIDE, scheme)
    card = page.locator(f"[data-deal='{placed}']")
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    card.locator("[data-move]").click()
    expect(card.locator("[data-event]").first).to_be_visible(timeout=PATIENCE_MS)
    for name, size in (("desktop", WIDE), ("phone", SMALL)):
        page.set_viewport_size(size)
        page.screenshot(path=SCREENSHOTS / f"pipeline-{name}-{language}-{scheme}.png", animations="disabled")
        assert not dana.scrolls_sideways()
    assert grave(page) == []
