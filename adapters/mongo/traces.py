"""What is stored about one correlation id, read from the collections that carry it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import alerts, approvals, conversations, quarantine, runs
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from bot.conversation import LogEntry
from bot.telemetry.trace_room import Fresh

_ENTRY = TypeAdapter(LogEntry)

_EACH = 20

# Collection -> the field of its time, and what of a row is told.
BESIDE = (
    (alerts.SHELF, "at", ("kind", "title_en", "title_ar", "level")),
    (runs.RUNS, "created_at", ("run_id", "flow", "status", "step")),
    (approvals.SHELF, "created_at", ("action", "kind", "status")),
    (quarantine.SHELF, "received_at", ("channel", "reason")),
)


class MongoTraces:
    """`bot.telemetry.trace_room.TraceRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._conversations = Rows(door, conversations.SHELF)
        self._beside = [(shelf.name, Rows(door, shelf), at, told) for shelf, at, told in BESIDE]

    async def fresh(
        self, tenant_id: str, correlation_id: str, conversation_id: str, since: datetime
    ) -> Fresh | None:
        """Facts of a conversation that the timeline may not have yet, and its event that still waits."""
        mine = self._conversations.of(tenant_id)
        wanted = {"log": 1, "mailbox": 1, "outbox": 1}
        if conversation_id:
            row = await mine.find_one({"_id": conversation_id}, wanted)
        else:
            row = await mine.find_one(changed_since(since, correlation_id), wanted)
        return None if row is None else _fresh(row, correlation_id)

    async def elsewhere(self, tenant_id: str, correlation_id: str) -> Sequence[LogEntry]:
        """Alerts, runs, approvals and raw bodies, each as one fact."""
        found = []
        for name, rows, at, told in self._beside:
            query = {"correlation_id": correlation_id}
            for row in await rows.of(tenant_id).find(query, {at: 1, **dict.fromkeys(told, 1)}, limit=_EACH):
                facts = {field: row[field] for field in told if row.get(field) is not None}
                found.append(LogEntry(f"{name}|{row['_id']}", name, row[at], correlation_id, facts))
        return found


def changed_since(since: datetime, correlation_id: str) -> dict[str, Any]:
    """Select the conversation that holds an event or a fact of this id, among those that changed lately."""
    return {
        "updated_at": {"$gte": since},
        "$or": [{"mailbox.correlation_id": correlation_id}, {"log.correlation_id": correlation_id}],
    }


def _fresh(row: dict[str, Any], correlation_id: str) -> Fresh:
    entries = [
        _ENTRY.validate_python(entry)
        for entry in row.get("log", ())
        if entry.get("correlation_id") == correlation_id
    ]
    entries += [
        LogEntry(
            f"{row['_id']}|{waiting['key']}",
            "recorded",
            waiting["received_at"],
            correlation_id,
            {"channel": waiting["channel"], "kind": waiting["what"]},
        )
        for waiting in row.get("mailbox", ())
        if waiting.get("correlation_id") == correlation_id
    ]
    places = [
        place
        for held in (*row.get("mailbox", ()), *row.get("outbox", ()))
        if held.get("correlation_id") == correlation_id
        for place in (held.get("traceparent", ""), held.get("released_in", ""))
        if place
    ]
    return Fresh(str(row["_id"]), tuple(entries), tuple(dict.fromkeys(place.split("-")[1] for place in places)))
