"""A stop is obeyed from every stage, in every way, before everything else, or the book is refused."""

import pytest

from rules.checks import examine
from tests.rules.checks.conftest import LIFECYCLE


def test_the_pages_of_a_stop_cover_every_stage(small):
    small.stops()

    assert small.found("stop_missed") == []
    assert small.found("stop_overtaken") == []


def test_a_book_without_them_misses_every_kind_of_stop(small):
    found = small.found("stop_missed")

    assert [finding.level for finding in found] == ["error"] * 3
    assert all("new_lead, qualifying," in str(finding) and "opted_out" not in str(finding) for finding in found)


def test_a_stage_that_is_left_out_is_named(small):
    small.stops()
    small.page(
        "safety",
        "stop",
        "stage: {is_not: [opted_out, pilot_active]}; any: [{opt_out: hard}, {button: opt_out_yes}]",
        "go: opted_out; say: opt_out_confirmation; flag: opt_out",
    )

    found = small.found("stop_missed")

    assert [str(f).split(" is not obeyed")[0].split(": ")[1] for f in found] == [
        "a stop in words",
        "the stop button",
    ]
    assert all("at pilot_active." in str(finding) for finding in found)


def test_a_doubtful_stop_that_nobody_notices_is_named(small):
    small.stops()
    small.page(
        "safety", "perhaps", "stage: new_lead; opt_out: suspected", "say: opt_out_check; flag: suspect_opt_out"
    )

    (finding,) = small.found("stop_missed")

    assert "a doubtful stop" in str(finding)
    assert "at qualifying" in str(finding)


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("also_intent: complaint", "a stop in words"),
        ("stage: negotiating", "a stop in words"),
        ("opt_out: suspected; kind: text", "a doubtful stop"),
        ("button: opt_out_yes; stage: new_lead", "a stop in words"),
    ],
)
def test_a_page_above_a_stop_is_refused(small, when, kind):
    small.stops()
    small.page("safety", "meddles", when, "say: complaint_apology; hold: complaint")
    assert small.found("stop_overtaken") == []

    small.order("meddles", "gone", "stop", "perhaps")
    found = small.found("stop_overtaken")

    assert [(f.file, f.level) for f in found] == [("safety/meddles.yml", "error")]
    assert kind in str(found[0])


def test_a_page_above_a_stop_that_never_meets_one_may_stay(small):
    small.stops()
    small.page("safety", "no_doubt", "opt_out: ''; has_secret: true", "say: secret_warning; flag: secret")
    small.page("safety", "goes_on", "button: opt_out_no", "say: opt_out_resumed; flag: resume_consent")
    small.order("no_doubt", "goes_on", "gone", "stop", "perhaps")

    assert small.found("stop_overtaken") == []


def test_what_a_tenant_lays_over_the_book_does_not_overtake_a_stop(small, tmp_path):
    small.stops()
    layer = type(small)(tmp_path / "clinic")
    (layer.path / "routing/the_rest.yml").unlink()
    (layer.path / "replies/some_reply.yml").unlink()
    layer.page("safety", "own_rule", "also_intent: complaint", "say: complaint_apology; hold: complaint")

    assert small.found("stop_overtaken", tenant_layers=[layer.path]) == []
    assert small.found("stop_missed", tenant_layers=[layer.path]) == []


def test_official_words_are_put_to_the_book(small):
    small.stops()
    small.hears(
        "stop_words", "<< (ايقاف|قف|stop|unsubscribe|الغا الاشتراك) >>", means="unsubscribe", says="إيقاف"
    )
    assert small.found("stop_not_understood") == []

    small.hears(
        "stop_words", "<< (ايقاف|stop) >>", means="unsubscribe", says="إيقاف", when="stage: [new_lead, qualified]"
    )
    found = small.found("stop_not_understood")

    assert {finding.level for finding in found} == {"error"}
    assert {str(f).split("«")[1].split("»")[0] for f in found} >= {"قف", "UNSUBSCRIBE", "إيقاف", "STOP"}
    assert all("new_lead" not in str(f) for f in found if "«STOP»" in str(f))


