"""
Who does what exactly one process may do, and until when.

Rule 1: every time is the database's own (`$$NOW`): processes may disagree about the hour.
Rule 2: a seat changes hands only when its lease is over or its holder gave it back, and its fence rises then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, SERVICE, Index, Shelf
from bot.seats import Held

SHELF = Shelf(
    "seats",
    "which process does what only one may do, under the tenant `-`",
    ("tenant_id", "holder", "until"),
    (
        # Jobs and parts are renewed for good; what names a process that is gone is forgotten after a day. A fence
        # that begins again then has nobody left to confuse.
        Index("garbage (all tenants)", (("until", 1),), (("expireAfterSeconds", DAY_SECONDS),)),
    ),
    spread_by=(),
)

_LONG_AGO = datetime.fromtimestamp(0, UTC)
_IS_FREE = {"$expr": {"$lte": ["$until", "$$NOW"]}}
_IS_TAKEN = {"$expr": {"$gt": ["$until", "$$NOW"]}}


class MongoSeats:
    """`bot.seats.SeatRows` on MongoDB; they stand in the common database."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF).of(SERVICE)

    async def claim(self, holder: str, names: Sequence[str], seconds: float) -> dict[str, int]:
        new = [{"_id": name, "holder": "", "fence": 0, "until": _LONG_AGO} for name in names]
        await self._rows.insert_missing(new)
        named = {"_id": {"$in": list(names)}}
        fence = {"$add": ["$fence", {"$cond": [{"$eq": ["$holder", holder]}, 0, 1]}]}
        taking = [{"$set": {"fence": fence, "holder": {"$literal": holder}, "until": _in(seconds)}}]
        await self._rows.update_many({**named, "$or": [{"holder": holder}, _IS_FREE]}, taking)
        rows = await self._rows.find({**named, "holder": holder, **_IS_TAKEN}, {"fence": 1})
        return {str(row["_id"]): int(row["fence"]) for row in rows}

    async def renew(self, holder: str, names: Sequence[str], seconds: float) -> set[str]:
        mine = {"_id": {"$in": list(names)}, "holder": holder, **_IS_TAKEN}
        renewed = await self._rows.update_many(mine, [{"$set": {"until": _in(seconds)}}])
        if renewed == len(names):
            return set(names)
        rows = await self._rows.find(mine, {"_id": 1})
        return {str(row["_id"]) for row in rows}

    async def give_back(self, holder: str, names: Sequence[str]) -> None:
        if names:
            mine = {"_id": {"$in": list(names)}, "holder": holder}
            await self._rows.update_many(mine, [{"$set": {"until": "$$NOW", "holder": ""}}])

    async def taken(self) -> list[Held]:
        rows = await self._rows.find(_IS_TAKEN, {"holder": 1, "fence": 1})
        return [Held(str(row["_id"]), row["holder"], int(row["fence"])) for row in rows]


def _in(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", round(seconds * 1_000)]}
