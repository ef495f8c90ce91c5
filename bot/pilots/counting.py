"""
One day of one pilot, counted from what happened. Pure.

Rule 1: a fact counts on the day on which it happened, from midnight to midnight in Riyadh; the last moment
        belongs to the next day.
Rule 2: a message of the contact waits from the first of a row until something of ours is accepted by a provider;
        what nobody answered within the day has no response time.
Rule 3: what was not measured is None, never nought.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from bot.conversation import LogEntry
from bot.events import SendClass

RIYADH = ZoneInfo("Asia/Riyadh")

_DECISIONS = ("draft_approved", "draft_edited", "draft_rejected")
_STEPS = {
    "booking_confirmed": "bookings",
    "meeting_held": "meetings_held",
    "no_show_recorded": "no_shows",
    "meeting_cancelled": "cancellations",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What the day came to."""

    messages_received: int
    messages_sent: int
    messages_failed: int
    responses: tuple[int, ...]
    """Whole seconds, in the order in which they were given."""
    waits_for_an_answer: bool
    bookings: int
    meetings_held: int
    no_shows: int
    cancellations: int
    human_decisions: int

    @property
    def median_response_seconds(self) -> int | None:
        return int(median(self.responses)) if self.responses else None

    @property
    def longest_response_seconds(self) -> int | None:
        return max(self.responses, default=None)


def span_of(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day in Riyadh, and the first that is not in it."""
    begin = datetime(day.year, day.month, day.day, tzinfo=RIYADH)
    return begin, begin + timedelta(days=1)


def pilot_began(story: Iterable[LogEntry]) -> datetime | None:
    """When the pilot that runs began; None when there was none."""
    return max(
        (e.at for e in story if e.what == "stage_moved" and e.data.get("after") == "pilot_active"), default=None
    )


def counted(story: Sequence[LogEntry], day: date) -> Counted:
    """`story` in any order; each entry once."""
    begin, end = span_of(day)
    told = sorted((e for e in story if begin <= _at(e) < end), key=lambda e: (_at(e), e.id))
    received = sent = failed = decisions = 0
    steps = dict.fromkeys(_STEPS.values(), 0)
    responses: list[int] = []
    waits_since: datetime | None = None
    accepted: set[str] = set()
    for entry in told:
        if entry.what == "message_received":
            received += 1
            waits_since = waits_since or _at(entry)
        elif _is_accepted(entry) and entry.data["draft"] not in accepted:
            accepted.add(entry.data["draft"])
            sent += 1
            if waits_since is not None:
                responses.append(int((entry.at - waits_since).total_seconds()))
            waits_since = None
        elif entry.what == "send_given_up":
            failed += 1
        elif entry.what in _DECISIONS:
            decisions += 1
        elif entry.what == "stage_moved" and entry.data.get("event") in _STEPS:
            steps[_STEPS[entry.data["event"]]] += 1
    return Counted(
        messages_received=received,
        messages_sent=sent,
        messages_failed=failed,
        responses=tuple(responses),
        waits_for_an_answer=waits_since is not None,
        human_decisions=decisions,
        **steps,
    )


def _at(entry: LogEntry) -> datetime:
    """When it happened: a message when we took it in, which may be before we read it."""
    came = entry.data.get("received_at") if entry.what == "message_received" else None
    return came if isinstance(came, datetime) else entry.at


def _is_accepted(entry: LogEntry) -> bool:
    return entry.what == "attempt_ended" and entry.data.get("send_class") == SendClass.ACCEPTED.value
