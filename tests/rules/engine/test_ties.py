"""Pages that could both win are found, all of them, and quickly."""

import time
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from rules import vocabulary
from rules.facts import Condition
from rules.pages import Then, contradict
from rules.program import weight
from rules.ties import ties
from tests.rules.engine.random_rules import looking_at, page, ways

pages = st.lists(
    st.builds(
        lambda name, own, chapter, say, status: page(
            f"page_{name}", own, chapter=chapter, then=Then(say=say), status=status
        ),
        st.integers(0, 99),
        st.lists(ways, min_size=1, max_size=3),
        st.sampled_from(["routing", "replies", "approval"]),
        st.sampled_from(["clarify", "greeting_short"]),
        st.sampled_from(["live", "live", "shadow"]),
    ),
    max_size=10,
    unique_by=lambda p: p.id,
)


def both_may_hold(way, other):
    return not any(contradict(a, b) or contradict(b, a) for a in way for b in other)


@looking_at(40)
@given(pages)
def test_exactly_the_pairs_that_may_both_win_are_named(many):
    live = [p for p in many if p.chapter != "approval" and not p.is_shadow]
    expected = [
        (one.file, other.id)
        for one, other in combinations(live, 2)
        if one.chapter == other.chapter
        and one.then != other.then
        and any(
            weight(a) == weight(b) and both_may_hold(a, b) for a in one.alternatives for b in other.alternatives
        )
    ]

    assert [(found.file, found.what.split('"')[1]) for found in ties(many)] == expected


def test_five_thousand_pages_are_compared_in_a_moment():
    """
    Comparing every pair took half a minute; the bound is generous, because machines are busy.
    """
    cells = [(s, i, e) for s in vocabulary.STAGES for i in vocabulary.INTENTS for e in vocabulary.EXPECTS]
    many = [
        page(
            f"page_{number}",
            [(Condition("stage", "is", (s,)), Condition("intent", "is", (i,)), Condition("expects", "is", (e,)))],
            chapter=chapter,
            then=Then(say=vocabulary.SAYS[number % 40]),
        )
        for number, (chapter, (s, i, e)) in enumerate((c, cell) for c in ("routing", "replies") for cell in cells)
    ]

    before = time.process_time()
    assert ties(many) == []
    assert len(many) > 5_000
    assert time.process_time() - before < 10
