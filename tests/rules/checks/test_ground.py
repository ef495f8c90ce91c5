"""What the checks claim about all messages is true of each of them."""

from itertools import chain, combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import vocabulary
from rules.checks.ground import Ground
from rules.facts import Condition

# Two intents that pages name here, and one for all others; `unsubscribe` means a stop, and is not free.
NAMED = ("ask_price", "greeting")
INTENTS = (*NAMED, "thanks")
STAGES = ("new_lead", "qualifying", "closed_won")


def words(fact, known, *tests):
    chosen = st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(Condition, st.just(fact), st.sampled_from(tests), chosen)


def numbers(fact):
    return st.builds(
        Condition, st.just(fact), st.sampled_from(["above", "below"]), st.just(()), st.integers(-1, 6).map(float)
    )


conditions = st.one_of(
    words("stage", STAGES, "is", "is_not"),
    words("intent", NAMED, "is", "is_not"),
    words("also_intent", NAMED, "is", "is_not"),
    words("has_public_price", ("true", "false"), "is"),
    numbers("slots_filled"),
    numbers("slots_missing"),
)
ways = st.lists(conditions, max_size=4).map(tuple)


def every_message():
    for stage, intent, filled, price in product(vocabulary.STAGES, INTENTS, range(6), (False, True)):
        others = [word for word in INTENTS if word != intent]
        for more in chain.from_iterable(combinations(others, n) for n in range(len(others) + 1)):
            yield {
                "stage": stage,
                "intent": intent,
                "also_intent": frozenset({intent, *more}),
                "has_public_price": price,
                "slots_filled": filled,
                "slots_missing": 5 - filled,
            }


MESSAGES = list(every_message())


def holds(way, message):
    return all(condition.holds(message) for condition in way)


@settings(max_examples=150, deadline=None)
@given(ways, st.lists(ways, max_size=5))
def test_a_set_is_covered_exactly_when_no_message_is_left(way, others):
    ground = Ground([c for one in (way, *others) for c in one], {})
    covers = [ground.cover(other) for other in others]
    area = ground.area(way)

    inside = [message for message in MESSAGES if holds(way, message)]
    left = [message for message in inside if not any(holds(other, message) for other in others)]

    assert (area is not None) == bool(inside)
    if area is not None:
        assert ground.is_covered(area, covers) == (not left)
        assert (ground.outside(area, covers) is None) == (not left)


@settings(max_examples=100, deadline=None)
@given(ways, st.sampled_from(vocabulary.STAGES))
def test_narrowing_a_set_keeps_what_has_the_value(way, stage):
    ground = Ground(way, {})
    area = ground.area(way)

    here = area and ground.only(area, "stage", stage)

    assert (here is not None) == any(holds(way, message) for message in MESSAGES if message["stage"] == stage)
    if here is not None:
        assert ground.values(here, "stage") == (stage,)


def test_a_confidence_may_lie_between_any_two_limits():
    above, below = ([Condition("confidence", test, number=n) for n in (0.5, 0.6)] for test in ("above", "below"))
    ground = Ground([*above, *below], {})

    assert ground.area((above[0], below[1])) is not None
    assert ground.area((above[1], below[0])) is None
    assert ground.area((above[0], below[0])) is None


def test_a_search_that_grows_too_wide_claims_nothing():
    """Every bit of 14 intents decides alone, so that only a page of many pages covers all."""
    asked = [Condition("also_intent", "is", (word,)) for word in list(vocabulary.INTENTS)[:14]]
    denied = [Condition("also_intent", "is_not", c.words) for c in asked]
    ways = [tuple(pair) for pair in product(*zip(asked, denied, strict=True))]
    ground = Ground([*asked, *denied], {})
    covers = [ground.cover(way) for way in ways]

    assert ground.is_covered(ground.everything, covers) is False
    assert ground.outside(ground.everything, covers) is None
