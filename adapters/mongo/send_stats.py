"""What became of messages, counted by MongoDB from the timeline; nothing is stored for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.timeline import SHELF
from bot.departures.send_stats import Fate

_RECEIPTS = ("message_sent", "message_delivered", "message_read")
_FACTS = (
    "attempt_started",
    "attempt_ended",
    "attempt_orphaned",
    "doubt_resolved",
    "message_failed_later",
    "send_given_up",
    *_RECEIPTS,
)


class MongoSendStats:
    """`bot.departures.send_stats.FateRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def fates(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Fate]:
        rows = await self._rows.of(tenant_id).aggregate(_pipeline(since, until))
        return [
            Fate(
                kind=str(row["_id"].get("kind") or "unknown"),
                channel=str(row["_id"].get("channel") or "unknown"),
                last=row["_id"]["last"],
                last_class=str(row["_id"].get("last_class") or ""),
                receipts=tuple(sorted(row["_id"]["receipts"])),
                messages=row["messages"],
                attempts=row["attempts"],
            )
            for row in rows
        ]


def _pipeline(since: datetime, until: datetime) -> list[dict[str, Any]]:
    began = {"$and": [{"$eq": ["$what", "attempt_started"]}, {"$lt": ["$at", until]}]}
    is_receipt = {"$in": ["$what", list(_RECEIPTS)]}
    # A doubt that ended with "it did not arrive" decides nothing by itself: another call follows.
    is_telling = {
        "$not": [{"$or": [is_receipt, {"$and": [{"$eq": ["$what", "doubt_resolved"]}, _never_arrived()]}]}]
    }
    telling = {"$cond": [is_telling, {"what": "$what", "class": "$data.send_class"}, "$$REMOVE"]}
    return [
        # Later facts about what left in the span count too, so only the beginning bounds what is read.
        {"$match": {"what": {"$in": list(_FACTS)}, "at": {"$gte": since}}},
        {"$sort": {"at": 1, "_id": 1}},
        {
            "$group": {
                "_id": "$data.draft",
                "attempts": {"$sum": {"$cond": [began, 1, 0]}},
                "kind": {"$max": "$data.kind"},
                "channels": {"$push": {"$cond": [began, "$data.channel", "$$REMOVE"]}},
                "receipts": {"$addToSet": {"$cond": [is_receipt, "$what", "$$REMOVE"]}},
                "told": {"$push": telling},
            }
        },
        {"$match": {"attempts": {"$gt": 0}}},
        {
            "$group": {
                "_id": {
                    "kind": "$kind",
                    "channel": {"$last": "$channels"},
                    "last": {"$last": "$told.what"},
                    "last_class": {"$last": "$told.class"},
                    "receipts": {"$sortArray": {"input": "$receipts", "sortBy": 1}},
                },
                "messages": {"$sum": 1},
                "attempts": {"$sum": "$attempts"},
            }
        },
    ]


def _never_arrived() -> dict[str, Any]:
    return {"$eq": ["$data.arrived", False]}
