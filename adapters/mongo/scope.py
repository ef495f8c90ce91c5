"""
The one handle to rows: a collection as one tenant sees it.

Rule 1: there is no handle without a tenant. Whoever has none gets an error, never everybody's rows.
Rule 2: the tenant is added to every question beside what was asked, and to every row that is stored; a row or an
        update that names another tenant is refused.
Rule 3: an aggregation begins with the tenant, and a stage that could leave it is refused.
Rule 4: reading over all tenants is for the sweeps that a shelf declares, and only for reading.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mongo.driver import Collection, Document, Door
from adapters.mongo.shelf import Shelf

TENANT = "tenant_id"


class NoTenant(RuntimeError):
    """Work was begun without saying for whom: a fault of ours, stopped before it reads anything."""


class LeavesTenant(RuntimeError):
    """A question or a write that could reach another tenant's rows: a fault of ours."""


class Rows:
    """A collection of which nobody has said yet whose rows are meant."""

    __slots__ = ("_door", "_shelf")

    def __init__(self, door: Door, shelf: Shelf) -> None:
        self._door = door
        self._shelf = shelf

    def of(self, tenant_id: str) -> "Scoped":
        """The rows of one tenant. Raises NoTenant."""
        if not isinstance(tenant_id, str) or not tenant_id:
            raise NoTenant(f"{self._shelf.name} was opened without a tenant")
        return Scoped(self._door.collection(self._shelf.name), tenant_id)

    def sweep(self) -> Collection:
        """The rows of all tenants, for the sweep that this shelf declares. Raises NoTenant."""
        if not self._shelf.swept:
            raise NoTenant(f"{self._shelf.name} is never read over all tenants")
        return self._door.collection(self._shelf.name)


class Scoped:
    """One collection of one tenant."""

    __slots__ = ("_raw", "_tenant_id")

    def __init__(self, raw: Collection, tenant_id: str) -> None:
        self._raw = raw
        self._tenant_id = tenant_id

    async def find_one(
        self, query: Mapping[str, Any], projection: Mapping[str, Any] | None = None
    ) -> Document | None:
        return await self._raw.find_one(self._mine(query), projection)

    async def find(
        self,
        query: Mapping[str, Any],
        projection: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        return await self._raw.find(self._mine(query), projection, sort=sort, limit=limit)

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        return await self._raw.aggregate([{"$match": {TENANT: self._tenant_id}}, *pipeline])

    async def insert_one(self, document: Mapping[str, Any]) -> None:
        """Raises Duplicate."""
        await self._raw.insert_one(self._stamped(document))

    async def insert_missing(self, documents: Sequence[Mapping[str, Any]]) -> int:
        """Insert what is not there yet; answers how many were new."""
        return await self._raw.insert_missing([self._stamped(document) for document in documents])

    async def update_one(self, query: Mapping[str, Any], update: Any, *, upsert: bool = False) -> int:
        """Answers how many documents matched."""
        return await self._raw.update_one(self._mine(query), update, upsert=upsert)

    async def update_many(self, query: Mapping[str, Any], update: Any) -> int:
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
        return await self._raw.find_one_and_update(
            self._mine(query), update, projection=projection, upsert=upsert
        )

    async def delete_one(self, query: Mapping[str, Any]) -> int:
        return await self._raw.delete_one(self._mine(query))

    async def delete_many(self, query: Mapping[str, Any]) -> int:
        return await self._raw.delete_many(self._mine(query))

    async def count(self, query: Mapping[str, Any]) -> int:
        return await self._raw.count(self._mine(query))

    def _mine(self, query: Mapping[str, Any]) -> dict[str, Any]:
        if TENANT in query:
            raise LeavesTenant("a question names a tenant of its own; the handle has said whose rows are meant")
        return {TENANT: self._tenant_id, **query}

    def _stamped(self, document: Mapping[str, Any]) -> Document:
        if document.get(TENANT, self._tenant_id) != self._tenant_id:
            raise LeavesTenant("a row names another tenant than the handle that stores it")
        return {**document, TENANT: self._tenant_id}
