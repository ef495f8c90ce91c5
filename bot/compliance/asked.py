"""One question that a check is asked: for whom, when, and where to look."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.compliance.findings import Finding
from bot.compliance.sends import Send
from bot.compliance.sources import Sources

# How far back what was sent and decided is judged.
LOOKS_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: for whom, when, and where to look."""

    tenant_id: str
    at: datetime
    sources: Sources
    seen: dict[str, list[Send]] = field(default_factory=dict)
    """What one check has read and the next one of the same scan needs too: a month of history costs seconds."""

    @property
    def since(self) -> datetime:
        return self.at - LOOKS_BACK

    @property
    def until(self) -> datetime:
        """Just past now: what happens at this very moment counts."""
        return self.at + timedelta(milliseconds=1)


Check = Callable[[Asked], Awaitable[Finding]]
