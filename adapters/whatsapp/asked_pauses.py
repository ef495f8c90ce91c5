"""
Which channels are left alone because their provider asked for it, as this process knows.

Rule 1: the same request heard again (from the database, every second) prolongs nothing.
Rule 2: an accepted call that began after the request proves that it is over.
Rule 3: a pause that seems to last longer than it was meant to was made by another clock, and is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import SendClass
from bot.ports import SendResult

# Times travel through a database that keeps milliseconds.
_ROUNDING = timedelta(milliseconds=2)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to wait."""

    until: datetime
    heard_at: datetime
    said_at: datetime
    reason: str

    def holds(self, now: datetime) -> bool:
        return now < self.until and self.until - now <= self.until - self.heard_at + _ROUNDING


class AskedPauses:
    """The requests of all channels of one tenant."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}
        self._proven: dict[str, datetime] = {}

    def hear(self, channel: str, until: datetime, said_at: datetime, reason: str, now: datetime) -> None:
        """Take a request, unless it is known, or is older than what we know."""
        known, proven = self._asked.get(channel), self._proven.get(channel)
        if (known and said_at <= known.said_at + _ROUNDING) or (proven and said_at <= proven + _ROUNDING):
            return
        if known and known.holds(now):
            until = max(until, known.until)
        self._asked[channel] = Asked(until, now, said_at, reason)

    def note(self, channel: str, result: SendResult, now: datetime) -> None:
        """Take what one call came to."""
        began = now - timedelta(milliseconds=result.latency_ms)
        known = self._asked.get(channel)
        if known and result.send_class is SendClass.ACCEPTED and began > known.heard_at:
            self._proven[channel] = known.said_at
            del self._asked[channel]

    def of(self, channel: str, now: datetime) -> Asked | None:
        """The request that holds now."""
        known = self._asked.get(channel)
        return known if known is not None and known.holds(now) else None
