"""
Bodies that could not be understood or placed, kept as they came until an operator has read them; and what was
understood and without effect, kept for a month.

Rule 1: an event that belongs to a conversation says so, and goes when that contact is forgotten.
Rule 2: what nobody could place may be anybody's words: nobody keeps it longer than a month.
"""

from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, DAY_SECONDS, Erasure, Index, Shelf
from bot.store import Raw

SHELF = Shelf(
    "quarantine",
    "bodies that could not be understood or placed, as they came",
    ("tenant_id", "channel", "reason", "body", "received_at"),
    (
        Index("what came in lately", (("tenant_id", 1), ("received_at", -1)), (("name", "recent"),)),
        Index(
            "noise of a month ago (all tenants)",
            (("noise_at", 1),),
            (("expireAfterSeconds", 30 * DAY_SECONDS),),
        ),
        Index(
            "what nobody could place in a month (all tenants)",
            (("unplaced_at", 1),),
            (("expireAfterSeconds", 30 * DAY_SECONDS),),
        ),
        BY_CORRELATION,
    ),
    contact_field="about",
    on_erasure=Erasure.DELETE,
)


class MongoQuarantine:
    """Raw bodies of a tenant's channels."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def keep(self, raw: Raw) -> None:
        row = {
            "_id": f"{raw.tenant_id}:{raw.id}",
            "channel": raw.channel,
            "reason": raw.reason,
            "body": raw.body,
            "received_at": raw.received_at,
            "correlation_id": raw.correlation_id,
            "about": raw.about,
        }
        if raw.is_noise:
            row["noise_at"] = raw.received_at
        elif not raw.about:
            row["unplaced_at"] = raw.received_at
        await self._rows.of(raw.tenant_id).insert_missing([row])

    async def count(self, tenant_id: str) -> int:
        return await self._rows.of(tenant_id).count(_WAITS)

    async def waiting(self, tenant_id: str, limit: int) -> list[Raw]:
        rows = self._rows.of(tenant_id)
        return [_raw(row) for row in await rows.find(_WAITS, sort=[("received_at", -1)], limit=limit)]

    async def read(self, tenant_id: str, raw_id: str) -> Raw | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{raw_id}"})
        return _raw(row) if row else None

    async def end(self, tenant_id: str, raw_id: str, how: str, by: str, at: datetime) -> bool:
        ended = {"ended": how, "ended_by": by, "ended_at": at, "noise_at": at}
        query = {"_id": f"{tenant_id}:{raw_id}", **_WAITS}
        return bool(await self._rows.of(tenant_id).update_one(query, {"$set": ended}))


_WAITS = {"noise_at": {"$exists": False}}


def _raw(row: Document) -> Raw:
    return Raw(
        id=row["_id"].removeprefix(f"{row['tenant_id']}:"),
        tenant_id=row["tenant_id"],
        channel=row["channel"],
        reason=row["reason"],
        body=bytes(row["body"]),
        received_at=row["received_at"],
        is_noise="noise_at" in row and "ended" not in row,
        ended=row.get("ended", ""),
        about=row.get("about", ""),
    )
