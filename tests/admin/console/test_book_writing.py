"""What the pages of the book write: new pages, phrases, statuses, sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.console import templates
from admin.console.book_shelf import CHAPTERS, Sentence, content_of, sentences
from admin.console.phrases import can_take, with_phrase, with_status
from admin.console.wording_file import FileBroken, file_for, merged, without, written
from bot.playbook import compose, shipped
from rules.examples import runs

BASE = shipped()
LATER = "understanding/names_a_later_time.yml"

# What people type: any letter of Arabic or Latin, digits, blanks, and the signs that mean something in YAML.
TYPED = st.text("ابتسجعكلمنهوي abcxyz019:#-{}[]\"'%@|*&!؟،~", min_size=1, max_size=40)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_new_page_of_every_chapter_loads_and_its_examples_come_true(chapter: str) -> None:
    text = templates.page(chapter, "mine", "صفحة «لي»: تجربة # واحدة", "partnership", "نتشارك في الحصاد؟")
    own = {f"{chapter}/mine.yml": text}
    if chapter == "safety":
        own["safety/order.yml"] = templates.ordered("", "mine")

    playbook = compose(BASE, own, name="acme")

    mine = [run for run in runs(playbook.book) if run.page == "mine"]
    assert len(mine) == 2
    assert chapter in ("routing", "replies") or [run.problems for run in mine] == [(), ()]


@given(TYPED, TYPED)
def test_whatever_is_typed_a_template_stays_yaml_with_these_words(title: str, phrase: str) -> None:
    content = content_of(templates.page("understanding", "mine", title, "not_now", phrase))

    assert content["title"] == (" ".join(title.split()) or "mine")
    assert content["tests"][0]["given"]["says"] == " ".join(phrase.split())


def test_a_safety_page_is_put_at_the_end_of_the_order_once() -> None:
    once = templates.ordered("safest_first:\n  - first\n", "mine")

    assert content_of(once)["safest_first"] == ["first", "mine"]
    assert templates.ordered(once, "mine") == once


def test_a_phrase_is_heard_and_proved_and_nothing_else_of_the_page_moves() -> None:
    before = BASE.files[LATER]
    after = with_phrase(before, "نتفاهم مع طلوع سهيل")
    playbook = compose(BASE, {LATER: after}, name="acme")

    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        '      - "نتفاهم مع طلوع سهيل"',
        '  - name: "hears نتفاهم مع طلوع سهيل"',
        '    given: {says: "نتفاهم مع طلوع سهيل", stage: new_lead}',
    ]
    (run,) = [r for r in runs(playbook.book) if r.page == "names_a_later_time" and "سهيل" in r.name]
    assert run.problems == ()


@given(TYPED)
def test_any_phrase_leaves_a_page_that_can_be_read(phrase: str) -> None:
    before = content_of(BASE.files[LATER])
    after = content_of(with_phrase(BASE.files[LATER], phrase))

    assert len(after["when"][0]["says"]) == len(before["when"][0]["says"]) + 1
    assert len(after["tests"]) == len(before["tests"]) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id: [",
        "when:\n  - says: [a, b]\ntests:\n  - name: x\n",
        "when:\n  - stage: x\ntests: []\n",
        "when: always",
    ],
)
def test_a_page_with_another_shape_takes_no_phrase_by_a_button(text: str) -> None:
    assert not can_take(text)


def test_a_status_is_changed_where_it_stands_and_its_remark_stays() -> None:
    assert with_status("id: x\nstatus: live  # since May\nwhy: y\n", "retired") == (
        "id: x\nstatus: retired  # since May\nwhy: y\n"
    )


def test_a_sentence_is_put_beside_the_others_and_remarks_stay() -> None:
    file = "# ours\nother:\n  ar: أ   # a remark\n  en: A\n"
    changed = written(file, Sentence("mine", "", "سطر\nسطران", "One\ntwo", "question", ("yes", "no")))

    assert changed.startswith("# ours\nother:\n  ar: أ   # a remark\n")
    assert sentences({"wording/own.yml": changed})["mine"] == Sentence(
        "mine", "wording/own.yml", "سطر\nسطران", "One\ntwo", "question", ("yes", "no")
    )


@given(TYPED, TYPED)
def test_any_sentence_comes_back_as_it_was_typed(arabic: str, english: str) -> None:
    back = sentences({"wording/own.yml": written("", Sentence("mine", "", arabic, english))})["mine"]

    assert (back.ar, back.en) == (arabic.strip(), english.strip())


def test_a_sentence_is_taken_out_and_an_empty_file_goes() -> None:
    file = written(written("", Sentence("one", "", "أ", "A")), Sentence("two", "", "ب", "B"))

    assert set(sentences({"wording/own.yml": without(file, "one") or ""})) == {"two"}
    assert without(without(file, "one") or "", "two") is None


@pytest.mark.parametrize("file", ["a: [", "- one\n- two\n", "just words"])
def test_a_file_that_is_no_map_is_left_alone(file: str) -> None:
    with pytest.raises(FileBroken):
        written(file, Sentence("mine", "", "أ", "A"))


def test_a_sentence_is_written_where_the_tenant_has_it_else_into_its_own_file() -> None:
    own = {"wording/summer.yml": "greeting_short:\n  ar: هلا\n  en: Hi\n"}

    assert file_for("greeting_short", own) == "wording/summer.yml"
    assert file_for("greeting_and_offer", own) == "wording/own.yml"


def _file(**texts: str) -> str:
    file = ""
    for key, text in texts.items():
        file = written(file, Sentence(key, "", text, text))
    return file


def _said(file: str | None) -> dict[str, str]:
    return {key: sentence.ar for key, sentence in sentences({"wording/own.yml": file or ""}).items()}


def test_two_who_wrote_different_sentences_keep_both() -> None:
    base = _file(old="أ", both="ب", gone="ت")
    mine = _file(old="أ", both="ب", mine="لي")
    theirs = _file(old="أ", both="ب٢", gone="ت", theirs="لهم")

    assert _said(merged(base, mine, theirs)) == {"old": "أ", "both": "ب٢", "theirs": "لهم", "mine": "لي"}


def test_a_sentence_that_both_changed_is_as_whoever_looked_last_wrote_it() -> None:
    assert _said(merged(_file(one="أ"), _file(one="لي"), _file(one="لهم"))) == {"one": "لي"}
    assert merged(_file(one="أ"), "", _file(one="أ")) is None
