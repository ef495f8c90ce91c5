"""Small durable notes of the service itself, and what it has seen once."""

from datetime import datetime
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, SERVICE, Index, Shelf

SHELF = Shelf("marks", "small notes of the service itself, under the tenant `-`", ("tenant_id",), spread_by=())

SEEN = Shelf(
    "seen",
    "update ids of Telegram, for 14 days",
    ("tenant_id", "seen_at"),
    (Index("garbage (all tenants)", (("seen_at", 1),), (("expireAfterSeconds", 14 * DAY_SECONDS),)),),
    spread_by=(),
)


class MongoMarks:
    """Names and values; seen keys that MongoDB forgets after 14 days."""

    def __init__(self, door: Door | Doors) -> None:
        self._notes = Rows(door, SHELF).of(SERVICE)
        self._seen = Rows(door, SEEN).of(SERVICE)

    async def read(self, name: str) -> Any:
        row = await self._notes.find_one({"_id": name})
        return row["value"] if row else None

    async def write(self, name: str, value: Any) -> None:
        await self._notes.update_one({"_id": name}, {"$set": {"value": value}}, upsert=True)

    async def append(self, name: str, value: Any, keep: int) -> None:
        longer = {"$push": {"value": {"$each": [value], "$slice": -keep}}}
        await self._notes.update_one({"_id": name}, longer, upsert=True)

    async def beginning(self, with_: str) -> dict[str, Any]:
        rows = await self._notes.find({"_id": {"$gte": with_, "$lt": f"{with_}\U0010ffff"}})
        return {str(row["_id"]): row["value"] for row in rows}

    async def drop(self, name: str, value: Any) -> None:
        await self._notes.delete_one({"_id": name, "value": value})

    async def first_time(self, kind: str, key: str, now: datetime) -> bool:
        try:
            await self._seen.insert_one({"_id": f"{kind}:{key}", "seen_at": now})
        except Duplicate:
            return False
        return True
