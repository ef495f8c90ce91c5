"""An analyst changes rules in a real browser: checked, agreed to by somebody else, in force, taken back."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

LATER = "understanding/names_a_later_time.yml"
# Nobody says so yet, and no page hears it.
PHRASE = "نتفاهم مع طلوع سهيل"
REPLY_AR = "تمام، نرجع لكم بعد الموسم بإذن الله."
REPLY_EN = "All right, we come back to you after the season."


def test_a_phrase_and_a_sentence_are_published_by_two_people_decide_at_once_and_go_back(
    visit: Visit, comes: Comes
) -> None:
    noura, faisal = comes("Noura", "rules_editor"), comes("Faisal", "approver")

    # She finds the page, writes a mistake, and is told at which line.
    noura.opens("/console/book")
    noura.searches("names_a_later_time")
    noura.takes(LATER)
    noura.edits()
    noura.is_told("fine")
    noura.types_at_the_top("x")
    noura.is_told("wrong")
    expect(noura.sees("[data-jump='1']")).to_be_visible()
    noura.page.keyboard.press("Backspace")
    noura.is_told("fine")

    # She adds what people write; its example is run on the spot.
    noura.page.fill("[data-phrase]", PHRASE)
    noura.page.keyboard.press("Enter")
    expect(noura.page.locator("[data-run=true]", has_text=PHRASE)).to_be_visible(timeout=PATIENCE_MS * 2)
    noura.saves()
    noura.names_it("بعد الموسم")

    # She changes the answer in both languages, and sees it as a bubble.
    noura.searches("not_now_reply")
    noura.page.locator("[data-entry$='#not_now_reply']").click()
    noura.edits()
    noura.page.fill("[data-wording=ar]", REPLY_AR)
    noura.page.fill("[data-wording=en]", REPLY_EN)
    expect(noura.page.locator("[data-preview=ar]")).to_have_text(REPLY_AR)
    noura.is_told("fine")
    noura.saves()

    # She asks for a yes; she cannot give it herself.
    assert noura.submits().get_attribute("data-submission") == "passed"
    noura.opens("/console/versions")
    expect(noura.card("بعد الموسم").locator("[data-own-change]")).to_be_visible()
    expect(noura.page.locator("[data-agree]")).to_have_count(0)

    # Somebody else reads what it changes, and agrees.
    faisal.opens("/console/versions")
    before = faisal.in_force
    faisal.card("بعد الموسم").locator("[data-files-of]").click()
    expect(faisal.page.locator(f"[data-changed-file='{LATER}'] .came").first).to_be_visible()
    faisal.agrees("بعد الموسم")
    expect(faisal.page.locator(f"[data-in-force='{before + 1}']")).to_be_visible()
    expect(noura.page.locator(f"[data-in-force='{before + 1}']")).to_be_visible(timeout=PATIENCE_MS)

    # The next message is decided by it, without a restart.
    visit.opens()
    visit.is_a_new_lead()
    visit.says(PHRASE)
    visit.is_understood_as("not_now")
    expect(visit.hears(1)).to_contain_text(REPLY_AR)

    # One action, and it is as it was.
    faisal.rolls_back_to(before)
    visit.is_a_new_lead()
    visit.says(PHRASE)
    visit.hears(1)
    expect(visit.decision).not_to_have_attribute("data-decision", "not_now")
    expect(visit.replies.last).not_to_contain_text(REPLY_AR)


def test_a_page_with_a_mistake_cannot_be_submitted(comes: Comes) -> None:
    noura = comes()
    noura.opens(f"/console/book?page={LATER}")
    noura.edits()
    noura.types_at_the_top("bad: 1\n")
    noura.is_told("wrong")
    noura.saves()
    noura.names_it("تعديل فيه خطأ")

    refused = noura.submits()

    assert refused.get_attribute("data-submission") == "refused"
    expect(refused.locator(".note")).to_contain_text([LATER])
    noura.opens("/console/versions")
    expect(noura.card("تعديل فيه خطأ")).to_have_count(1)
    expect(noura.card("تعديل فيه خطأ").locator("[data-state]")).to_have_count(0)
    expect(
        noura.page.locator("[data-change-card][data-state=submitted]", has_text="تعديل فيه خطأ")
    ).to_have_count(0)
    noura.card("تعديل فيه خطأ").locator("[data-withdraw]").click()
    noura.card("تعديل فيه خطأ").locator("[data-sure]").click()
    expect(noura.page.locator("[data-change-card][data-state=withdrawn]").first).to_be_visible()


def test_two_who_write_one_file_are_told_and_nobodys_words_are_lost(comes: Comes) -> None:
    noura, huda = comes("Noura"), comes("Huda")
    noura.opens(f"/console/book?page={LATER}")
    noura.begins()
    noura.names_it("كتابة اثنتين")
    noura.edits()
    huda.opens(f"/console/book?change={noura.change}&page={LATER}")
    huda.edits()
    huda.types_at_the_top("# by Huda\n")
    noura.types_at_the_top("# by Noura\n")
    noura.saves()

    huda.page.locator("[data-save]").click()

    conflict = huda.sees("[data-conflict]")
    expect(conflict).to_contain_text("حفظ شخص آخر هذا الملف")
    expect(conflict.locator(".went", has_text="by Noura")).to_be_visible()
    expect(huda.code).to_contain_text("by Huda")
    expect(huda.page.locator("[data-dirty=true]")).to_be_visible()

    huda.page.locator("[data-keep-mine]").click()
    expect(huda.page.locator("[data-dirty=false]")).to_be_visible()
    expect(huda.page.locator("[data-conflict]")).to_have_count(0)
    expect(noura.code).to_contain_text("by Huda", timeout=PATIENCE_MS)


def test_typed_words_outlive_a_look_at_another_page(comes: Comes) -> None:
    noura = comes()
    noura.opens(f"/console/book?page={LATER}")
    noura.edits()
    noura.types_at_the_top("# half a thought\n")
    expect(noura.page.locator("[data-dirty=true]")).to_be_visible()

    noura.takes("understanding/accepts_the_proposal.yml")
    expect(noura.page.locator(f"[data-entry='{LATER}'] [data-chip=unsaved]")).to_be_visible()
    noura.takes(LATER)
    noura.edits()

    expect(noura.code).to_contain_text("half a thought")


def test_whoever_may_not_write_reads_which_role_it_takes(comes: Comes) -> None:
    faisal = comes("Faisal", "approver")
    page = faisal.opens(f"/console/en/book?page={LATER}")

    for button in ("[data-begin]", "[data-edit]", "[data-new-page]"):
        expect(page.locator(button)).to_have_attribute("aria-disabled", "true")
        expect(page.locator(button)).to_have_attribute("title", "This takes the role: Rules editor or Admin")
    page.locator("[data-edit]").click(force=True)
    expect(page.locator("[data-editing]")).to_have_count(0)


def test_a_safety_page_is_read_and_can_only_be_added_to(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book?page=safety/a_stop_is_obeyed_at_once.yml")

    expect(page.locator("[data-locked]")).to_contain_text("لا تُستبدل")
    expect(page.locator("[data-edit], [data-status]")).to_have_count(0)
    page.locator("[data-add-safety]").click()
    expect(page.locator("[data-new=chapter]")).to_have_value("safety")


def test_a_search_finds_every_spelling(comes: Comes) -> None:
    noura = comes()
    noura.opens("/console/book")

    counts = set()
    for spelling in ("الغاء", "إلغاء", "إلغــاء"):
        noura.searches(spelling)
        expect(
            noura.page.locator("[data-entry='routing/a_cancelled_meeting_is_confirmed_by_a_human.yml']")
        ).to_be_visible()
        noura.page.wait_for_timeout(500)
        counts.add(noura.page.locator("[data-entry]").count())
    assert len(counts) == 1
    noura.searches("لا شيء كهذا أبدا")
    expect(noura.page.locator("[data-state=empty]").first).to_be_visible()


def test_a_new_page_begins_from_a_template_that_works(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book")
    page.locator("[data-new-page]").click()
    page.fill("[data-new=title]", "من يطلب اتصالا بعد الحصاد")
    page.fill("[data-new=name]", "asks_for_a_call_after_harvest")
    page.fill("[data-new=phrase]", "كلموني عقب الحصاد")
    page.locator("[data-create]").click()

    expect(page.locator("[data-editing='understanding/asks_for_a_call_after_harvest.yml']")).to_be_visible()
    noura.is_told("fine")
    expect(page.locator("[data-run=true]")).to_have_count(2, timeout=PATIENCE_MS * 2)
    page.locator("[data-done]").click()
    expect(page.locator("[data-page] [data-chip=own]")).to_be_visible()
    page.locator("[data-undo]").click()
    expect(page.locator("[data-page]")).to_have_count(0, timeout=PATIENCE_MS)


def test_a_page_is_retired_and_brought_back_by_its_status(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book?page=routing/a_greeting_opens_the_talk.yml")
    page.locator("[data-status]").select_option("retired")
    expect(page.locator("[data-page] [data-chip=retired]")).to_be_visible()
    expect(page.locator("[data-page] [data-chip=replaced]")).to_be_visible()
    page.locator("[data-compare-page]").click()
    expect(page.locator(".sides .came")).to_contain_text("retired")
    page.locator("[data-undo]").click()
    expect(page.locator("[data-page] [data-chip=retired]")).to_have_count(0)


def test_a_refused_change_says_why_and_is_written_on(comes: Comes) -> None:
    noura, faisal = comes("Noura"), comes("Faisal", "approver")
    noura.opens("/console/book?page=wording/replies.yml%23wishes_returned")
    noura.edits()
    noura.page.fill("[data-wording=ar]", "وأنتم بخير، ينعاد عليكم بالصحة.")
    noura.saves()
    noura.names_it("تهنئة أقصر")
    assert noura.submits().get_attribute("data-submission") == "passed"

    faisal.opens("/console/versions")
    faisal.card("تهنئة أقصر").locator("[data-refuse]").click()
    faisal.page.fill("[data-reason]", "الإنجليزية بقيت كما هي")
    faisal.card("تهنئة أقصر").locator("[data-sure]").click()

    noura.opens("/console/versions")
    expect(noura.card("تهنئة أقصر")).to_contain_text("الإنجليزية بقيت كما هي")
    noura.card("تهنئة أقصر").locator("[data-reopen]").click()
    expect(noura.page.locator("[data-change-card][data-state=open]", has_text="تهنئة أقصر")).to_be_visible()


def test_a_change_of_a_file_that_was_published_meanwhile_is_looked_at_again(comes: Comes) -> None:
    noura, huda, faisal = comes("Noura"), comes("Huda"), comes("Faisal", "approver")
    titles = {noura: "شكر أول", huda: "شكر ثان"}
    for analyst, arabic in ((noura, "العفو، يسعدنا ذلك."), (huda, "العفو، في خدمتكم دائمًا.")):
        analyst.opens("/console/book?page=wording/replies.yml%23thanks_reply")
        analyst.edits()
        analyst.page.fill("[data-wording=ar]", arabic)
        analyst.saves()
        analyst.names_it(titles[analyst])
    assert noura.submits().get_attribute("data-submission") == "passed"
    faisal.opens("/console/versions")
    before = faisal.in_force
    faisal.agrees(titles[noura])

    # Huda's page learns of it by itself; what she wrote is not published over it unseen.
    expect(huda.sees("[data-conflicts]")).to_contain_text("wording/own.yml")
    refused = huda.submits()
    assert refused.get_attribute("data-submission") == "refused"
    expect(refused).to_contain_text("wording/own.yml")
    huda.opens("/console/versions")
    huda.card(titles[huda]).locator("[data-files-of]").click()
    expect(huda.card(titles[huda]).locator(".came", has_text="في خدمتكم دائمًا").first).to_be_visible()
    huda.card(titles[huda]).locator("[data-update]").click()
    expect(huda.card(titles[huda]).locator("[data-conflicts]")).to_have_count(0)

    # Any two editions stand side by side; then everything is as it was.
    faisal.page.locator("[data-from-edition]").select_option(str(before))
    faisal.page.locator("[data-to-edition]").select_option(str(before + 1))
    faisal.page.locator("[data-compare-editions]").click()
    compared = faisal.sees(f"[data-compared='{before}-{before + 1}']")
    expect(compared.locator(".came", has_text="يسعدنا ذلك").first).to_be_visible()
    faisal.rolls_back_to(0)


def test_a_sentence_that_two_write_is_shown_before_it_is_replaced(comes: Comes) -> None:
    noura, huda = comes("Noura"), comes("Huda")
    noura.opens("/console/book?page=wording/replies.yml%23take_your_time")
    noura.begins()
    noura.names_it("على راحتكم")
    noura.edits()
    huda.opens(f"/console/book?change={noura.change}&page=wording/replies.yml%23take_your_time")
    huda.edits()
    huda.page.fill("[data-wording=ar]", "نص هدى")
    noura.page.fill("[data-wording=ar]", "نص نورة")
    noura.saves()

    conflict = huda.sees("[data-conflict]")
    expect(conflict).to_contain_text("نص نورة")
    expect(huda.page.locator("[data-wording=ar]")).to_have_value("نص هدى")
    huda.page.locator("[data-keep-mine]").click()
    expect(huda.page.locator("[data-dirty=false]")).to_be_visible()

    noura.page.locator("[data-done]").click()
    expect(noura.page.locator("[data-said=ar]")).to_have_text("نص هدى", timeout=PATIENCE_MS)


def test_a_sentence_over_the_limits_is_counted_and_the_check_says_so(comes: Comes) -> None:
    noura = comes()
    page = noura.opens("/console/book?page=wording/replies.yml%23take_your_time")
    noura.edits()
    page.fill("[data-wording=ar]", "\n".join(["نضمن لكم نتيجة"] * 7))

    expect(page.locator("[lang=ar] .bad[data-count-of=lines]")).to_be_visible()
    wrong = noura.is_told("wrong")
    expect(wrong).to_be_visible()
    expect(page.locator("[data-note=error]").first).to_be_visible()
