"""One slow number never takes what the others need, and tenants take turns."""

from contextlib import ExitStack
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.departures.in_flight import ALWAYS, PLACES, InFlight
from bot.departures.turns import Turns


def filled(in_flight: InFlight, stack: ExitStack, channel: str) -> int:
    """Begin calls of a number that never end, until it must let others pass."""
    begun = 0
    while not in_flight.is_crowded(channel):
        stack.enter_context(in_flight.calling(channel))
        begun += 1
    return begun


def test_alone_a_number_has_half_of_the_places_and_the_next_one_half_of_the_rest() -> None:
    in_flight = InFlight()
    with ExitStack() as stack:
        assert [filled(in_flight, stack, name) for name in "abcd"] == [16, 8, 4, 2]
    assert in_flight.calls == 0


@given(st.integers(1, 60))
def test_however_many_hang_the_next_one_still_works(several: int) -> None:
    in_flight = InFlight()
    with ExitStack() as stack:
        for number in range(several):
            assert filled(in_flight, stack, f"c{number}") >= ALWAYS
        assert not in_flight.is_crowded("one more")
        assert in_flight.calls <= PLACES + ALWAYS * several


def test_whoever_waits_for_a_number_is_woken_in_order_one_by_each_call_that_ends() -> None:
    in_flight, woken = InFlight(), []
    in_flight.told_to(lambda: None, woken.append)
    first, second, other = ("t", "1"), ("t", "2"), ("t", "3")
    in_flight.waits("a", first)
    in_flight.waits("a", second)
    in_flight.waits("a", first)
    in_flight.waits("b", other)
    with in_flight.calling("a"):
        assert woken == []
    assert woken == [first]
    with in_flight.calling("b"):
        pass
    assert woken == [first, other]
    with in_flight.calling("a"), in_flight.calling("a"):
        pass
    assert woken == [first, other, second]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=60))
def test_everybody_gets_one_turn_and_no_tenant_waits_for_more_than_one_of_each_other(names) -> None:
    turns = Turns()
    for tenant, number in names:
        turns.add((tenant, str(number)))
    wanted = {(tenant, str(number)) for tenant, number in names}
    assert len(turns) == len(wanted)
    taken = [turns.take() for _ in range(len(turns))]
    assert len(taken) == len(set(taken)) and set(taken) == wanted
    for tenant in {tenant for tenant, _ in taken}:
        own = [place for place, name in enumerate(taken) if name[0] == tenant]
        assert all(later - earlier <= 3 for earlier, later in pairwise(own))
