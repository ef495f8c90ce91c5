"""Partners that data is passed on to."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.sharing.partners import Partner

SHELF = Shelf(
    "partners",
    "whom data is passed on to, with country and agreement",
    ("tenant_id", "facts", "v"),
    (Index("which partners are there?", (("tenant_id", 1), ("facts.name", 1)), (("name", "by_name"),)),),
    why_kept="it names businesses and who answers there, no contact of the tenant",
)

_PARTNER = TypeAdapter(Partner)


class MongoPartners:
    """`bot.sharing.partners.PartnerRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, partner: Partner) -> None:
        await self._rows.of(partner.tenant_id).insert_missing([_row(partner)])

    async def read(self, tenant_id: str, partner_id: str) -> Partner | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{partner_id}"})
        return _partner(row) if row else None

    async def write(self, partner: Partner) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""
        fields = {**_row(partner), "v": partner.v + 1}
        query = {"_id": fields.pop("_id"), "v": partner.v}
        fields.pop("tenant_id")
        return bool(await self._rows.of(partner.tenant_id).update_one(query, {"$set": fields}))

    async def every(self, tenant_id: str) -> list[Partner]:
        """By name."""
        return [_partner(row) for row in await self._rows.of(tenant_id).find({}, sort=[("facts.name", 1)])]


def storable_fields(value: Any) -> Any:
    """The same in what the driver writes: enumerations and days as text, tuples as lists."""
    if isinstance(value, dict):
        return {str(storable_fields(key)): storable_fields(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_fields(inner) for inner in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _row(partner: Partner) -> Document:
    fields = storable_fields(_PARTNER.dump_python(partner))
    return {"_id": f"{partner.tenant_id}:{fields.pop('id')}", **fields}


def _partner(row: Document) -> Partner:
    return _PARTNER.validate_python({**row, "id": str(row["_id"]).partition(":")[2]})
