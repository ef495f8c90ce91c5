"""Sessions of the console that were ended before their time: one by leaving, or all of a person's."""

from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf

SHELF = Shelf(
    "ended_sessions",
    "which sessions of the console count no more, until they would have ended by themselves",
    ("tenant_id", "key", "before", "gone_at"),
    (
        Index(
            "which sessions of a tenant ended?",
            (("tenant_id", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
        Index("garbage (all tenants)", (("gone_at", 1),), (("expireAfterSeconds", 0), ("name", "garbage"))),
    ),
    why_kept="colleagues of the tenant, no contacts, and for hours only",
)


class MongoEndedSessions:
    """`bot.access.kept.EndedSessions` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, tenant_id: str, key: str, before: datetime, gone_at: datetime) -> None:
        row = {"_id": f"{tenant_id}:{key}", "key": key}
        await self._rows.of(tenant_id).insert_missing([{**row, "before": before, "gone_at": gone_at}])
        await self._rows.of(tenant_id).update_one({"key": key}, {"$max": {"before": before, "gone_at": gone_at}})

    async def all(self, tenant_id: str) -> dict[str, datetime]:
        """Key -> sessions that began before this moment are over."""
        return {
            row["key"]: row["before"] for row in await self._rows.of(tenant_id).find({}, {"key": 1, "before": 1})
        }
