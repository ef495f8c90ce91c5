"""The phrase grammar: what matches, and what it says about a phrase that cannot be read."""

import pytest

from rules.language.lexicon import Lexeme, Lexicon
from rules.language.page import PageError, UnderstandingPage
from rules.language.patterns import Grammar, PatternError
from rules.language.understanding import Understander
from rules.language.vocabulary import NEEDED_SETS

LEXEMES = {
    "send": {"verb": ["رسل"], "noun": ["ارسال"], "exact": ["send"], "not": ["رسول"]},
    "price": {"noun": ["سعر", "تكلفه"]},
}
WORDS = {
    **{name: ["zzz"] for name in NEEDED_SETS},
    "negators": ["لا", "ما", "not"],
    "nominal_negators": ["not"],
    "want": ["ابي", "نبي", "i want"],
}


def page(*says, then=None, **when):
    lines = [{"says": list(says)}, *({key: value} for key, value in when.items())]
    mapping = {
        "id": "a_page",
        "title": "A page",
        "status": "live",
        "owner": "sales",
        "why": "To test.",
        "when": lines,
        "then": {"understand": "interested", "confidence": 0.9, **(then or {})},
        "tests": [
            {"name": "fires", "given": {"says": "x"}, "expect": {"intent": "interested"}},
            {"name": "silent", "given": {"says": "y"}, "expect": "nothing"},
        ],
    }
    return UnderstandingPage.from_mapping(mapping, "understanding/a_page.yml", lambda path: 7)


def hears(text, *says, stage="new_lead", **more):
    short = {"answers": {}, "openings": {}, "by_expects": {}, "by_stage": {}}
    understander = Understander.load([page(*says, **more)], WORDS, LEXEMES, short, ["interested"])
    return understander.pages_that_fire(text, stage=stage) == ("a_page",)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("السعر", "والسعر كيف"),
        ("سعر", "للسعر"),
        ("كم السعر", "طيب كم السعر عندكم"),
        ("(كم|بكم) الباقه", "بكم الباقة"),
        ("كم [هو] السعر", "كم السعر"),
        ("كم [هو] السعر", "كم هو السعر"),
        ("كم ..2 السعر", "كم صار عندكم السعر"),
        ("اشترك*", "اشتركتوا"),
        ("اشتراك~", "الاشتاك كم"),
        ("%price", "تكلفتكم كم"),
        ("%send.you", "لو ترسلونها"),
        ("%send.do", "ارسلوا لي"),
        ("%send.do.to_me", "ارسلولي العرض"),
        ("%send.not", "مترسلوش"),
        ("%send.will", "بنرسل لكم"),
        ("%send.noun", "الارسال"),
        ("@want العرض", "نبي العرض"),
        ("@want it", "I want it"),
        ("=قف", "قف"),
        ("< قف", "طيب، قف هنا"),
        ("قف >", "يا اخي قف، شكرا"),
        ("<< قف >>", "قف"),
        ("كم #num", "كم 50"),
        ("#num", "ثمانين"),
        ("التوصيل ?", "فيه التوصيل؟"),
        ("#any ?", "داخل؟"),
    ],
)
def test_a_phrase_matches(phrase, text):
    assert hears(text, phrase)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("كم", "السلام عليكم"),
        ("كم", "لكم عندكم كمية"),
        ("=قف", "موقف وقف"),
        ("كم ..2 السعر", "كم صار عندكم اليوم يا شباب السعر"),
        ("كم السعر", "كم، السعر"),
        ("%send.you", "ارسلوا لي"),
        ("%send", "رسول"),
        ("%send", "مترسلوش"),
        ("<< قف >>", "قف هنا"),
        ("التوصيل ?", "التوصيل"),
        ("اشتراك~", "شراكات"),
    ],
)
def test_a_phrase_stays_silent(phrase, text):
    assert not hears(text, phrase)


@pytest.mark.parametrize(
    ("phrase", "column", "says"),
    [
        ("كم (السعر", 4, 'add ")"'),
        ("كم السعر)", 9, "closes nothing"),
        ("%sned", 2, 'Did you mean "send"'),
        ("@wnat", 2, 'Did you mean "want"'),
        ("%send.yuo", 2, 'Did you mean "you"'),
        ("سعر~", 1, "four letters"),
        ("..", 1, "would match anything"),
        ("[كم]", 1, "would match anything"),
        ("(كم|)", 1, "empty choice"),
        ("<< كم", 5, "needs its >>"),
    ],
)
def test_a_phrase_that_cannot_be_read_says_what_to_do(phrase, column, says):
    grammar = Grammar(Lexicon(Lexeme.from_mapping(name, entry) for name, entry in LEXEMES.items()), WORDS)
    with pytest.raises(PatternError) as raised:
        grammar.compile(phrase)
    assert says in raised.value.message
    assert raised.value.column == column


def test_a_negator_reaches_three_words_in_its_clause_and_no_further():
    assert not hears("ما ابي السعر", "السعر")
    assert not hears("ما كان عندي السعر", "السعر")
    assert hears("ما كان عندي اليوم السعر", "السعر")
    assert hears("ما ابي شي، السعر", "السعر")


def test_a_negated_phrase_may_mean_something_else():
    assert hears("ما ابي السعر", "السعر", then={"if_negated": "same"})
    assert hears("ما ابي السعر", "السعر", then={"if_negated": "not_interested"})


def test_guards_forbid_in_their_reach_only():
    assert not hears("السعر غالي", "السعر", unless=["غالي"])
    assert hears("السعر، غالي", "السعر", unless=["غالي"])
    assert not hears("السعر، غالي", "السعر", unless_in_message=["غالي"])
    assert not hears("كم عدد السعر", "السعر", not_near={"words": ["عدد"], "within": 1})
    assert hears("عدد كبير هو السعر", "السعر", not_near={"words": ["عدد"], "within": 1})
    assert not hears("السعر؟", "السعر", never_if=["question"])


def test_a_page_of_one_stage_is_silent_elsewhere():
    short = {"answers": {}, "openings": {}, "by_expects": {}, "by_stage": {}}
    book = Understander.load([page("السعر", stage=["nurturing"])], WORDS, LEXEMES, short, [])
    assert book.pages_that_fire("السعر", stage="nurturing") == ("a_page",)
    assert book.pages_that_fire("السعر", stage="new_lead") == ()


def test_an_unknown_word_in_a_page_is_an_error_with_its_line_and_a_suggestion():
    with pytest.raises(PageError) as raised:
        page("السعر", stage=["nurtering"])
    assert (raised.value.file, raised.value.line) == ("understanding/a_page.yml", 7)
    assert 'Did you mean "nurturing"?' in raised.value.message


def test_a_page_without_its_silent_example_does_not_load():
    mapping = {
        "id": "a_page", "title": "A", "status": "live", "owner": "sales", "why": "x",
        "when": [{"says": ["كم السعر"]}], "then": {"understand": "ask_price", "confidence": 0.9},
        "tests": [{"name": "fires", "given": {"says": "كم السعر"}, "expect": {"intent": "ask_price"}}],
    }  # fmt: skip
    with pytest.raises(PageError, match="expects nothing"):
        UnderstandingPage.from_mapping(mapping, "understanding/a_page.yml", lambda path: 1)
