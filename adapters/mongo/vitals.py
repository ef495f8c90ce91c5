"""How a tenant stands, in a few counts on indexes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.mongo import conversations, quarantine, runs
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from bot.telemetry.gauges import Vitals

_ON_THE_WAY = ["held", "queued", "sending", "unknown"]


class MongoVitals:
    """`bot.telemetry.gauges.VitalRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._conversations = Rows(door, conversations.SHELF)
        self._quarantine = Rows(door, quarantine.SHELF)
        self._runs = Rows(door, runs.RUNS)

    async def vitals(self, tenant_id: str, now: datetime, due_before: datetime) -> Vitals:
        """Read everything of one tenant."""
        mine = self._conversations.of(tenant_id)
        drafts = await mine.aggregate(drafts_on_their_way(now))
        late = due_since(due_before)
        first = await mine.find(late, {"next_at": 1}, sort=[("next_at", 1)], limit=1)
        states = await self._runs.of(tenant_id).aggregate([{"$group": {"_id": "$status", "n": {"$sum": 1}}}])
        counted = {row["_id"]: row["n"] for row in states}
        return Vitals(
            drafts={row["_id"]: row["n"] for row in drafts},
            oldest={row["_id"]: row["oldest"] for row in drafts},
            overdue=sum(row["overdue"] for row in drafts if row["_id"] == "held"),
            due=await mine.count(late) if first else 0,
            due_since=first[0]["next_at"] if first else None,
            quarantined=await self._quarantine.of(tenant_id).count({"noise_at": {"$exists": False}}),
            runs=counted,
            dead_letters=counted.get("failed", 0),
        )


def due_since(before: datetime) -> Mapping[str, Any]:
    """Select conversations that somebody should have looked at."""
    return {"next_at": {"$lte": before, "$type": "date"}}


def drafts_on_their_way(now: datetime) -> list[dict[str, Any]]:
    """Count drafts by status, with the oldest of each; contacts without one are not read."""
    is_late = {"$and": [{"$gt": ["$outbox.due_at", None]}, {"$lte": ["$outbox.due_at", now]}]}
    return [
        {"$match": {"outbox.status": {"$in": _ON_THE_WAY}}},
        {"$project": {"outbox.status": 1, "outbox.created_at": 1, "outbox.due_at": 1}},
        {"$unwind": "$outbox"},
        {"$match": {"outbox.status": {"$in": _ON_THE_WAY}}},
        {
            "$group": {
                "_id": "$outbox.status",
                "n": {"$sum": 1},
                "oldest": {"$min": "$outbox.created_at"},
                "overdue": {"$sum": {"$cond": [is_late, 1, 0]}},
            }
        },
    ]
