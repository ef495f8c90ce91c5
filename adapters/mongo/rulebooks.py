"""Editions and changes of a tenant's rules. An edition's number is unique, so two publishers cannot both win."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import queries
from adapters.mongo.driver import Door, Duplicate
from bot.editions import Change, ChangeMoved, Edition, EditionTaken

_EDITION = TypeAdapter(Edition)
_CHANGE = TypeAdapter(Change)


class MongoRulebooks:
    """`bot.editions.Rulebooks` on MongoDB."""

    def __init__(self, door: Door) -> None:
        self._editions = door.collection("rule_editions")
        self._changes = door.collection("rule_changes")

    async def heads(self) -> list[tuple[str, int]]:
        """All tenants: a process that decides for all must know what is in force for each."""
        rows = await self._editions.aggregate(queries.highest_editions())
        return [(row["_id"], row["n"]) for row in rows]

    async def edition(self, tenant_id: str, number: int) -> Edition | None:
        row = await self._editions.find_one({"tenant_id": tenant_id, "number": number})
        return _edition(row) if row else None

    async def editions(self, tenant_id: str, limit: int) -> list[Edition]:
        rows = await self._editions.find({"tenant_id": tenant_id}, sort=[("number", -1)], limit=limit)
        return [_edition(row) for row in rows]

    async def add_edition(self, edition: Edition) -> None:
        fields = {**asdict(edition), "how": edition.how.value, "files": _pairs(edition.files)}
        try:
            await self._editions.insert_one({"_id": f"{edition.tenant_id}:{edition.number}", **fields})
        except Duplicate as taken:
            raise EditionTaken(
                f"somebody else has just published edition {edition.number}; look at it and publish again",
                f"نشر شخص آخر النسخة {edition.number} للتو؛ راجعها ثم أعد النشر",
            ) from taken

    async def change(self, tenant_id: str, change_id: str) -> Change | None:
        row = await self._changes.find_one({"_id": change_id, "tenant_id": tenant_id})
        return _change(row) if row else None

    async def changes(self, tenant_id: str, states: Sequence[str], limit: int) -> list[Change]:
        query = {"tenant_id": tenant_id, "state": {"$in": list(states)}}
        rows = await self._changes.find(query, sort=[("updated_at", -1)], limit=limit)
        return [_change(row) for row in rows]

    async def save_change(self, change: Change) -> None:
        fields = {**asdict(replace(change, v=change.v + 1)), "state": change.state.value}
        fields["edits"] = _pairs(change.edits)
        fields["_id"] = fields.pop("id")
        known = {"_id": change.id, "tenant_id": change.tenant_id, "v": change.v}
        try:
            if change.v == 0:
                await self._changes.insert_one(fields)
                saved = True
            else:
                saved = await self._changes.update_one(known, {"$set": fields}) > 0
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
