"""
What a tenant's humans switched, remembered by each process for a moment.

Rule 1: where several processes share the database, a switch is in force in all of them when whoever turned it is
        told so: nobody remembers longer than that answer waits.
Rule 2: a clock that was set back lets nobody remember longer.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.store import Posture, Store
from bot.tenant import Tenant

# Asking the database before every send would cost a round trip each. The process that has it to itself hears of
# every switch anyway.
FRESH_FOR = timedelta(seconds=1)

# With others: one question for the decision and the send that follows it, and for many of them under load.
FRESH_FOR_AMONG_OTHERS = timedelta(milliseconds=100)


class PostureCache:
    """Answers how freely the bot may speak now."""

    def __init__(self, store: Store, now: Callable[[], datetime], *, is_alone: bool = True) -> None:
        """`is_alone`: no other process works on this database."""
        self._is_alone = is_alone
        self._fresh_for = FRESH_FOR if is_alone else FRESH_FOR_AMONG_OTHERS
        self._store = store
        self._now = now
        self._known: dict[str, tuple[datetime, Posture]] = {}

    async def of(self, tenant: Tenant) -> Posture:
        now = self._now()
        known = self._known.get(tenant.id)
        if known and timedelta(0) <= now - known[0] < self._fresh_for:
            return known[1]
        posture = await self._store.postures.read(tenant.id) or Posture(tenant.autonomy)
        self._known[tenant.id] = (now, posture)
        return posture

    async def switched(self, tenant_id: str) -> None:
        """Somebody in this process has just switched: read again, and wait until all others do."""
        self._known.pop(tenant_id, None)
        if not self._is_alone:
            await asyncio.sleep(self._fresh_for.total_seconds())
