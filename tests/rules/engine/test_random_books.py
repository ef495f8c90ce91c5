"""
Random books: whatever loads keeps the promises of every book, and no tenant's layer can talk after a stop.

Pages are thrown away until the loader accepts the rest; so most books are small and odd.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import cache

from hypothesis import Phase, assume, event, given, settings
from hypothesis import strategies as st

from bot import effects
from bot.conversation import Conversation
from bot.decision import decide
from bot.notebook import Log
from bot.playbook import RulesRefused, compose, shipped
from bot.tenant import Tenant
from bot.workbench.examination import LIFECYCLE, wording_facts
from flows import deal
from rules import vocabulary
from rules.book import Book
from rules.checks import examine
from rules.layers import Layer
from rules.problems import BookError, Problem
from rules.verdict import IntentFound, Question, Understanding
from tests.rules.engine.random_books import SOME, STAGES, accepted, books, pages_of
from tests.rules.engine.random_rules import HOSTILE_WORDS, looking_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANTS = (
    Tenant("priced", "شركة", has_public_price=True, public_price={"ar": "من 500 ريال", "en": "from SAR 500"}),
    Tenant("unpriced", "Company"),
)

HOSTILE_TEXTS = (
    *HOSTILE_WORDS,
    "None",
    "null",
    "\x00\x00",
    "\ud83d",
    "x" * 70_000,
    "🌹" * 20_000,
    "\u202eكم\u202c السعر\u2066",
    "ﻛﻢ ﺍﻟﺴﻌﺮ",
    "\u0640" * 500,
    "٨٠",
    "1e400",
    "-0",
    "9" * 400,
    "\n" * 50,
    "{price} {question} {0} %s",
)
texts = st.one_of(
    st.sampled_from(
        ["السلام عليكم", "كم السعر", "hello", "نعم", "لا", "80", "وقفوا الرسايل", "stop", "ok", "تشغيل الرسائل"]
    ),
    st.sampled_from(HOSTILE_TEXTS),
    st.text(max_size=40),
)
questions = st.builds(
    Question,
    text=texts,
    stage=st.sampled_from(STAGES),
    expects=st.sampled_from(vocabulary.EXPECTS),
    kind=st.sampled_from(vocabulary.KINDS),
    button_id=st.sampled_from([*vocabulary.BUTTONS, *HOSTILE_WORDS]),
    is_first_reply_to_outbound=st.booleans(),
    unclear_before=st.integers(0, 4),
    is_late=st.booleans(),
    slots=st.lists(st.sampled_from([*vocabulary.SLOTS, "\x00"]), unique=True).map(tuple),
    language_before=st.sampled_from(["", "ar", "en", "\ud800"]),
    has_public_price=st.booleans(),
)
numbers_heard = st.sampled_from([0.0, 0.4, 0.7, 0.95, 1.0, float("nan"), float("inf"), -1.0])


@st.composite
def meanings(draw):
    names = draw(
        st.lists(st.sampled_from([*SOME["intent"], *HOSTILE_WORDS]), min_size=1, max_size=4, unique=True)
    )
    found = tuple(IntentFound(name, draw(numbers_heard), draw(st.sampled_from(HOSTILE_WORDS))) for name in names)
    return Understanding(
        primary=found[0],
        intents=found,
        language=draw(st.sampled_from(["ar", "en", "\ud800", ""])),
        script=draw(st.sampled_from(vocabulary.SCRIPTS)),
        answer=draw(st.sampled_from(vocabulary.ANSWERS)),
        opt_out=draw(st.sampled_from(vocabulary.OPT_OUTS)),
        has_secret=draw(st.booleans()),
    )


@looking_at(40)
@given(books(), st.lists(st.tuples(questions, meanings()), min_size=1, max_size=12))
def test_what_loads_decides_everything(files, asked):
    """
    For random books and hostile messages: nothing raises, the matchers agree, every message has an outcome with a
    reason, money waits, and a step that is taken is one that the deal knows.
    """
    book, left = accepted(files, lambda texts: Book.of([Layer("", texts)]))
    assume(book is not None)
    event(f"pages in force: {len(book.pages)}")
    speaking = {page["id"]: page for page in left.values() if "id" in page}
    for question, meaning in asked:
        verdict = book.judge(question, meaning)

        assert verdict.engine_agreed
        assert bool(verdict.say) != bool(verdict.silence_reason)
        assert verdict.book_version == book.version
        assert verdict.held == bool(verdict.hold_reasons)
        assert verdict.held or not verdict.proposes
        assert not verdict.go or deal.may(question.stage, verdict.go, "message")
        assert not verdict.proposes or deal.may(question.stage, verdict.proposes, "approver")
        deciders = [b for b in verdict.because if b.chapter in ("safety", "routing", "replies") and not b.shadow]
        chapters = Counter(reason.chapter for reason in deciders)
        assert chapters in ({"safety": 1}, {"routing": 1}, {"routing": 1, "replies": 1})
        assert all(speaking[reason.page]["status"] == "live" for reason in deciders)
        assert book.explain(question, meaning).verdict == verdict
    assert book.disagreements == 0
    book.dispose()


@looking_at(12)
@given(books(), questions, meanings())
def test_a_book_is_what_it_says_not_how_its_files_are_ordered(files, question, meaning):
    """
    The same pages in another order of reading are the same version and the same verdict.
    """
    book, left = accepted(files, lambda texts: Book.of([Layer("", texts)], backend="reference"))
    assume(book is not None)

    again, _ = accepted(
        dict(reversed(left.items())), lambda texts: Book.of([Layer("", texts)], backend="reference")
    )

    assert again.version == book.version
    assert again.judge(question, meaning) == book.judge(question, meaning)


# a tenant's layer over the book that we ship


@cache
def safe_base():
    """Safety, approval and what both listen to; small, so that many layers can be tried."""
    whole = shipped()
    named = {text for file, text in whole.files.items() if file.split("/")[0] in ("safety", "approval")}

    def belongs(file, text):
        chapter, _, name = file.rpartition("/")
        if chapter == "understanding":
            needed = any(name.removesuffix(".yml") in page for page in named)
            return (
                "opt_out:" in text
                or "unsubscribe" in text
                or needed
                or name in ("greets.yml", "asks_the_price.yml")
            )
        if chapter in ("routing", "replies"):
            return "when: always" in text
        return chapter not in ("follow_up", "chats")

    return Layer("", {file: text for file, text in whole.files.items() if belongs(file, text)})


def laid_over(texts):
    """Lay a tenant's files over the base as publishing would: they must load, and the checks find nothing new."""
    try:
        playbook = compose(safe_base(), texts, name="tenant")
    except RulesRefused as refused:
        raise BookError(refused.problems) from refused
    found = [problem for problem in errors_of(playbook) if problem not in errors_of_the_base()]
    if found:
        raise BookError(found)
    return playbook


