"""
Bodies that could not be understood or placed, kept as they came until an operator has read them; and what was
understood and without effect, kept for a month.
"""

from adapters.mongo.driver import Door
from bot.store import Raw


class MongoQuarantine:
    """Raw bodies of a tenant's channels."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("quarantine")

    async def keep(self, raw: Raw) -> None:
        row = {
            "_id": f"{raw.tenant_id}:{raw.id}",
            "tenant_id": raw.tenant_id,
            "channel": raw.channel,
            "reason": raw.reason,
            "body": raw.body,
            "received_at": raw.received_at,
        }
        if raw.is_noise:
            row["noise_at"] = raw.received_at
        await self._rows.insert_missing([row])

    async def count(self, tenant_id: str) -> int:
        return await self._rows.count({"tenant_id": tenant_id, "noise_at": {"$exists": False}})
