"""Shadow pages of understanding: heard in a rehearsal, and without any effect on what is understood."""

from rules.language.page import UnderstandingPage
from rules.language.understanding import Understander

SETS = ("negators", "nominal_negators", "carries_negation", "conditions", "future_marks")
PHRASES = ("idioms", "fillers", "question_openers", "stop_buttons")
WORDS = {**dict.fromkeys(SETS, ("ما",)), **dict.fromkeys(PHRASES, ("لو سمحت",))}
NO_ANSWERS = {"answers": {}, "openings": {}, "by_expects": {}, "by_stage": {}}


def page(name, status, says, intent):
    mapping = {
        "id": name, "title": name, "status": status, "owner": "sales", "why": "x",
        "when": [{"says": [says]}], "then": {"understand": intent, "confidence": 0.9},
        "tests": [
            {"name": "hears", "given": {"says": says}, "expect": {"intent": intent}},
            {"name": "is silent", "given": {"says": "b"}, "expect": "nothing"},
        ],
    }  # fmt: skip
    return UnderstandingPage.from_mapping(mapping, f"understanding/{name}.yml", lambda path: 1)


def understander(*pages):
    return Understander.load(pages, WORDS, {}, NO_ANSWERS, ["complaint", "ask_price", "interested"])


PRICE = page("a_price", "live", "السعر", "ask_price")


def test_a_shadow_page_is_heard_in_a_rehearsal_only():
    both = understander(PRICE, page("b_anger", "shadow", "زعلان", "complaint"))
    assert both.understand("زعلان كم السعر").primary.name == "ask_price"
    assert both.pages_that_fire("زعلان كم السعر") == ("a_price",)

    rehearsed = both.rehearse("زعلان كم السعر")

    assert [(found.page, found.name, found.words) for found in rehearsed.heard] == [
        ("b_anger", "complaint", ("زعلان",))
    ]
    assert rehearsed.understanding.primary.name == "complaint"


def test_nothing_is_rehearsed_where_no_shadow_page_hears():
    both = understander(PRICE, page("b_anger", "shadow", "زعلان", "complaint"))
    assert both.rehearse("كم السعر") is None
    assert understander(PRICE).rehearse("زعلان") is None


def test_a_draft_and_a_retired_page_are_not_even_rehearsed():
    three = understander(
        PRICE, page("b_anger", "draft", "زعلان", "complaint"), page("c_anger", "retired", "زعلان", "complaint")
    )
    assert three.rehearse("زعلان") is None


def test_the_words_of_a_shadow_page_change_nothing_for_the_live_ones():
    """«السعز» is a mistyped «السعر» only as long as no live page knows the word."""
    mistyped = page("a_price", "live", "السعر~", "ask_price")
    alone = understander(mistyped)
    beside = understander(mistyped, page("b_other", "shadow", "السعز", "interested"))
    assert alone.understand("السعز").primary.name == "ask_price"
    assert beside.understand("السعز") == alone.understand("السعز")
    assert beside.rehearse("السعز").heard[0].name == "interested"
