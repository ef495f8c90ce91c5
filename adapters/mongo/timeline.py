"""Everything that happened, append only; an entry has the same id however often it is relayed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.driver import Door
from bot.conversation import LogEntry
from bot.store import TimelineEntry

_ENTRY = TypeAdapter(LogEntry)


class MongoTimeline:
    """The history of all conversations of a tenant."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("timeline")

    async def add(self, entries: Sequence[TimelineEntry]) -> None:
        if entries:
            await self._rows.insert_missing([_document(e) for e in entries])

    async def of_conversation(self, tenant_id: str, conversation_id: str, limit: int) -> list[LogEntry]:
        """The latest entries of one contact, oldest first."""
        query = {"tenant_id": tenant_id, "conversation_id": conversation_id}
        rows = await self._rows.find(query, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_entry(row) for row in reversed(rows)]

    async def of_correlation(self, tenant_id: str, correlation_id: str) -> list[LogEntry]:
        query = {"tenant_id": tenant_id, "correlation_id": correlation_id}
        return [_entry(row) for row in await self._rows.find(query, sort=[("at", 1), ("_id", 1)])]

    async def of_kind(
        self, tenant_id: str, what: str, since: datetime, until: datetime, limit: int
    ) -> list[TimelineEntry]:
        """The latest entries of one kind, oldest first."""
        query = {"tenant_id": tenant_id, "what": what, "at": {"$gte": since, "$lt": until}}
        rows = await self._rows.find(query, sort=[("at", -1)], limit=limit)
        return [TimelineEntry(tenant_id, row["conversation_id"], _entry(row)) for row in reversed(rows)]

    async def count(self, tenant_id: str, what: str, since: datetime, until: datetime) -> int:
        return await self._rows.count({"tenant_id": tenant_id, "what": what, "at": {"$gte": since, "$lt": until}})


def _document(item: TimelineEntry) -> dict[str, Any]:
    fields = _ENTRY.dump_python(item.entry)
    entry_id = fields.pop("id")
    return {
        "_id": f"{item.tenant_id}:{entry_id}",
        "tenant_id": item.tenant_id,
        "conversation_id": item.conversation_id,
        **fields,
    }


def _entry(row: dict[str, Any]) -> LogEntry:
    return _ENTRY.validate_python({**row, "id": row["_id"].partition(":")[2]})
