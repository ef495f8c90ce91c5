"""Which records of a customer system are a contact's."""

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
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_LINK = TypeAdapter(CrmLink)


class MongoCrmLinks:
    """`bot.crm.crm.CrmLinks` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def read(self, tenant_id: str, conversation_id: str) -> CrmLink | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{conversation_id}"})
        return _link(row) if row else None

    async def keep(self, link: CrmLink) -> None:
        fields = _LINK.dump_python(link)
        fields.pop("tenant_id")
        query = {"_id": f"{link.tenant_id}:{link.conversation_id}"}
        await self._rows.of(link.tenant_id).update_one(query, {"$set": fields}, upsert=True)

    async def latest(self, tenant_id: str, limit: int) -> list[CrmLink]:
        rows = await self._rows.of(tenant_id).find({}, sort=[("synced_at", -1), ("_id", -1)], limit=limit)
        return [_link(row) for row in rows]


def _link(row: Document) -> CrmLink:
    return _LINK.validate_python({name: value for name, value in row.items() if name != "_id"})
