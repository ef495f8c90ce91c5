"""
The register of contradictions, and how far the contacts of a tenant were read for it.

Rule 1: a find is one write by its fingerprint; whoever finds it too at that moment counts it.
Rule 2: a decision is written against the version that was read.
Rule 3: what the service finds is weighed by the service: nobody makes a find small by reporting it first.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.contradictions.kept import Cursor, Filter
from bot.contradictions.kinds import MANUAL
from bot.contradictions.register import ACTIVE, Contradiction, Found, Severity, Stats, Status

_ORDER = {severity.value: place for place, severity in enumerate(Severity)}

SHELF = Shelf(
    "contradictions",
    "two claims that cannot both be true, and what became of them",
    ("tenant_id", "fingerprint", "status", "severity"),
    (
        Index(
            "is this pair known?",
            (("tenant_id", 1), ("fingerprint", 1)),
            (("unique", True), ("name", "by_fingerprint")),
        ),
        Index(
            "what is open, the worst first?",
            (("tenant_id", 1), ("status", 1), ("weight", 1), ("last_seen_at", -1)),
            (("name", "by_status"),),
        ),
        Index(
            "what is there, the worst first?", (("tenant_id", 1), ("weight", 1), ("_id", -1)), (("name", "all"),)
        ),
        Index(
            "what is about this contact?",
            (("tenant_id", 1), ("about", 1)),
            (("partialFilterExpression", {"about": {"$gt": ""}}), ("name", "about")),
        ),
    ),
    contact_field="about",
    on_erasure=Erasure.DELETE,
)

CURSORS = Shelf(
    "contradiction_cursors",
    "how far the contacts of a tenant were read for contradictions; one row",
    ("tenant_id", "since"),
)

_ONE = TypeAdapter(Contradiction)
_CURSOR = TypeAdapter(Cursor)


class MongoContradictions:
    """`bot.contradictions.kept.ContradictionRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._cursors = Rows(door, CURSORS)

    async def saw(
        self, tenant_id: str, found: Found, new_id: str, at: datetime, *, counts: bool
    ) -> tuple[Contradiction, bool]:
        mine = self._rows.of(tenant_id)
        known = {"fingerprint": found.fingerprint}
        rises = {"$inc": {"seen_count": 1, "v": 1}} if counts else {}
        row = await mine.find_one_and_update(known, {"$set": {"last_seen_at": at}, **rises})
        if row is not None:
            known = _one(row)
            is_reported = known.detector == MANUAL != found.detector
            return (await self._own(known, found), True) if is_reported else (known, False)
        fresh = Contradiction(
            id=new_id,
            tenant_id=tenant_id,
            fingerprint=found.fingerprint,
            detector=found.detector,
            kind=found.kind,
            severity=found.severity,
            status=Status.DETECTED,
            a=found.a,
            b=found.b,
            detected_by=found.detected_by,
            first_seen_at=at,
            last_seen_at=at,
            about=found.about,
            evidence=found.evidence,
        )
        try:
            await mine.insert_one({"_id": f"{tenant_id}:{new_id}", **_fields(fresh)})
        except Duplicate:  # somebody found it in this very moment
            return await self.saw(tenant_id, found, new_id, at, counts=counts)
        return fresh, True

    async def _own(self, known: Contradiction, found: Found) -> Contradiction:
        """What people had reported, named and weighed as the service does that found it now."""
        own = replace(
            known,
            detector=found.detector,
            kind=found.kind,
            severity=found.severity,
            detected_by=found.detected_by,
            about=found.about,
            evidence=found.evidence,
        )
        names = ("detector", "kind", "severity", "weight", "detected_by", "about", "evidence")
        change = {"$set": {name: _fields(own)[name] for name in names}, "$inc": {"v": 1}}
        mine = self._rows.of(known.tenant_id)
        row = await mine.find_one_and_update({"_id": f"{known.tenant_id}:{known.id}"}, change)
        return _one(row) if row is not None else own

    async def read(self, tenant_id: str, contradiction_id: str) -> Contradiction | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{contradiction_id}"})
        return _one(row) if row else None

    async def write(self, after: Contradiction) -> bool:
        fields = {**_fields(after), "v": after.v + 1}
        # Whoever only counts it meanwhile decides nothing, and is not overwritten.
        for counted in ("seen_count", "last_seen_at", "first_seen_at", "fingerprint"):
            del fields[counted]
        query = {"_id": f"{after.tenant_id}:{after.id}", "v": after.v}
        return bool(await self._rows.of(after.tenant_id).update_one(query, {"$set": fields}))

    async def list(self, tenant_id: str, wanted: Filter, limit: int, after: str = "") -> Sequence[Contradiction]:
        mine, query = self._rows.of(tenant_id), _query(wanted)
        if after:
            last = await mine.find_one({"_id": f"{tenant_id}:{after}"}, {"weight": 1})
            if last is None:
                return []
            later = {"weight": last["weight"], "_id": {"$lt": last["_id"]}}
            query["$or"] = [{"weight": {"$gt": last["weight"]}}, later]
        rows = await mine.find(query, sort=[("weight", 1), ("_id", -1)], limit=limit)
        return [_one(row) for row in rows]

    async def stats(self, tenant_id: str, *, without_contacts: bool = False) -> Stats:
        group = {"_id": {"status": "$status", "severity": "$severity", "detector": "$detector"}, "n": {"$sum": 1}}
        match = _query(Filter(without_contacts=without_contacts))
        rows = await self._rows.of(tenant_id).aggregate([{"$match": match}, {"$group": group}])
        return _counted(rows)

    async def expired(self, tenant_id: str, now: datetime, limit: int) -> Sequence[Contradiction]:
        query = {"status": Status.ACCEPTED.value, "accepted_until": {"$lte": now}}
        return [_one(row) for row in await self._rows.of(tenant_id).find(query, limit=limit)]

    async def to_look_at_again(
        self, tenant_id: str, detectors: Sequence[str], resolved_since: datetime, limit: int
    ) -> Sequence[Contradiction]:
        living = [*(status.value for status in ACTIVE), Status.ACCEPTED.value]
        lately = {"status": Status.RESOLVED.value, "resolved_at": {"$gte": resolved_since}}
        query = {"detector": {"$in": list(detectors)}, "$or": [{"status": {"$in": living}}, lately]}
        rows = await self._rows.of(tenant_id).find(query, sort=[("last_seen_at", 1)], limit=limit)
        return [_one(row) for row in rows]

    async def cursor(self, tenant_id: str) -> Cursor | None:
        row = await self._cursors.of(tenant_id).find_one({"_id": tenant_id})
        return _CURSOR.validate_python(row) if row else None

    async def keep_cursor(self, tenant_id: str, cursor: Cursor) -> None:
        fields = {**_CURSOR.dump_python(cursor), "seen": list(cursor.seen)}
        await self._cursors.of(tenant_id).update_one({"_id": tenant_id}, {"$set": fields}, upsert=True)


def _query(wanted: Filter) -> Document:
    query: Document = {}
    if wanted.status is not None:
        query["status"] = wanted.status.value
    elif wanted.is_active is not None:
        query["status"] = {"$in" if wanted.is_active else "$nin": [status.value for status in ACTIVE]}
    if wanted.severity is not None:
        query["severity"] = wanted.severity.value
    if wanted.detector:
        query["detector"] = wanted.detector
    if wanted.about:
        query["about"] = wanted.about
    if wanted.without_contacts:
        query["about"] = ""
    return query


def _counted(rows: Sequence[Document]) -> Stats:
    total, by_status = 0, dict.fromkeys(Status, 0)
    by_severity: dict[str, int] = {severity.value: 0 for severity in Severity}
    by_detector: dict[str, int] = {}
    for row in rows:
        status, n = Status(row["_id"]["status"]), row["n"]
        total += n
        by_status[status] += n
        if status in ACTIVE:
            by_severity[row["_id"]["severity"]] += n
            by_detector[row["_id"]["detector"]] = by_detector.get(row["_id"]["detector"], 0) + n
    active = sum(by_status[status] for status in ACTIVE)
    critical = by_severity[Severity.CRITICAL.value]
    return Stats(
        total, active, critical, by_status[Status.ACCEPTED], by_severity, dict(sorted(by_detector.items()))
    )


def _fields(one: Contradiction) -> dict[str, Any]:
    fields = _ONE.dump_python(one, mode="python")
    for name in ("id", "tenant_id"):
        del fields[name]
    plain = {name: fields[name].value for name in ("kind", "severity", "status")}
    steps = [{**step, "status": step["status"].value} for step in fields["steps"]]
    return {
        **fields,
        **plain,
        "steps": steps,
        "evidence": list(one.evidence),
        "weight": _ORDER[one.severity.value],
    }


def _one(row: Document) -> Contradiction:
    return _ONE.validate_python({**row, "id": row["_id"].partition(":")[2]})
