"""
How each connector of a tenant stands, its history, and the calls that were reported.

Rule 1: a look never touches the switch, and the switch never touches a look: different fields of one row.
Rule 2: what is read of calls is bounded by time and number, and answered from an index.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import timeline
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, Index, Shelf
from bot.connectors.kept import Kept, Moment, Report
from bot.connectors.states import Call, Outcome
from bot.events import SendClass

# Long enough to look at a month and the one before it.
HISTORY_DAYS = 60

# Nothing older than the window of a quarter of an hour is counted.
CALLS_KEPT_SECONDS = 3_600

SHELF = Shelf(
    "connectors",
    "how each connector of a tenant stands, and whether somebody switched it off",
    ("tenant_id", "key"),
    (
        Index(
            "how does this connector stand?",
            (("tenant_id", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
        Index(
            "what is switched off? (all tenants)",
            (("is_disabled", 1),),
            (("partialFilterExpression", {"is_disabled": True}), ("name", "switched_off")),
        ),
    ),
    swept="every process learns within a second what people switched off, of all tenants at once",
)

HISTORY = Shelf(
    "connector_history",
    "how connectors stood over time: every change, every switch, and a look now and then",
    ("tenant_id", "key", "at", "what", "state"),
    (
        Index(
            "how did this connector stand lately?",
            (("tenant_id", 1), ("key", 1), ("at", -1)),
            (("name", "recent"),),
        ),
        Index(
            "garbage (all tenants)",
            (("at", 1),),
            (("expireAfterSeconds", HISTORY_DAYS * DAY_SECONDS), ("name", "old")),
        ),
    ),
)

CALLS = Shelf(
    "connector_calls",
    "calls of ours that were reported, for an hour: when, how long, and what they came to",
    ("tenant_id", "key", "at", "outcome"),
    (
        Index(
            "what did its last calls come to?",
            (("tenant_id", 1), ("key", 1), ("at", -1)),
            (("name", "recent"),),
        ),
        Index(
            "garbage (all tenants)",
            (("at", 1),),
            (("expireAfterSeconds", CALLS_KEPT_SECONDS), ("name", "old")),
        ),
    ),
)

_KEPT = TypeAdapter(Kept)
_MOMENT = TypeAdapter(Moment)

_SWITCH = frozenset({"is_disabled", "disabled_by", "disabled_at", "reason"})

# What is about a contact or a text says that the provider works; what is about us or its network does not.
_FAILED = frozenset({SendClass.NOT_SENT_FALLBACK, SendClass.NOT_SENT_CONFIG})
_SAYS_NOTHING = frozenset({SendClass.NOT_SENT_FIX_REQUEST, SendClass.SIMULATED})
_WHO_WE_ARE = (401, 403)


class MongoConnectors:
    """`bot.connectors.kept.ConnectorRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._history = Rows(door, HISTORY)
        self._calls = Rows(door, CALLS)
        self._timeline = Rows(door, timeline.SHELF)

    async def of_tenant(self, tenant_id: str) -> list[Kept]:
        return [_KEPT.validate_python(row) for row in await self._rows.of(tenant_id).find({})]

    async def one(self, tenant_id: str, key: str) -> Kept | None:
        row = await self._rows.of(tenant_id).find_one({"_id": _id(tenant_id, key)})
        return _KEPT.validate_python(row) if row else None

    async def looked(self, tenant_id: str, kept: Kept) -> None:
        fields = {k: v for k, v in _KEPT.dump_python(kept).items() if k not in _SWITCH}
        query = {"_id": _id(tenant_id, kept.key)}
        await self._rows.of(tenant_id).update_one(query, {"$set": fields}, upsert=True)

    async def switch(
        self, tenant_id: str, key: str, *, is_disabled: bool, by: str, reason: str, at: datetime
    ) -> bool:
        mine, name = self._rows.of(tenant_id), _id(tenant_id, key)
        fresh = _KEPT.dump_python(Kept(key))
        await mine.insert_missing([{"_id": name, **fresh}])
        fields = {"is_disabled": is_disabled, "disabled_by": by, "disabled_at": at, "reason": reason}
        return bool(await mine.update_one({"_id": name, "is_disabled": {"$ne": is_disabled}}, {"$set": fields}))

    async def disabled(self) -> set[tuple[str, str]]:
        rows = await self._rows.sweep().find({"is_disabled": True}, {"tenant_id": 1, "key": 1})
        return {(row["tenant_id"], row["key"]) for row in rows}

    async def add_history(self, tenant_id: str, moment: Moment) -> None:
        fields = _MOMENT.dump_python(moment)
        row = {"_id": f"{tenant_id}:{fields.pop('id')}", **fields}
        await self._history.of(tenant_id).insert_missing([row])

    async def history(self, tenant_id: str, key: str, since: datetime | None, limit: int) -> Sequence[Moment]:
        query: Document = {"key": key, **({"at": {"$gte": since}} if since else {})}
        rows = await self._history.of(tenant_id).find(query, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_MOMENT.validate_python({**row, "id": row["_id"].partition(":")[2]}) for row in rows]

    async def add_calls(self, reports: Sequence[Report]) -> None:
        rows = [
            (
                one.tenant_id,
                {
                    "_id": f"{one.tenant_id}:{one.id}",
                    "key": one.key,
                    "at": one.call.at,
                    "outcome": one.call.outcome,
                    "latency_ms": one.call.latency_ms,
                },
            )
            for one in reports
        ]
        await self._calls.insert_missing(rows)

    async def calls(self, tenant_id: str, key: str, since: datetime, limit: int) -> list[Call]:
        query = {"key": key, "at": {"$gte": since}}
        rows = await self._calls.of(tenant_id).find(query, sort=[("at", -1)], limit=limit)
        return [Call(row["at"], row["outcome"], row["latency_ms"]) for row in rows]

    async def sends(self, tenant_id: str, channel: str, since: datetime, limit: int) -> list[Call]:
        query = {"what": "attempt_ended", "data.channel": channel, "at": {"$gte": since}}
        fields = {"at": 1, "data.send_class": 1, "data.http_status": 1, "data.latency_ms": 1}
        rows = await self._timeline.of(tenant_id).find(query, fields, sort=[("at", -1)], limit=limit)
        found = [(row, outcome_of(row["data"])) for row in rows]
        return [
            Call(row["at"], outcome, float(row["data"].get("latency_ms") or 0.0))
            for row, outcome in found
            if outcome is not None
        ]


def outcome_of(data: Document) -> Outcome | None:
    """What a send says of its provider; None when nothing."""
    send_class = SendClass(data["send_class"])
    if send_class in _SAYS_NOTHING:
        return None
    if send_class is SendClass.AMBIGUOUS:
        return "timeout"
    if send_class not in _FAILED:
        return "ok"
    return "auth_failed" if data.get("http_status") in _WHO_WE_ARE else "refused"


def _id(tenant_id: str, key: str) -> Any:
    return f"{tenant_id}:{key}"
