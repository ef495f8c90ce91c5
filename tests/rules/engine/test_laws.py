"""The laws that the book we ship must keep, whatever a contact writes and wherever the deal stands."""

from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.deal as deal
from flows.wording import BLANKS, Wordings
from rules import vocabulary
from rules.book import DEFAULT_PATH, Book
from rules.examples import failures
from rules.layers import Layer
from rules.layers import folder as read_folder
from rules.verdict import IntentFound, Question, Understanding

STAGES = vocabulary.STAGES
INTENTS = tuple(vocabulary.INTENTS)
WORDINGS = Wordings.load(needed=vocabulary.WORDINGS)
FILLED = dict.fromkeys(BLANKS, "1")
HEARD = (
    "",
    "asks_for_messages_again",
    "asks_whether_it_is_a_robot",
    "answered_by_a_machine",
    "privacy_question",
    "too_expensive_early",
    "seasonal_wishes",
    "refuses_our_first_message",
)
MONEY_STAGES = ("negotiating", "payment_requested", "pilot_active")

questions = st.builds(
    Question,
    text=st.sampled_from(["", "نعم", "hello", "كم السعر", "x" * 1500]),
    stage=st.sampled_from(STAGES),
    expects=st.sampled_from(vocabulary.EXPECTS),
    kind=st.sampled_from(vocabulary.KINDS),
    button_id=st.sampled_from(["", "opt_out_yes", "opt_out_no", "something_else"]),
    is_first_reply_to_outbound=st.booleans(),
    unclear_before=st.integers(0, 3),
    is_late=st.booleans(),
    slots=st.lists(st.sampled_from(vocabulary.SLOTS), unique=True).map(tuple),
    has_public_price=st.booleans(),
)


@st.composite
def meanings(draw, opt_out=("", "hard", "suspected")):
    names = draw(st.lists(st.sampled_from(INTENTS), min_size=1, max_size=4, unique=True))
    confidence = draw(st.sampled_from([0.0, 0.4, 0.6, 0.95]))
    found = tuple(IntentFound(name, confidence, draw(st.sampled_from(HEARD))) for name in names)
    return Understanding(
        primary=found[0],
        intents=found,
        language=draw(st.sampled_from(["ar", "en"])),
        script=draw(st.sampled_from(vocabulary.SCRIPTS)),
        answer=draw(st.sampled_from(vocabulary.ANSWERS)),
        opt_out=draw(st.sampled_from(opt_out)),
        has_secret=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(questions, meanings(opt_out=("hard",)))
def test_a_stop_is_obeyed_from_every_stage(book, question, understood):
    """
    A hard opt-out leads to opted_out, with exactly one confirmation that nobody holds; there, to silence.
    """
    verdict = book.judge(question, understood)

    if question.stage == "opted_out":
        assert (verdict.go, verdict.say) == ("", "")
        return
    assert deal.advance(question.stage, verdict.go, source="message") == "opted_out"
    assert (verdict.say, verdict.held, verdict.proposes) == ("opt_out_confirmation", False, "")
    assert "opt_out" in verdict.flags
    assert "resume_consent" not in verdict.flags


@settings(max_examples=600, deadline=None)
@given(questions, meanings())
def test_the_laws_of_every_verdict(book, question, understood):
    """
    For random messages at random places: something is said or the silence has a reason, every step is possible,
    money never moves, and what must wait for a human waits.
    """
    verdict = book.judge(question, understood)

    assert verdict.engine_agreed
    assert bool(verdict.say) != bool(verdict.silence_reason)
    assert verdict.book_version == book.version
    assert len(verdict.near_misses) <= 5
    for key in (verdict.say, verdict.silence_reason, *verdict.hold_reasons):
        for language in ("ar", "en") if key else ():
            assert WORDINGS.render(key, language, **FILLED).text

    stage = deal.advance(question.stage, verdict.go, source="message") if verdict.go else question.stage
    assert stage == question.stage or stage not in ("payment_requested", "pilot_active", "closed_won")
    if verdict.proposes:
        assert verdict.held
        assert deal.may(question.stage, verdict.proposes, "approver")
        assert not verdict.go

    about_stopping = {"opt_out", "suspect_opt_out"} & set(verdict.flags)
    if question.stage in MONEY_STAGES and verdict.say and not about_stopping:
        assert verdict.held
    if stage == "negotiating" and verdict.say and not about_stopping:
        assert verdict.held
    if question.is_late and verdict.say and not about_stopping:
        assert verdict.held
    if question.stage in ("closed_won", "closed_lost") and verdict.say and not about_stopping:
        assert verdict.held
    if question.stage == "opted_out" and verdict.say:
        assert understood.primary.page == "asks_for_messages_again"
    if verdict.held:
        assert verdict.hold_reasons
    if understood.has_secret:
        assert "secret" in verdict.flags
    if {"paid"} & {found.name for found in understood.intents}:
        assert "verify_payment" in verdict.flags


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "opted_out"])
@pytest.mark.parametrize("intent", INTENTS)
def test_every_message_at_every_stage_has_an_answer_of_its_own(book, means, stage, intent):
    """
    No stage is silent, and nothing is decided by chance: the pages that decided stand in the verdict.
    """
    verdict = book.judge(Question(text="x", stage=stage), means(intent))

    assert verdict.say or verdict.silence_reason
    chapters = {reason.chapter for reason in verdict.because}
    assert chapters & {"safety", "routing"}
    assert all(":" in reason.file and reason.title and reason.said for reason in verdict.because)


