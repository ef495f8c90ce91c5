"""What a tenant's humans switched, read at most once a second per process."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.store import Posture, Store
from bot.tenant import Tenant

# A pause must act within seconds; asking the database before every send would cost a round trip each.
FRESH_FOR = timedelta(seconds=1)


class PostureCache:
    """Answers how freely the bot may speak now."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known: dict[str, tuple[datetime, Posture]] = {}

    async def of(self, tenant: Tenant) -> Posture:
        now = self._now()
        known = self._known.get(tenant.id)
        if known and now - known[0] < FRESH_FOR:
            return known[1]
        posture = await self._store.postures.read(tenant.id) or Posture(tenant.autonomy)
        self._known[tenant.id] = (now, posture)
        return posture

    def forget(self, tenant_id: str) -> None:
        """Read again at the next question: somebody in this process has just switched."""
        self._known.pop(tenant_id, None)
