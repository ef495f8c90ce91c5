"""Keys of machines: a hash each, and what it opens."""

from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.access.kept import MachineKey
from bot.people import Human

SHELF = Shelf(
    "api_keys",
    "keys of machines: a hash, what they open and until when",
    ("tenant_id", "key_id", "sha256", "expires_at"),
    (
        Index(
            "which key is this?",
            (("tenant_id", 1), ("key_id", 1)),
            (("unique", True), ("name", "by_id")),
        ),
        Index("which keys are there?", (("tenant_id", 1), ("created_at", -1)), (("name", "newest"),)),
    ),
    why_kept="machines of the tenant, no contacts",
)


class MongoApiKeys:
    """`bot.access.kept.MachineKeyStore` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, key: MachineKey) -> None:
        await self._rows.of(key.tenant_id).insert_one(_document(key))

    async def find(self, tenant_id: str, key_id: str) -> MachineKey | None:
        row = await self._rows.of(tenant_id).find_one({"key_id": key_id})
        return _key(row) if row else None

    async def all(self, tenant_id: str) -> list[MachineKey]:
        return [_key(row) for row in await self._rows.of(tenant_id).find({}, sort=(("created_at", -1),))]

    async def revoke(self, tenant_id: str, key_id: str, by: str, at: datetime) -> bool:
        query = {"key_id": key_id, "revoked_at": None}
        return (
            await self._rows.of(tenant_id).update_one(query, {"$set": {"revoked_at": at, "revoked_by": by}}) == 1
        )

    async def used(self, tenant_id: str, key_id: str, at: datetime, unless_after: datetime) -> None:
        query = {"key_id": key_id, "$or": [{"last_used_at": None}, {"last_used_at": {"$lte": unless_after}}]}
        await self._rows.of(tenant_id).update_one(query, {"$set": {"last_used_at": at}})


def _document(key: MachineKey) -> Document:
    return {
        "_id": f"{key.tenant_id}:{key.id}",
        "tenant_id": key.tenant_id,
        "key_id": key.id,
        "name": key.name,
        "roles": sorted(key.roles),
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "created_by": {"id": key.created_by.id, "name": key.created_by.name},
        "expires_at": key.expires_at,
        "sha256": key.sha256,
        "revoked_at": key.revoked_at,
        "revoked_by": key.revoked_by,
        "last_used_at": key.last_used_at,
    }


def _key(row: Document) -> MachineKey:
    return MachineKey(
        id=row["key_id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        roles=frozenset(row["roles"]),
        scopes=frozenset(row["scopes"]),
        created_at=row["created_at"],
        created_by=Human(row["created_by"]["id"], row["created_by"]["name"]),
        expires_at=row["expires_at"],
        sha256=row["sha256"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
        last_used_at=row["last_used_at"],
    )
