"""How tenants are paid, what was asked for, and what providers told."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.payments.methods import PaymentMethods
from bot.payments.request import EventOutcome, PaymentEvent, PaymentRequest

_LAW = "what was paid, and on whose word, must be kept as accounts are; a contact in it is an id, without a word"

METHODS = Shelf(
    "payment_methods",
    "the account and the preferred way of each tenant to be paid",
    ("tenant_id", "preferred", "v"),
    (Index("how is this tenant paid?", (("tenant_id", 1),), (("unique", True), ("name", "one"))),),
    why_kept="the tenant's own account; nothing about a contact is in it",
)

REQUESTS = Shelf(
    "payment_requests",
    "how much was asked of whom, and whether it was paid",
    ("tenant_id", "conversation_id", "status", "amount_halalas", "created_at", "v"),
    (
        Index("what was asked for lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        Index(
            "what was asked of this contact?",
            (("tenant_id", 1), ("conversation_id", 1), ("created_at", -1)),
            (("name", "by_contact"),),
        ),
        Index(
            "whose order is this?",
            (("tenant_id", 1), ("provider", 1), ("order_ref", 1)),
            (
                ("unique", True),
                ("partialFilterExpression", {"order_ref": {"$gt": ""}}),
                ("name", "by_order"),
            ),
        ),
    ),
    why_kept=_LAW,
)

EVENTS = Shelf(
    "payment_events",
    "what payment providers told, once each, and what became of it",
    ("tenant_id", "provider", "kind", "payment_id", "outcome", "received_at"),
    (
        Index(
            "which notices wait for a person, and which came lately?",
            (("tenant_id", 1), ("outcome", 1), ("received_at", -1)),
            (("name", "by_outcome"),),
        ),
    ),
    why_kept=_LAW,
)

_METHODS = TypeAdapter(PaymentMethods)
_REQUEST = TypeAdapter(PaymentRequest)
_EVENT = TypeAdapter(PaymentEvent)


class MongoPayments:
    """`bot.payments.request.PaymentRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._methods = Rows(door, METHODS)
        self._requests = Rows(door, REQUESTS)
        self._events = Rows(door, EVENTS)

    async def methods(self, tenant_id: str) -> PaymentMethods | None:
        row = await self._methods.of(tenant_id).find_one({"_id": tenant_id})
        return _METHODS.validate_python(_without_id(row)) if row else None

    async def set_methods(self, methods: PaymentMethods) -> bool:
        fields = {**_METHODS.dump_python(methods), "v": methods.v + 1}
        fields.pop("tenant_id")
        rows = self._methods.of(methods.tenant_id)
        if methods.v == 0:
            return bool(await rows.insert_missing([{**fields, "_id": methods.tenant_id}]))
        return bool(await rows.update_one({"_id": methods.tenant_id, "v": methods.v}, {"$set": fields}))

    async def add(self, request: PaymentRequest) -> bool:
        return bool(await self._requests.of(request.tenant_id).insert_missing([_row(request)]))

    async def read(self, tenant_id: str, request_id: str) -> PaymentRequest | None:
        row = await self._requests.of(tenant_id).find_one({"_id": f"{tenant_id}:{request_id}"})
        return _request(row) if row else None

    async def by_order(self, tenant_id: str, provider: str, order_ref: str) -> PaymentRequest | None:
        row = await self._requests.of(tenant_id).find_one({"provider": provider, "order_ref": order_ref})
        return _request(row) if row else None

    async def write(self, request: PaymentRequest) -> bool:
        fields = {**_row(request), "v": request.v + 1}
        query = {"_id": fields.pop("_id"), "v": request.v}
        fields.pop("tenant_id")
        return bool(await self._requests.of(request.tenant_id).update_one(query, {"$set": fields}))

    async def latest(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 100
    ) -> list[PaymentRequest]:
        wanted = {"conversation_id": conversation_id, "status": status}
        query = {name: value for name, value in wanted.items() if value}
        newest = [("created_at", -1), ("_id", -1)]
        return [_request(row) for row in await self._requests.of(tenant_id).find(query, sort=newest, limit=limit)]

    async def hear(self, event: PaymentEvent) -> PaymentEvent:
        rows = self._events.of(event.tenant_id)
        await rows.insert_missing([_event_row(event)])
        row = await rows.find_one({"_id": f"{event.tenant_id}:{event.id}"})
        assert row is not None
        return _EVENT.validate_python(_without_id(row))

    async def settle(self, event: PaymentEvent) -> bool:
        row = _event_row(event)
        query = {"_id": row["_id"], "outcome": EventOutcome.RECEIVED.value}
        fields = {name: row[name] for name in ("outcome", "reason", "request_id", "conversation_id")}
        return bool(await self._events.of(event.tenant_id).update_one(query, {"$set": fields}))

    async def events(self, tenant_id: str, outcome: str, limit: int) -> list[PaymentEvent]:
        query = {"outcome": outcome} if outcome else {}
        newest = [("received_at", -1), ("_id", -1)]
        rows = await self._events.of(tenant_id).find(query, sort=newest, limit=limit)
        return [_EVENT.validate_python(_without_id(row)) for row in rows]


def _without_id(row: Mapping[str, Any]) -> Document:
    return {name: value for name, value in row.items() if name != "_id"}


def _row(request: PaymentRequest) -> Document:
    fields: dict[str, Any] = _REQUEST.dump_python(request)
    fields.pop("id")
    fields["expires_at"] = request.expires_at.astimezone(UTC)
    return {**fields, "_id": f"{request.tenant_id}:{request.id}", "status": request.status.value}


def _request(row: Mapping[str, Any]) -> PaymentRequest:
    return _REQUEST.validate_python({**_without_id(row), "id": row["_id"].removeprefix(f"{row['tenant_id']}:")})


def _event_row(event: PaymentEvent) -> Document:
    fields: dict[str, Any] = _EVENT.dump_python(event)
    return {**fields, "_id": f"{event.tenant_id}:{event.id}", "outcome": event.outcome.value}
