"""Every sentence that keeps a book from loading is said in Arabic too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rules
from flows.wording import WordingError, Wordings
from rules.checks import in_arabic
from rules.checks.arabic_problems import UNKNOWN, sentence_in_arabic
from rules.checks.arabic_sentences import KINDS, SENTENCES
from rules.problems import BookError, Problem, unknown
from tests.rules.checks.conftest import SmallBook

# Calls whose words reach an analyst, and names under which such words wait for a call.
SAYING = {"problem", "Problem", "_refusal", "_refuse", "fail", "PatternError", "PageError"}
WAITING = {"what", "found"}
ELSEWHERE = ("../bot/workbench/chat_reader.py",)
"""Readers of a book's files outside the rules."""
BESIDES = {"checks", "schemas.py", "score.py", "__main__.py"}

# A file's name, and a sentence that is only another one with the name of its set before it.
NO_SENTENCES = {"the book", "x1: x1"}

_ARABIC = re.compile("[\u0621-\u064a]")


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def blank(node: ast.AST) -> str:
    """What stands in a blank: a word, or a suggestion."""
    inside = ast.unparse(node)
    if "did_you_mean" not in inside:
        return "x1"
    return '. Did you mean "x1"?' if "_did_you_mean" in inside else ' Did you mean "x1"?'


