"""What contacts told us, fact by fact, each until it expires."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows, Scoped
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.errors import BadRequest
from bot.memory.fact import Fact, MemoryStats, stats_of

SHELF = Shelf(
    "memory_facts",
    "what a contact told us: a key, a value, the message it comes from, how sure, until when",
    ("tenant_id", "contact_id", "key", "value", "source_message_id", "confidence", "at", "expires_at"),
    (
        Index(
            "what is remembered of this contact?",
            (("tenant_id", 1), ("contact_id", 1), ("at", 1)),
            (("name", "by_contact"),),
        ),
        Index("garbage (all tenants)", (("expires_at", 1),), (("expireAfterSeconds", 0), ("name", "expired"))),
    ),
    contact_field="contact_id",
    on_erasure=Erasure.DELETE,
    why_kept="",
)

_FACT = TypeAdapter(Fact)


class MongoMemories:
    """`bot.memory.fact.MemoryRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def store(self, tenant_id: str, contact_id: str, facts: Sequence[Fact]) -> int:
        if any((fact.tenant_id, fact.contact_id) != (tenant_id, contact_id) for fact in facts):
            raise BadRequest("a fact is kept with its own contact", "تُحفظ المعلومة مع صاحبها فقط")
        return await self._of(tenant_id, contact_id).insert_missing([_row(fact) for fact in facts])

    async def retrieve(self, tenant_id: str, contact_id: str, now: datetime, key: str = "") -> list[Fact]:
        query: Document = {"contact_id": contact_id, "expires_at": {"$gt": now}, **({"key": key} if key else {})}
        rows = await self._of(tenant_id, contact_id).find(query, sort=[("at", 1), ("_id", 1)])
        return [_fact(row) for row in rows]

    async def update(
        self, tenant_id: str, contact_id: str, fact_id: str, confidence: float, expires_at: datetime
    ) -> bool:
        query = {"_id": f"{tenant_id}:{fact_id}", "contact_id": contact_id}
        changed = {"confidence": confidence, "expires_at": expires_at}
        return bool(await self._of(tenant_id, contact_id).update_one(query, {"$set": changed}))

    async def delete(self, tenant_id: str, contact_id: str, key: str = "") -> int:
        query: Document = {"contact_id": contact_id, **({"key": key} if key else {})}
        return await self._of(tenant_id, contact_id).delete_many(query)

    async def stats(self, tenant_id: str, contact_id: str, now: datetime) -> MemoryStats:
        return stats_of(await self.retrieve(tenant_id, contact_id, now))

    def _of(self, tenant_id: str, contact_id: str) -> Scoped:
        """Raises NoTenant, BadRequest."""
        if not contact_id:
            raise BadRequest("say of which contact", "حدد العميل المقصود")
        return self._rows.of(tenant_id)


def _row(fact: Fact) -> Document:
    return {"_id": f"{fact.tenant_id}:{fact.id}", **_FACT.dump_python(fact)}


def _fact(row: Document) -> Fact:
    return _FACT.validate_python({name: value for name, value in row.items() if name != "_id"})
