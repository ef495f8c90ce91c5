"""A calendar that tells how each look at it went, and how long it took."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.actions.action import Seen, Watcher
from bot.booking.ports import Busy, Calendar, CalendarAway

KEY = "calendar"

_SEEN_AS: dict[str, Seen] = {"calendar_refused": "auth_failed", "calendar_slow": "timeout"}


@dataclass(frozen=True, slots=True)
class WatchedCalendar:
    """`bot.booking.ports.Calendar` over another one."""

    calendar: Calendar
    tenant_id: str
    watcher: Watcher

    async def busy(self, start: datetime, end: datetime) -> Sequence[Busy]:
        began = time.monotonic()
        seen: Seen = "ok"
        try:
            return await self.calendar.busy(start, end)
        except CalendarAway as away:
            seen = _SEEN_AS.get(away.code, "refused")
            raise
        finally:
            await self.watcher.saw(self.tenant_id, KEY, seen, (time.monotonic() - began) * 1_000)
