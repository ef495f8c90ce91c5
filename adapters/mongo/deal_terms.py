"""Terms of deals: one row for each deal, with every version it ever had, written in one step."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.deals.terms import Terms

SHELF = Shelf(
    "deal_terms",
    "what each deal is worth, when it is expected, who looks after it; with its history",
    ("tenant_id", "conversation_id", "v", "versions"),
    (
        Index(
            "what is this deal worth?",
            (("tenant_id", 1), ("conversation_id", 1)),
            (("unique", True), ("name", "by_deal")),
        ),
        Index(
            "which deals have a value?",
            (("tenant_id", 1), ("value_halalas", 1)),
            (("partialFilterExpression", {"value_halalas": {"$gt": 0}}), ("name", "valued")),
        ),
    ),
    contact_field="conversation_id",
    why_kept="what a business was worth must still add up when the person behind it is forgotten: no name, no "
    "phone, no word of theirs",
)

# A deal that was changed more often is changed by a program in a loop; the timeline has the older ones.
VERSIONS_KEPT = 500

_ALL = {"versions": 0}


class MongoDealTerms:
    """`bot.deals.terms.DealRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def get(self, tenant_id: str, conversation_id: str) -> Terms | None:
        row = await self._rows.of(tenant_id).find_one({"conversation_id": conversation_id}, _ALL)
        return _terms(row) if row else None

    async def put(self, tenant_id: str, terms: Terms) -> bool:
        rows, told = self._rows.of(tenant_id), _row(terms)
        if terms.v == 1:
            try:
                await rows.insert_one({"_id": f"{tenant_id}:{terms.conversation_id}", **told, "versions": [told]})
            except Duplicate:
                return False
            return True
        still = {"conversation_id": terms.conversation_id, "v": terms.v - 1}
        kept = {"versions": {"$each": [told], "$slice": -VERSIONS_KEPT}}
        return bool(await rows.update_one(still, {"$set": told, "$push": kept}))

    async def history(self, tenant_id: str, conversation_id: str) -> Sequence[Terms]:
        row = await self._rows.of(tenant_id).find_one({"conversation_id": conversation_id})
        return [_terms(version) for version in reversed(row["versions"])] if row else []

    async def valued(self, tenant_id: str) -> Sequence[Terms]:
        query = {"value_halalas": {"$gt": 0}}
        return [_terms(row) for row in await self._rows.of(tenant_id).find(query, _ALL)]

    async def of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, Terms]:
        query = {"conversation_id": {"$in": list(conversation_ids)}}
        found = [_terms(row) for row in await self._rows.of(tenant_id).find(query, _ALL)]
        return {terms.conversation_id: terms for terms in found}


def _row(terms: Terms) -> Document:
    return {
        "conversation_id": terms.conversation_id,
        "value_halalas": terms.value_halalas,
        "expected_on": terms.expected_on.isoformat() if terms.expected_on else None,
        "owner": terms.owner,
        "source": terms.source,
        "set_at": terms.set_at,
        "set_by": terms.set_by,
        "set_by_name": terms.set_by_name,
        "v": terms.v,
    }


def _terms(row: Mapping[str, Any]) -> Terms:
    return Terms(
        conversation_id=row["conversation_id"],
        value_halalas=row["value_halalas"],
        expected_on=date.fromisoformat(row["expected_on"]) if row["expected_on"] else None,
        owner=row["owner"],
        source=row["source"],
        set_at=row["set_at"],
        set_by=row["set_by"],
        set_by_name=row["set_by_name"],
        v=row["v"],
    )