def errors_of(playbook):
    findings = examine(playbook.book, LIFECYCLE, wording_facts(playbook))
    return [Problem(found.file, found.line, found.what_en) for found in findings if found.level == "error"]


@cache
def errors_of_the_base():
    """What the checks miss in a part of the book."""
    return errors_of(compose(safe_base(), {}, name=""))


def talk(playbook, tenant, said):
    """A contact writes; yield each decision with the conversation as it is then."""
    conversation = Conversation(id="c", tenant_id=tenant.id, keys=("966500000000",), created_at=NOW)
    for number, message in enumerate(said):
        text, kind, button, is_late = message
        question = Question(
            text=text,
            stage=conversation.stage,
            expects=conversation.expects,
            kind=kind,
            button_id=button,
            unclear_before=conversation.unclear_count,
            is_late=is_late,
            slots=tuple(conversation.slots),
            language_before=conversation.language,
            has_public_price=tenant.has_public_price,
        )
        was_suppressed = conversation.is_suppressed
        decision = decide(conversation, question, tenant, playbook)
        conversation.language = decision.language
        conversation.unclear_count = conversation.unclear_count + 1 if decision.is_unclear else 0
        if decision.rendered is not None or decision.filled:
            conversation.asked, conversation.expects = decision.asked, decision.expects
        conversation.stage = decision.stage_after
        effects.take_effect(conversation, decision.verdict.flags, f"m{number}", f"k{number}", tenant, Log(NOW))
        yield was_suppressed, decision, conversation


def decider_of(verdict):
    """The safety or routing page that decided."""
    deciders = [r.page for r in verdict.because if r.chapter in ("safety", "routing") and not r.shadow]
    return deciders[0]


said = st.tuples(
    texts,
    st.sampled_from(["text", "text", "text", "button", "image", "voice", "reaction"]),
    st.sampled_from(["", "", "opt_out_yes", "opt_out_no"]),
    st.booleans(),
)
STOP = ("وقفوا الرسايل", "text", "", False)


@settings(looking_at(5), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    pages_of("tenant", heard=("greets",), is_layer=True),
    st.sampled_from(TENANTS),
    st.lists(said, max_size=6),
    st.lists(said, min_size=2, max_size=12),
)
def test_no_layer_of_a_tenant_talks_after_a_stop(files, tenant, before, after):
    """
    Whatever a tenant lays over the book: a stop is heard, it suppresses the contact and has exactly one
    confirmation; from then on there is silence, until the contact itself asks for messages again. Failures are
    not made smaller: each try loads a book.
    """
    playbook, _ = accepted(files, laid_over)
    assume(playbook is not None)
    event(f"pages of the tenant: {len(playbook.own)}")
    for number, (was_suppressed, decision, conversation) in enumerate(
        talk(playbook, tenant, [*before, STOP, *after])
    ):
        verdict = decision.verdict
        assert verdict.engine_agreed
        assert (decision.rendered is None) == bool(decision.silence_reason)
        opted_in = "resume_consent" in verdict.flags
        if was_suppressed and not opted_in:
            assert decision.rendered is None, f"said {verdict.say} to a contact who asked us to stop"
        if opted_in and was_suppressed:
            assert verdict.understanding.primary.page == "asks_for_messages_again"
        if opted_in:
            assert decider_of(verdict) in ("a_no_to_stopping_goes_on", "an_opt_in_opens_an_opted_out_contact")
        if decision.stage_after == "opted_out" and not opted_in:
            assert conversation.is_suppressed, "opted out, and nobody wrote it down"
        if "opt_out" in verdict.flags:
            assert (verdict.say, verdict.held) == ("opt_out_confirmation", False)
            assert decision.stage_after == "opted_out"
        if number == len(before) and not was_suppressed:
            assert "opt_out" in verdict.flags
