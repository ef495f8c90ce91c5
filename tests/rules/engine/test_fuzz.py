"""
The guarded C matcher under random programs, random truths, overload, threads and neighbours.

What durable_rules 2.0.28 does when nobody guards it: a stack of 64, 512 siblings that loop for ever, 256 equal
rules that crash, 252 properties, decisions of one contact that fire for the next one, sessions that stay locked,
memory that is freed in the wrong order. `HYPOTHESIS_PROFILE=searching` looks much longer.
"""

import gc
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import vocabulary
from rules.engine import DurableMatcher, Engine, EngineFailed
from rules.facts import Condition
from rules.matcher import ReferenceMatcher
from rules.pieces import LIMITS, Limits, cut
from tests.rules.engine.random_rules import (
    DEPTH,
    looking_at,
    matching_bits,
    messages,
    program_of,
    programs,
    read_plainly,
)

UNBOUNDED = Limits(*(10_000,) * 5)
"""Lets a test overload the C matcher, as no book can."""

SMALL = st.builds(
    Limits,
    ways=st.integers(1, 9),
    siblings=st.integers(1, 6),
    identical=st.integers(1, 4),
    waiting=st.integers(1, 6),
    flags=st.integers(1, 9),
)
INTENTS = tuple(vocabulary.INTENTS)
PAIRS = tuple((one, other) for one in INTENTS for other in INTENTS if one < other)


def bits_below(number):
    return st.integers(0, (1 << number) - 1)


def wide(count):
    """A program whose conditions can all be true of one message."""
    return program_of([[(Condition("also_intent", "is", pair),)] for pair in PAIRS[:count]])


def longer_than(number):
    return Condition("text_length", "above", number=float(number))


# what is true


@looking_at(70)
@given(programs, st.lists(messages, min_size=1, max_size=6))
def test_whatever_a_message_carries_everybody_reads_the_rules_alike(program, said):
    """
    Not-a-number, infinities, surrogates, words that look like JSON or like the matcher's own names: the plain
    reading, the reference matcher and the C matcher find the same, and nothing fails.
    """
    reference, durable = ReferenceMatcher(program), DurableMatcher(program)
    for message in said:
        truths = program.truths(message)

        assert [truths >> n & 1 for n in range(len(program.conditions))] == [
            condition.holds(message) for condition in program.conditions
        ]
        assert read_plainly(program, message) == reference.matching(truths) == durable.matching(truths)
    assert durable.rebuilds == 0
    durable.dispose()


@looking_at(60)
@given(programs, messages, st.integers(1, 60))
def test_near_misses_are_pages_that_miss_exactly_one_condition(program, message, limit):
    truths = program.truths(message)
    fired = {program.alternatives[n].page for n in matching_bits(program, truths)}
    missed = []
    for number, alternative in enumerate(program.alternatives):
        failed = [need for need in alternative.needs if not truths >> need & 1]
        if len(failed) == 1 and len(alternative.needs) > 1 and alternative.page not in fired:
            missed.append((-len(alternative.needs), number, failed[0]))

    expected = tuple((number, failed) for _, number, failed in sorted(missed)[:limit])
    assert ReferenceMatcher(program).near_misses(truths, limit) == expected


# pieces


@looking_at(70)
@given(programs, SMALL, st.data())
def test_pieces_find_what_the_whole_finds_in_the_same_order(program, limits, data):
    """
    However small the pieces, and whatever is said to be true, even what no message could make true together.
    """
    reference, durable = ReferenceMatcher(program), DurableMatcher(program, limits)
    for truths in data.draw(st.lists(bits_below(len(program.conditions)), min_size=1, max_size=6)):
        expected = matching_bits(program, truths)

        assert expected == reference.matching(truths) == durable.matching(truths)
    assert durable.rebuilds == 0
    durable.dispose()


