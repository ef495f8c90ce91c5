"""
The one handle to rows: a collection as one tenant sees it.

Rule 1: there is no handle without a tenant. Whoever has none gets an error, never everybody's rows.
Rule 2: the tenant is written last into every question and every row, so that nobody else's word for it counts;
        a question, row or update that names one is refused (`fences.py`).
Rule 3: an aggregation begins with the tenant, and a stage that could leave it is refused.
Rule 4: reading over all tenants is for the sweeps that a shelf declares, and only for reading.
Rule 5: a tenant with a database of its own is found there and nowhere else; a row there that names another
        tenant is nobody's.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.mongo.doors import Doors
from adapters.mongo.driver import AWAY, Collection, Document, Door
from adapters.mongo.fences import (
    TENANT,
    LeavesTenant,
    check_pipeline,
    check_projection,
    check_question,
    check_update,
)
from adapters.mongo.shelf import Shelf

__all__ = ["LeavesTenant", "NoTenant", "Rows", "Scoped", "Sweep"]

log = structlog.get_logger()


class NoTenant(RuntimeError):
    """Work was begun without saying for whom: a fault of ours, stopped before it reads anything."""


class Rows:
    """A collection of which nobody has said yet whose rows are meant."""

    __slots__ = ("_door", "_shelf")

    def __init__(self, door: Door | Doors, shelf: Shelf) -> None:
        self._door = door
        self._shelf = shelf

    def of(self, tenant_id: str) -> "Scoped":
        """The rows of one tenant. Raises NoTenant."""
        if not isinstance(tenant_id, str) or not tenant_id:
            raise NoTenant(f"{self._shelf.name} was opened without a tenant")
        return Scoped(self._door.of(tenant_id).collection(self._shelf.name), tenant_id)

    def sweep(self) -> "Sweep":
        """The rows of all tenants, for the sweep that this shelf declares. Raises NoTenant."""
        if not self._shelf.swept:
            raise NoTenant(f"{self._shelf.name} is never read over all tenants")
        return Sweep(self._door, self._shelf.name)

    async def insert_missing(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
        """
        Insert (tenant, row) that are not there yet, each under its own tenant, with one write for each database.

        Every database is written to before one that is away is reported. Raises NoTenant.
        """
        by_door: dict[Door, list[Document]] = {}
        for tenant_id, row in rows:
            if not isinstance(tenant_id, str) or not tenant_id:
                raise NoTenant(f"a row for {self._shelf.name} came without a tenant")
            by_door.setdefault(self._door.of(tenant_id), []).append(_stamped(row, tenant_id))
        if len(by_door) == 1:
            ((door, documents),) = by_door.items()
            return await door.collection(self._shelf.name).insert_missing(documents)
        writes = [d.collection(self._shelf.name).insert_missing(rows) for d, rows in by_door.items()]
        return sum(_or_raise(await asyncio.gather(*writes, return_exceptions=True)))


class Scoped:
    """One collection of one tenant."""

    __slots__ = ("_raw", "_tenant_id")

    def __init__(self, raw: Collection, tenant_id: str) -> None:
        self._raw = raw
        self._tenant_id = tenant_id

    async def find_one(
        self, query: Mapping[str, Any], projection: Mapping[str, Any] | None = None
    ) -> Document | None:
        check_projection(projection)
        return await self._raw.find_one(self._mine(query), projection)

    async def find(
        self,
        query: Mapping[str, Any],
        projection: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        index: str = "",
    ) -> list[Document]:
        check_projection(projection)
        return await self._raw.find(self._mine(query), projection, sort=sort, limit=limit, index=index)

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        check_pipeline(pipeline)
        return await self._raw.aggregate([{"$match": {TENANT: self._tenant_id}}, *pipeline])

    async def insert_one(self, document: Mapping[str, Any]) -> None:
        """Raises Duplicate."""
        await self._raw.insert_one(_stamped(document, self._tenant_id))

    async def insert_missing(self, documents: Sequence[Mapping[str, Any]]) -> int:
        """Insert what is not there yet; answers how many were new."""
        return await self._raw.insert_missing([_stamped(document, self._tenant_id) for document in documents])

    async def update_one(self, query: Mapping[str, Any], update: Any, *, upsert: bool = False) -> int:
        """Answers how many documents matched; one that an upsert inserts is the tenant's, by the question."""
        check_update(update)
        return await self._raw.update_one(self._mine(query), update, upsert=upsert)

    async def update_many(self, query: Mapping[str, Any], update: Any) -> int:
        check_update(update)
        return await self._raw.update_many(self._mine(query), update)

    async def find_one_and_update(
        self,
        query: Mapping[str, Any],
        update: Any,
        *,
        projection: Mapping[str, Any] | None = None,
        upsert: bool = False,
    ) -> Document | None:
        """Answers the document as it is after the update."""
        check_projection(projection)
        check_update(update)
        return await self._raw.find_one_and_update(
            self._mine(query), update, projection=projection, upsert=upsert
        )

    async def delete_one(self, query: Mapping[str, Any]) -> int:
        return await self._raw.delete_one(self._mine(query))

    async def delete_many(self, query: Mapping[str, Any]) -> int:
        return await self._raw.delete_many(self._mine(query))

    async def count(self, query: Mapping[str, Any]) -> int:
        return await self._raw.count(self._mine(query))

    def _mine(self, query: Mapping[str, Any]) -> Document:
        check_question(query)
        return {**query, TENANT: self._tenant_id}


