"""
A circuit breaker for one channel: after failures in a row nobody calls for a while.

Rule 1: an answer about the contact or about one text proves that the provider works.
Rule 2: when the pause is over, sends are let through again, and the first failure closes the way again.

Why our own: the known libraries (purgatory among them) wrap a call and count exceptions, read the clock
themselves and raise when open. Our sends never raise, their outcome is a value with twelve shades, and an open
breaker is a reason on a list. What is left of a library is these few lines.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import SendClass
from bot.ports import SendResult

# Three in a row are trouble and not bad luck; with a 15 s timeout the third contact has waited long enough.
FAILURES_TO_OPEN = 3
# Gateways restart within a minute; a longer pause would hold replies back that could leave.
PAUSE = timedelta(seconds=60)

_FAILURES = (SendClass.NOT_SENT_FALLBACK, SendClass.NOT_SENT_CONFIG, SendClass.AMBIGUOUS)
_SAYS_NOTHING = (SendClass.NOT_SENT_FIX_REQUEST, SendClass.SIMULATED)


@dataclass(slots=True)
class Breaker:
    """Counts what one channel's sends came to."""

    failures: int = 0
    open_until: datetime | None = None

    def state(self, now: datetime) -> str:
        """Give `closed`, `open` or `half_open`."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def note(self, result: SendResult, now: datetime) -> None:
        """Take what one send came to."""
        if result.send_class in _SAYS_NOTHING:
            return
        if result.send_class not in _FAILURES:
            self.failures, self.open_until = 0, None
            return
        is_trial = self.state(now) == "half_open"
        self.failures += 1
        if result.retry_after_seconds is not None:
            self._open(now + timedelta(seconds=result.retry_after_seconds))
        elif is_trial or self.failures >= FAILURES_TO_OPEN:
            self._open(now + PAUSE)

    def _open(self, until: datetime) -> None:
        self.open_until = until if self.open_until is None else max(self.open_until, until)