@looking_at(60)
@given(programs, SMALL, messages)
def test_no_piece_is_larger_than_its_limits(program, limits, message):
    """
    Counted on the cut pieces themselves; what is true of a message never fills more than a piece has room for.
    """
    whole = [(number, alternative.needs) for number, alternative in enumerate(program.alternatives)]
    pieces = cut(whole, program.conditions, limits)
    truths = program.truths(message)

    assert [way for piece in pieces for way in piece.ways] == whole
    for piece in (piece for piece in pieces if len(piece.ways) > 1):
        children, endings = {}, {}
        for _, needs in piece.ways:
            endings[needs] = endings.get(needs, 0) + 1
            for depth, need in enumerate(needs):
                children.setdefault(needs[:depth], set()).add(need)
        assert len(piece.ways) <= limits.ways
        assert max(map(len, children.values()), default=0) <= limits.siblings
        assert max(endings.values()) <= limits.identical
        assert (truths & piece.asked).bit_count() <= limits.flags
        assert _most_waiting(children, truths) <= limits.waiting


def _most_waiting(children, truths):
    """Walk the tree as the C matcher does, and say how many nodes waited at once."""
    waiting, most = [()], 1
    while waiting:
        node = waiting.pop()
        waiting += [(*node, need) for need in sorted(children.get(node, ())) if truths >> need & 1]
        most = max(most, len(waiting))
    return most


