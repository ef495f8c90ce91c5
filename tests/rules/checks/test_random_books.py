"""What the checks claim of a random book comes true on random messages."""

from hypothesis import assume, event, given
from hypothesis import strategies as st

from rules import vocabulary
from rules.book import Book
from rules.checks import examine
from rules.checks.ground import SAYS_STOP
from rules.layers import Layer
from rules.verdict import IntentFound, Question, Understanding
from tests.rules.checks.conftest import LIFECYCLE
from tests.rules.engine.random_books import SOME, accepted, books
from tests.rules.engine.random_rules import looking_at

INTENTS = tuple(dict.fromkeys((*SOME["intent"], *SOME["also_intent"])))


@st.composite
def messages(draw):
    """A message as the language layer understands one: a stop is heard, a button means one thing."""
    names = draw(st.lists(st.sampled_from(INTENTS), min_size=1, max_size=3, unique=True))
    opt_out = draw(st.sampled_from(vocabulary.OPT_OUTS))
    button = draw(st.sampled_from(vocabulary.BUTTONS))
    if button:
        names, opt_out = {"opt_out_yes": (["unsubscribe"], "hard"), "opt_out_no": (["default"], "")}[button]
    if names[0] in SAYS_STOP and not opt_out:
        opt_out = "hard"
    found = tuple(IntentFound(name, draw(st.floats(0, 1)), "") for name in names)
    question = Question(
        text="س" * draw(st.sampled_from([0, 1, 20, 900, 3000])),
        stage=draw(st.sampled_from(vocabulary.STAGES)),
        expects=draw(st.sampled_from(vocabulary.EXPECTS)),
        kind=draw(st.sampled_from(vocabulary.KINDS)),
        button_id=button,
        is_first_reply_to_outbound=draw(st.booleans()),
        unclear_before=draw(st.integers(0, 5)),
        is_late=draw(st.booleans()),
        slots=vocabulary.SLOTS[: draw(st.integers(0, 5))],
        has_public_price=draw(st.booleans()),
    )
    meaning = Understanding(
        primary=found[0],
        intents=found,
        language=draw(st.sampled_from(vocabulary.LANGUAGES)),
        script=draw(st.sampled_from(vocabulary.SCRIPTS)),
        answer=draw(st.sampled_from(vocabulary.ANSWERS)),
        opt_out=opt_out,
        has_secret=draw(st.booleans()),
    )
    return question, meaning


def page(name, when, then):
    examples = [
        {"name": "fires", "given": {"intent": "default"}, "expect": {"held": True}},
        {"name": "is silent", "given": {"intent": "default"}, "expect": "nothing"},
    ]
    return {
        "id": name, "title": "A page", "status": "live", "owner": "sales", "why": "Because.",
        "when": when, "then": then, "tests": examples,
    }  # fmt: skip


STILL_HERE = {"stage": {"is_not": "opted_out"}}
STOPS = {
    "gone": page("gone", [{"stage": "opted_out"}], {"silence": "opted_out"}),
    "stop": page(
        "stop",
        [STILL_HERE, {"any": [{"opt_out": "hard"}, {"button": "opt_out_yes"}]}],
        {"go": "opted_out", "say": "opt_out_confirmation", "flag": "opt_out"},
    ),
    "perhaps": page(
        "perhaps", [STILL_HERE, {"opt_out": "suspected"}], {"say": "opt_out_check", "flag": "suspect_opt_out"}
    ),
}


@st.composite
def books_with_stops(draw):
    """A random book with the pages that obey a stop, before or after the safety pages that chance made."""
    files = draw(books())
    order = files.pop("safety/order.yml", {"safest_first": []})["safest_first"]
    listed = [*STOPS, *order] if draw(st.booleans()) else [*order, *STOPS]
    return {
        **files,
        **{f"safety/{name}.yml": content for name, content in STOPS.items()},
        "safety/order.yml": {"safest_first": listed},
    }


@looking_at(60)
@given(st.one_of(books(), books_with_stops()), st.lists(messages(), min_size=10, max_size=40))
def test_what_is_claimed_of_all_messages_is_true_of_each(files, asked):
    """
    A page that is said to be lost never decides; and where nothing was found, money waits, who opted out hears
    nothing, and a stop is obeyed.
    """
    book, _ = accepted(files, lambda texts: Book.of([Layer("", texts)], backend="reference"))
    assume(book is not None)
    found = [finding for finding in examine(book, LIFECYCLE, {}) if finding.level == "error"]
    codes = {finding.code for finding in found}
    lost = {f.file for f in found if f.code in ("never_fires", "always_loses", "reply_never_said")}
    event(f"lost pages: {bool(lost)}")
    event(f"stops obeyed: {not codes & {'stop_missed', 'stop_overtaken'}}")
    event(f"money waits: {'unheld_money' not in codes}")
    for question, meaning in asked:
        verdict = book.judge(question, meaning)

        assert not lost & {reason.file.rpartition(":")[0] for reason in verdict.because if not reason.shadow}
        at_once = {"opt_out", "suspect_opt_out"} & set(verdict.flags)
        if question.stage in LIFECYCLE.money and verdict.say and not at_once:
            assert verdict.held or "unheld_money" in codes
        if question.stage == "opted_out" and verdict.say:
            assert "resume_consent" in verdict.flags or "talks_after_stop" in codes
        if (
            meaning.opt_out == "hard"
            and question.stage != "opted_out"
            and not codes & {"stop_missed", "stop_overtaken"}
        ):
            assert "opt_out" in verdict.flags