SAFER_FIRST = [
    ("unsubscribe", {"opt_out": "hard"}),
    ("default", {"has_secret": True}),
    ("complaint", {}),
    ("human_request", {}),
    ("wrong_number", {}),
    ("erasure_request", {}),
    ("question_other:privacy_question", {}),
    ("paid", {}),
    ("ask_price", {}),
]


@pytest.mark.parametrize("position", range(len(SAFER_FIRST) - 1))
def test_of_two_meanings_the_safer_one_decides(book, means, position):
    (safer, rest), (other, other_rest) = SAFER_FIRST[position], SAFER_FIRST[position + 1]
    alone = book.judge(Question(text="x"), means(safer, **rest))

    both = book.judge(Question(text="x"), means(safer, other, **(other_rest | rest)))
    turned = book.judge(Question(text="x"), means(other, safer, **(other_rest | rest)))

    assert alone.say == both.say == turned.say
    assert set(alone.flags) <= set(both.flags)


def test_a_safety_page_keeps_the_care_that_another_one_asks_for(book, means):
    """
    An angry stop is confirmed at once and still reaches a human as a complaint.
    """
    verdict = book.judge(Question(text="x"), means("unsubscribe", "complaint", opt_out="hard"))

    assert verdict.say == "opt_out_confirmation"
    assert not verdict.held
    assert {"opt_out", "complaint", "hand_to_human"} <= set(verdict.flags)


def test_the_question_about_stopping_is_answered_by_buttons_and_words(book, means):
    def at(stage="nurturing", button="", expects="opt_out_check", **meaning):
        question = Question(text="x", stage=stage, button_id=button, expects=expects)
        return book.judge(question, means(meaning.pop("intent", "default"), **meaning))

    asked = at(expects="", intent="opt_out_suspected", opt_out="suspected")
    assert (asked.say, asked.held, asked.flags) == ("opt_out_check", False, ("suspect_opt_out",))
    assert WORDINGS.render(asked.say, "ar").buttons == (
        ("opt_out_yes", "إيقاف الرسائل"),
        ("opt_out_no", "لا، كملوا"),
    )

    for stop in (at(button="opt_out_yes"), at(answer="yes"), at(opt_out="suspected"), at(opt_out="hard")):
        assert (stop.go, stop.say) == ("opted_out", "opt_out_confirmation")
    for stay in (at(button="opt_out_no"), at(answer="no")):
        assert (stay.go, stay.say, stay.flags) == ("", "opt_out_resumed", ("resume_consent",))


