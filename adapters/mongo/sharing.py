"""
Requests to pass data on, and the files that were made of them.

A file lies in the database and not on a disk: several processes on several machines share the one, and a tenant
with a database of its own keeps its exports there. It is at most 8 MB, deleted by the service, and forgotten by
the database itself a day later where the service does not run any more.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.partners import storable_fields
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.sharing.request import ExportedFile, SharingRequest

REQUESTS = Shelf(
    "sharing_requests",
    "requests to pass data of contacts on to a partner, the blocked ones too",
    ("tenant_id", "status", "wish", "requested_at", "v"),
    (
        Index("what was asked for lately?", (("tenant_id", 1), ("requested_at", -1)), (("name", "recent"),)),
        Index(
            "what must go on, or be deleted?",
            (("tenant_id", 1), ("status", 1), ("requested_at", -1)),
            (("name", "by_status"),),
        ),
    ),
    why_kept="it proves what was passed on, to whom and by whose yes; a contact in it is an id, without a word",
)

_DAY_SECONDS = 86_400

EXPORTS = Shelf(
    "sharing_exports",
    "files made for a partner, until they are fetched or too old",
    ("tenant_id", "request_id", "sha256", "file_bytes", "expires_at"),
    (
        Index(
            "which file is this?",
            (("tenant_id", 1), ("request_id", 1), ("sha256", 1)),
            (("unique", True), ("name", "one")),
        ),
        Index(
            "which files should be gone since yesterday? (all tenants)",
            (("expires_at", 1),),
            (("expireAfterSeconds", _DAY_SECONDS), ("name", "gone")),
        ),
    ),
    contact_field="file_contacts",
    on_erasure=Erasure.DELETE,
)

_REQUEST = TypeAdapter(SharingRequest)


class MongoSharing:
    """`bot.sharing.request.SharingRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._requests = Rows(door, REQUESTS)
        self._files = Rows(door, EXPORTS)

    async def add(self, request: SharingRequest) -> bool:
        """False when there is one of its id already."""
        return bool(await self._requests.of(request.tenant_id).insert_missing([_row(request)]))

    async def read(self, tenant_id: str, request_id: str) -> SharingRequest | None:
        row = await self._requests.of(tenant_id).find_one({"_id": f"{tenant_id}:{request_id}"})
        return _request(row) if row else None

    async def write(self, request: SharingRequest) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""
        fields = {**_row(request), "v": request.v + 1}
        query = {"_id": fields.pop("_id"), "v": request.v}
        fields.pop("tenant_id")
        return bool(await self._requests.of(request.tenant_id).update_one(query, {"$set": fields}))

    async def latest(self, tenant_id: str, status: str, limit: int) -> list[SharingRequest]:
        """Newest first, of one status or of all."""
        query = {"status": status} if status else {}
        rows = await self._requests.of(tenant_id).find(query, sort=[("requested_at", -1)], limit=limit)
        return [_request(row) for row in rows]

    async def unfinished(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[SharingRequest]:
        """Oldest first."""
        query = {"status": {"$in": [str(status) for status in statuses]}}
        rows = await self._requests.of(tenant_id).find(query, sort=[("requested_at", 1)], limit=limit)
        return [_request(row) for row in rows]

    async def unproved(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[SharingRequest]:
        """Those whose outcome no pack proves yet, oldest first."""
        query = {"status": {"$in": [str(status) for status in statuses]}, "evidence_id": ""}
        rows = await self._requests.of(tenant_id).find(query, sort=[("requested_at", 1)], limit=limit)
        return [_request(row) for row in rows]

    async def keep_file(
        self, request: SharingRequest, file: ExportedFile, content: bytes, contact_ids: Sequence[str]
    ) -> None:
        """Keep a file under its hash; the same one is kept once, and another leaves it alone."""
        row = {
            "_id": f"{request.tenant_id}:{request.id}:{file.sha256}",
            "request_id": request.id,
            "sha256": file.sha256,
            "file_bytes": content,
            "file_contacts": list(contact_ids),
            "expires_at": file.expires_at,
        }
        await self._files.of(request.tenant_id).insert_missing([row])

    async def file(self, tenant_id: str, request_id: str, file_sha256: str) -> bytes | None:
        query = {"request_id": request_id, "sha256": file_sha256}
        row = await self._files.of(tenant_id).find_one(query, {"file_bytes": 1})
        return bytes(row["file_bytes"]) if row else None

    async def delete_files(self, tenant_id: str, request_id: str) -> int:
        """Also those that a crash left behind."""
        return await self._files.of(tenant_id).delete_many({"request_id": request_id})


def _row(request: SharingRequest) -> dict[str, Any]:
    fields = storable_fields(_REQUEST.dump_python(request))
    return {"_id": f"{request.tenant_id}:{fields.pop('id')}", **fields}


def _request(row: Document) -> SharingRequest:
    return _REQUEST.validate_python({**row, "id": str(row["_id"]).partition(":")[2]})
