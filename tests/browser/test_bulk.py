"""The page of imports: a file is understood, tried, imported and reported, and nothing of it is sent."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser

WORKING_MS = 60_000

ROWS = 4
HEAD = "الجوال;الاسم;الرسالة;ملاحظة داخلية"


def a_file(folder: Path, first_phone: int) -> Path:
    """A table as Excel on Windows writes it, with one row that is wrong."""
    rows = [f"0{first_phone + n};عميل {n};كم السعر؟;x" for n in range(ROWS)]
    file = folder / "old customers.csv"
    file.write_bytes("\r\n".join([HEAD, *rows, "0112345678;خطأ;مرحبا;x"]).encode("utf-16"))
    return file


def test_a_file_is_tried_imported_and_reported(comes: Comes, tmp_path: Path) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/bulk")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    with page.expect_download() as template:
        page.locator("[data-template]").click()
    assert "الجوال" in Path(template.value.path()).read_text("utf-8-sig")

    page.locator(".drop-carrier input[type=file]").set_input_files(a_file(tmp_path, 580_000_100))
    preview = page.locator("[data-preview]")
    expect(preview.locator("tbody tr")).to_have_count(ROWS + 1, timeout=PATIENCE_MS)
    expect(preview.locator("[data-fine=false]")).to_have_count(1)
    expect(page.locator("[data-make]")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("[data-source]")).to_have_value("old customers")

    page.locator("[data-try]").click()
    expect(page.locator("[data-opened-status=done]")).to_be_visible(timeout=WORKING_MS)
    expect(page.locator("[data-results] [data-result=ok]")).to_have_count(ROWS)
    page.locator("[data-tile=error]").click()
    expect(page.locator("[data-results] tbody tr")).to_have_count(1)

    make = page.locator("[data-make]:not([aria-disabled])")
    expect(make).to_be_visible(timeout=PATIENCE_MS)
    make.focus()
    make.press("Enter")
    expect(page.locator("[data-drop]")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-job][aria-pressed=true] [data-status=done]")).to_be_visible(timeout=WORKING_MS)
    expect(page.locator("[data-results]")).to_contain_text("مسودة")
    with page.expect_download() as report:
        page.locator("[data-report=csv]").click()
    told = Path(report.value.path()).read_text("utf-8-sig")
    assert told.count(",ok,") == ROWS and told.count(",error,") == 1


def test_the_command_line_hands_in_and_the_service_does_the_work(running: Running, tmp_path: Path) -> None:
    file, report = a_file(tmp_path, 580_000_300), tmp_path / "told.csv"
    asked = ("bulk", "run", str(file), "--source", "crm", "--as", "noura", "--report", str(report))
    said = running.command(*asked, "--mode", "create-drafts")

    assert "done" in said and "انتهى" in said
    assert report.read_text("utf-8-sig").count(",ok,") == ROWS
    assert "create_drafts" in running.command("bulk", "list")


def test_what_is_no_table_says_so_and_a_phone_has_room_for_the_page(comes: Comes, tmp_path: Path) -> None:
    noura = comes("Noura", "approver")
    page = noura.opens("/console/en/bulk", size=PHONE)
    broken = tmp_path / "notes.csv"
    broken.write_text("a,b\n1,2\n")
    page.locator(".drop-carrier input[type=file]").set_input_files(broken)
    expect(page.locator(".toast-bad")).to_contain_text("no column names the contact", timeout=PATIENCE_MS)
    page.locator(".drop-carrier input[type=file]").set_input_files(a_file(tmp_path, 580_000_200))
    expect(page.locator("[data-preview]")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("[data-try]").click()
    expect(page.locator("[data-opened-status=done]")).to_be_visible(timeout=WORKING_MS)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)


def test_whoever_has_nothing_to_do_with_leads_is_told_so(comes: Comes) -> None:
    page = comes("Layla", "rules_editor").opens("/console/en/bulk")

    expect(page.locator("[data-choose]")).to_have_count(0)
    expect(page.get_by_text("This takes the role")).to_be_visible()
