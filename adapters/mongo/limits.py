"""
What is counted over all processes: the day of each tenant, the rate of each number, and the pauses of providers.

Rule 1: each count is one atomic update of one row. Nobody reads first and writes then.
Rule 2: a row forgets by itself: days after a month, rates and pauses after some days.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, Index, Shelf
from bot.departures.limits import DayCount, Reservation
from bot.departures.pauses import Pause
from bot.departures.slices import LONGEST_HOLD_MS, Ask, Given, Slice, Window

_FORGOTTEN = "what is long over (all tenants)"

DAYS = Shelf(
    "limit_days",
    "how many messages that nobody asked for left on each day, and which",
    ("tenant_id", "budget", "day", "used", "entries"),
    (
        Index(
            "what is used of this day?",
            (("tenant_id", 1), ("budget", 1), ("day", 1)),
            (("unique", True), ("name", "by_day")),
        ),
        Index(_FORGOTTEN, (("at", 1),), (("expireAfterSeconds", 32 * DAY_SECONDS),)),
    ),
    why_kept="it holds ids of drafts and no contact; it is forgotten after a month",
)

PACES = Shelf(
    "limit_paces",
    "which process may send how many from a number in this moment",
    ("tenant_id", "slices"),
    (Index(_FORGOTTEN, (("at", 1),), (("expireAfterSeconds", 2 * DAY_SECONDS),)),),
)

PAUSES = Shelf(
    "limit_pauses",
    "until when a provider asked us to leave a number alone",
    ("tenant_id", "channel", "until"),
    (
        Index("which numbers pause now? (all tenants)", (("until", 1),), (("name", "by_end"),)),
        Index(_FORGOTTEN, (("said_at", 1),), (("expireAfterSeconds", 2 * DAY_SECONDS),)),
    ),
    swept="every process learns within a second which numbers pause, of all tenants at once",
)


class MongoLimits:
    """`LimitRows`, `PaceRows` and `PauseRows` of `bot.departures` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._days = Rows(door, DAYS)
        self._paces = Rows(door, PACES)
        self._pauses = Rows(door, PAUSES)

    async def reserve(self, wanted: Reservation, most: int) -> bool:
        if most < wanted.amount:
            return await self._is_reserved(wanted)
        room = {
            "_id": _day_id(wanted.tenant_id, wanted.budget, wanted.day),
            "budget": wanted.budget,
            "day": wanted.day,
            "entries.key": {"$ne": wanted.key},
            "used": {"$lte": most - wanted.amount},
        }
        entry = {"key": wanted.key, "amount": wanted.amount}
        update = {"$inc": {"used": wanted.amount}, "$push": {"entries": entry}, "$max": {"at": wanted.at}}
        while True:
            try:
                await self._days.of(wanted.tenant_id).update_one(room, update, upsert=True)
            except Duplicate:
                # The day has its row: this key is in it, or no room is, or it was made in this very moment.
                found = await self._days.of(wanted.tenant_id).find_one({"_id": room["_id"]})
                if found is None or (found["used"] + wanted.amount <= most and not _holds(found, wanted.key)):
                    continue
                return _holds(found, wanted.key)
            return True

    async def give_back(self, reserved: Reservation) -> bool:
        day = _day_id(reserved.tenant_id, reserved.budget, reserved.day)
        query = {"_id": day, "entries": {"$elemMatch": {"key": reserved.key, "amount": reserved.amount}}}
        update = {"$inc": {"used": -reserved.amount}, "$pull": {"entries": {"key": reserved.key}}}
        return bool(await self._days.of(reserved.tenant_id).update_one(query, update))

    async def day(self, tenant_id: str, budget: str, day: str) -> DayCount:
        found = await self._days.of(tenant_id).find_one({"_id": _day_id(tenant_id, budget, day)})
        return (
            DayCount(int(found["used"]), tuple(e["key"] for e in found["entries"])) if found else DayCount(0, ())
        )

    async def _is_reserved(self, wanted: Reservation) -> bool:
        day = _day_id(wanted.tenant_id, wanted.budget, wanted.day)
        query = {"_id": day, "entries.key": wanted.key}
        return await self._days.of(wanted.tenant_id).find_one(query, {"_id": 1}) is not None

    async def give(self, tenant_id: str, key: str, windows: Sequence[Window], ask: Ask) -> Given:
        query = {"_id": f"{tenant_id}:{key}"}
        row = await self._paces.of(tenant_id).find_one_and_update(query, _giving(windows, ask), upsert=True)
        assert row is not None  # an upsert answers the row as it is afterwards
        slices = tuple(Slice(s["id"], s["n"], s["until_ms"]) for s in row["slices"])
        return Given(int(row["given"]), slices)

    async def pause(self, pause: Pause) -> None:
        query = {"_id": f"{pause.tenant_id}:{pause.channel}"}
        told = {
            "channel": pause.channel,
            "seconds": pause.seconds,
            "said_at": pause.said_at,
            "reason": pause.reason,
            "times": pause.times,
        }
        # One that ends sooner never shortens one that stands.
        is_longer = {"$gte": [pause.until, {"$ifNull": ["$until", datetime.fromtimestamp(0, UTC)]}]}
        update = [
            {
                "$set": {
                    n: {"$cond": [is_longer, {"$literal": v}, f"${n}"]} for n, v in told.items() if n != "until"
                }
            },
            {"$set": {"until": {"$cond": [is_longer, pause.until, "$until"]}}},
        ]
        await self._pauses.of(pause.tenant_id).update_one(query, update, upsert=True)

    async def paused(self, now: datetime) -> list[Pause]:
        rows = await self._pauses.sweep().find({"until": {"$gt": now}})
        return [_pause(row) for row in rows]

    async def last_pause(self, tenant_id: str, channel: str) -> Pause | None:
        row = await self._pauses.of(tenant_id).find_one({"_id": f"{tenant_id}:{channel}"})
        return _pause(row) if row else None


