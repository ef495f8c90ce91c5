"""The C matcher is watched, bounded, rebuilt and freed."""

import gc
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules import vocabulary
from rules.book import Book
from rules.engine import DurableMatcher, Engine, EngineFailed
from rules.facts import Condition
from rules.matcher import ReferenceMatcher
from rules.pages import Page, Then
from rules.pieces import LIMITS, Limits
from rules.program import MAX_ALTERNATIVES, MAX_NEEDS, Alternative, Program, compile_pages, over_limits
from rules.shelf import Shelf
from rules.verdict import IntentFound, Question, Understanding

INTENTS = tuple(vocabulary.INTENTS)

NO_LIMITS = Limits(*(10_000,) * 5)
"""Lets a test overload the C matcher, as no book can."""


def page(name, *ways, chapter="approval", then=Then(hold=("hold.complaint",)), status="live"):
    return Page(name, name, chapter, status, "sales", "why", f"{chapter}/{name}.yml", 1, tuple(ways), then, ())


def program_of(*ways):
    return compile_pages([page(f"page_{number:03}", *own) for number, own in enumerate(ways)], [])


def all_true(program):
    return (1 << len(program.conditions)) - 1


def wide_program(count=150):
    """More conditions true at once than one piece of the C matcher has room for."""
    pairs = [(one, other) for one in INTENTS for other in INTENTS if one < other][:count]
    return program_of(*[[(Condition("also_intent", "is", pair),)] for pair in pairs])


