"""What a message only resembles: a doubt that is asked back or given to a person; the clearest is believed."""

import pytest

from rules.language.page import PageError, UnderstandingPage
from rules.language.resemblance import NEVER_GUESSED, ONLY_SUSPECTED, Resemblance
from rules.language.understanding import Understander
from rules.language.vocabulary import STAGES

# Words that no page knows, in the manner of people who have had enough.
PESTERED = ["انتوا ما تفهمون", "خلاص عاد"]
# Words that no page knows, and nothing left to ask back.
CLEARLY_LEAVING = ["أنا خارج قايمتكم من اليوم ورايح", "ورسايلكم ما عاد لها طعم عندي"]
NO_ANSWERS = {"answers": {}, "openings": {}, "by_expects": {}, "by_stage": {}}
SETS = ("negators", "nominal_negators", "carries_negation", "conditions", "future_marks")
PHRASES = ("idioms", "fillers", "question_openers", "stop_buttons")
WORDS = {**dict.fromkeys(SETS, ("ما",)), **dict.fromkeys(PHRASES, ("لو سمحت",))}


class Words:
    """Three words of which the book knows nothing."""

    words = ("خلاص", "يا", "عمي")
    keys = [frozenset(), frozenset(), frozenset()]  # noqa: RUF012


def table(**more):
    empty = {
        "name": "t",
        "opt_out_from": 0,
        "opt_out": {},
        "names": ["default"],
        "names_from": [0],
        "intents": {},
    }
    return Resemblance({**empty, **more})


def page(**more):
    mapping = {
        "id": "a_page", "title": "A", "status": "live", "owner": "sales", "why": "x",
        "when": [{"resembles": {"what": "opt_out", "at_least": 0.5, "table": "t"}}],
        "then": {"understand": "opt_out_suspected", "confidence": 0.5},
        "tests": [
            {"name": "hears", "given": {"says": "a"}, "expect": {"intent": "opt_out_suspected"}},
            {"name": "is silent", "given": {"says": "b"}, "expect": "nothing"},
        ],
    }  # fmt: skip
    return UnderstandingPage.from_mapping({**mapping, **more}, "understanding/a_page.yml", lambda path: 1)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "opted_out"])
@pytest.mark.parametrize("text", PESTERED)
def test_words_that_no_page_knows_are_suspected_and_never_certain(understander, text, stage):
    understood = understander.understand(text, stage=stage)
    assert understood.opt_out == "suspected"
    assert understood.primary.confidence < 0.9


@pytest.mark.parametrize("stage", ["new_lead", "qualifying", "nurturing", "negotiating", "closed_won"])
@pytest.mark.parametrize("text", CLEARLY_LEAVING)
def test_the_clearest_opt_outs_are_believed_in_any_words(understander, text, stage):
    assert understander.understand(text, stage=stage).opt_out == "hard"


@pytest.mark.parametrize(
    "text",
    [
        "هل أنا خارج قايمتكم من اليوم ورايح؟",
        "اذا ما رديتوا أنا خارج قايمتكم من اليوم",
        "أنا خارج قايمتكم من اليوم، وش صار",
        "صعب",
        "رسايلكم ما عاد",
    ],
)
def test_questions_conditions_and_few_words_are_not_believed_by_their_likeness(understander, text):
    assert understander.understand(text, stage="nurturing").opt_out != "hard"


def test_the_words_that_weighed_are_named(understander):
    assert understander.understand("خلاص عاد").primary.words == ("خلاص", "عاد")


def test_a_clear_question_is_not_swallowed_by_a_likeness(understander):
    assert understander.understand("طفشت من الدفتر، كم سعر نظامكم").primary.name == "ask_price"


def test_the_heaviest_words_are_named_in_their_order():
    like = table(opt_out={"w:خلاص": 20, "w:عمي": 60, "w:يا": -30}).opt_out(Words())
    assert like.places == (0, 2)
    assert like.degree > 0.5


def test_a_word_that_the_table_does_not_know_weighs_nothing():
    assert table().opt_out(Words()).degree == 0.5
    assert table().opt_out(Words()).places == ()


@pytest.mark.parametrize("name", sorted(NEVER_GUESSED))
def test_money_and_contracts_are_never_guessed(name):
    like = table(names=[name, "thanks"], names_from=[0, 0], intents={"w:عمي": [0, 900]}).intent(
        Words(), "pilot_active"
    )
    assert like.name == ""


@pytest.mark.parametrize("name", sorted(ONLY_SUSPECTED))
def test_what_was_labelled_an_opt_out_is_only_suspected(name):
    like = table(names=[name, "thanks"], names_from=[0, 0], intents={"w:عمي": [0, 900]}).intent(
        Words(), "new_lead"
    )
    assert like.name == "opt_out_suspected"


def test_a_likeness_says_how_it_compares_with_what_was_heard():
    tables = table(names=["thanks", "ask_price"], names_from=[0, 0], intents={"w:عمي": [0, 300]})
    like = tables.intent(Words(), "new_lead", "ask_price")
    assert like.name == "thanks"
    assert like.degree > 50 * like.against


@pytest.mark.parametrize("text", ["النصابين انتم", "ابي اكلم موظف", "الرقم غلط"])
def test_anger_a_wish_for_a_person_and_a_wrong_number_are_never_doubted(understander, text):
    assert understander.understand(text).primary.name in ("complaint", "human_request", "wrong_number")


def test_a_guess_that_ends_a_deal_must_be_surer():
    def guessed(weight):
        tables = table(names=["rejected", "thanks"], names_from=[0, 0], intents={"w:عمي": [0, weight]})
        return tables.intent(Words(), "proposal_sent").name

    assert guessed(10) == ""
    assert guessed(300) == "rejected"


def test_what_was_guessed_is_so_weak_that_a_person_reads_it(understander):
    understood = understander.understand("والله شغلتكم جايزة لي وعاجبتني بالحيل")
    guessed = [found for found in understood.intents if found.page == "resembles_something_known"]
    assert all(found.confidence < 0.5 for found in guessed)


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ({"understand": "unsubscribe", "confidence": 0.9}, "only from at_least: 0.8"),
        ({"understand": "opt_out_suspected", "confidence": 0.5, "opt_out": "hard"}, "never more"),
    ],
)
def test_a_page_of_likeness_may_not_be_certain(then, says):
    with pytest.raises(PageError, match=says):
        page(then=then)


def test_a_guess_may_not_be_sure_of_itself():
    when = [{"resembles": {"what": "an_intent", "at_least": 0.5, "table": "t"}}]
    with pytest.raises(PageError, match="a person reads it first"):
        page(when=when, then={"understand": "default", "confidence": 0.8})


def test_a_page_listens_to_phrases_or_to_a_likeness_not_to_both():
    both = [{"says": ["x"]}, {"resembles": {"what": "opt_out", "at_least": 0.5, "table": "t"}}]
    with pytest.raises(PageError, match="instead of it"):
        page(when=both)


def test_a_page_that_was_tested_with_another_table_does_not_load():
    with pytest.raises(PageError, match="there is no table"):
        Understander.load([page()], WORDS, {}, NO_ANSWERS, [])
