"""Whatever a tenant lays over the book, a stop is heard as the book hears it, and nobody is brought back."""

import json

import pytest

from rules.book import DEFAULT_PATH, Book
from rules.layers import Layer, folder
from rules.problems import BookError
from rules.verdict import Question

BASE = folder(DEFAULT_PATH)
STOPS = [
    "وقفوا الرسايل نهائيا",
    "لا، وقفوا الرسايل",
    "نهائيا لا ترسلون لي شي",
    "احذفوا رقمي نهائيا",
    "لاترسلون لي رسايل",
    "الغاء الاشتراك",
    "stop messaging me forever",
    "unsubscrib me",
    "wagfo alrasayel",
    "STOP",
]


def page(name, *phrases, understand="interested", more="", then="", stage="new_lead"):
    listed = "".join(f"      - {json.dumps(phrase, ensure_ascii=False)}\n" for phrase in phrases)
    text = (
        f"id: {name}\ntitle: A page\nstatus: live\nowner: sales\nwhy: Because.\nwhen:\n  - says:\n{listed}{more}"
        f"then:\n  understand: {understand}\n  confidence: 0.95\n{then}tests:\n"
        f'  - name: hears\n    given: {{says: "x", stage: {stage}}}\n    expect: {{intent: {understand}}}\n'
        f'  - name: silent\n    given: {{says: "سس"}}\n    expect: nothing\n'
    )
    return {f"understanding/{name}.yml": text}


def laid(own) -> Book:
    return Book.of([BASE, Layer("clinic", own)] if own else [BASE], backend="reference")


def refused(own) -> list[str]:
    with pytest.raises(BookError) as failed:
        laid(own)
    return [str(problem) for problem in failed.value.problems]


@pytest.fixture(scope="module")
def shipped() -> Book:
    return laid({})


def hears(book, text, stage="qualifying", **more):
    return book.decide(Question(text=text, stage=stage, **more))


# Pages


@pytest.mark.parametrize(
    "name", ["asks_for_messages_again", "refuses_our_first_message", "stop_the_messages", "perhaps_stop"]
)
def test_the_pages_that_say_who_is_written_to_are_the_books_own(name):
    (problem,) = refused(page(name, "وش الجديد", understand="replied_positive"))

    assert problem.startswith(f"clinic:understanding/{name}.yml line 1: ")
    assert "cannot be replaced" in problem and "another id" in problem


def test_other_pages_of_words_are_replaced_as_before(shipped):
    own = laid(page("greets", "مرحبتين وسهلا", understand="greeting"))

    assert hears(own, "مرحبتين وسهلا").intent == "greeting"
    assert hears(own, "وعليكم السلام").intent != hears(shipped, "وعليكم السلام").intent == "greeting"


# Sets


@pytest.mark.parametrize(
    "name",
    [
        "someone_else_asks", "only_for_a_while", "wants_a_person_instead", "later_time",
        "negators", "nominal_negators", "carries_negation", "idioms", "fillers", "question_openers", "conditions",
        "future_marks", "stop_buttons",
    ],
)  # fmt: skip
def test_words_with_which_a_stop_could_be_talked_away_are_added_to_no_set(name):
    (problem,) = refused({"words.yml": f"# ours\nanother: [كلمه]\n{name}: [نهائيا, forever]\n"})

    assert problem == (
        f'clinic:words.yml line 3: opt-outs are heard by means of "{name}", so no words can be added to it. '
        "Write a set of your own."
    )


def test_a_copy_of_our_words_with_a_set_of_ones_own_is_no_change_of_ours(shipped):
    words = BASE.files["words.yml"] + "\nour_offers: [باقتنا]\n"
    lexemes = BASE.files["lexemes.yml"] + "\nour_branch:\n  noun: [فرعنا]\n"
    own = laid(
        {"words.yml": words, "lexemes.yml": lexemes, **page("ours", "@our_offers", understand="ask_price")}
    )

    assert hears(own, "باقتنا").intent == "ask_price"
    assert all(hears(own, text).flags == hears(shipped, text).flags for text in STOPS)


