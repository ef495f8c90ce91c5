"""A page that is wrong is refused, with its file, its line, and what to do."""

from datetime import date

import pytest

from rules.book import Book
from rules.problems import BookError
from rules.verdict import Question

GOOD = """\
id: asks_price
title: Somebody asks the price
status: live
owner: sales
why: People ask.
when:
  - stage: new_lead
  - intent: ask_price
then:
  go: start_qualifying
  say: price_on_request
tests:
  - name: fires
    given: {stage: new_lead, intent: ask_price}
    expect: {stage: qualifying}
  - name: is silent
    given: {stage: new_lead, intent: greeting}
    expect: nothing
"""

# Places in the page where a mistake is put in.
LINE = "intent: ask_price\nthen"
GIVEN = "given: {stage: new_lead, intent: greeting}"
EXPECT = "expect: {stage: qualifying}"


def complaints(folder, content, file="routing/asks_price.yml"):
    folder.text(file, content)
    with pytest.raises(BookError) as failed:
        folder.load()
    return [str(problem) for problem in failed.value.problems]


def test_a_good_page_loads(folder):
    folder.text("routing/asks_price.yml", GOOD)

    assert [page.id for page in folder.load().pages] == ["asks_price", "the_rest", "some_reply"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (LINE, "intnt: ask_price\nthen", 'line 8: unknown fact "intnt". Did you mean "intent"?'),
        (LINE, "intent: ask_prize\nthen", 'unknown intent "ask_prize". Did you mean "ask_price"?'),
        (LINE, "intent: [ask_price, ask_price]\nthen", '"ask_price" stands twice'),
        (LINE, "intent: []\nthen", '"intent" is an empty list'),
        (LINE, "has_secret: yes\nthen", '"has_secret" is true or false, not "yes"'),
        (LINE, "confidence: 0.5\nthen", '"confidence" takes above or below and a number'),
        (LINE, "confidence: {over: 1}\nthen", '"confidence" takes above or below and a number'),
        (LINE, "text_longer_than: long\nthen", '"text_longer_than" takes a whole number'),
        (LINE, "stage: qualified\nthen", "two lines contradict each other"),
        (LINE, "unclear_before: {above: 1, below: 2}\nthen", "two lines contradict each other"),
        ("  - stage: new_lead\n", "  - stage: new_lead\n    intent: greeting\n", "names one fact"),
        ("  - stage: new_lead\n", "  - any: [{stage: new_lead}]\n", "`any` needs a list of two lines or more"),
        ("  - stage: new_lead\n", "  - any: [{any: []}, {stage: new_lead}]\n", "one level deep"),
        ("  - stage: new_lead\n", "", '"start_qualifying" is not possible at closed_lost'),
        ("go: start_qualifying", "go: start_qualifing", 'line 10: unknown event "start_qualifing". Did you mean'),
        ("go: start_qualifying", "go: deal_accepted", 'unknown event "deal_accepted"'),
        ("go: start_qualifying", "propose: deal_accepted", "a proposal waits for an approver. Add a hold"),
        ("go: start_qualifying", "silence: acknowledged", "a page says something or stays silent, not both"),
        ("go: start_qualifying", "flag: opt_outt", 'unknown flag "opt_outt". Did you mean "opt_out"?'),
        ("go: start_qualifying", "act: sync_crmm", 'unknown action "sync_crmm". Did you mean "sync_crm"?'),
        ("go: start_qualifying", "hold: becuase", 'unknown hold reason "becuase"'),
        ("say: price_on_request", "say: price_on_reqest", 'unknown wording "price_on_reqest". Did you mean'),
        ("say: price_on_request", "send: now", 'unknown key in then "send"'),
        ("status: live", "status: alive", 'line 3: unknown status "alive". Did you mean "live"?'),
        ("title: Somebody asks the price\n", "", 'the key "title" is missing'),
        ("owner: sales\nwhy: People ask.", "why: People ask.\nowner: sales", "Keep the key order"),
        ("owner: sales\n", "owner: sales\nprio: 7\n", 'line 5: unknown key "prio"'),
        ("why: People ask.", "why: ''", '"why" must be a sentence or a word'),
        ("when:", "until: someday\nwhen:", '"someday" is not a day'),
        ("id: asks_price", "id: asks_the_price", 'the id "asks_the_price" and the file name "asks_price" differ'),
        ("    expect: nothing", "    expect: {held: true}", "one must fire and one must stay silent"),
        (EXPECT, "expect: {stages: qualifying}", 'unknown result "stages". Did you mean "stage"?'),
        (GIVEN, "given: {stage: newlead}", 'line 17: unknown stage "newlead"'),
        (GIVEN, "given: {unclear_before: no}", '"unclear_before" takes a int'),
        ("  - name: fires\n", "  - nam: fires\n", "line 13: an example has name, given and expect"),
        ("owner: sales", "owner: sales\nowner: me", 'duplicate key "owner"'),
        ("why: People ask.", "why: &w People ask.", "anchors and aliases are not allowed"),
        ("why: People ask.", "why: !!python/name:os.system x", "is not allowed"),
        ("why: People ask.", "why: [", "this is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(folder, old, new, expected):
    assert old in GOOD

    found = complaints(folder, GOOD.replace(old, new, 1))

    assert any(expected in problem for problem in found), found
    assert all(problem.startswith("routing/asks_price.yml line ") for problem in found)


def test_all_mistakes_of_a_book_are_reported_together(folder):
    folder.text("routing/one.yml", GOOD.replace("ask_price\nthen", "ask_prize\nthen"))
    folder.page("approval", "two", "stage: negotiatin", "hold: commercial_stage")
    found = complaints(folder, GOOD.replace("status: live", "status: lively"))

    assert {problem.split(" line ")[0] for problem in found} == {
        "routing/one.yml",
        "approval/two.yml",
        "routing/asks_price.yml",
    }
    assert sum("routing/one.yml" in problem for problem in found) == 2  # the intent, and the file name


@pytest.mark.parametrize(
    ("chapter", "then", "expected"),
    [
        ("approval", "say: clarify", "A page of the chapter approval may say: hold, flag."),
        ("follow_up", "hold: complaint", "A page of the chapter follow_up may say: act."),
        ("replies", "go: parked", "A page of the chapter replies may say: say, silence."),
    ],
)
def test_a_chapter_has_no_say_outside_its_business(folder, chapter, then, expected):
    folder.page(chapter, "meddles", "stage: new_lead", then)

    with pytest.raises(BookError, match=expected):
        folder.load()


def test_a_page_may_name_a_page_of_understanding_and_only_one_that_exists(folder):
    folder.page("routing", "about_privacy", "heard: privacy_questoin", "hold: legal_question")

    with pytest.raises(BookError, match='unknown heard "privacy_questoin"'):
        folder.load()


def test_a_folder_that_is_no_chapter_is_refused(folder):
    found = complaints(folder, GOOD, file="rooting/asks_price.yml")

    assert 'unknown chapter "rooting". Did you mean "routing"?' in found[0]


def test_a_safety_page_without_a_place_in_the_order_is_refused(folder):
    folder.page("safety", "first", "intent: complaint", "say: complaint_apology; hold: complaint")
    folder.order("frist")

    with pytest.raises(BookError) as failed:
        folder.load()

    assert 'the safety page "first" is not in safety/order.yml' in str(failed.value)
    assert 'unknown safety page "frist". Did you mean "first"?' in str(failed.value)


def test_two_pages_that_could_both_win_refuse_to_load(folder):
    folder.page("routing", "one", "stage: new_lead; intent: ask_price", "say: price_public")
    folder.page("routing", "two", "stage: [new_lead, qualified]; intent: [ask_price, greeting]", "say: clarify")

    with pytest.raises(BookError, match='it can fire together with "two"'):
        folder.load()


def test_two_pages_that_decide_alike_or_exclude_each_other_load(folder):
    folder.page("routing", "one", "stage: new_lead; intent: ask_price", "say: price_public")
    folder.page(
        "routing", "two", "stage: [new_lead, qualified]; intent: [ask_price, greeting]", "say: price_public"
    )
    folder.page("routing", "three", "stage: new_lead; unclear_before: {above: 1}", "say: clarify")
    folder.page("routing", "four", "stage: new_lead; unclear_before: {below: 2}", "silence: acknowledged")

    assert len(folder.load().pages) == 6


def test_a_message_without_any_page_is_impossible(folder):
    folder.page("routing", "the_rest", "stage: new_lead", "hold: not_understood")

    with pytest.raises(BookError, match="no page here fires always"):
        folder.load()


def test_a_page_dies_with_its_season(folder):
    folder.page("routing", "ramadan", "intent: greeting", "say: greeting_short", extra="until: 2027-03-09\n")

    alive = folder.load(today=date(2027, 3, 9))
    dead = folder.load(today=date(2027, 3, 10))

    assert "ramadan" in [page.id for page in alive.pages]
    assert "ramadan" not in [page.id for page in dead.pages]
    assert alive.version != dead.version


def test_a_page_of_the_next_season_is_not_used_yet(folder):
    folder.page("routing", "eid", "intent: greeting", "say: greeting_short", extra="since: 2027-03-09\n")

    before, first_day = folder.load(today=date(2027, 3, 8)), folder.load(today=date(2027, 3, 9))

    assert "eid" not in [page.id for page in before.pages]
    assert "eid" in [page.id for page in first_day.pages]


def test_a_season_that_ends_before_it_begins_is_refused(folder):
    season = "since: 2027-03-09\nuntil: 2027-03-08\n"
    folder.page("routing", "eid", "intent: greeting", "say: greeting_short", extra=season)

    with pytest.raises(BookError, match="ends before it begins"):
        folder.load()


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_drafts_and_retired_pages_have_no_effect_but_must_be_readable(folder, means, status):
    folder.page("routing", "resting", "intent: greeting", "say: greeting_short", status=status)
    assert "resting" not in [page.id for page in folder.load().pages]

    folder.page("routing", "resting", "intent: greetin", "say: greeting_short", status=status)
    with pytest.raises(BookError, match="Did you mean"):
        folder.load()


def test_a_layer_replaces_a_page_by_its_id_and_adds_its_own(folder, means, tmp_path):
    folder.page("routing", "greets", "intent: greeting", "say: greeting_short")
    layer = type(folder)(tmp_path / "tenant")
    (layer.path / "routing/the_rest.yml").unlink()
    (layer.path / "replies/some_reply.yml").unlink()
    layer.page("routing", "greets", "intent: greeting", "say: greeting_and_offer")
    layer.page("routing", "thanks", "intent: thanks", "say: thanks_reply")

    plain, laid = folder.load(), folder.load(tenant_layers=[layer.path])

    hello = Question(text="hi")
    assert plain.judge(hello, means("greeting")).say == "greeting_short"
    assert laid.judge(hello, means("greeting")).say == "greeting_and_offer"
    assert laid.judge(hello, means("thanks")).say == "thanks_reply"
    assert plain.version != laid.version


def test_the_version_follows_every_content_and_no_formatting(folder):
    folder.text("routing/asks_price.yml", GOOD)
    first = folder.load().version

    folder.text(
        "routing/asks_price.yml",
        "# a comment\n"
        + GOOD.replace("{stage: new_lead, intent: greeting}", "{stage: new_lead,  intent: 'greeting'}"),
    )
    assert first == folder.load().version

    folder.text("routing/asks_price.yml", GOOD.replace("People ask.", "People do ask."))
    assert first != folder.load().version
    assert folder.load().version != folder.load(wordings_version="other sentences").version


def test_a_file_that_is_no_text_is_refused(folder):
    (folder.path / "routing/bad.yml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BookError, match=r"routing/bad.yml line 1: the file is not UTF-8"):
        folder.load()


def test_checking_a_book_returns_its_problems(folder):
    assert Book.check(folder.path) == ()

    folder.page("approval", "two", "stage: negotiatin", "hold: commercial_stage")
    assert [problem.file for problem in Book.check(folder.path)] == ["approval/two.yml"]


@pytest.mark.parametrize(
    ("chapter", "then", "expected"),
    [
        ("routing", "say: clarify; flag: opt_out", "only a safety page"),
        ("routing", "go: opted_out; say: clarify", "only a safety page"),
        ("approval", "hold: complaint; flag: resume_consent", "only a safety page"),
        ("routing", "say: clarify; flag: resume_consent", "only a safety page"),
        ("safety", "say: opt_out_confirmation; flag: opt_out", "Write both"),
        ("safety", "go: opted_out; say: opt_out_confirmation", "Write both"),
        ("safety", "go: opted_out; say: clarify; flag: opt_out", "confirmed at once"),
        (
            "safety",
            "go: opted_out; say: opt_out_confirmation; hold: complaint; flag: opt_out",
            "confirmed at once",
        ),
    ],
)
def test_a_stop_is_safetys_alone_and_whole(folder, chapter, then, expected):
    folder.page(chapter, "mine", "stage: new_lead", then)

    with pytest.raises(BookError, match=expected):
        folder.load()


def test_a_layer_lets_nobody_be_written_to_again(folder, tmp_path):
    layer = type(folder)(tmp_path / "clinic")
    (layer.path / "routing/the_rest.yml").unlink()
    (layer.path / "replies/some_reply.yml").unlink()
    layer.page("safety", "mine", "stage: opted_out", "say: opt_out_resumed; flag: resume_consent")

    with pytest.raises(BookError, match="written to again"):
        folder.load(tenant_layers=[layer.path])


def test_a_layer_adds_safety_pages_and_replaces_none(folder, tmp_path):
    folder.page("safety", "ours", "intent: complaint", "say: complaint_apology; hold: complaint")
    layer = type(folder)(tmp_path / "clinic")
    (layer.path / "routing/the_rest.yml").unlink()
    (layer.path / "replies/some_reply.yml").unlink()
    layer.page("safety", "theirs", "intent: partnership", "say: partnership_reply; hold: partnership")
    assert "theirs" in [page.id for page in folder.load(tenant_layers=[layer.path]).pages]

    layer.page("safety", "ours", "intent: greeting", "say: clarify")
    layer.order("theirs")
    with pytest.raises(BookError, match="cannot be replaced"):
        folder.load(tenant_layers=[layer.path])
