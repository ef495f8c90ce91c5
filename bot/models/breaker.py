"""
Whether a provider is asked now. Pure.

It is read from what became of the last calls, so that every process says the same.

Rule 1: three failures in a row are enough; then one call may try again after a minute.
Rule 2: a provider that asked to be left alone until a time is left alone until then, an hour at most.
Rule 3: wrong keys do not mend themselves: after those the next try comes later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.models.call import Call, CallStatus

FAILURES_IN_A_ROW = 3
OPEN_FOR = timedelta(minutes=1)
WRONG_KEY_FOR = timedelta(minutes=5)

# Nobody waits longer than this because of a header.
LONGEST_PAUSE = timedelta(hours=1)

LOOKED_AT = FAILURES_IN_A_ROW + 2

WRONG_KEY = frozenset({"http_401", "http_403"})


@dataclass(frozen=True, slots=True)
class Breaker:
    """How one provider stands."""

    state: str
    """`closed | open | half_open`"""
    until: datetime | None = None
    """When it is tried again, for one that is open."""

    @property
    def lets_through(self) -> bool:
        return self.state != "open"


CLOSED = Breaker("closed")


def breaker_of(latest: Sequence[Call], now: datetime) -> Breaker:
    """Judge by the latest calls, newest first."""
    ended = [call for call in latest if call.status is not CallStatus.OPEN or call.is_lost(now)]
    if not ended:
        return CLOSED
    last = ended[0]
    if last.retry_at is not None and last.status is CallStatus.FAILED:
        return _until(min(last.retry_at, last.at + LONGEST_PAUSE), now)
    if last.error_code in WRONG_KEY:
        return _until(last.at + WRONG_KEY_FOR, now)
    # An answer that we refuse came from a provider that works.
    failures = ended[:FAILURES_IN_A_ROW]
    if len(failures) == FAILURES_IN_A_ROW and all(_is_failure(call) for call in failures):
        return _until(last.at + OPEN_FOR, now)
    return CLOSED


def _is_failure(call: Call) -> bool:
    return call.status in (CallStatus.FAILED, CallStatus.OPEN)


def _until(until: datetime, now: datetime) -> Breaker:
    return Breaker("open", until) if now < until else Breaker("half_open")
