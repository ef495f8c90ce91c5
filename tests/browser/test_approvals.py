"""The page of approvals: what waits, decided by name, with the numbers that the list shows."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

PAID = "حولت المبلغ"


def number(page: Page, tile: str) -> str:
    return page.locator(f"[data-tile={tile}] .tile-value").inner_text()


def test_what_a_lead_claims_to_have_paid_is_approved_by_name(visit: Visit, comes: Comes) -> None:
    visit.opens()
    phone = visit.is_a_new_lead(name="هند الموافقات")
    visit.says(PAID)
    card = visit.card_about("هند الموافقات")
    draft = card.get_attribute("data-card")
    fatimah = comes("Fatimah", "approver")
    page = fatimah.opens("/console/approvals")
    mine = page.locator(f"[data-card='{draft}']")
    expect(mine).to_contain_text(PAID, timeout=PATIENCE_MS)
    waiting = int(number(page, "waiting"))

    mine.locator("[data-action=approve]").click()

    expect(mine).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-tile=waiting] .tile-value")).to_have_text(str(waiting - 1), timeout=PATIENCE_MS)
    expect(visit.replies.last).to_be_visible(timeout=PATIENCE_MS)
    expect(visit.page.locator(f"[data-decided='{draft}']")).to_contain_text("Fatimah", timeout=PATIENCE_MS)
    assert phone


def test_whoever_only_writes_rules_sees_no_button(visit: Visit, comes: Comes) -> None:
    visit.opens()
    visit.is_a_new_lead(name="سلمى القارئة")
    visit.says(PAID)
    draft = visit.card_about("سلمى القارئة").get_attribute("data-card")
    noura = comes("Noura", "rules_editor")

    page = noura.opens("/console/en/approvals")

    card = page.locator(f"[data-card='{draft}']")
    expect(card).to_contain_text(PAID, timeout=PATIENCE_MS)
    expect(card.locator("[data-action]")).to_have_count(0)
    assert number(page, "mine") == "0"
    expect(page.locator("[data-tile=mine]")).to_be_visible()
    page.locator("[data-tile=mine]").click()
    expect(page.locator("[data-state=empty]")).to_contain_text("Nothing waits for you", timeout=PATIENCE_MS)


def test_an_edit_on_the_page_is_not_lost_to_a_look(visit: Visit, comes: Comes) -> None:
    visit.opens()
    visit.is_a_new_lead(name="عهود المحررة")
    visit.says(PAID)
    draft = visit.card_about("عهود المحررة").get_attribute("data-card")
    fatimah = comes("Fatimah", "approver")
    page = fatimah.opens("/console/approvals")
    card = page.locator(f"[data-card='{draft}']")
    card.locator("[data-action=edit]").click()
    editor = page.locator(f"[data-editor='{draft}']")
    editor.fill("سنتحقق ونعود إليك اليوم.")

    page.wait_for_timeout(5_000)  # two looks of the page pass over it
    expect(editor).to_have_value("سنتحقق ونعود إليك اليوم.")
    editor.press("Control+Enter")

    expect(card.locator("[data-text]")).to_have_text("سنتحقق ونعود إليك اليوم.", timeout=PATIENCE_MS)
    card.locator("[data-action=approve]").click()
    expect(visit.replies.last).to_contain_text("سنتحقق ونعود إليك اليوم.", timeout=PATIENCE_MS)


def test_a_request_of_a_program_is_agreed_to_with_a_word_and_then_done(
    visit: Visit, comes: Comes, running: Running
) -> None:
    visit.opens()
    visit.is_a_new_lead(name="دلال البرنامج")
    visit.says(PAID)
    visit.card_about("دلال البرنامج")
    asked = _ask_to_send(running, "دلال البرنامج", "موعدنا غدًا العاشرة صباحًا")
    fatimah = comes("Fatimah", "approver")
    page = fatimah.opens("/console/approvals")
    card = page.locator(f"[data-approval='{asked}']")
    expect(card).to_contain_text("موعدنا غدًا العاشرة صباحًا", timeout=PATIENCE_MS)

    card.locator("[data-do=approve]").click()
    card.locator("[data-note]").fill("اتفقنا عليه بالهاتف")
    card.locator("[data-sure=approve]").click()

    expect(card).to_have_count(0, timeout=PATIENCE_MS)
    expect(visit.replies.last).to_contain_text("موعدنا غدًا العاشرة صباحًا", timeout=PATIENCE_MS)
    page.locator("[data-tile=decided]").click()
    decided = page.locator(f"[data-approval='{asked}'][data-status=approved]")
    expect(decided).to_contain_text("Fatimah", timeout=PATIENCE_MS)


def _ask_to_send(running: Running, name: str, text: str) -> str:
    """A program asks for a message to be sent; answers the id of the request that waits."""
    token = running.command("token", "--role", "admin", "--as", "Dana").strip()
    with httpx.Client(
        base_url=running.address, headers={"authorization": f"Bearer {token}"}, timeout=20
    ) as program:
        drafts = program.get("/api/v1/drafts").json()["drafts"]
        conversation = next(d["conversation_id"] for d in drafts if d["contact_name"] == name)
        answer = program.post(
            "/api/v1/tasks/send_whatsapp",
            json={"payload": {"conversation_id": conversation, "text": text}, "correlation_id": "from-a-program"},
            headers={"idempotency-key": f"ask-{conversation}"},
        )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["approval_id"])


def test_whoever_stands_in_for_an_approver_decides_and_does_nothing_else(
    visit: Visit, comes: Comes, running: Running
) -> None:
    running.command("users", "add", "Badr", "--role", "approver")
    running.command("users", "add", "Rana", "--role", "agent")
    _lends(running, "Badr", "Rana")
    visit.opens()
    visit.is_a_new_lead(name="مها النيابة")
    visit.says(PAID)
    draft = visit.card_about("مها النيابة").get_attribute("data-card")
    rana = comes("Rana", "agent")
    key = running.command("login", "Rana", "--role", "agent").strip().partition("?")[2]
    rana.presses_a_link(f"{running.address}/console/enter?{key}")
    page = rana.opens("/console/approvals")
    card = page.locator(f"[data-card='{draft}']")
    expect(card.locator("[data-action]")).to_have_count(2, timeout=PATIENCE_MS)

    card.locator("[data-action=approve]").click()

    expect(card).to_have_count(0, timeout=PATIENCE_MS)
    decided = visit.page.locator(f"[data-decided='{draft}']")
    expect(decided).to_contain_text("Rana", timeout=PATIENCE_MS)


def _lends(running: Running, lender: str, borrower: str) -> None:
    now = datetime.now(UTC)
    with httpx.Client(base_url=running.address, timeout=20) as program:
        admin = running.command("token", "--role", "admin", "--as", "Dana").strip()
        users = program.get("/api/v1/users", headers={"authorization": f"Bearer {admin}"}).json()["users"]
        known = next(user["id"] for user in users if user["name"] == borrower)
        own = running.command("token", "--role", "approver", "--as", lender).strip()
        answer = program.post(
            "/api/v1/delegations",
            json={
                "to_id": f"user:{known}",
                "to_name": borrower,
                "from_at": now.isoformat(),
                "until_at": (now + timedelta(days=1)).isoformat(),
            },
            headers={"authorization": f"Bearer {own}", "idempotency-key": f"lend-{known}"},
        )
    assert answer.status_code == 201, answer.text
