"""
What is remembered of each channel, the gaps that were found, and what the timeline says of a channel.

Rule: every question about the past is bounded by time and number, and answered from an index.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import conversations, timeline
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, Erasure, Index, Shelf
from bot.gaps.watch import RECEIVED, TAKEN, Accepted, Counted, Gap, Watch, Words

# Long enough to compare a quarter with the next.
GAPS_KEPT_DAYS = 120

# Contacts asked for at once; each answers with the ids of eight days.
AT_ONCE = 100

SHELF = Shelf(
    "channel_watches",
    "one row per channel: up to when it was compared with the provider, and whether it is silent",
    ("tenant_id", "channel", "began_at"),
    (Index("how do the channels stand?", (("tenant_id", 1), ("channel", 1)), (("name", "by_channel"),)),),
)

GAPS = Shelf(
    "gaps",
    "what providers had and no webhook brought: when, and whether it was repaired",
    ("tenant_id", "channel", "outage_id", "found_at"),
    (
        Index(
            "what was missing lately?", (("tenant_id", 1), ("channel", 1), ("found_at", 1)), (("name", "recent"),)
        ),
        Index("what belongs to this outage?", (("tenant_id", 1), ("outage_id", 1)), (("name", "by_outage"),)),
        Index(
            "garbage (all tenants)",
            (("found_at", 1),),
            (("expireAfterSeconds", GAPS_KEPT_DAYS * DAY_SECONDS), ("name", "old")),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_WATCH = TypeAdapter(Watch)
_LATEST = datetime.max.replace(tzinfo=UTC)


class MongoChannelWatches:
    """`bot.gaps.watch.Watches` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._watches = Rows(door, SHELF)
        self._gaps = Rows(door, GAPS)
        self._conversations = Rows(door, conversations.SHELF)
        self._timeline = Rows(door, timeline.SHELF)

    async def begin(self, tenant_id: str, channel: str, now: datetime) -> Watch:
        mine, name = self._watches.of(tenant_id), f"{tenant_id}:{channel}"
        row = await mine.find_one({"_id": name})
        if row is None:
            fresh = {"_id": name, "channel": channel, "began_at": now, "looked_until": now}
            with suppress(Duplicate):  # another process began a moment ago
                await mine.insert_one(fresh)
            row = await mine.find_one({"_id": name})
        return _WATCH.validate_python(row)

    async def of_tenant(self, tenant_id: str) -> list[Watch]:
        rows = await self._watches.of(tenant_id).find({}, sort=[("channel", 1)])
        return [_WATCH.validate_python(row) for row in rows]

    async def looked(
        self,
        watch: Watch,
        at: datetime,
        since: datetime,
        until: datetime,
        next_look_at: datetime,
        left_out: Words,
    ) -> None:
        fields = {
            "looked_at": at,
            "looked_since": since,
            "next_look_at": next_look_at,
            "tries": 0,
            "compares": True,
        }
        await self._change(
            watch, {**fields, **_trouble(watch, left_out, at)}, **{"$max": {"looked_until": until}}
        )

    async def put_off(self, watch: Watch, at: datetime, next_look_at: datetime, trouble: Words) -> None:
        fields = {"next_look_at": next_look_at, "tries": watch.tries + 1, "compares": True}
        await self._change(watch, {**fields, **_trouble(watch, trouble, at)})

    async def cannot_look(self, watch: Watch, next_look_at: datetime, reason: Words) -> None:
        fields = {
            "next_look_at": next_look_at,
            "compares": False,
            "trouble_en": reason[0],
            "trouble_ar": reason[1],
        }
        await self._change(watch, {**fields, "trouble_since": None})

    async def in_outage(self, watch: Watch, outage_id: str, at: datetime) -> str:
        is_told = watch.outage_id == outage_id and watch.is_outage_told
        mine = self._watches.of(watch.tenant_id)
        name = {"_id": f"{watch.tenant_id}:{watch.channel}"}
        fields = {"outage_id": outage_id, "outage_found_at": at, "is_outage_told": is_told}
        # Absent and empty are the same to `$in`: a watch begins without an outage.
        as_read = {"outage_id": watch.outage_id} if watch.outage_id else {"outage_id": {"$in": ["", None]}}
        if await mine.update_one({**name, **as_read}, {"$set": fields}):
            return outage_id
        row = await mine.find_one(name)
        return str((row or {}).get("outage_id") or outage_id)

    async def outage_told(self, watch: Watch) -> None:
        await self._change(watch, {"is_outage_told": True})

    async def fell_silent(self, watch: Watch, since: datetime, count: int) -> None:
        await self._change(watch, {"silent_since": since, "silent_count": count})

    async def was_heard(self, watch: Watch, at: datetime) -> None:
        await self._change(watch, {"silent_since": None, "silent_count": 0, "heard_again_at": at})

    async def fell_quiet(self, watch: Watch, since: datetime | None) -> None:
        await self._change(watch, {"quiet_since": since})

    async def _change(self, watch: Watch, fields: Document, **more: Any) -> None:
        query = {"_id": f"{watch.tenant_id}:{watch.channel}"}
        await self._watches.of(watch.tenant_id).update_one(query, {"$set": fields, **more})

    async def unknown(self, tenant_id: str, asked: Sequence[tuple[str, tuple[str, ...]]]) -> set[str]:
        left = {key for key, _ in asked}
        for start in range(0, len(asked), AT_ONCE):
            part = asked[start : start + AT_ONCE]
            contacts = sorted({contact for _, keys in part for contact in keys})
            rows = await self._conversations.of(tenant_id).find({"keys": {"$in": contacts}}, {"seen.k": 1})
            left -= {seen["k"] for row in rows for seen in row.get("seen", ())}
        return left

    async def found(self, gaps: Sequence[Gap]) -> None:
        await self._gaps.insert_missing([(gap.tenant_id, _row(gap)) for gap in gaps])

    async def repaired(self, tenant_id: str, gap_id: str, conversation_id: str, at: datetime) -> None:
        fields = {"repaired_at": at, "conversation_id": conversation_id, "is_lost": False}
        await self._gaps.of(tenant_id).update_one({"_id": f"{tenant_id}:{gap_id}"}, {"$set": fields})

    async def lost(self, tenant_id: str, gap_id: str) -> None:
        await self._gaps.of(tenant_id).update_one({"_id": f"{tenant_id}:{gap_id}"}, {"$set": {"is_lost": True}})

    async def unrepaired(self, tenant_id: str, channel: str, since: datetime) -> set[str]:
        query = {"channel": channel, "found_at": {"$gte": since}, "repaired_at": {"$exists": False}}
        rows = await self._gaps.of(tenant_id).find(query, {"_id": 1})
        return {row["_id"].rpartition(":")[2] for row in rows}

    async def count(self, tenant_id: str, channel: str, since: datetime) -> Counted:
        return await self._counted(tenant_id, {"channel": channel, "found_at": {"$gte": since}})

    async def count_outage(self, tenant_id: str, outage_id: str) -> Counted:
        return await self._counted(tenant_id, {"outage_id": outage_id})

    async def _counted(self, tenant_id: str, match: Document) -> Counted:
        group = {
            "_id": None,
            "found": {"$sum": 1},
            "repaired": {"$sum": {"$cond": [{"$gt": ["$repaired_at", None]}, 1, 0]}},
            "lost": {"$sum": {"$cond": ["$is_lost", 1, 0]}},
            "first_at": {"$min": "$sent_at"},
            "last_at": {"$max": "$sent_at"},
        }
        rows = await self._gaps.of(tenant_id).aggregate([{"$match": match}, {"$group": group}])
        return Counted(**{name: rows[0][name] for name in group if name != "_id"}) if rows else Counted()

    async def accepted(
        self, tenant_id: str, channel: str, since: datetime, until: datetime, limit: int
    ) -> list[Accepted]:
        query = {**_facts(TAKEN, channel, since, until), "data.send_class": "accepted"}
        fields = {"conversation_id": 1, "at": 1, "data.draft": 1}
        rows = await self._timeline.of(tenant_id).find(query, fields, sort=[("at", -1)], limit=limit)
        return [Accepted(str(row["data"].get("draft", "")), row["conversation_id"], row["at"]) for row in rows]

    async def first_receipts(
        self, tenant_id: str, sends: Sequence[Accepted], since: datetime
    ) -> dict[str, datetime]:
        whose = sorted({send.conversation_id for send in sends})
        wanted = {send.draft_id for send in sends}
        kinds = ["message_sent", "message_delivered", "message_read", "message_failed_later"]
        query = {"conversation_id": {"$in": whose}, "at": {"$gte": since}, "what": {"$in": kinds}}
        rows = await self._timeline.of(tenant_id).find(query, {"at": 1, "data.draft": 1})
        first: dict[str, datetime] = {}
        for row in rows:
            draft = str(row["data"].get("draft", ""))
            if draft in wanted and row["at"] < first.get(draft, _LATEST):
                first[draft] = row["at"]
        return first

    async def last(self, tenant_id: str, channel: str, kinds: Sequence[str]) -> datetime | None:
        times = []
        for kind in kinds:
            query = {"what": kind, "data.channel": channel}
            if kind in TAKEN:
                query["data.send_class"] = "accepted"
            rows = await self._timeline.of(tenant_id).find(query, {"at": 1}, sort=[("at", -1)], limit=1)
            times += [row["at"] for row in rows]
        return max(times, default=None)

    async def inbound(self, tenant_id: str, channel: str, since: datetime, until: datetime, limit: int) -> int:
        query = _facts(RECEIVED, channel, since, until)
        return len(await self._timeline.of(tenant_id).find(query, {"at": 1}, limit=limit))


def _facts(kinds: Sequence[str], channel: str, since: datetime, until: datetime) -> Document:
    (kind,) = kinds
    return {"what": kind, "data.channel": channel, "at": {"$gte": since, "$lt": until}}


def _trouble(watch: Watch, trouble: Words, at: datetime) -> Document:
    english, arabic = trouble
    since = (watch.trouble_since or at) if english else None
    return {"trouble_en": english, "trouble_ar": arabic, "trouble_since": since}


def _row(gap: Gap) -> Document:
    return {
        "_id": f"{gap.tenant_id}:{gap.id}",
        "channel": gap.channel,
        "outage_id": gap.outage_id,
        "what": gap.what,
        "sent_at": gap.sent_at,
        "found_at": gap.found_at,
        "is_lost": False,
    }
