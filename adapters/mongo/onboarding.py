"""The first steps with each customer."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from adapters.mongo import conversations
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.onboarding.checklist import Checklist

SHELF = Shelf(
    "onboarding_lists",
    "the first steps with a customer, who took each and when",
    ("tenant_id", "conversation_id", "items", "opened_at", "v"),
    (
        Index(
            "the list of this customer",
            (("tenant_id", 1), ("conversation_id", 1)),
            (("unique", True), ("name", "by_contact")),
        ),
        Index("which lists were opened lately?", (("tenant_id", 1), ("opened_at", -1)), (("name", "recent"),)),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_LIST = TypeAdapter(Checklist)


class MongoOnboarding:
    """`bot.onboarding.checklist.ChecklistRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._conversations = Rows(door, conversations.SHELF)

    async def add(self, checklist: Checklist) -> bool:
        return bool(await self._rows.of(checklist.tenant_id).insert_missing([_row(checklist)]))

    async def read(self, tenant_id: str, conversation_id: str) -> Checklist | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{conversation_id}"})
        return _checklist(row) if row else None

    async def write(self, checklist: Checklist) -> bool:
        fields = {**_row(checklist), "v": checklist.v + 1}
        query = {"_id": fields.pop("_id"), "v": checklist.v}
        fields.pop("tenant_id")
        return bool(await self._rows.of(checklist.tenant_id).update_one(query, {"$set": fields}))

    async def latest(self, tenant_id: str, limit: int) -> list[Checklist]:
        newest = [("opened_at", -1), ("_id", -1)]
        return [_checklist(row) for row in await self._rows.of(tenant_id).find({}, sort=newest, limit=limit)]

    async def at_stages(self, tenant_id: str, stages: Sequence[str], limit: int) -> list[str]:
        query = {"stage": {"$in": list(stages)}}
        rows = await self._conversations.of(tenant_id).find(query, {"_id": 1}, sort=[("_id", 1)], limit=limit)
        return [str(row["_id"]) for row in rows]


def _row(checklist: Checklist) -> Document:
    return {**_LIST.dump_python(checklist), "_id": f"{checklist.tenant_id}:{checklist.conversation_id}"}


def _checklist(row: Document) -> Checklist:
    return _LIST.validate_python({name: value for name, value in row.items() if name != "_id"})
