"""
A rate, shared out in slices: a process takes several sends at once and uses them up without asking again.

Pure: times are whole milliseconds, and nothing here waits. The database applies the same arithmetic in one update
(`adapters/mongo/limits.py`); a test holds the two against each other.

Rule 1: a slice counts in full until it is over, and then for as long as a window looks back. So no window of any
        length that is limited ever holds more than its limit, whoever asks in whatever order.
Rule 2: a slice that was used up, or not all used, is told back at the next question, as what it was in truth.
Rule 3: an owner who dies keeps his slice for its time: it errs on the side of too few.
Rule 4: no slice lasts longer than LONGEST_HOLD_MS beyond the present of whoever asks, so that a clock that was
        ahead blocks nobody for longer than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

LONGEST_HOLD_MS = 20_000


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many in any span of this length."""

    ms: int
    most: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Sends that somebody may make before a time; told back, those made by then."""

    id: str
    n: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish for a slice."""

    id: str
    want: int
    at_ms: int
    hold_ms: int
    """How long after `at_ms` it may be used."""
    told_back: Slice | None = None
    """The last slice of whoever asks, as it was used in truth."""


@dataclass(frozen=True, slots=True)
class Given:
    """The answer: how much, and what is under way now."""

    n: int
    slices: tuple[Slice, ...]


def give(slices: Sequence[Slice], windows: Sequence[Window], ask: Ask) -> Given:
    """As much of what is asked for as every window has room for."""
    back = ask.told_back
    current = [back if back is not None and one.id == back.id else one for one in slices]
    bound = ask.at_ms + LONGEST_HOLD_MS
    current = [replace(one, until_ms=min(one.until_ms, bound)) for one in current]
    oldest = ask.at_ms - max(window.ms for window in windows)
    current = [one for one in current if one.n > 0 and one.until_ms > oldest]
    room = min(window.most - used(current, window, ask.at_ms) for window in windows)
    n = max(0, min(ask.want, room))
    mine = (Slice(ask.id, n, ask.at_ms + min(ask.hold_ms, LONGEST_HOLD_MS)),) if n else ()
    return Given(n, (*current, *mine))


def used(slices: Sequence[Slice], window: Window, at_ms: int) -> int:
    """How much of a window that ends now is taken."""
    return sum(one.n for one in slices if one.until_ms > at_ms - window.ms)


def room_at(slices: Sequence[Slice], windows: Sequence[Window], at_ms: int) -> int:
    """When every window has room for one more, if nobody takes it before."""
    return max((_room_in(slices, window, at_ms) for window in windows), default=at_ms)


def _room_in(slices: Sequence[Slice], window: Window, at_ms: int) -> int:
    over = used(slices, window, at_ms) - window.most + 1
    when = at_ms
    for one in sorted(slices, key=lambda one: one.until_ms):
        if over <= 0:
            break
        if one.until_ms > at_ms - window.ms:
            over -= one.n
            when = one.until_ms + window.ms
    return when
