"""The pages of knowledge and sales: written by one, approved by another, found, and handed out as it stands."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser

BODY = "نعم، نصلح المظلات خلال يومين."


def fills(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[data-field={name}]").fill(value)


def test_an_article_is_written_found_and_approved_on_the_page(comes: Comes, running: Running) -> None:
    noura = comes("Noura", "rules_editor")
    page = noura.opens("/console/knowledge")
    expect(page.locator("[data-state=empty]")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("[data-new]").click()
    fills(page, id="umbrella-repair", title_ar="إصلاح المظلات", body_ar=BODY, tags="صيانة، مظلة", source="")
    page.locator("[data-save]").click()
    reading = page.locator("[data-reading=umbrella-repair]")
    expect(reading).to_have_attribute("data-status", "draft", timeout=PATIENCE_MS)
    reading.locator("[data-do=submit]").click()
    expect(page.locator(".toast-bad")).to_contain_text("مصدر", timeout=PATIENCE_MS)
    reading.locator("[data-do=edit]").click()
    fills(page, source="دليل الورشة", expires_at="2099-01-31")
    page.keyboard.press("Control+S")
    expect(reading).to_contain_text("دليل الورشة", timeout=PATIENCE_MS)
    reading.locator("[data-do=submit]").click()
    expect(reading).to_have_attribute("data-status", "submitted", timeout=PATIENCE_MS)
    expect(reading.locator("[data-do=approve]")).to_have_attribute("aria-disabled", "true")
    assert not noura.scrolls_sideways()

    sami = comes("Samir", "approver")
    theirs = sami.opens("/console/en/knowledge?show=waits", size=PHONE)
    theirs.locator("[data-open=umbrella-repair]").click(timeout=PATIENCE_MS)
    reading = theirs.locator("[data-reading=umbrella-repair]")
    reading.locator("[data-do=send_back]").click()
    reading.locator("[data-why]").fill("again")
    reading.locator("[data-sure=send_back]").click()
    expect(reading).to_have_attribute("data-status", "draft", timeout=PATIENCE_MS)
    page.locator("[data-reading=umbrella-repair] [data-do=submit]").click(timeout=PATIENCE_MS)
    expect(reading).to_have_attribute("data-status", "submitted", timeout=PATIENCE_MS)
    reading.locator("[data-do=approve]").click()
    expect(reading).to_have_attribute("data-status", "approved", timeout=PATIENCE_MS)
    theirs.locator("[data-ask]").fill("تصلحون المظلة؟")
    theirs.locator("[data-ask-do]").click()
    expect(theirs.locator("[data-told=answered]")).to_contain_text(BODY, timeout=PATIENCE_MS)
    theirs.locator("[data-ask]").fill("وش رايكم في سوق الاسهم؟")
    theirs.locator("[data-ask]").press("Enter")
    expect(theirs.locator("[data-told=no_source]")).to_be_visible(timeout=PATIENCE_MS)
    assert not sami.scrolls_sideways()

    page.locator("[data-tile=mend]").click()
    expect(page.locator("[data-article=umbrella-repair]")).to_contain_text("إنجليزي", timeout=PATIENCE_MS)
    reading = page.locator("[data-reading=umbrella-repair]")
    reading.locator("[data-do=edit]").click()
    fills(page, body_ar="نصلح المظلات خلال ثلاثة أيام.")
    page.locator("[data-save]").click()
    expect(reading.locator("[data-version-of='2']")).to_have_attribute(
        "aria-pressed", "true", timeout=PATIENCE_MS
    )
    reading.locator("[data-version-of='1']").click()
    expect(reading).to_contain_text(BODY, timeout=PATIENCE_MS)
    reading.locator("[data-version-of='2']").click()
    reading.locator("[data-do=discard]").click()
    reading.locator("[data-sure=discard]").click()
    expect(reading).to_have_count(0, timeout=PATIENCE_MS)
    page.locator("[data-tile=answers]").click()
    page.locator("[data-open=umbrella-repair]").click(timeout=PATIENCE_MS)
    reading.locator("[data-do=retire]").click()
    reading.locator("[data-sure=retire]").click()
    expect(reading).to_have_attribute("data-status", "retired", timeout=PATIENCE_MS)
    told = running.command("knowledge", "search", "تصلحون المظلات؟")
    assert "No approved source" in told, "the database says the same"


def test_the_sales_pack_is_previewed_copied_and_downloaded(comes: Comes) -> None:
    noura = comes("Noura", "rules_editor")
    page = noura.opens("/console/sales")
    inside = page.frame_locator("[data-preview=one_pager]")
    expect(inside.locator("[data-claim=people_decide]")).to_contain_text("فريقكم", timeout=PATIENCE_MS)
    assert inside.locator("html").get_attribute("dir") == "rtl"
    page.locator("[data-copy=claim-people_decide]").click()
    expect(page.locator(".toast")).to_be_visible(timeout=PATIENCE_MS)
    assert "فريقكم" in page.evaluate("getSelection().toString()")
    page.locator("[data-show=hub]").click()
    page.locator("[data-pack-language=en]").click()
    hub = page.frame_locator("[data-preview=hub][data-language=en]")
    expect(hub.locator("[data-answer=price]")).to_contain_text("smaller scope", timeout=PATIENCE_MS)
    expect(hub.locator("[data-weight=monthly_budget_sar]")).to_contain_text("30")
    with page.expect_download() as saving:
        page.locator("[data-download=html]").click()
    assert "Marketer hub" in saving.value.path().read_text(encoding="utf-8")
    printed = page.locator("[data-preview]").evaluate(
        "f => new Promise(done => { f.contentWindow.print = () => done(true);"
        " document.querySelector('[data-print]').click(); })"
    )
    assert printed and not noura.scrolls_sideways()