def test_a_no_is_a_stop_only_as_the_answer_to_our_first_message(book, means):
    no = means("not_interested", answer="no")

    first = book.judge(Question(text="لا", is_first_reply_to_outbound=True), no)
    later = book.judge(Question(text="لا"), no)

    assert (first.go, first.say) == ("opted_out", "opt_out_confirmation")
    assert (later.go, later.say, later.flags) == ("parked", "not_interested_goodbye", ())


def test_the_price_follows_the_tenant(book, means):
    def says(stage, slots, has_price):
        question = Question(text="كم", stage=stage, slots=vocabulary.SLOTS[:slots], has_public_price=has_price)
        verdict = book.judge(question, means("ask_price"))
        return verdict.say, verdict.go, verdict.held

    assert says("new_lead", 0, False) == ("price_on_request", "start_qualifying", False)
    assert says("new_lead", 0, True) == ("price_public", "start_qualifying", False)
    assert says("nurturing", 5, False) == ("price_on_request_then_meeting", "start_qualifying", False)
    assert says("qualified", 5, True) == ("price_public_then_meeting", "", False)
    assert says("meeting_done", 5, True) == ("meeting_reply", "", True)


def test_only_the_exact_wish_reopens_an_opted_out_contact(book):
    def at(text):
        return book.decide(Question(text=text, stage="opted_out"))

    for wish in ("START", "تشغيل الرسائل", "رجعوا الرسايل لو سمحتوا"):
        verdict = at(wish)
        assert (verdict.say, verdict.held, verdict.flags, verdict.go) == (
            "welcome_back", False, ("resume_consent",), "",
        )  # fmt: skip
    for other in ("نعم", "كم السعر", "السلام عليكم", "مهتم", "إيقاف", "تشغيل", "when do you start?", ""):
        verdict = at(other)
        assert (verdict.say, verdict.silence_reason) == ("", "silence.opted_out")
        assert "resume_consent" not in verdict.flags


def test_who_asks_for_a_machine_hears_the_truth(book):
    assert book.decide(Question(text="هل أنت روبوت؟")).say == "i_am_a_bot"
    assert book.decide(Question(text="are you a bot?")).say == "i_am_a_bot"
    assert book.decide(Question(text="أبي أكلم موظف")).say == "colleague_will_answer"


def test_a_question_about_data_waits_for_a_human_even_beside_another_one(book, means):
    verdict = book.judge(Question(text="x"), means("ask_price", "question_other:privacy_question"))

    assert (verdict.say, verdict.hold_reasons) == ("legal_question_reply", ("hold.legal_question",))


def test_a_wish_for_a_demo_never_books(book, means):
    for stage in STAGES:
        verdict = book.judge(Question(text="ديمو", stage=stage), means("wants_demo"))

        assert verdict.say != "booking_confirmed"
        assert verdict.proposes == ""
        after = deal.advance(stage, verdict.go, source="message") if verdict.go else stage
        assert after == stage or after == "qualifying"


def test_the_second_unclear_message_in_a_row_goes_to_a_human(book, means):
    first = book.judge(Question(text="؟؟"), means("default", confidence=0.0))
    second = book.judge(Question(text="؟؟", unclear_before=1), means("default", confidence=0.0))

    assert (first.say, first.held, first.go) == ("clarify", False, "")
    assert (second.held, second.go) == (True, "")
    assert "hand_to_human" in second.flags


def test_a_weak_guess_moves_nothing(book, means):
    for intent in INTENTS:
        verdict = book.judge(Question(text="x", stage="proposal_sent"), means(intent, confidence=0.3))

        if intent not in ("unsubscribe",):
            assert verdict.go == ""
        if intent == "accepted":
            assert (verdict.held, verdict.proposes) == (True, "")


