"""How a tenant stands, counted by the server: nothing that anybody wrote is read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.mongo.conversations import SHELF as CONVERSATIONS
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.timeline import SHELF as TIMELINE
from bot.operations import Counted, DraftRow, Inbound, Sends, Waiting

# An event that waits makes its contact due within the pause of a burst; later ones wait for something else.
_SOON = timedelta(minutes=1)


class MongoOperations:
    """`bot.operations.OperationRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._door = door
        self._conversations = Rows(door, CONVERSATIONS)
        self._timeline = Rows(door, TIMELINE)

    async def inbound(self, tenant_id: str, now: datetime) -> Inbound:
        """By what is due now: it costs what waits, not what is stored."""
        due = {"next_at": {"$lte": now + _SOON, "$type": "date"}, "mailbox.0": {"$exists": True}}
        rows = await self._conversations.of(tenant_id).aggregate(
            [
                {"$match": due},
                {"$project": {"at": "$mailbox.received_at"}},
                {"$unwind": "$at"},
                {"$group": {"_id": None, "n": {"$sum": 1}, "oldest": {"$min": "$at"}}},
            ]
        )
        return Inbound(int(rows[0]["n"]), rows[0]["oldest"]) if rows else Inbound(0, None)

    async def waiting(
        self, tenant_id: str, statuses: Sequence[str], now: datetime, limit: int
    ) -> Mapping[str, Waiting]:
        wanted = {"outbox.status": {"$in": list(statuses)}}
        last_call = {"$max": "$outbox.attempts.started_at"}
        since = {"$cond": [{"$eq": ["$outbox.status", "held"]}, "$outbox.created_at", last_call]}
        overdue = {"$and": [{"$ne": ["$outbox.due_at", None]}, {"$lte": ["$outbox.due_at", now]}]}
        rows = await self._conversations.of(tenant_id).aggregate(
            [
                {"$match": wanted},
                {"$unwind": "$outbox"},
                {"$match": wanted},
                {
                    "$project": {
                        "draft": "$outbox.id",
                        "status": "$outbox.status",
                        "since": {"$ifNull": [since, "$outbox.created_at"]},
                        "due_at": "$outbox.due_at",
                        "urgent_at": {"$ifNull": ["$outbox.due_at", "$outbox.created_at"]},
                        "late": {"$cond": [overdue, 1, 0]},
                    }
                },
                {"$sort": {"urgent_at": 1, "draft": 1}},
                {
                    "$group": {
                        "_id": "$status",
                        "n": {"$sum": 1},
                        "late": {"$sum": "$late"},
                        "rows": {"$push": {"d": "$draft", "c": "$_id", "s": "$since", "due": "$due_at"}},
                    }
                },
                {"$project": {"n": 1, "late": 1, "rows": {"$slice": ["$rows", limit]}}},
            ]
        )
        return {row["_id"]: _waiting(row) for row in rows}

    async def sends(self, tenant_id: str, since: datetime) -> Sequence[Sends]:
        rows = await self._timeline.of(tenant_id).aggregate(
            [
                {"$match": {"what": "attempt_ended", "at": {"$gte": since}}},
                {"$sort": {"at": 1}},
                {
                    "$group": {
                        "_id": {"channel": "$data.channel", "class": "$data.send_class"},
                        "n": {"$sum": 1},
                        "at": {"$last": "$at"},
                        "code": {"$last": "$data.code"},
                        "http": {"$last": "$data.http_status"},
                    }
                },
            ]
        )
        by_channel: dict[str, list[Document]] = {}
        for row in rows:
            by_channel.setdefault(str(row["_id"].get("channel", "")), []).append(row)
        return [_sends(channel, its) for channel, its in sorted(by_channel.items())]

    async def hours(self, tenant_id: str, since: datetime) -> Sequence[Counted]:
        hour = {"$dateTrunc": {"date": "$at", "unit": "hour"}}
        rows = await self._timeline.of(tenant_id).aggregate(
            [
                {"$match": {"what": {"$in": ["message_received", "attempt_ended"]}, "at": {"$gte": since}}},
                {
                    "$group": {
                        "_id": {"hour": hour, "what": "$what", "class": "$data.send_class"},
                        "n": {"$sum": 1},
                    }
                },
            ]
        )
        return [
            Counted(row["_id"]["hour"], row["_id"]["what"], str(row["_id"].get("class") or ""), int(row["n"]))
            for row in rows
        ]

    async def database(self) -> tuple[str, int]:
        main = self._door.every[0][0]
        told, size = await main.command("buildInfo"), await main.command("dbStats")
        return str(told["version"]), int(size.get("totalSize", size.get("storageSize", 0)))


def _waiting(row: Document) -> Waiting:
    rows = tuple(DraftRow(r["d"], str(r["c"]), row["_id"], r["s"], r.get("due")) for r in row["rows"])
    return Waiting(int(row["n"]), rows, int(row["late"]))


def _sends(channel: str, rows: Sequence[Document]) -> Sends:
    good = [row for row in rows if row["_id"].get("class") in ("accepted", "simulated")]
    bad = sorted((row for row in rows if row not in good), key=lambda row: row["at"])
    codes = [str(part) for part in (bad[-1].get("http"), bad[-1].get("code")) if part] if bad else []
    return Sends(
        channel,
        calls=sum(int(row["n"]) for row in rows),
        accepted=sum(int(row["n"]) for row in good),
        last_success_at=max((row["at"] for row in good), default=None),
        last_error_at=bad[-1]["at"] if bad else None,
        last_error=" ".join([str(bad[-1]["_id"].get("class")), *dict.fromkeys(codes)]) if bad else "",
    )
