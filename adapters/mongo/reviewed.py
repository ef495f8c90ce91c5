"""Which words of the review queue somebody has done with: a hash each, and nothing of what was said."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo.driver import Door


class MongoReviewed:
    """What does not come back to the queue."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("reviewed")

    async def add(self, tenant_id: str, key: str, how: str, by: str, at: datetime) -> None:
        row = {"_id": f"{tenant_id}:{key}", "tenant_id": tenant_id, "key": key, "how": how, "by": by, "at": at}
        await self._rows.insert_missing([row])

    async def among(self, tenant_id: str, keys: Sequence[str]) -> set[str]:
        rows = await self._rows.find({"tenant_id": tenant_id, "key": {"$in": list(keys)}}, {"key": 1})
        return {row["key"] for row in rows}
