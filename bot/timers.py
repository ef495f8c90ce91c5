"""
When a conversation must be looked at next, and by whom: one time, computed from everything that waits in it.

Pure. The sweep finds conversations by this time, so nothing needs a timer that lives in memory.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.conversation import Conversation, Draft, Status
from bot.roles import Duty
from bot.silence import look_at
from bot.tenant import Pace

# A provider call takes at most 20 s (5 to connect, 15 to answer); an attempt still open after this long belongs
# to a process that died, and its fate is unknown.
ATTEMPT_LEASE = timedelta(seconds=45)

# When a provider's own record is searched for a message in doubt: at once it is not there yet, after two minutes
# it never will be.
LOOKUPS = (timedelta(seconds=3), timedelta(seconds=20), timedelta(seconds=90))


def settled_at(conversation: Conversation, pace: Pace) -> datetime | None:
    """When the waiting messages may be read: the contact was quiet for a moment, or talked long enough."""
    times = [w.received_at for w in conversation.mailbox if w.what == "message"]
    if not times or any(w.is_urgent for w in conversation.mailbox):
        return min((w.received_at for w in conversation.mailbox), default=None)
    return min(max(times) + pace.burst_quiet, min(times) + pace.burst_at_most)


def next_look(conversation: Conversation, pace: Pace) -> datetime | None:
    """The earliest moment at which something in this conversation is due, None when nothing is."""
    turn = next_turn(conversation, pace)
    return turn[0] if turn else None


def next_turn(conversation: Conversation, pace: Pace) -> tuple[datetime, Duty] | None:
    """The earliest moment at which something is due and whose turn it is then, None when nothing is."""
    turns = [(at, duty) for at, duty in _turns(conversation, pace) if at is not None]
    return min(turns, key=lambda turn: turn[0], default=None)


def _turns(conversation: Conversation, pace: Pace) -> Iterator[tuple[datetime | None, Duty]]:
    yield settled_at(conversation, pace), Duty.WORKER
    if conversation.mode == "human":
        yield conversation.human_until, Duty.TIMERS
    for draft in conversation.outbox:
        if draft.status is Status.QUEUED and conversation.mailbox:
            continue  # nothing leaves before what waits was read
        duty = Duty.TIMERS if draft.status is Status.HELD else Duty.SENDER
        for at in _times_of(draft):
            yield at, duty
    if conversation.deeds:
        yield conversation.deeds[0].at, Duty.WORKER
    yield look_at(conversation), Duty.TIMERS


def _times_of(draft: Draft) -> Iterator[datetime | None]:
    match draft.status:
        case Status.HELD:
            yield draft.expires_at
            yield draft.snoozed_until
            if draft.alerted_level < 1:
                yield draft.warn_at
            if draft.alerted_level < 2:
                yield draft.due_at
        case Status.QUEUED:
            yield draft.retry_at or draft.decided_at or draft.created_at
        case Status.SENDING:
            yield draft.open_attempt.started_at + ATTEMPT_LEASE if draft.open_attempt else draft.created_at
        case Status.UNKNOWN:
            yield lookup_at(draft)


def lookup_at(draft: Draft) -> datetime | None:
    """When to search the provider's record for a message in doubt; None when that was done often enough."""
    if draft.lookups >= len(LOOKUPS):
        return None
    started = draft.attempts[-1].started_at if draft.attempts else draft.created_at
    return started + LOOKUPS[draft.lookups]
