"""
Whether a channel takes messages and delivers none: judged by how it behaves, never by what it promises. Pure.

A channel is silent when it is known to report receipts, and now
    - the last messages that it took, to three different contacts or more, have none at all after 45 seconds, or
    - everything that it took within two minutes, to two different contacts at least, has none;
and when no message of it got its first receipt in the last 45 seconds (a provider that works through a queue is
slow, not silent), and when so many misses in a row are a coincidence of one in ten thousand by the channel's own
habit. A channel that never reported anything is not silent: its receipts are "never seen".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.gaps.watch import Accepted

# Receipts come within seconds; this leaves a minute of the two in which it must be noticed.
PATIENCE = timedelta(seconds=45)

TOGETHER = timedelta(minutes=2)
FEWEST, FEWEST_TOGETHER = 3, 2

# How far back the last messages are looked at, and how many; the habit is told by those before them.
WINDOW = timedelta(minutes=30)
AT_MOST = 60
HABIT_WINDOW = timedelta(days=7)
HABIT_AT_MOST = 100

UNLIKELY = 1e-4


@dataclass(frozen=True, slots=True)
class Run:
    """The last messages of a channel, none of which anything was heard of."""

    sends: tuple[Accepted, ...]
    """Oldest first; one per contact."""
    is_all_of_two_minutes: bool

    @property
    def since(self) -> datetime:
        return self.sends[0].at

    @property
    def is_long_enough(self) -> bool:
        return len(self.sends) >= (FEWEST_TOGETHER if self.is_all_of_two_minutes else FEWEST)


def run_of(sends: Sequence[Accepted], heard: Mapping[str, datetime], now: datetime) -> Run | None:
    """
    The run at the end of what a channel took; None when there is none or when something was just heard.

    Args:
        sends: newest first.
        heard: draft -> when anything was first heard of it.
    """
    if any(now - at < PATIENCE for at in heard.values()):
        return None
    unheard: dict[str, Accepted] = {}
    before: datetime | None = None
    for send in sends:
        if send.draft_id in heard:
            before = send.at
            break
        if now - send.at >= PATIENCE:
            unheard[send.conversation_id] = send  # the oldest to each contact stays
    if not unheard:
        return None
    run = tuple(sorted(unheard.values(), key=lambda send: send.at))
    last = run[-1].at
    is_together = last - run[0].at <= TOGETHER and (before is None or last - before > TOGETHER)
    return Run(run, is_together)


def is_silent(run: Run, habit: Sequence[Accepted], heard: Mapping[str, datetime]) -> bool:
    """
    Whether a run says that the channel is silent, given how it behaved before.

    Args:
        habit: what it took before the run.
        heard: draft -> when anything was first heard of it.
    """
    in_time = sum(send.draft_id in heard and heard[send.draft_id] - send.at <= PATIENCE for send in habit)
    if not run.is_long_enough or not in_time:
        return False
    misses = 1 - in_time / len(habit)
    return misses ** len(run.sends) <= UNLIKELY
