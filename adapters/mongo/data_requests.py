"""Requests of contacts about their own data."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.privacy.data_requests import OPEN, DataRequest

SHELF = Shelf(
    "data_requests",
    "requests of contacts about their own data, and what became of them",
    ("tenant_id", "kind", "status", "subject", "requested_at", "due_at"),
    (
        Index(
            "which request is this number?",
            (("tenant_id", 1), ("reference", 1)),
            (("unique", True), ("name", "by_reference")),
        ),
        Index(
            "which are open, and until when?",
            (("tenant_id", 1), ("status", 1), ("due_at", 1)),
            (("name", "due"),),
        ),
        Index("what did this contact ask for?", (("tenant_id", 1), ("subject.keys", 1)), (("name", "by_key"),)),
    ),
    contact_field="subject.keys",
    on_erasure=Erasure.REDACT,
    why_kept="that a request was answered in time must be provable; its subject becomes a fingerprint",
)

_REQUEST = TypeAdapter(DataRequest)


class MongoDataRequests:
    """The requests of all tenants, one tenant at a time."""

    def __init__(self, door: Door) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, request: DataRequest) -> bool:
        return bool(await self._rows.of(request.tenant_id).insert_missing([_row(request)]))

    async def read(self, tenant_id: str, id_or_reference: str) -> DataRequest | None:
        named = [{"_id": f"{tenant_id}:{id_or_reference}"}, {"reference": id_or_reference.upper()}]
        row = await self._rows.of(tenant_id).find_one({"$or": named})
        return _request(row) if row else None

    async def write(self, request: DataRequest) -> bool:
        fields = {**_row(request), "v": request.v + 1}
        query = {"_id": fields.pop("_id"), "v": request.v}
        fields.pop("tenant_id")
        return bool(await self._rows.of(request.tenant_id).update_one(query, {"$set": fields}))

    async def latest(self, tenant_id: str, status: str, limit: int) -> list[DataRequest]:
        query = {"status": status} if status else {}
        rows = await self._rows.of(tenant_id).find(query, sort=[("requested_at", -1)], limit=limit)
        return [_request(row) for row in rows]

    async def of_contact(self, tenant_id: str, keys: Sequence[str]) -> list[DataRequest]:
        rows = await self._rows.of(tenant_id).find(
            {"subject.keys": {"$in": list(keys)}}, sort=[("requested_at", 1)]
        )
        return [_request(row) for row in rows]

    async def open_ones(self, tenant_id: str) -> list[DataRequest]:
        rows = await self._rows.of(tenant_id).find({"status": {"$in": list(OPEN)}}, sort=[("due_at", 1)])
        return [_request(row) for row in rows]


def _row(request: DataRequest) -> dict[str, Any]:
    fields = _REQUEST.dump_python(request, mode="python")
    return {"_id": f"{request.tenant_id}:{fields.pop('id')}", **fields}


def _request(row: dict[str, Any]) -> DataRequest:
    return _REQUEST.validate_python({**row, "id": str(row["_id"]).partition(":")[2]})