def texts(node: ast.AST) -> Iterator[str]:
    """Write a sentence of the code out, with x1 in its blanks."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(v.value if isinstance(v, ast.Constant) else blank(v) for v in node.values)
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def sentences_of_the_code() -> list[str]:
    root = Path(rules.__file__).parent
    found = set()
    for path in (*root.rglob("*.py"), *(root / file for file in ELSEWHERE)):
        if BESIDES & {*path.parts}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and called(node) in SAYING:
                found |= {text for argument in node.args for text in texts(argument)}
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in WAITING:
                found |= set(texts(node.value))
    return sorted(text for text in found - NO_SENTENCES if " " in text)


@pytest.mark.parametrize("sentence", sentences_of_the_code())
def test_each_sentence_of_the_code_is_known(sentence):
    arabic = sentence_in_arabic(sentence)

    assert not arabic.startswith(UNKNOWN.split("{")[0]), f"add to rules/checks/arabic_sentences.py: {sentence}"
    assert _ARABIC.search(arabic)


def test_each_line_of_the_table_keeps_the_words_of_its_sentence():
    for english, arabic in SENTENCES:
        blanks = set(re.findall(r"\{(\w+)\}", english))
        assert set(re.findall(r"\{(\w+)\}", arabic)) <= blanks, arabic
        if "rest" not in blanks:
            wanted = re.sub(r"\{(\w+)\}", lambda blank: KINDS["kind"] if blank[1] == "kind" else blank[1], arabic)
            assert sentence_in_arabic(re.sub(r"\{(\w+)\}", r"\1", english)) == wanted, english


@pytest.mark.parametrize(
    ("english", "arabic"),
    [
        (unknown("intent", "ask_prize", ["ask_price", "thanks"]), ["«ask_prize»", "قصد", "«ask_price»؟"]),
        (unknown("stage", "xyz", ["new_lead"]), ["«xyz»", "مرحلة", "المتاح: new_lead."]),
        ('in the phrase "قف (", column 4: "(" is never closed; add ")"', ["«قف (»", "الموضع 4", "أضيفوا «)»"]),
        ('idioms: column 3: no set "wnt" in words.yml. Did you mean "want"?', ["idioms", "الموضع 3", "«want»"]),
        ('"intent" is an empty list. Name at least one intent.', ["«intent» قائمة فارغة", "قصد"]),
        ('"{odd}" stands twice. Keep one.', ["«{odd}» مكرر"]),
    ],
)  # fmt: skip
def test_the_words_of_the_analyst_are_kept(english, arabic):
    said = in_arabic(Problem("routing/a.yml", 3, english))

    assert all(part in said for part in arabic), said


def test_what_is_not_known_is_given_beside_arabic():
    said = in_arabic(Problem("routing/a.yml", 3, "the moon is in the wrong house."))

    assert "the moon is in the wrong house." in said
    assert _ARABIC.search(said)


@pytest.mark.parametrize(
    "entry",
    [
        "{ar: هلا}",
        "{ar: هلا, en: hi, fr: salut}",
        "{ar: هلا, en: hi, expects: nothing_known}",
        "{ar: '{price}', en: hi}",
        "{ar: '{pric}', en: '{pric}'}",
        "{ar: 'a } b', en: 'a } b'}",
        "{ar: 'كيف؟ متى؟', en: '1'}",
        "{ar: نضمن لكم, en: 'a\n\nb\n\nc\n\nd'}",
        "{ar: هلا, en: hi, buttons: [a, b, c, d]}",
    ],
)
def test_what_is_wrong_with_a_sentence_of_the_bot_is_told_too(entry):
    with pytest.raises(WordingError) as failed:
        Wordings.of(
            [{"a.yml": f"clarify: {entry}\nbutton.x: {{ar: عنوان طويل جدا لهذا الزر, en: x}}"}], needed=["lost"]
        )

    for problem in failed.value.problems:
        said = sentence_in_arabic(problem.removeprefix("a.yml: "))
        assert not said.startswith(UNKNOWN.split("{")[0]), problem
        assert "clarify" in said or "button." in said or "lost" in said


def broken_books(small: SmallBook) -> Iterator[None]:
    """Break a book in one way after the other."""
    for file, content in (
        ("routing/a.yml", "id: b\nowner: x\ntitle: ''\nstatus: lively\nwhen: []\nthen: {}\ntests: []\n"),
        ("routing/a.yml", "id: [\n"),
        ("routing/a.yml", "- a list\n"),
        ("routing/a.yml", "id: a\nid: b\n"),
        ("routing/a.yml", "id: &x a\n"),
        ("routing/a.yml", "id: !!python/name:os x\n"),
        ("rooting/a.yml", "id: a\n"),
        ("safety/order.yml", "safest: [a]\n"),
        ("safety/order.yml", "safest_first: [nobody, nobody]\n"),
        ("understanding/a.yml", "id: a\n"),
        (
            "understanding/a.yml",
            "id: a\ntitle: t\nstatus: live\nowner: o\nwhy: w\nwhen: says\nthen: x\ntests: y\n",
        ),
        ("lexemes.yaml", "a: b\n"),
        ("policies/unknown.yml", "a: b\n"),
    ):
        small.text(file, content)
        yield
        (small.path / file).unlink()
    for when, then in (
        ("intnt: thanks", "say: clarify"),
        ("intent: []", "say: clarify"),
        ("confidence: 1", "say: clarify"),
        ("has_secret: maybe", "say: clarify"),
        ("any: [{stage: new_lead}]", "say: clarify"),
        ("any: [{any: []}, {stage: new_lead}]", "say: clarify"),
        ("text_longer_than: long", "say: clarify"),
        ("stage: new_lead; stage: qualified", "say: clarify"),
        ("stage: new_lead", "say: clarify; silence: acknowledged"),
        ("stage: new_lead", "propose: deal_accepted"),
        ("intent: thanks", "go: parked"),
        ("stage: new_lead", "say: clarifi; flag: x; act: y; hold: z; send: now"),
    ):
        small.page("routing", "a", when, then)
        yield
    (small.path / "routing/a.yml").unlink()
    (small.path / "routing/the_rest.yml").unlink()
    yield


def test_no_broken_book_is_told_in_english_only(small):
    known = UNKNOWN.split("{")[0]
    told = 0
    for _ in broken_books(small):
        with pytest.raises(BookError) as failed:
            small.load(backend="reference")
        for problem in failed.value.problems:
            told += 1
            assert not in_arabic(problem).startswith(known), str(problem)
    assert told > 30
