"""Which records of a customer system are a contact's."""

from dataclasses import fields

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.crm.crm import CrmLink

SHELF = Shelf(
    "crm_links",
    "which records of a customer system are a contact's, and what was written there last",
    ("tenant_id", "conversation_id", "provider", "contact_ref", "synced_at"),
    (
        Index(
            "which records are this contact's?",
            (("tenant_id", 1), ("conversation_id", 1)),
            (("unique", True), ("name", "by_contact")),
        ),
        Index("what was written lately?", (("tenant_id", 1), ("synced_at", -1)), (("name", "recent"),)),
        Index(
            "whose records are to be erased there?",
            (("tenant_id", 1), ("forget_for", 1)),
            (("partialFilterExpression", {"forget_for": {"$gt": ""}}), ("name", "owed")),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.KEEP,
    why_kept="ids of records elsewhere that are still to be erased; the row goes when they are",
)

_LINK = TypeAdapter(CrmLink)
_FIELDS = frozenset(field.name for field in fields(CrmLink))


class MongoCrmLinks:
    """`bot.crm.crm.CrmLinks` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def read(self, tenant_id: str, conversation_id: str) -> CrmLink | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{conversation_id}"})
        return _link(row) if row else None

    async def keep(self, link: CrmLink) -> None:
        row = _LINK.dump_python(link)
        for name in ("tenant_id", "forget_for"):
            row.pop(name)
        query = {"_id": f"{link.tenant_id}:{link.conversation_id}"}
        await self._rows.of(link.tenant_id).update_one(query, {"$set": row}, upsert=True)

    async def owe(self, tenant_id: str, conversation_id: str, request_id: str) -> None:
        query = {"_id": f"{tenant_id}:{conversation_id}"}
        await self._rows.of(tenant_id).update_one(query, {"$set": {"forget_for": request_id}})

    async def owed(self, tenant_id: str, limit: int) -> list[CrmLink]:
        rows = await self._rows.of(tenant_id).find({"forget_for": {"$gt": ""}}, limit=limit)
        return [_link(row) for row in rows]

    async def drop(self, tenant_id: str, conversation_id: str) -> None:
        await self._rows.of(tenant_id).delete_one({"_id": f"{tenant_id}:{conversation_id}"})

    async def latest(self, tenant_id: str, limit: int) -> list[CrmLink]:
        rows = await self._rows.of(tenant_id).find({}, sort=[("synced_at", -1), ("_id", -1)], limit=limit)
        return [_link(row) for row in rows]


def _link(row: Document) -> CrmLink:
    return _LINK.validate_python({name: value for name, value in row.items() if name in _FIELDS})
