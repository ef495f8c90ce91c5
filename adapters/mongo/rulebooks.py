"""Editions and changes of a tenant's rules. An edition's number is unique, so two publishers cannot both win."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import queries
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door, Duplicate
from adapters.mongo.fences import TENANT
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.workbench.editions import Change, ChangeMoved, Edition, EditionTaken

_EDITION = TypeAdapter(Edition)
_CHANGE = TypeAdapter(Change)

EDITIONS = Shelf(
    "rule_editions",
    "a tenant's rules as they were put in force, append only",
    ("tenant_id", "number", "version", "files", "at"),
    (
        Index(
            "which edition is in force, and was somebody faster?",
            (("tenant_id", 1), ("number", -1)),
            (("unique", True), ("name", "by_number")),
        ),
    ),
    why_kept="rules speak of messages in general; the examples in them are made up",
    swept="a process that decides for all tenants must know the number of the edition in force for each",
)

CHANGES = Shelf(
    "rule_changes",
    "rules that are being changed: the touched files of each",
    ("tenant_id", "v", "state", "edits"),
    (
        Index(
            "which changes are under way?",
            (("tenant_id", 1), ("state", 1), ("updated_at", -1)),
            (("name", "by_state"),),
        ),
    ),
    why_kept="rules speak of messages in general; the names in it are those of colleagues who changed them",
)


class MongoRulebooks:
    """`bot.workbench.editions.Rulebooks` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._editions = Rows(door, EDITIONS)
        self._changes = Rows(door, CHANGES)

    async def heads(self) -> list[tuple[str, int]]:
        """All tenants: a process that decides for all must know what is in force for each."""
        rows = await self._editions.sweep().aggregate(queries.highest_editions())
        return [(row["_id"], row["n"]) for row in rows]

    async def edition(self, tenant_id: str, number: int) -> Edition | None:
        row = await self._editions.of(tenant_id).find_one({"number": number})
        return _edition(row) if row else None

    async def editions(self, tenant_id: str, limit: int) -> list[Edition]:
        rows = await self._editions.of(tenant_id).find({}, sort=[("number", -1)], limit=limit)
        return [_edition(row) for row in rows]

    async def add_edition(self, edition: Edition) -> None:
        fields = {**asdict(edition), "how": edition.how.value, "files": _pairs(edition.files)}
        try:
            mine = self._editions.of(edition.tenant_id)
            await mine.insert_one({"_id": f"{edition.tenant_id}:{edition.number}", **fields})
        except Duplicate as taken:
            raise EditionTaken(
                f"somebody else has just published edition {edition.number}; look at it and publish again",
                f"نشر شخص آخر النسخة {edition.number} للتو؛ راجعها ثم أعد النشر",
            ) from taken

    async def change(self, tenant_id: str, change_id: str) -> Change | None:
        row = await self._changes.of(tenant_id).find_one({"_id": change_id})
        return _change(row) if row else None

    async def changes(self, tenant_id: str, states: Sequence[str], limit: int) -> list[Change]:
        query = {"state": {"$in": list(states)}}
        rows = await self._changes.of(tenant_id).find(query, sort=[("updated_at", -1)], limit=limit)
        return [_change(row) for row in rows]

    async def save_change(self, change: Change) -> None:
        fields = {**asdict(replace(change, v=change.v + 1)), "state": change.state.value}
        fields["edits"] = _pairs(change.edits)
        fields["_id"] = fields.pop("id")
        del fields[TENANT]  # the handle writes it
        mine = self._changes.of(change.tenant_id)
        try:
            if change.v == 0:
                await mine.insert_one(fields)
                saved = True
            else:
                saved = await mine.update_one({"_id": change.id, "v": change.v}, {"$set": fields}) > 0
        except Duplicate:
            saved = False
        if not saved:
            raise ChangeMoved(
                "somebody else saved this change meanwhile; open it again, nothing of yours or theirs was lost",
                "حفظ شخص آخر هذا التعديل في هذه الأثناء؛ افتحه من جديد، ولم يضع شيء مما كتبه أي منكما",
            )
        change.v += 1


def _pairs(files: Any) -> list[dict[str, Any]]:
    """Paths hold dots, which a field name must not."""
    return [{"path": path, "text": text} for path, text in sorted(files.items())]


def _unpaired(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    return {pair["path"]: pair["text"] for pair in pairs}


def _edition(row: dict[str, Any]) -> Edition:
    return _EDITION.validate_python({**row, "files": _unpaired(row["files"])})


def _change(row: dict[str, Any]) -> Change:
    return _CHANGE.validate_python({**row, "id": row["_id"], "edits": _unpaired(row["edits"])})