class Sweep:
    """One collection of all tenants, in every database: for reading."""

    __slots__ = ("_door", "_name")

    def __init__(self, door: Door | Doors, name: str) -> None:
        self._door = door
        self._name = name

    async def find(
        self,
        query: Mapping[str, Any],
        projection: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """
        The rows of every database in one order.

        A tenant's own database that is away is left out and told: the other tenants go on.
        """
        check_question(query)
        check_projection(projection)
        reads = [
            door.collection(self._name).find({**query, **whose}, projection, sort=sort, limit=limit)
            for door, whose in self._door.every
        ]
        if len(reads) == 1:
            return await reads[0]
        found = await asyncio.gather(*reads, return_exceptions=True)
        rows = [row for part in _without_silent(found, self._name) for row in part]
        for field, direction in reversed(sort):
            rows.sort(key=lambda r, f=field: (r.get(f) is not None, r.get(f)), reverse=direction < 0)
        return rows[:limit] if limit else rows

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """
        The answers of every database, one after the other: for questions that are answered for each tenant.

        Raises when any database is away, because half of the tenants looks like all of them.
        """
        check_pipeline(pipeline)
        asked = [
            door.collection(self._name).aggregate([{"$match": whose}, *pipeline] if whose else pipeline)
            for door, whose in self._door.every
        ]
        if len(asked) == 1:
            return await asked[0]
        return [row for rows in _or_raise(await asyncio.gather(*asked, return_exceptions=True)) for row in rows]


def _stamped(document: Mapping[str, Any], tenant_id: str) -> Document:
    if document.get(TENANT, tenant_id) != tenant_id:
        raise LeavesTenant("a row names another tenant than the handle that stores it")
    return {**document, TENANT: tenant_id}


def _or_raise(answers: Sequence[Any]) -> Sequence[Any]:
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def _without_silent(answers: Sequence[Any], name: str) -> Sequence[Any]:
    """What answered; the first is the database of everybody else, which must."""
    _or_raise([a for n, a in enumerate(answers) if n == 0 or not isinstance(a, AWAY)])
    silent = [type(answer).__name__ for answer in answers if isinstance(answer, AWAY)]
    if silent:
        log.warning("sweep_without_a_tenant_database", collection=name, silent=len(silent), reason=silent[0])
    return [answer for answer in answers if not isinstance(answer, AWAY)]