@pytest.mark.parametrize(
    ("when", "is_a_wish"),
    [
        ("stage: opted_out; heard: wants_back; opt_out: ''", True),
        ("button: opt_out_no", True),
        ("expects: opt_out_check; answer: [no]", True),
        ("any: [{button: opt_out_no}, {expects: opt_out_check, answer: [no]}]", True),
        ("stage: opted_out; heard: wants_back", False),  # with a stop in the same message
        ("stage: opted_out; answer: [yes]", False),
        ("expects: opt_out_check; answer: [no, yes]", False),
        ("any: [{button: opt_out_no}, {intent: greeting}]", False),
        ("stage: opted_out", False),
    ],
)
def test_only_an_explicit_wish_brings_a_contact_back(small, when, is_a_wish):
    small.stops()
    small.hears("wants_back", "تشغيل", means="replied_positive")
    small.page("safety", "back", when, "say: welcome_back; flag: resume_consent")
    if "opt_out_check" in when:
        small.order("gone", "stop", "back", "perhaps")
    else:
        small.order("back", "gone", "stop", "perhaps")

    found = [(f.file, f.level) for f in small.found("brought_back")]

    assert found == ([] if is_a_wish else [("safety/back.yml", "error")])


def test_the_question_about_stopping_offers_both_buttons(small):
    small.stops()
    small.says("opt_out_check", expects="opt_out_check", buttons=("opt_out_yes", "opt_out_no"))
    assert small.found("stop_question") == []

    small.says("opt_out_check", expects="yes_no", buttons=("opt_out_yes",))
    (finding,) = small.found("stop_question")
    assert (finding.file, finding.level) == ("replies.yml", "error")


def test_the_shipped_book_obeys_every_stop(shipped, sentences):
    found = examine(shipped, LIFECYCLE, sentences)

    assert [str(f) for f in found if f.code.startswith("stop_")] == []


@pytest.mark.parametrize("borrowed", [{"expects": "opt_out_check"}, {"buttons": ("opt_out_no",)}])
def test_no_other_sentence_asks_the_question_about_stopping(small, borrowed):
    small.says("opt_out_check", expects="opt_out_check", buttons=("opt_out_yes", "opt_out_no"))
    assert small.found("stop_question_borrowed") == []

    small.says("greeting_short", **borrowed)
    (finding,) = small.found("stop_question_borrowed")

    assert finding.level == "error" and '"greeting_short"' in str(finding)


@pytest.mark.parametrize(
    "key", ["opt_out_check", "opt_out_confirmation", "button.opt_out_yes", "button.opt_out_no"]
)
def test_the_sentences_about_a_stop_are_the_books_own(small, key):
    small.says(key)
    assert small.found("stop_reworded") == []

    small.says(key, is_changed=True)
    assert [finding.level for finding in small.found("stop_reworded")] == ["error"]


def test_other_sentences_are_the_tenants_to_change(small):
    small.says("greeting_short", is_changed=True)

    assert small.found("stop_reworded") == []


@pytest.mark.parametrize(
    ("ar", "en", "lacking"),
    [
        ("هلا. للإيقاف اكتبوا «إيقاف».", "Hello. Write STOP to end this.", []),
        ('هلا. اكتبوا "إيقاف".', 'Hello. Write "stop".', []),
        ("هلا. اكتبوا STOP.", "Hello. UNSUBSCRIBE ends this.", []),
        ("هلا وينكم", "Hello. Write STOP.", ["ar"]),
        ("هلا. اكتبوا «إيقاف».", "where are you", ["en"]),
        ("لن نفكر في إيقاف العرض", "We never stop. NONSTOP!", ["ar", "en"]),
    ],
)
def test_every_follow_up_says_how_to_stop_in_both_languages(small, ar, en, lacking):
    small.says("follow_up_fourth", ar=ar, en=en)

    found = small.found("follow_up_without_a_stop")

    assert [f.level for f in found] == ["error"] * len(lacking)
    assert all(f"in {language} " in str(f) for language, f in zip(lacking, found, strict=True))


def test_the_shipped_follow_ups_say_how_to_stop(shipped, sentences):
    codes = {finding.code for finding in examine(shipped, LIFECYCLE, sentences)}

    assert codes.isdisjoint({"follow_up_without_a_stop", "stop_reworded", "stop_question_borrowed"})