@pytest.mark.parametrize(
    ("kind", "says", "silence"),
    [
        ("voice", "ask_to_write_it", ""),
        ("audio", "ask_to_write_it", ""),
        ("video", "ask_to_write_it", ""),
        ("image", "file_received", ""),
        ("document", "file_received", ""),
        ("location", "file_received", ""),
        ("contact_card", "file_received", ""),
        ("poll", "file_received", ""),
        ("order", "file_received", ""),
        ("other", "file_received", ""),
        ("call", "missed_call", ""),
        ("unreadable", "ask_to_repeat", ""),
        ("sticker", "", "silence.reaction_or_sticker"),
        ("reaction", "", "silence.reaction_or_sticker"),
        ("deletion", "", "silence.deleted_message"),
    ],
)
def test_every_form_without_words_has_an_outcome(book, means, kind, says, silence):
    verdict = book.judge(
        Question(text="", kind=kind), means("default", confidence=0.0, script="none", answer="other")
    )

    assert (verdict.say, verdict.silence_reason) == (says, silence)
    assert verdict.go == ""


def test_a_shadow_page_is_seen_and_has_no_effect(folder, means):
    folder.page("routing", "tries", "intent: greeting", "say: greeting_short; flag: complaint", status="shadow")
    folder.page("approval", "would_hold", "stage: new_lead", "hold: complaint", status="shadow")
    folder.page("safety", "would_stop", "intent: greeting", "say: clarify", status="draft")
    book = folder.load()

    verdict = book.judge(Question(text="hi"), means("greeting"))

    assert (verdict.say, verdict.hold_reasons) == ("not_understood_draft", ("hold.not_understood",))
    assert verdict.flags == ()
    assert {reason.page: reason.shadow for reason in verdict.because} == {
        "the_rest": False,
        "some_reply": False,
        "tries": True,
        "would_hold": True,
    }


def test_the_more_specific_page_wins(folder, means):
    folder.page("routing", "for_a_stage", "stage: new_lead", "say: clarify")
    folder.page("routing", "for_an_intent", "intent: greeting", "say: greeting_short")
    folder.page("routing", "for_both", "intent: greeting; stage: new_lead", "say: greeting_and_offer")
    book = folder.load()

    assert book.judge(Question(text="x", stage="new_lead"), means("greeting")).say == "greeting_and_offer"
    assert book.judge(Question(text="x", stage="qualified"), means("greeting")).say == "greeting_short"
    assert book.judge(Question(text="x", stage="new_lead"), means("thanks")).say == "clarify"
    assert book.judge(Question(text="x", stage="qualified"), means("thanks")).say == "not_understood_draft"


def test_all_reasons_to_hold_add_up(folder, means):
    folder.page("approval", "one", "stage: new_lead", "hold: commercial_stage")
    folder.page("approval", "two", "is_late: true", "hold: late_message")
    book = folder.load()

    verdict = book.judge(Question(text="x", is_late=True), means())

    assert verdict.hold_reasons == ("hold.not_understood", "hold.commercial_stage", "hold.late_message")


def test_a_choice_in_when_is_one_level_of_or(folder, means):
    folder.text(
        "routing/chooses.yml",
        "id: chooses\ntitle: t\nstatus: live\nowner: o\nwhy: w\nwhen:\n  - stage: new_lead\n"
        "  - any:\n      - intent: greeting\n      - {expects: yes_no, answer: yes}\nthen:\n  say: clarify\n"
        "tests:\n  - {name: a, given: {intent: greeting}, expect: {say: clarify}}\n"
        "  - {name: b, given: {intent: thanks}, expect: nothing}\n",
    )
    book = folder.load()

    def says(intent, **place):
        question = Question(text="x", **{key: value for key, value in place.items() if key != "answer"})
        return book.judge(question, means(intent, answer=place.get("answer", ""))).say

    assert says("greeting") == "clarify"
    assert says("thanks", expects="yes_no", answer="yes") == "clarify"
    assert says("thanks", expects="number", answer="yes") == "not_understood_draft"
    assert says("greeting", stage="qualified") == "not_understood_draft"
    assert failures(book)  # the examples that every test folder carries are not true of this book


def test_an_explanation_names_who_won_who_lost_and_who_nearly_fired(book, means):
    explained = book.explain(Question(text="كم السعر", stage="negotiating"), means("ask_price"))

    assert dict(explained.facts)["stage"] == "negotiating"
    assert any("price_talk_outside_its_stage_waits.yml:" in line for line in explained.fired)
    assert any("the_rest_waits_for_a_human.yml:" in line for line in explained.lost)
    assert any(line.startswith("public_price_") or "price" in line for line in explained.nearly)
    assert explained.verdict == book.judge(Question(text="كم السعر", stage="negotiating"), means("ask_price"))


