"""What was exported for a contact, until it expires."""

from datetime import datetime

from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.privacy.data_exports import Export

SHELF = Shelf(
    "data_exports",
    "what was exported for a contact who asked for it, until it expires",
    ("tenant_id", "request_id", "keys", "made_at", "expires_at"),
    (
        Index(
            "which export belongs to this request?",
            (("tenant_id", 1), ("request_id", 1)),
            (("unique", True), ("name", "by_request")),
        ),
        Index("garbage (all tenants)", (("expires_at", 1),), (("expireAfterSeconds", 0),)),
    ),
    contact_field="keys",
    on_erasure=Erasure.DELETE,
    why_kept="it is a copy for the contact, and goes with the contact",
)


class MongoDataExports:
    """The exports of all tenants, one tenant at a time."""

    def __init__(self, door: Door) -> None:
        self._rows = Rows(door, SHELF)

    async def keep(self, tenant_id: str, export: Export) -> None:
        """Keep it; a later export of the same request takes the place of an earlier one."""
        fields = {
            "request_id": export.request_id,
            "keys": list(export.keys),
            "json_gz": export.json_gz,
            "html_gz": export.html_gz,
            "sha256": export.sha256,
            "made_at": export.made_at,
            "made_by": export.made_by,
            "expires_at": export.expires_at,
        }
        row = {"_id": f"{tenant_id}:{export.request_id}"}
        await self._rows.of(tenant_id).update_one(row, {"$set": fields}, upsert=True)

    async def read(self, tenant_id: str, request_id: str, at: datetime) -> Export | None:
        """None when there is none, or it has expired at this moment."""
        row = await self._rows.of(tenant_id).find_one({"request_id": request_id, "expires_at": {"$gt": at}})
        if row is None:
            return None
        return Export(
            request_id=row["request_id"],
            keys=tuple(row["keys"]),
            json_gz=bytes(row["json_gz"]),
            html_gz=bytes(row["html_gz"]),
            sha256=row["sha256"],
            made_at=row["made_at"],
            made_by=row["made_by"],
            expires_at=row["expires_at"],
        )
