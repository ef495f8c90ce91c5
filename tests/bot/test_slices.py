"""A rate that is shared out never lets more through than it says, whoever asks in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from bot.departures.slices import LONGEST_HOLD_MS, Ask, Slice, Window, give, room_at

WINDOWS = st.sampled_from(
    [
        (Window(1_000, 1), Window(60_000, 30)),
        (Window(1_000, 5), Window(60_000, 60)),
        (Window(1_000, 80), Window(60_000, 400)),
        (Window(1_000, 3),),
    ]
)

# One turn of somebody: how long after the last, who, how much is wanted, for how long, and how it is used.
TURNS = st.lists(
    st.tuples(
        st.integers(0, 1_500),
        st.integers(0, 3),
        st.integers(1, 40),
        st.integers(1, 2_000),
        st.integers(0, 40),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


def sends_of(windows, turns) -> list[int]:
    """When everything left, by owners that use all they may at the worst moments: at once, or at the very end."""
    now, slices = 0, ()
    held: dict[int, Slice] = {}
    sent: list[int] = []
    for number, (later, who, want, hold, uses, at_the_end) in enumerate(turns):
        now += later
        told_back = held.pop(who, None)
        given = give(slices, windows, Ask(str(number), want, now, hold, told_back))
        slices = given.slices
        if not given.n:
            continue
        until = now + min(hold, LONGEST_HOLD_MS)
        several = min(uses, given.n)
        at = until if at_the_end else now
        sent += [at] * several
        if not at_the_end:  # an owner that is done tells back what it used, and when it ended
            held[who] = Slice(str(number), several, at)
    return sorted(sent)


@given(WINDOWS, TURNS)
def test_no_window_anywhere_holds_more_than_its_limit(windows, turns) -> None:
    sent = sends_of(windows, turns)
    for window in windows:
        for end in sent:
            inside = [at for at in sent if end - window.ms < at <= end]
            assert len(inside) <= window.most


@given(WINDOWS, TURNS)
def test_nobody_is_given_more_than_was_asked_for_or_less_than_nothing(windows, turns) -> None:
    now, slices = 0, ()
    for number, (later, _, want, hold, _, _) in enumerate(turns):
        now += later
        given = give(slices, windows, Ask(str(number), want, now, hold))
        assert 0 <= given.n <= want
        slices = given.slices


def test_what_was_not_used_comes_back_with_the_next_question() -> None:
    window = (Window(1_000, 10),)
    first = give((), window, Ask("a", 10, 0, 500))
    assert first.n == 10
    assert give(first.slices, window, Ask("b", 5, 10, 500)).n == 0
    assert give(first.slices, window, Ask("b", 5, 10, 500, Slice("a", 2, 5))).n == 5


def test_an_owner_who_died_keeps_its_slice_for_its_time_and_no_longer() -> None:
    window = (Window(1_000, 10),)
    dead = give((), window, Ask("a", 10, 0, 500)).slices
    assert give(dead, window, Ask("b", 5, 1_499, 500)).n == 0
    assert give(dead, window, Ask("b", 5, 1_500, 500)).n == 5
    assert room_at(dead, window, 100) == 1_500


def test_a_clock_that_was_an_hour_ahead_blocks_nobody_for_an_hour() -> None:
    window = (Window(1_000, 10),)
    ahead = give((), window, Ask("a", 10, 3_600_000, 500)).slices
    first = give(ahead, window, Ask("b", 1, 0, 500))
    assert first.n == 0
    assert give(first.slices, window, Ask("c", 1, LONGEST_HOLD_MS + 1_000, 500)).n == 1


@given(WINDOWS, TURNS)
def test_whoever_comes_when_told_finds_room_if_nobody_was_faster(windows, turns) -> None:
    now, slices = 0, ()
    for number, (later, _, want, hold, _, _) in enumerate(turns):
        now += later
        given = give(slices, windows, Ask(str(number), want, now, hold))
        slices = given.slices
        if given.n == 0:
            again = room_at(slices, windows, now)
            assert again > now
            assert give(slices, windows, Ask("again", 1, again, 1)).n == 1