def test_a_set_that_no_stop_depends_on_grows(shipped):
    ours = page("ours", "@other_company خاتمه", understand="ask_price")
    own = laid({"words.yml": "other_company: [دكتورنت]\n", **ours})

    assert "ours" in [reason.page for reason in hears(own, "دكتورنت خاتمه", "new_lead").because]
    assert all(hears(own, text).flags == hears(shipped, text).flags for text in STOPS)


# Whatever else changes what a word is


def _lexemes(kind: str) -> dict[str, str]:
    words = sorted({word for text in STOPS for word in text.replace("،", " ").split()})
    return {"lexemes.yml": f"ours:\n  {kind}: {json.dumps(words, ensure_ascii=False)}\n"}


_EVERY_WORD = sorted({word for text in STOPS for word in text.replace("،", " ").split()})

LAYERS = {
    "exact forms": _lexemes("exact"),
    "verbs": _lexemes("verb"),
    "nouns": _lexemes("noun"),
    "a set of its own": {
        "words.yml": f"ours: {json.dumps(_EVERY_WORD, ensure_ascii=False)}\n",
        **page("ours", "@ours خاتمه"),
    },
    "a page of its own": page("ours", *_EVERY_WORD),
    "a page that silences others": page(
        "ours", *_EVERY_WORD, understand="greeting", then="  silences_others: true\n"
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_stop_that_the_book_hears_is_heard_under_every_layer(shipped, name):
    own = laid(LAYERS[name])

    for stage in ("new_lead", "qualifying", "proposal_sent", "pilot_active"):
        for text in STOPS:
            before, after = hears(shipped, text, stage), hears(own, text, stage)
            assert before.flags == after.flags and "opt_out" in after.flags, (text, stage)
            assert (after.say, after.go, after.held) == (before.say, before.go, False), (text, stage)


def test_a_doubt_of_the_book_stays_a_doubt_beside_a_page_of_the_tenant(shipped):
    text = "وش تبون مني"
    assert "suspect_opt_out" in hears(shipped, text).flags
    own = laid(page("ours", text, then="  silences_others: true\n"))

    assert "suspect_opt_out" in hears(own, text).flags


def test_a_page_of_the_tenant_explains_what_was_doubted_only_for_want_of_a_meaning(shipped):
    """A lesson from the review queue: the fallback of a shipped page gives way to whoever understands."""
    text = "وقفوا هالشي"
    assert "suspect_opt_out" in hears(shipped, text).flags

    own = laid(page("ours", text, understand="ask_details"))

    assert hears(own, text).intent == "ask_details"
    assert "suspect_opt_out" not in hears(own, text).flags


# The way back


@pytest.mark.parametrize("text", ["وش الجديد", "what is new", "نعم", "السلام عليكم"])
def test_no_layer_finds_another_way_back(shipped, text):
    own = laid({**page("ours", text, understand="replied_positive"), "words.yml": f"ours: [{text.split()[0]}]\n"})

    assert hears(own, text, "opted_out").silence_reason == hears(shipped, text, "opted_out").silence_reason != ""
    assert "resume_consent" not in hears(own, text, "opted_out").flags
    assert "resume_consent" in hears(own, "START", "opted_out").flags


@pytest.mark.parametrize("text", ["لا", "نعم", "no", "ايه", "طيب", "خلاص"])
def test_the_answer_to_the_question_about_stopping_is_what_the_book_makes_of_it(shipped, text):
    own = laid({**page("ours", text), "lexemes.yml": f"ours:\n  exact: [{text}]\n"})

    before, after = (hears(book, text, expects="opt_out_check") for book in (shipped, own))
    assert before.understanding.answer == after.understanding.answer
    assert before.flags == after.flags
