"""How templates stand at their providers: one row per number, template and language."""

from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.templates.standing import Standing

SHELF = Shelf(
    "template_standings",
    "what the provider last said of each approved wording",
    ("tenant_id", "channel", "name", "code", "status", "at"),
    (
        Index(
            "how do the templates of this tenant stand?",
            (("tenant_id", 1), ("channel", 1), ("name", 1), ("code", 1)),
            (("unique", True), ("name", "by_name")),
        ),
    ),
)

_STANDING = TypeAdapter(Standing)
_TOLD = ("category", "quality", "words")


class MongoTemplates:
    """`bot.templates.standing.TemplateRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def read(self, tenant_id: str, channel: str, name: str, code: str) -> Standing | None:
        row = await self._rows.of(tenant_id).find_one({"channel": channel, "name": name, "code": code})
        return _standing(row) if row else None

    async def of_tenant(self, tenant_id: str) -> list[Standing]:
        order = [("channel", 1), ("name", 1), ("code", 1)]
        return [_standing(row) for row in await self._rows.of(tenant_id).find({}, sort=order)]

    async def hear(self, heard: Standing) -> Standing | None:
        mine = self._rows.of(heard.tenant_id)
        named = {"channel": heard.channel, "name": heard.name, "code": heard.code}
        before = await self.read(heard.tenant_id, heard.channel, heard.name, heard.code)
        if before is None:
            try:
                row_id = f"{heard.tenant_id}:{heard.channel}:{heard.name}:{heard.code}"
                await mine.insert_one({**_row(heard), "_id": row_id})
            except Duplicate:
                before = await self.read(heard.tenant_id, heard.channel, heard.name, heard.code)
            else:
                return None
        fields: Document = {"status": heard.status, "at": heard.at, "reason": heard.reason}
        fields |= {name: getattr(heard, name) for name in _TOLD if getattr(heard, name)}
        if heard.words:
            fields["besides"] = list(heard.besides)
        is_later = await mine.update_one({**named, "at": {"$lte": heard.at}}, {"$set": fields})
        return before if is_later else heard


def _row(standing: Standing) -> Document:
    row: dict[str, Any] = _STANDING.dump_python(standing)
    row.pop("tenant_id")
    return {**row, "besides": list(standing.besides)}


def _standing(row: Document) -> Standing:
    return _STANDING.validate_python({name: value for name, value in row.items() if name != "_id"})