def test_every_stage_is_described(book):
    described = {rules.stage: rules for rules in book.stages()}

    assert tuple(described) == STAGES
    assert [stage for stage in STAGES if described[stage].always_held] == [
        *MONEY_STAGES, "closed_won", "closed_lost",
    ]  # fmt: skip
    assert ("bargaining_opens_the_negotiation", "negotiate", "negotiating") in described["proposal_sent"].routes
    assert all(rules.wordings or rules.stage == "opted_out" for rules in described.values())


def test_the_same_question_always_gets_the_same_verdict(book):
    question = Question(text="السلام عليكم، كم السعر؟")

    assert book.decide(question) == book.decide(question)


def test_every_example_on_every_page_is_true_of_the_whole_book(book):
    assert failures(book) == ()


def test_a_false_example_is_reported_with_its_line(folder):
    found = {(problem.file, problem.line) for problem in failures(folder.load())}

    assert ("routing/the_rest.yml", 13) in found or ("routing/the_rest.yml", 12) in found


def test_a_book_that_is_loaded_again_understands_the_same(book):
    """
    A reload, or a second tenant in the same process, changes nothing in what short words like «كم» mean: word
    memories that books share compare words, not objects.
    """
    question = Question(text="".join(["ك", "م", " السعر"]))
    first = Book.load(backend="reference").decide(question)
    second = Book.load(backend="reference").decide(question)

    assert (first.intent, second.intent) == ("ask_price", "ask_price")


HOSTILE = [
    "\x00",
    "\ud800",
    '"}{"sid":"1"',
    "$forward",
    "sid",
    "a.b",
    "p1",
    "zz",
    "1e999",
    "NaN",
    "x" * 70_000,
    "🌹" * 20_000,
    "\u202e\u200f\u0640",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_a_contact_can_choose_reaches_the_c_engine(book, means, text):
    """
    Hostile texts, button ids and languages change nothing in the agreement of the matchers, or the next decision.
    """
    calm = book.judge(Question(text="x"), means("greeting"))
    before = book.disagreements

    hostile = book.judge(
        Question(text=text, button_id=text, language_before=text, slots=(text, text)),
        means("greeting", language=text),
    )

    assert hostile.engine_agreed
    assert (hostile.say, hostile.held) == ("greeting_and_offer", len(text) > 1000)
    assert book.judge(Question(text="x"), means("greeting")) == calm
    assert book.disagreements == before


def test_a_shadow_page_of_understanding_is_named_and_changes_nothing():
    base = read_folder(DEFAULT_PATH)
    page = dedent("""\
        id: asks_for_the_seasons_list
        title: Asks for the list of the season
        status: {status}
        owner: sales
        why: To see how often it is asked.
        when:
          - says: ["زمردة خضراء"]
        then:
          understand: ask_price
          confidence: 0.95
        tests:
          - name: hears it
            given: {{says: "زمردة خضراء"}}
            expect: {{intent: ask_price}}
          - name: is silent
            given: {{says: "كم السعر"}}
            expect: nothing
        """)
    file = "understanding/asks_for_the_seasons_list.yml"
    shadow, live, without = (
        Book.of([base, Layer("clinic", files)], backend="reference")
        for files in (
            {file: page.format(status="shadow")},
            {file: page.format(status="live")},
            {file: page.format(status="draft")},
        )
    )
    question = Question(text="زمردة خضراء")

    seen, meant, unseen = shadow.decide(question), live.decide(question), without.decide(question)

    assert (seen.intent, seen.say, seen.held) == (unseen.intent, unseen.say, unseen.held)
    assert meant.intent == "ask_price"
    (reason,) = [reason for reason in seen.because if reason.page == "asks_for_the_seasons_list"]
    assert reason.shadow
    assert "would mean ask_price" in reason.said
