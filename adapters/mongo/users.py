"""The people of each tenant: one document, changed only as a whole and only in the version that was read."""

from dataclasses import asdict
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.access.user import People, User

SHELF = Shelf(
    "users",
    "the people of a tenant and what they may do, in one document",
    ("tenant_id", "v", "users"),
    (Index("who are the people of a tenant?", (("tenant_id", 1),), (("unique", True), ("name", "one"))),),
    why_kept="colleagues of the tenant, no contacts",
)


class MongoUsers:
    """`bot.access.user.Rosters` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def read(self, tenant_id: str) -> People:
        row = await self._rows.of(tenant_id).find_one({})
        return People(row["v"], tuple(map(_user, row["users"]))) if row else People()

    async def write(self, tenant_id: str, people: People) -> bool:
        rows = self._rows.of(tenant_id)
        users = [_document(user) for user in people.users]
        if people.v:
            after = {"$set": {"users": users, "v": people.v + 1}}
            return await rows.update_one({"v": people.v}, after) == 1
        try:
            await rows.insert_one({"_id": tenant_id, "v": 1, "users": users})
        except Duplicate:
            return False
        return True


def _document(user: User) -> Document:
    return {**asdict(user), "roles": sorted(user.roles)}


def _user(fields: dict[str, Any]) -> User:
    return User(**{**fields, "roles": frozenset(fields["roles"])})
