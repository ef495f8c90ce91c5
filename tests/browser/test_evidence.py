"""The page of evidence: a pack is assembled, checked, reviewed and taken along; the chain is walked."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser


def conversation_of(running: Running, name: str) -> str:
    token = running.command("token", "--role", "admin", "--as", "Dana").strip()
    answer = httpx.get(
        f"{running.address}/api/v1/drafts", headers={"authorization": f"Bearer {token}"}, timeout=20
    )
    return next(d["conversation_id"] for d in answer.json()["drafts"] if d["contact_name"] == name)


def test_a_pack_is_assembled_checked_reviewed_and_taken_along(
    visit: Visit, comes: Comes, running: Running, tmp_path: Path
) -> None:
    visit.opens()
    visit.is_a_new_lead(name="ريم الأدلة")
    visit.says("حولت المبلغ")
    visit.card_about("ريم الأدلة")
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/evidence")
    page.locator("[data-pack-type]").select_option("incident_response")
    page.locator("[data-pack-entity]").fill(conversation_of(running, "ريم الأدلة"))
    page.locator("[data-assemble]").click()
    pack = page.locator("[data-pack]").first
    expect(pack).to_have_attribute("data-status", "ready", timeout=PATIENCE_MS)
    expect(pack.locator(".pack-item").first).to_be_visible(timeout=PATIENCE_MS)

    pack.locator("[data-verify]").click()
    expect(pack.locator("[data-verdict=valid]")).to_be_visible(timeout=PATIENCE_MS)
    pack.locator("[data-review]").click()
    pack.locator("[data-note]").fill("read, and nothing to add")
    pack.locator("[data-review-sure]").click()
    expect(pack).to_have_attribute("data-status", "reviewed", timeout=PATIENCE_MS)

    with page.expect_download() as taken:
        pack.locator("[data-take=zip]").click()
    with zipfile.ZipFile(io.BytesIO(Path(taken.value.path()).read_bytes())) as found:
        found.extractall(tmp_path)
    program = next(tmp_path.rglob("verify.py"))
    file = next(tmp_path.rglob("pack.json"))
    assert _checked(program, file).returncode == 0
    forged = json.loads(file.read_text(encoding="utf-8"))
    text = json.dumps(forged, ensure_ascii=False).replace("new_lead", "closed_won")
    assert text != json.dumps(forged, ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
    assert _checked(program, file).returncode != 0


def _checked(program: Path, file: Path) -> subprocess.CompletedProcess[str]:
    """By the program that came with the pack, as somebody without us would run it."""
    return subprocess.run(
        [sys.executable, "-I", program.name, file.name],
        cwd=program.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_unknown_record_is_refused_with_a_sentence(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/evidence")
    page.locator("[data-pack-entity]").fill("no-such-record")

    page.locator("[data-assemble]").click()

    expect(page.locator(".toast-bad")).to_be_visible(timeout=PATIENCE_MS)


def test_the_chain_is_walked_on_a_press_and_says_of_how_much(visit: Visit, comes: Comes) -> None:
    visit.opens()
    visit.is_a_new_lead(name="نوف السلسلة")
    visit.says("السلام عليكم")
    visit.hears(1)
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/evidence")

    page.locator("[data-walk]").click()

    expect(page.locator("[data-chain=valid]")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".side .facts")).to_contain_text("Entries")
