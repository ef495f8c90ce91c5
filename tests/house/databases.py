"""
Databases for tests: taken, emptied, and taken again.

Making all collections with their indexes costs half a second and some hundred open files, and MongoDB keeps the
files of a dropped database open for minutes; thousands of tests would end at the limit of open files.
"""

import asyncio
from collections.abc import Iterable
from uuid import uuid4

from pymongo import AsyncMongoClient

from adapters.mongo.schema import SHELVES

OURS = {shelf.name for shelf in SHELVES}
"""Whatever else a test made is dropped: the next one counts the collections."""


class Databases:
    """The databases of one test run on one server."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._free: list[str] = []

    def take(self) -> str:
        """The name of a database without a row in it; its collections may be there already."""
        return self._free.pop() if self._free else f"test_{uuid4().hex[:16]}"

    async def give_back(self, names: Iterable[str]) -> None:
        """Empty these; somebody else takes them."""
        async with AsyncMongoClient(self._uri) as client:
            for name in names:
                database = client[name]
                collections = set(await database.list_collection_names())
                strangers = collections - OURS
                await asyncio.gather(*(database[one].delete_many({}) for one in collections & OURS))
                await asyncio.gather(*(database.drop_collection(one) for one in strangers))
                self._free.append(name)
