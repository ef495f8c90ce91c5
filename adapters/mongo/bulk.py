"""Imports: jobs, their rows, whose row it was first, and how much of a day was used."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.bulk.job import Item, ItemStatus, Job, JobStatus, Owner
from bot.people import Human

_GARBAGE = Index("garbage (all tenants)", (("expires_at", 1),), (("expireAfterSeconds", 0), ("name", "expired")))

JOBS = Shelf(
    "bulk_jobs",
    "imports of many rows, and how far each came",
    ("tenant_id", "mode", "status", "created_at", "expires_at"),
    (
        Index("what was imported lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        Index(
            "which imports did a crash leave behind?",
            (("tenant_id", 1), ("status", 1), ("created_at", 1)),
            (("name", "by_status"),),
        ),
        _GARBAGE,
    ),
)

ITEMS = Shelf(
    "bulk_items",
    "rows of imports, and what became of each",
    ("tenant_id", "job_id", "index", "status", "expires_at"),
    (
        Index(
            "which rows of this job are next? contact by contact, oldest first",
            (("tenant_id", 1), ("job_id", 1), ("status", 1), ("contact", 1), ("said_at", 1), ("index", 1)),
            (("name", "next"),),
        ),
        Index(
            "what became of the rows, in the order of the file?",
            (("tenant_id", 1), ("job_id", 1), ("index", 1)),
            (("unique", True), ("name", "by_index")),
        ),
        Index(
            "what was imported about this contact?", (("tenant_id", 1), ("contact", 1)), (("name", "by_contact"),)
        ),
        _GARBAGE,
    ),
    contact_field="contact",
    on_erasure=Erasure.DELETE,
)

KEYS = Shelf(
    "bulk_keys",
    "which row was imported first, by a hash of it",
    ("tenant_id", "job_id", "index", "expires_at"),
    (_GARBAGE,),
    why_kept="a hash of a row, by which the row of somebody who was forgotten is not imported again",
)

DAYS = Shelf(
    "bulk_days",
    "how many messages of a day were imported without asking anybody",
    ("tenant_id", "used", "expires_at"),
    (_GARBAGE,),
)

_JOB = TypeAdapter(Job)
_ITEM = TypeAdapter(Item)

# A day's count is worth nothing when the day is over everywhere.
_DAY_KEPT = timedelta(days=3)

_OF_A_RESULT = ("status", "reason", "decision", "draft_id", "conversation_id", "of_job", "faults")


class MongoBulk:
    """`bot.bulk.job.BulkRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._jobs = Rows(door, JOBS)
        self._items = Rows(door, ITEMS)
        self._keys = Rows(door, KEYS)
        self._days = Rows(door, DAYS)

    # jobs

    async def add(self, job: Job) -> bool:
        try:
            await self._jobs.of(job.tenant_id).insert_one(_job_row(job))
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, job_id: str) -> Job | None:
        row = await self._jobs.of(tenant_id).find_one({"_id": f"{tenant_id}:{job_id}"})
        return _job(row) if row else None

    async def write(self, job: Job) -> bool:
        row = _job_row(replace(job, v=job.v + 1))
        query = {"_id": row.pop("_id"), "v": job.v}
        row.pop("tenant_id")
        return bool(await self._jobs.of(job.tenant_id).update_one(query, {"$set": row}))

    async def latest(self, tenant_id: str, limit: int) -> list[Job]:
        told = {"status": {"$ne": JobStatus.RECEIVING.value}}
        newest = [("created_at", -1), ("_id", -1)]
        return [_job(row) for row in await self._jobs.of(tenant_id).find(told, sort=newest, limit=limit)]

    async def with_status(self, tenant_id: str, status: JobStatus, before: datetime, limit: int) -> list[Job]:
        query = {"status": status.value, "created_at": {"$lt": before}}
        found = await self._jobs.of(tenant_id).find(query, sort=[("created_at", 1)], limit=limit)
        return [_job(row) for row in found]

    async def drop(self, tenant_id: str, job_id: str) -> None:
        await self._items.of(tenant_id).delete_many({"job_id": job_id})
        await self._jobs.of(tenant_id).delete_one(
            {"_id": f"{tenant_id}:{job_id}", "status": JobStatus.RECEIVING.value}
        )

    # items

    async def add_items(self, items: Sequence[Item]) -> None:
        await self._items.of(items[0].tenant_id).insert_missing([_item_row(item) for item in items])

    async def pending(self, tenant_id: str, job_id: str, limit: int) -> list[Item]:
        query = {"job_id": job_id, "status": ItemStatus.PENDING.value}
        order = [("contact", 1), ("said_at", 1), ("index", 1)]
        return [_item(row) for row in await self._items.of(tenant_id).find(query, sort=order, limit=limit)]

    async def page(self, tenant_id: str, job_id: str, status: str, after: int, limit: int) -> list[Item]:
        query: Document = {"job_id": job_id, "index": {"$gt": after}}
        if status:
            query["status"] = status
        found = await self._items.of(tenant_id).find(query, sort=[("index", 1)], limit=limit)
        return [_item(row) for row in found]

    async def earlier(self, item: Item, limit: int) -> list[Item]:
        query = {
            "job_id": item.job_id,
            "status": ItemStatus.OK.value,
            "contact": item.contact,
            "said_at": {"$lte": item.said_at},
        }
        newest = [("said_at", -1), ("index", -1)]
        found = await self._items.of(item.tenant_id).find(query, sort=newest, limit=limit)
        return [_item(row) for row in reversed(found)]

    async def settle(self, item: Item) -> bool:
        row = _item_row(item)
        query = {"_id": row["_id"], "status": ItemStatus.PENDING.value}
        fields = {name: row[name] for name in _OF_A_RESULT}
        return bool(await self._items.of(item.tenant_id).update_one(query, {"$set": fields}))

    async def cancel_pending(self, tenant_id: str, job_id: str) -> int:
        query = {"job_id": job_id, "status": ItemStatus.PENDING.value}
        return await self._items.of(tenant_id).update_many(
            query, {"$set": {"status": ItemStatus.CANCELLED.value}}
        )

    async def forget_rows(self, tenant_id: str, job_id: str) -> None:
        await self._items.of(tenant_id).update_many({"job_id": job_id}, {"$set": {"row": {}}})

    async def counts(self, tenant_id: str, job_id: str) -> Mapping[str, int]:
        group = [{"$match": {"job_id": job_id}}, {"$group": {"_id": "$status", "n": {"$sum": 1}}}]
        return {row["_id"]: row["n"] for row in await self._items.of(tenant_id).aggregate(group)}

    async def count_messages(self, tenant_id: str, job_id: str) -> int:
        query = {"job_id": job_id, "status": ItemStatus.PENDING.value, "says": True}
        return await self._items.of(tenant_id).count(query)

    # whose row it was first

    async def owners(self, tenant_id: str, keys: Sequence[str]) -> Mapping[str, Owner]:
        query = {"_id": {"$in": [f"{tenant_id}:{key}" for key in keys]}}
        found = await self._keys.of(tenant_id).find(query)
        return {row["_id"].removeprefix(f"{tenant_id}:"): Owner(row["job_id"], row["index"]) for row in found}

    async def claim(self, tenant_id: str, key: str, owner: Owner, expires_at: datetime) -> Owner:
        row = {
            "_id": f"{tenant_id}:{key}",
            "job_id": owner.job_id,
            "index": owner.index,
            "expires_at": expires_at,
        }
        try:
            await self._keys.of(tenant_id).insert_one(row)
        except Duplicate:
            held = await self.owners(tenant_id, [key])
            return held.get(key, owner)
        return owner

    async def release(self, tenant_id: str, key: str, owner: Owner) -> None:
        await self._keys.of(tenant_id).delete_one(
            {"_id": f"{tenant_id}:{key}", "job_id": owner.job_id, "index": owner.index}
        )

    # how much of a day was used

    async def reserve(self, tenant_id: str, day: str, job_id: str, amount: int, limit: int) -> bool:
        mine, named = self._days.of(tenant_id), {"_id": f"{tenant_id}:{day}"}
        over = datetime.fromisoformat(f"{day}T00:00:00+00:00") + _DAY_KEPT
        await mine.update_one(named, {"$setOnInsert": {"used": 0, "jobs": [], "expires_at": over}}, upsert=True)
        if await mine.find_one({**named, "jobs": job_id}):
            return True
        fits = {**named, "jobs": {"$ne": job_id}, "used": {"$lte": limit - amount}}
        return bool(await mine.update_one(fits, {"$inc": {"used": amount}, "$push": {"jobs": job_id}}))


def _job_row(job: Job) -> Document:
    row = _JOB.dump_python(replace(job, columns=dict(job.columns), counts=dict(job.counts)))
    named = {"_id": f"{job.tenant_id}:{job.id}", "by": job.by.id, "by_name": job.by.name}
    # Headings of people's files may hold dots and dollars: pairs, not names of fields.
    return {
        **{name: _plain(value) for name, value in row.items() if name not in ("id", "by", "columns")},
        **named,
        "columns": [list(pair) for pair in job.columns.items()],
    }


def _job(row: Document) -> Job:
    fields = {name: value for name, value in row.items() if name not in ("_id", "by_name", "columns")}
    return _JOB.validate_python(
        {
            **fields,
            "id": row["_id"].removeprefix(f"{row['tenant_id']}:"),
            "by": Human(row["by"], row["by_name"]),
            "columns": MappingProxyType(dict(row["columns"])),
        }
    )


def _item_row(item: Item) -> Document:
    plain = replace(item, row=dict(item.row), decision=dict(item.decision))
    row = {name: _plain(value) for name, value in _ITEM.dump_python(plain).items()}
    return {**row, "_id": f"{item.tenant_id}:{item.job_id}:{item.index:07}"}


def _item(row: Document) -> Item:
    return _ITEM.validate_python({name: value for name, value in row.items() if name != "_id"})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return getattr(value, "value", value) if not isinstance(value, str) or hasattr(value, "value") else value
