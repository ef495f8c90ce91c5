"""What is said is complete, short enough for a phone, said by somebody, and claims nothing without a basis."""

import pytest

from rules.checks import WordingFacts, claims_in, examine
from tests.rules.checks.conftest import LIFECYCLE


@pytest.mark.parametrize(
    ("blank", "when", "is_filled"),
    [
        ("price", "intent: ask_price", False),
        ("price", "intent: ask_price; has_public_price: true", True),
        ("question", "intent: ask_price", False),
        ("question", "intent: ask_price; slots_missing: {above: 0}", True),
        ("question", "intent: ask_price; slots_filled: {below: 5}", True),
        ("question", "intent: ask_price; slots_filled: {above: 1}", False),
        ("steps", "intent: ask_price", False),
        ("company", "intent: ask_price", True),
        ("first_time", "intent: ask_price", False),
    ],
)
def test_a_blank_is_filled_where_the_page_says_so(small, blank, when, is_filled):
    small.page("routing", "price", when, "say: price_public")
    small.says("price_public", ar=f"{{{blank}}}", en=f"{{{blank}}}", blanks=(blank,))

    found = small.found("empty_blank")

    assert [(f.file, f.level) for f in found] == ([] if is_filled else [("routing/price.yml", "error")])


def test_a_blank_may_be_filled_because_others_take_the_rest(small):
    small.page("routing", "price", "intent: ask_price", "say: price_public")
    small.page("routing", "quote", "intent: ask_price; has_public_price: false", "say: price_on_request")
    small.says("price_public", blanks=("price",))

    assert small.found("empty_blank") == []


def test_who_asks_on_needs_no_open_question(small):
    small.page("routing", "answers", "stage: qualifying; intent: qualified", "say: ask_next_question")
    small.says("ask_next_question", blanks=("question",))

    assert small.found("empty_blank") == []


def test_a_reply_is_looked_at_where_routing_leaves_it_the_words(small):
    small.says("not_understood_draft", blanks=("price",))

    (finding,) = small.found("empty_blank")

    assert finding.file == "replies/some_reply.yml"


@pytest.mark.parametrize(
    ("text", "rest", "flaw"),
    [
        ("مرحبا", {}, ""),
        ("س\n" * 5 + "س", {}, "has 6 lines"),
        ("كلمة " * 61, {}, "has 61 words"),
        ("🙏🙏🙏", {}, "has 3 emoji"),
        ("كيف؟ ومتى؟", {}, "has 2 questions"),
        ("متى؟ {question}", {}, "has 2 questions"),
        ("كلمة " * 50 + "{question}", {}, "has 61 words"),
        ("س\nس\nس\nس\nس\n{question}", {}, "has 6 lines"),
        ("س" * 1025, {"buttons": ("one",)}, "has 1025 characters"),
        ("س" * 1025, {}, ""),
        ("س", {"buttons": ("a", "b", "c", "d")}, "has 4 buttons"),
    ],
)
def test_a_sentence_is_measured_as_the_contact_sees_it(small, text, rest, flaw):
    small.says("clarify", ar=text, **rest)
    small.says("slot.short", ar="كم عميل عندكم؟")
    small.says("slot.long", ar="كم تقريبا عدد العملاء اللي يراسلونكم بالشهر وإذا ما تعرفون قولوا؟")

    found = small.found("too_long")

    assert [f.level for f in found] == (["error"] if flaw else [])
    assert all(flaw in str(f) and '"clarify" in ar' in str(f) for f in found)


def test_the_title_of_a_button_has_twenty_characters(small):
    small.says("button.stop", ar="س" * 20, en="s" * 21)

    (finding,) = small.found("too_long")

    assert '"button.stop" in en has 21 characters' in str(finding)


def test_what_only_our_people_read_may_be_long(small):
    small.says("hold.complaint", ar="كلمة " * 90)

    assert small.found("too_long") == []


def test_a_sentence_that_no_page_says_is_told(small):
    small.says("clarify")
    small.says("follow_up_first", is_said_elsewhere=True)
    small.says("hold.complaint")
    small.says("not_understood_draft")

    assert [str(f).split('"')[1] for f in small.found("unused_wording")] == ["clarify"]
    assert small.found("unused_wording")[0].level == "warning"


def test_the_registry_of_claims_is_asked_about_every_text(small):
    def lint(text: str, language: str) -> list[str]:
        return [f"{language} promises"] if "guarantee" in text else []

    small.says("clarify", en="We guarantee it.")
    small.says("hold.complaint", en="a guarantee that our people read")

    found = examine(small.load(backend="reference"), LIFECYCLE, small.sentences, lint=lint)

    assert [str(f) for f in found if f.code == "claim"] == ['replies.yml line 1: "clarify" in en: en promises']
    assert claims_in([WordingFacts("draft", "نضمن", "fine")], lint) == ()
    assert len(claims_in([WordingFacts("draft", "guarantee", "guarantee")], lint)) == 2