conditions = st.one_of(
    st.builds(Condition, st.just("stage"), st.sampled_from(["is", "is_not"]), st.lists(
        st.sampled_from(vocabulary.STAGES), min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(Condition, st.just("intent"), st.sampled_from(["is", "is_not"]), st.lists(
        st.sampled_from(INTENTS[:6]), min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(Condition, st.just("also_intent"), st.just("is"), st.lists(
        st.sampled_from(INTENTS[:6]), min_size=1, max_size=2, unique=True).map(tuple)),
    st.builds(Condition, st.just("is_late"), st.just("is"), st.sampled_from([("true",), ("false",)])),
    st.builds(Condition, st.sampled_from(["unclear_before", "confidence"]), st.sampled_from(["above", "below"]),
              number=st.sampled_from([0.0, 0.5, 1.0, 2.0])),
)  # fmt: skip
ways = st.lists(conditions, max_size=4, unique=True).map(tuple)
programs = st.lists(st.lists(ways, min_size=1, max_size=3), min_size=1, max_size=25).map(lambda w: program_of(*w))
facts = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(vocabulary.STAGES),
        "intent": st.sampled_from(INTENTS[:6]),
        "also_intent": st.frozensets(st.sampled_from(INTENTS[:6]), max_size=4),
        "is_late": st.booleans(),
        "unclear_before": st.integers(0, 3),
        "confidence": st.floats(0, 1),
    }
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs, st.lists(facts, min_size=1, max_size=8))
def test_both_matchers_agree_with_the_plain_reading_of_the_rules(program, messages):
    """
    For random rules and messages the C matcher, the reference matcher and a naive reading find the same.
    """
    reference, durable = ReferenceMatcher(program), DurableMatcher(program)
    for message in messages:
        truths = program.truths(message)
        naive = tuple(
            number
            for number, alternative in enumerate(program.alternatives)
            if all(program.conditions[need].holds(message) for need in alternative.needs)
        )

        assert naive == reference.matching(truths)
        assert naive == durable.matching(truths)
    assert durable.rebuilds == 0
    durable.dispose()


def test_a_matcher_that_fails_is_built_anew_and_answers_right_afterwards():
    """
    Overloading the C matcher makes it fail in the middle of a decision; nothing of that decision is left over.
    """
    program = wide_program()
    durable, reference = DurableMatcher(program, NO_LIMITS), ReferenceMatcher(program)
    everything, one = all_true(program), 1

    assert durable.matching(one) == reference.matching(one)
    with pytest.raises(EngineFailed):
        durable.matching(everything)

    assert durable.rebuilds == 1
    assert durable.matching(one) == reference.matching(one)
    assert durable.matching(0) == ()


def test_when_the_matcher_fails_the_reference_answers_and_the_reply_is_held():
    program = compile_pages(
        [
            *wide_program().pages,
            page("the_rest", (), chapter="routing", then=Then(go="start_qualifying", say="clarify")),
        ],
        [],
    )
    engine = Engine(ReferenceMatcher(program), DurableMatcher(program, NO_LIMITS), "both")
    book = Book(Shelf(program, {}, None, policies=None), engine, "version")
    all_intents = tuple(IntentFound(name, 0.9, page="") for name in INTENTS)
    calm = Understanding(IntentFound("x", 0.9, ""), (), "ar", "arabic")
    overloaded = Understanding(all_intents[0], all_intents, "ar", "arabic")

    before = book.judge(Question(text="hi"), calm)
    verdict = book.judge(Question(text="hi"), overloaded)
    after = book.judge(Question(text="hi"), calm)

    assert (before.engine_agreed, before.held) == (True, False)
    assert (verdict.engine_agreed, verdict.held) == (False, True)
    assert "hold.engine_disagreed" in verdict.hold_reasons
    assert verdict.say == "clarify"
    assert after == before
    assert book.disagreements == 1


class Liar:
    """A matcher that is wrong without failing."""

    def __init__(self) -> None:
        self.restarts = 0

    def matching(self, truths):
        return (0,)

    def restart(self):
        self.restarts += 1

    def dispose(self):
        pass


def test_when_the_matchers_differ_the_reference_is_right():
    program, liar = program_of([(Condition("is_late", "is", ("true",)),)]), Liar()
    engine = Engine(ReferenceMatcher(program), liar, "both")

    assert engine.matching(0) == ((), False)
    assert engine.matching(1) == ((0,), True)
    assert (liar.restarts, engine.disagreements) == (1, 1)


def test_a_book_that_can_never_be_decided_is_refused():
    lengths = [Condition("text_length", "above", number=float(n)) for n in range(MAX_NEEDS + 1)]
    many = Program((page("p", ()),), (), (Alternative(0, ()),) * (MAX_ALTERNATIVES + 1))

    (refused,) = over_limits(program_of([tuple(lengths)]))
    assert (refused.file, refused.line) == ("approval/page_000.yml", 1)
    assert "201 things at once" in refused.what
    assert over_limits(program_of([tuple(lengths[1:])])) == []
    assert any("20001 ways" in problem.what for problem in over_limits(many))


late = Condition("is_late", "is", ("true",))


def longer_than(number):
    return Condition("text_length", "above", number=float(number))


def less_sure_than(number):
    return Condition("confidence", "below", number=float(number))


LARGE = {
    "as wide as one piece may be": wide_program(LIMITS.waiting),
    "wider than one piece": wide_program(LIMITS.waiting + 1),
    "much wider": wide_program(),
    "repeated": program_of(*[[(late,)]] * (2 * LIMITS.identical)),
    "side by side": program_of(*[[(longer_than(n),)] for n in range(2 * LIMITS.siblings)]),
    "wide on two floors": program_of(
        *[[(longer_than(n), less_sure_than(m + 2))] for n in range(40) for m in range(40)]
    ),
    "more flags than a message has room for": program_of(
        *[[(longer_than(n), less_sure_than(10 * n + m + 2))] for n in range(50) for m in range(6)]
    ),
    "more ways than a rule set has room for": program_of(
        *[
            [(Condition("stage", "is", (stage,)), longer_than(n))]
            for stage in vocabulary.STAGES
            for n in range(400)
        ]
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_program_past_the_limits_of_one_handle_is_decided_by_both_alike(name):
    """
    Where one handle would crash, loop or lose its place, several share the program.
    """
    program = LARGE[name]
    durable, reference = DurableMatcher(program), ReferenceMatcher(program)

    assert over_limits(program) == []
    for known in ({"stage": "qualified"}, {"stage": "", "text_length": 300}, {"confidence": 9.0}):
        truths = program.truths({**dict(_some_facts()), "text_length": 5_000, "confidence": 0.0, **known})
        assert durable.matching(truths) == reference.matching(truths)
    assert durable.matching(all_true(program)) == reference.matching(all_true(program))
    assert durable.rebuilds == 0


def test_many_threads_get_their_own_answers():
    program = program_of(*[[(Condition("stage", "is", (stage,)),)] for stage in vocabulary.STAGES])
    durable, wrong = DurableMatcher(program), []

    def ask(offset):
        for turn in range(300):
            stage = vocabulary.STAGES[(turn + offset) % len(vocabulary.STAGES)]
            found = durable.matching(program.truths({"stage": stage}))
            pages = [program.pages[program.alternatives[n].page].alternatives[0][0].words for n in found]
            if pages != [(stage,)]:
                wrong.append((stage, pages))

    threads = [threading.Thread(target=ask, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert durable.rebuilds == 0


def resident_kilobytes():
    """Resident memory now, not its peak."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def test_three_hundred_reloads_do_not_grow_the_memory(book):
    """
    Whether a program is disposed of or only forgotten, its memory in the C engine comes back.
    """
    program = book._program
    truths = program.truths({**dict(_some_facts())})

    def reload(times, dispose):
        for _ in range(times):
            matcher = DurableMatcher(program)
            matcher.matching(truths)
            if dispose:
                matcher.dispose()
        gc.collect()

    reload(20, dispose=True)
    before = resident_kilobytes()
    reload(150, dispose=True)
    reload(150, dispose=False)

    assert resident_kilobytes() - before < 4_000


def _some_facts():
    return {
        "stage": "new_lead", "intent": "ask_price", "also_intent": frozenset({"ask_price"}), "confidence": 0.9,
        "heard": "asks_the_price", "also_heard": frozenset({"asks_the_price"}),
        "expects": "", "answer": "", "kind": "text", "button": "", "script": "arabic", "language": "ar",
        "opt_out": "", "has_secret": False, "is_late": False, "is_first_reply_to_outbound": False,
        "has_public_price": False, "unclear_before": 0, "slots_filled": 0, "slots_missing": 5, "text_length": 9,
    }.items()  # fmt: skip


def test_a_disposed_book_still_decides(folder, means):
    book = folder.load()
    before = book.judge(Question(text="x"), means())
    book.dispose()

    assert book.judge(Question(text="x"), means()) == before


@pytest.mark.parametrize("backend", ["both", "reference", "durable"])
def test_every_backend_comes_to_the_same_verdicts(folder, means, backend):
    folder.page("routing", "greets", "intent: greeting", "say: greeting_short")
    folder.page("approval", "late", "is_late: true", "hold: late_message")
    book = folder.load(backend=backend)

    verdict = book.judge(Question(text="hi", is_late=True), means("greeting"))

    assert book.backend == backend
    assert (verdict.say, verdict.hold_reasons) == ("greeting_short", ("hold.late_message",))


def test_an_unknown_backend_is_refused(folder):
    with pytest.raises(ValueError, match="There is no rules backend"):
        folder.load(backend="drools")


def test_without_the_c_module_the_book_decides_and_says_so(folder):
    """
    On a machine where the module cannot be imported, the reference matcher decides alone.
    """
    program = (
        "import sys; sys.modules['durable_rules_engine'] = None\n"
        "from pathlib import Path; from rules.book import Book\n"
        f"book = Book.load(Path({str(folder.path)!r}))\n"
        "print(book.backend, len(book.pages))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["reference", "2"]
