"""Which words of the review queue somebody has done with: a hash each, and nothing of what was said."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf

SHELF = Shelf(
    "reviewed",
    "messages of the review queue that somebody has done with: a hash of their words each",
    ("tenant_id", "key", "at"),
    (
        Index(
            "has somebody done with these words?",
            (("tenant_id", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
    ),
    why_kept="a hash of words that many people write, and not who wrote them",
)


class MongoReviewed:
    """What does not come back to the queue."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, tenant_id: str, key: str, how: str, by: str, at: datetime) -> None:
        row = {"_id": f"{tenant_id}:{key}", "key": key, "how": how, "by": by, "at": at}
        await self._rows.of(tenant_id).insert_missing([row])

    async def among(self, tenant_id: str, keys: Sequence[str]) -> set[str]:
        rows = await self._rows.of(tenant_id).find({"key": {"$in": list(keys)}}, {"key": 1})
        return {row["key"] for row in rows}