EDGES = {
    "siblings": program_of([[(Condition("heard", "is", (f"page_{n}",)),)] for n in range(LIMITS.siblings)]),
    "identical": program_of([[(longer_than(1),)]] * LIMITS.identical),
    "waiting": wide(LIMITS.waiting),
    "flags": program_of([[tuple(longer_than(n + 40 * m) for n in range(40))] for m in range(LIMITS.flags // 40)]),
}


@pytest.mark.parametrize("edge", EDGES)
def test_one_handle_bears_a_piece_at_its_very_limit(edge):
    """
    A piece as large as one may be is one handle, and decides everything that can be true right.
    """
    program = EDGES[edge]
    durable, count = DurableMatcher(program), len(program.conditions)
    ways = [(number, alternative.needs) for number, alternative in enumerate(program.alternatives)]
    singly = [1 << number for number in range(count)]

    assert len(cut(ways, program.conditions)) == 1
    for truths in (0, *singly, *([] if edge == "siblings" else [(1 << count) - 1, (1 << count) - 2])):
        assert durable.matching(truths) == matching_bits(program, truths)
    assert durable.rebuilds == 0


# failure


@looking_at(40)
@given(st.integers(61, 160), st.data())
def test_nothing_of_a_failed_decision_reaches_the_next_one(count, data):
    """
    A handle that is overloaded in the middle of a decision is built anew; until then and afterwards every answer
    is the right one or none.
    """
    program = wide(count)
    durable = DurableMatcher(program, UNBOUNDED)
    everything = (1 << count) - 1
    asked = data.draw(st.lists(st.one_of(bits_below(count), st.just(everything)), min_size=2, max_size=8))
    failures = 0
    for truths in asked:
        try:
            assert durable.matching(truths) == matching_bits(program, truths)
        except EngineFailed:
            failures += 1
            assert truths.bit_count() > LIMITS.waiting
        one = truths & -truths
        assert durable.matching(one) == matching_bits(program, one)
        assert durable.matching(0) == ()
    assert durable.rebuilds == failures
    assert failures or everything not in asked or count <= 64
    durable.dispose()


class Broken:
    """A matcher that answers what it is told to, right or wrong, or fails."""

    def __init__(self, answers):
        self._answers = list(answers)
        self.restarts = 0

    def matching(self, truths):
        answer = self._answers.pop()
        if answer is None:
            raise EngineFailed("told to")
        return answer

    def restart(self):
        self.restarts += 1

    def dispose(self):
        raise AssertionError("nobody disposes of it here")


@looking_at(60)
@given(programs, st.lists(st.one_of(st.none(), st.lists(st.integers(0, 80), max_size=5).map(tuple)), max_size=5),
       messages)  # fmt: skip
def test_whatever_the_other_matcher_answers_the_reference_decides(program, answers, message):
    """
    A matcher that fails or lies changes no decision, is counted each time, and is never believed.
    """
    reference, broken = ReferenceMatcher(program), Broken(reversed(answers))
    engine, truths = Engine(reference, broken, "both"), program.truths(message)
    expected = read_plainly(program, message)

    said = [engine.matching(truths) for _ in answers]

    assert said == [(expected, answer == expected) for answer in answers]
    assert engine.disagreements == sum(answer != expected for answer in answers)
    assert broken.restarts == sum(answer is not None and answer != expected for answer in answers)


# neighbours, threads and freeing


@looking_at(15)
@given(st.lists(programs, min_size=2, max_size=5), SMALL, st.randoms(use_true_random=False))
def test_matchers_side_by_side_do_not_hear_each_other(many, limits, dice):
    """
    Several books, asked by turns, restarted and forgotten in any order: each answers for itself.
    """
    held = [(program, DurableMatcher(program, dice.choice([limits, LIMITS]))) for program in many]
    for _ in range(25):
        program, durable = dice.choice(held)
        truths = dice.getrandbits(max(1, len(program.conditions)))
        assert durable.matching(truths) == matching_bits(program, truths)
        if dice.random() < 0.1:
            durable.restart()
        if dice.random() < 0.1:
            durable.dispose()
            held.remove((program, durable))
            held.append((program, DurableMatcher(program, limits)))
        if dice.random() < 0.05:
            held[0] = (held[0][0], DurableMatcher(held[0][0]))
            gc.collect(0)


def test_a_matcher_can_be_disposed_of_at_any_time_and_any_number_of_times():
    """
    Never asked, asked, failed, restarted: freeing is safe in every state, and whoever asks afterwards is told.
    """
    program, everything = wide(150), (1 << 150) - 1

    def fail(durable):
        with pytest.raises(EngineFailed):
            durable.matching(everything)

    for prepare in (lambda d: None, lambda d: d.matching(1), fail, DurableMatcher.restart):
        durable = DurableMatcher(program, UNBOUNDED)
        prepare(durable)
        durable.dispose()
        durable.dispose()
        durable.restart()
        with pytest.raises(EngineFailed, match="disposed"):
            durable.matching(1)


def test_many_threads_share_one_matcher_while_it_fails_restarts_and_is_built_anew():
    """
    Every answer belongs to the question; what overloads it fails for its own thread alone.
    """
    program = wide(150)
    durable = DurableMatcher(program, UNBOUNDED)
    everything = (1 << 150) - 1
    wrong, failed, alone = [], [], threading.Barrier(6)

    def ask(seed):
        dice = random.Random(seed)
        alone.wait()
        for _ in range(120 * DEPTH):
            truths = everything if dice.random() < 0.05 else 1 << dice.randrange(150) | 1 << dice.randrange(150)
            try:
                if durable.matching(truths) != matching_bits(program, truths):
                    wrong.append(truths)
            except EngineFailed:
                failed.append(truths)
            if dice.random() < 0.02:
                durable.restart()

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert failed
    assert set(failed) == {everything}


def test_a_matcher_that_is_disposed_of_under_fire_answers_right_or_says_so():
    for seed in range(10 * DEPTH):
        program = program_of([[(Condition("stage", "is", (stage,)),)] for stage in vocabulary.STAGES])
        engine, wrong = Engine.of(program, "both"), []
        begin = threading.Barrier(4)

        def ask(engine=engine, program=program, wrong=wrong, begin=begin):
            begin.wait()
            for number in range(60):
                truths = 1 << number % 13
                if engine.matching(truths) != (matching_bits(program, truths), True):
                    wrong.append(truths)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        begin.wait()
        if seed % 2:
            engine.matching(1)
        engine.dispose()
        for thread in threads:
            thread.join()

        assert wrong == []
        assert engine.disagreements == 0


def test_stages_that_no_deal_has_do_not_pile_up():
    """
    A book cut by stage keeps the handles of few stages; who asks about endless others costs time, not memory.
    """
    pages = [[(Condition("stage", "is_not", (stage,)),)] for stage in vocabulary.STAGES]
    pages += [
        [(Condition("stage", "is", (stage,)), longer_than(n))] for stage in vocabulary.STAGES for n in (1, 2)
    ]
    program = program_of(pages)
    durable = DurableMatcher(program, Limits(ways=6))
    for truths in (dice.getrandbits(len(program.conditions)) for dice in [random.Random(3)] for _ in range(300)):
        assert durable.matching(truths) == matching_bits(program, truths)
    assert durable.rebuilds == 0
