"""Small durable notes of the service itself, and what it has seen once."""

from datetime import datetime
from typing import Any

from adapters.mongo.driver import Door, Duplicate

# The service's own rows belong to no tenant; the validator wants one all the same.
_SERVICE = "-"


class MongoMarks:
    """Names and values; seen keys that MongoDB forgets after 14 days."""

    def __init__(self, door: Door) -> None:
        self._notes = door.collection("marks")
        self._seen = door.collection("seen")

    async def read(self, name: str) -> Any:
        row = await self._notes.find_one({"_id": name, "tenant_id": _SERVICE})
        return row["value"] if row else None

    async def write(self, name: str, value: Any) -> None:
        query = {"_id": name, "tenant_id": _SERVICE}
        await self._notes.update_one(query, {"$set": {"value": value}}, upsert=True)

    async def first_time(self, kind: str, key: str, now: datetime) -> bool:
        try:
            await self._seen.insert_one({"_id": f"{kind}:{key}", "tenant_id": _SERVICE, "seen_at": now})
        except Duplicate:
            return False
        return True
