"""Everything that happened, append only; an entry has the same id however often it is relayed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.conversation import LogEntry
from bot.store import TimelineEntry

_ENTRY = TypeAdapter(LogEntry)

# A decision is about 2 kB: a page of them stays below what one answer of the server carries, and is read in
# milliseconds, so that reading a month never holds a connection.
PAGE = 500

_ENVELOPE = ("conversation_id", "what", "at", "correlation_id")

SHELF = Shelf(
    "timeline",
    "everything that happened, append only",
    ("tenant_id", "conversation_id", "what", "at"),
    (
        Index(
            "the story of one contact",
            (("tenant_id", 1), ("conversation_id", 1), ("at", 1)),
            (("name", "by_conversation"),),
        ),
        Index(
            "the story of one message",
            (("tenant_id", 1), ("correlation_id", 1)),
            (("name", "by_correlation"),),
        ),
        Index("how many of a kind, when", (("tenant_id", 1), ("what", 1), ("at", 1)), (("name", "by_kind"),)),
        Index(
            "what came in on this channel, what did it take, what was heard of it?",
            (("tenant_id", 1), ("what", 1), ("data.channel", 1), ("at", 1)),
            (("partialFilterExpression", {"data.channel": {"$exists": True}}), ("name", "by_channel")),
        ),
        Index(
            "which deals were won, lost and paid, when?",
            (("tenant_id", 1), ("data.event", 1), ("at", 1)),
            (("partialFilterExpression", {"what": "stage_moved"}), ("name", "by_deal_event")),
        ),
        Index(
            "what is not sealed yet?",
            (("tenant_id", 1), ("at", 1)),
            (("partialFilterExpression", {"open": True}), ("name", "open")),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.REDACT,
    why_kept="that something was decided, approved or sent must stay provable; the words in it need not",
    spread_by=("tenant_id", "conversation_id"),
)


class MongoTimeline:
    """The history of all conversations of a tenant."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, entries: Sequence[TimelineEntry]) -> None:
        if entries:
            await self._rows.insert_missing([(e.tenant_id, _document(e)) for e in entries])

    async def of_conversation(self, tenant_id: str, conversation_id: str, limit: int) -> list[LogEntry]:
        """The latest entries of one contact, oldest first."""
        query = {"conversation_id": conversation_id}
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_entry(row) for row in reversed(rows)]

    async def of_correlation(self, tenant_id: str, correlation_id: str) -> list[LogEntry]:
        query = {"correlation_id": correlation_id}
        return [_entry(row) for row in await self._rows.of(tenant_id).find(query, sort=[("at", 1), ("_id", 1)])]

    async def of_kind(
        self, tenant_id: str, what: str, since: datetime, until: datetime, limit: int
    ) -> list[TimelineEntry]:
        """The latest entries of one kind, oldest first."""
        query = {"what": what, "at": {"$gte": since, "$lt": until}}
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1)], limit=limit)
        return [TimelineEntry(tenant_id, row["conversation_id"], _entry(row)) for row in reversed(rows)]

    async def count(self, tenant_id: str, what: str, since: datetime, until: datetime) -> int:
        return await self._rows.of(tenant_id).count({"what": what, "at": {"$gte": since, "$lt": until}})

    async def each(
        self,
        tenant_id: str,
        kinds: Sequence[str],
        since: datetime,
        until: datetime,
        fields: Sequence[str] = (),
    ) -> AsyncIterator[TimelineEntry]:
        """Every entry of these kinds, oldest first, read in pages; entries of one moment in any order."""
        wanted = {**dict.fromkeys(_ENVELOPE, 1), **{f"data.{name}": 1 for name in fields}} if fields else None
        seen: list[str] = []
        while True:
            query = of_kinds(kinds, since, until, seen)
            rows = await self._rows.of(tenant_id).find(query, wanted, sort=[("at", 1)], limit=PAGE)
            for row in rows:
                yield TimelineEntry(tenant_id, row["conversation_id"], _entry({"data": {}, **row}))
            if len(rows) < PAGE:
                return
            # The next page begins at the moment at which this one ended, without what was read of that moment.
            last = rows[-1]["at"]
            seen = [*(seen if last == since else []), *(row["_id"] for row in rows if row["at"] == last)]
            since = last

    async def unsure(
        self, tenant_id: str, since: datetime, until: datetime, below: float, limit: int
    ) -> list[TimelineEntry]:
        """Decisions about words that nobody understood, or hardly, or in doubt of the matchers; newest first."""
        query = doubtful(since, until, below)
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1)], limit=limit)
        return [TimelineEntry(tenant_id, row["conversation_id"], _entry(row)) for row in rows]

    async def of_correlations(
        self, tenant_id: str, correlation_ids: Sequence[str], what: str
    ) -> list[TimelineEntry]:
        """The entries of one kind that these inbound events caused."""
        query = caused_by(correlation_ids, what)
        rows = await self._rows.of(tenant_id).find(query)
        return [TimelineEntry(tenant_id, row["conversation_id"], _entry(row)) for row in rows]

    async def first_words(
        self, tenant_id: str, stage: str, since: datetime, until: datetime
    ) -> dict[str, datetime]:
        """Conversation -> when it was first decided about at this stage, within a span of time."""
        match = {**of_kinds(["decided"], since, until), "data.stage_before": stage}
        first = {"$group": {"_id": "$conversation_id", "at": {"$min": "$at"}}}
        return {
            row["_id"]: row["at"] for row in await self._rows.of(tenant_id).aggregate([{"$match": match}, first])
        }


def of_kinds(kinds: Sequence[str], since: datetime, until: datetime, seen: Sequence[str] = ()) -> dict[str, Any]:
    """Select entries of some kinds in a span of time, without some that were read already."""
    query: dict[str, Any] = {
        "what": {"$in": list(kinds)},
        "at": {"$gte": since, "$lt": until},
    }
    return {**query, "_id": {"$nin": list(seen)}} if seen else query


def doubtful(since: datetime, until: datetime, below: float) -> dict[str, Any]:
    """Select decisions about words that were not, or hardly, understood."""
    return {
        "what": "decided",
        "at": {"$gte": since, "$lt": until},
        "data.question.text": {"$ne": ""},
        "$or": [
            {"data.intent": "default"},
            {"data.confidence": {"$lt": below}},
            {"data.engine_agreed": False},
        ],
    }


def caused_by(correlation_ids: Sequence[str], what: str) -> dict[str, Any]:
    """Select what some inbound events caused."""
    return {"correlation_id": {"$in": list(correlation_ids)}, "what": what}


def _document(item: TimelineEntry) -> dict[str, Any]:
    fields = _ENTRY.dump_python(item.entry)
    entry_id = fields.pop("id")
    return {
        "_id": f"{item.tenant_id}:{entry_id}",
        "conversation_id": item.conversation_id,
        **fields,
        # For `bot.evidence.seals`. The salt is stored before anything is sealed with it, so no crash can lose it;
        # when the entry is erased it is thrown away.
        "open": True,
        "salt": token_hex(16),
    }


def _entry(row: dict[str, Any]) -> LogEntry:
    return _ENTRY.validate_python({**row, "id": row["_id"].partition(":")[2]})
