"""Golden paths: what was declared about a partner, and the ids of what was made of it."""

from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.partners.case import Case, CaseStatus

SHELF = Shelf(
    "golden_paths",
    "partners under examination: what was declared, and the ids of dossier, economics, approval and evidence",
    ("tenant_id", "declared", "correlation_id", "created_at", "status"),
    (
        Index(
            "which partners were examined lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)
        ),
        Index("which go on?", (("tenant_id", 1), ("status", 1), ("created_at", 1)), (("name", "by_status"),)),
    ),
    why_kept="it is about businesses that may become partners, and about no contact of the tenant",
)

_CASE = TypeAdapter(Case)


class MongoGoldenPaths:
    """`bot.partners.case.CaseRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, case: Case) -> bool:
        return bool(await self._rows.of(case.tenant_id).insert_missing([_row(case)]))

    async def read(self, tenant_id: str, case_id: str) -> Case | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{case_id}"})
        return _case(row) if row else None

    async def note(self, tenant_id: str, case_id: str, **ids: str) -> None:
        await self._rows.of(tenant_id).update_one({"_id": f"{tenant_id}:{case_id}"}, {"$set": ids})

    async def end(
        self, tenant_id: str, case_id: str, status: CaseStatus, summary_en: str, summary_ar: str, at: datetime
    ) -> bool:
        ends = {"status": status.value, "summary_en": summary_en, "summary_ar": summary_ar, "ended_at": at}
        query = {"_id": f"{tenant_id}:{case_id}", "status": ""}
        return bool(await self._rows.of(tenant_id).update_one(query, {"$set": ends}))

    async def open(self, tenant_id: str, limit: int) -> list[Case]:
        rows = await self._rows.of(tenant_id).find({"status": ""}, sort=[("created_at", 1)], limit=limit)
        return [_case(row) for row in rows]

    async def latest(self, tenant_id: str, limit: int) -> list[Case]:
        rows = await self._rows.of(tenant_id).find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_case(row) for row in rows]


def _row(case: Case) -> Document:
    fields = _CASE.dump_python(case)
    return {"_id": f"{case.tenant_id}:{fields.pop('id')}", **fields}


def _case(row: Document) -> Case:
    return _CASE.validate_python({**row, "id": str(row["_id"]).partition(":")[2]})
