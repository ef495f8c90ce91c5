"""Idempotency keys and the answers they were given, until they expire."""

import hashlib
from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.idempotency import Reservation

SHELF = Shelf(
    "idempotency_keys",
    "requests that callers may repeat, and what they were answered",
    ("tenant_id", "principal", "key", "fingerprint", "holder", "effect_id", "lease_until", "expires_at"),
    (
        Index(
            "has this caller used this key?",
            (("tenant_id", 1), ("principal", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
        Index("garbage (all tenants)", (("expires_at", 1),), (("expireAfterSeconds", 0), ("name", "expired"))),
    ),
    why_kept="an answer may quote a contact; it is forgotten by itself within a day",
)

_CODEC = TypeAdapter(Reservation)


class MongoIdempotency:
    """`bot.idempotency.Reservations` on MongoDB: unique keys and compare-and-set, so that any process may ask."""

    def __init__(self, door: Door) -> None:
        self._rows = Rows(door, SHELF)

    async def insert(self, fresh: Reservation) -> bool:
        try:
            await self._rows.of(fresh.tenant_id).insert_one(_row(fresh))
        except Duplicate:
            return False
        return True

    async def find(self, tenant_id: str, principal: str, key: str) -> Reservation | None:
        row = await self._rows.of(tenant_id).find_one({"_id": _id(tenant_id, principal, key)})
        return None if row is None else _CODEC.validate_python(row)

    async def replace(self, fresh: Reservation, holder: str, lease_until: datetime | None = None) -> bool:
        query: Document = {"_id": _id(fresh.tenant_id, fresh.principal, fresh.key), "holder": holder}
        if lease_until is not None:
            query["lease_until"] = lease_until
        fields = {name: value for name, value in _row(fresh).items() if name not in ("_id", "tenant_id")}
        return await self._rows.of(fresh.tenant_id).update_one(query, {"$set": fields}) == 1


def _row(reservation: Reservation) -> Document:
    named = _id(reservation.tenant_id, reservation.principal, reservation.key)
    return {"_id": named, **_CODEC.dump_python(reservation)}


def _id(tenant_id: str, principal: str, key: str) -> str:
    # Hashed: a caller's name and key are of any length and may hold the sign that separates them.
    return f"{tenant_id}:{hashlib.sha256(f'{len(principal)}:{principal}{key}'.encode()).hexdigest()}"
