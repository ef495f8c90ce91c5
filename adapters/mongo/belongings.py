"""Everything of one tenant, walked by the registry of collections."""

from collections.abc import AsyncIterator

from adapters.mongo import schema
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door, extended_json
from adapters.mongo.scope import Rows, Scoped

PAGE = 500


class MongoBelongings:
    """`bot.belongings.Belongings` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._door = door

    async def counts(self, tenant_id: str) -> dict[str, int]:
        found = {name: await rows.count({}) for name, rows in self._every(tenant_id)}
        return {name: count for name, count in found.items() if count}

    async def each(self, tenant_id: str) -> AsyncIterator[str]:
        for name, rows in self._every(tenant_id):
            after: object = None
            while page := await rows.find(
                {"_id": {"$gt": after}} if after is not None else {}, sort=[("_id", 1)], limit=PAGE
            ):
                for row in page:
                    yield extended_json({"collection": name, "row": row})
                after = page[-1]["_id"]

    async def drop(self, tenant_id: str) -> dict[str, int]:
        removed = {name: await rows.delete_many({}) for name, rows in self._every(tenant_id)}
        return {name: count for name, count in removed.items() if count}

    def _every(self, tenant_id: str) -> list[tuple[str, Scoped]]:
        return [(shelf.name, Rows(self._door, shelf).of(tenant_id)) for shelf in schema.SHELVES]