def _holds(row: Document, key: str) -> bool:
    return any(entry["key"] == key for entry in row["entries"])


def _day_id(tenant_id: str, budget: str, day: str) -> str:
    return f"{tenant_id}:{budget}:{day}"


def _pause(row: Document) -> Pause:
    return Pause(
        tenant_id=row["tenant_id"],
        channel=row["channel"],
        until=row["until"],
        seconds=row["seconds"],
        said_at=row["said_at"],
        reason=row["reason"],
        times=row["times"],
    )


def _giving(windows: Sequence[Window], ask: Ask) -> list[dict[str, Any]]:
    """`bot.departures.slices.give` as the stages of one update."""
    oldest = ask.at_ms - max(window.ms for window in windows)
    bound = ask.at_ms + LONGEST_HOLD_MS
    mine = {"id": ask.id, "n": "$given", "until_ms": ask.at_ms + min(ask.hold_ms, LONGEST_HOLD_MS)}
    rooms = [{"$subtract": [window.most, _used(window, ask.at_ms)]} for window in windows]
    return [
        {"$set": {"slices": _told_back(ask.told_back, bound)}},
        {"$set": {"slices": _those({"$and": [{"$gt": ["$$s.n", 0]}, {"$gt": ["$$s.until_ms", oldest]}]})}},
        {"$set": {"given": {"$max": [0, {"$min": [ask.want, *rooms]}]}}},
        {"$set": {"slices": {"$concatArrays": ["$slices", {"$cond": [{"$gt": ["$given", 0]}, [mine], []]}]}}},
        {"$set": {"at": datetime.fromtimestamp(ask.at_ms / 1_000, UTC)}},
    ]


def _told_back(back: Slice | None, bound: int) -> dict[str, Any]:
    n: Any = "$$s.n"
    until: Any = "$$s.until_ms"
    if back is not None:
        is_it = {"$eq": ["$$s.id", back.id]}
        n, until = {"$cond": [is_it, back.n, n]}, {"$cond": [is_it, back.until_ms, until]}
    one = {"id": "$$s.id", "n": n, "until_ms": {"$min": [until, bound]}}
    return {"$map": {"input": {"$ifNull": ["$slices", []]}, "as": "s", "in": one}}


def _those(condition: dict[str, Any]) -> dict[str, Any]:
    return {"$filter": {"input": "$slices", "as": "s", "cond": condition}}


def _used(window: Window, at_ms: int) -> dict[str, Any]:
    counted = _those({"$gt": ["$$s.until_ms", at_ms - window.ms]})
    return {"$sum": {"$map": {"input": counted, "as": "s", "in": "$$s.n"}}}
