"""Results with provenance: written once, as the JSON that their hash is over."""

from collections.abc import Mapping
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.outputs.stored import Stored

SHELF = Shelf(
    "structured_outputs",
    "typed results with provenance, never changed",
    ("tenant_id", "kind", "about", "content", "content_sha256", "created_at"),
    (
        Index(
            "which results are there about this?",
            (("tenant_id", 1), ("about", 1), ("created_at", -1)),
            (("name", "by_about"),),
        ),
        Index(
            "which results of a kind are the latest?",
            (("tenant_id", 1), ("kind", 1), ("created_at", -1)),
            (("name", "by_kind"),),
        ),
    ),
    contact_field="about",
    on_erasure=Erasure.DELETE,
    why_kept="",
)


class MongoOutputs:
    """`bot.outputs.stored.Outputs` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, stored: Stored) -> None:
        document = {
            "_id": f"{stored.tenant_id}:{stored.id}",
            "kind": stored.kind,
            "about": stored.about,
            "content": dict(stored.content),
            "content_sha256": stored.content_sha256,
            "created_at": stored.created_at,
        }
        await self._rows.of(stored.tenant_id).insert_one(document)

    async def get(self, tenant_id: str, output_id: str) -> Stored | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{output_id}"})
        return _stored(tenant_id, row) if row else None

    async def listed(self, tenant_id: str, kind: str, about: str, limit: int) -> list[Stored]:
        wanted = {"kind": kind, "about": about}
        query = {name: value for name, value in wanted.items() if value}
        rows = await self._rows.of(tenant_id).find(query, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_stored(tenant_id, row) for row in rows]


def _stored(tenant_id: str, row: Mapping[str, Any]) -> Stored:
    return Stored(
        tenant_id=tenant_id,
        id=str(row["_id"]).removeprefix(f"{tenant_id}:"),
        kind=row["kind"],
        about=row["about"],
        content=row["content"],
        content_sha256=row["content_sha256"],
        created_at=row["created_at"],
    )
