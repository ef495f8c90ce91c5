"""Random conditions, programs and facts, and how deep to look."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from rules import facts, vocabulary
from rules.facts import Condition
from rules.pages import Page, Then
from rules.program import compile_pages

# A profile that searches looks at this many times more.
DEPTH = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "searching" else 1


def looking_at(examples):
    """As many examples as are quick, many more when searching."""
    return settings(
        max_examples=examples * DEPTH,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


HOSTILE_WORDS = (
    "",
    "\x00",
    "\ud800",
    '"}{"sid":"1"',
    "$forward",
    "sid",
    "id",
    "a.b",
    "p1",
    "on",
    "zz",
    "NaN",
    "1e999",
    "None",
    "true",
    "\u202e\u200f\u0640",
    "🌹" * 300,
)
HOSTILE_NUMBERS = (
    float("nan"),
    float("inf"),
    float("-inf"),
    -0.0,
    1e-5,
    1e16,
    10**30,
    -1,
    True,
    0.7000001,
    70_000,
)

WORD_FACTS = ("stage", "intent", "expects", "answer", "kind", "language", "opt_out")
HEARD = ("asks_the_price", "greets", "stops")
SOME = {
    **{fact: tuple(words)[:7] for fact, words in facts.WORDS.items()},
    "stage": vocabulary.STAGES,
    **dict.fromkeys(facts.PAGES, HEARD),
}


def page(name, ways, *, chapter="approval", then=Then(hold=("hold.complaint",)), status="live"):
    return Page(name, name, chapter, status, "sales", "why", f"{chapter}/{name}.yml", 1, tuple(ways), then, ())


def program_of(pages):
    """Compile pages, each given by its ways to be true."""
    return compile_pages([page(f"page_{number:04}", ways) for number, ways in enumerate(pages)], [])


def words(fact):
    return st.lists(st.sampled_from(SOME[fact]), min_size=1, max_size=3, unique=True).map(tuple)


conditions = st.one_of(
    st.sampled_from([*facts.WORDS, *facts.PAGES]).flatmap(
        lambda fact: st.builds(Condition, st.just(fact), st.sampled_from(["is", "is_not"]), words(fact))
    ),
    st.builds(Condition, st.sampled_from(facts.YES_NO), st.just("is"), st.sampled_from([("true",), ("false",)])),
    st.builds(
        Condition,
        st.sampled_from(facts.NUMBERS),
        st.sampled_from(["above", "below"]),
        number=st.sampled_from([0.0, 0.5, 0.7, 1.0, 2.0, 5.0, 1000.0]),
    ),
)
ways = st.lists(conditions, max_size=5, unique=True).map(tuple)
programs = st.lists(st.lists(ways, min_size=1, max_size=3), min_size=1, max_size=25).map(program_of)

word_values = st.sampled_from(HOSTILE_WORDS)
number_values = st.one_of(st.sampled_from(HOSTILE_NUMBERS), st.integers(-1, 6), st.floats(0, 1))
messages = st.fixed_dictionaries(
    {
        **{fact: st.one_of(st.sampled_from(SOME[fact]), word_values) for fact in (*facts.WORDS, "heard")},
        **{
            fact: st.frozensets(st.one_of(st.sampled_from(SOME[fact]), word_values), max_size=4)
            for fact in ("also_intent", "also_heard")
        },
        **dict.fromkeys(facts.YES_NO, st.booleans()),
        **dict.fromkeys(facts.NUMBERS, number_values),
    }
)


def read_plainly(program, message):
    """Which alternatives match, by asking every condition of every one of them."""
    return tuple(
        number
        for number, alternative in enumerate(program.alternatives)
        if all(program.conditions[need].holds(message) for need in alternative.needs)
    )


def matching_bits(program, truths):
    """Which alternatives match when these conditions hold, whether or not a message could make them."""
    return tuple(
        number
        for number, alternative in enumerate(program.alternatives)
        if all(truths >> need & 1 for need in alternative.needs)
    )
