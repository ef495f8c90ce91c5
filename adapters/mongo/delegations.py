"""Roles that people lend each other for a time; ended ones stay, because decisions name them."""

from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.authority.mandates import Delegation
from bot.people import Human

SHELF = Shelf(
    "delegations",
    "who decides for whom, from when until when",
    ("tenant_id", "lender", "borrower", "role", "from_at", "until_at"),
    (
        Index(
            "what has this person borrowed now?",
            (("tenant_id", 1), ("borrower", 1), ("until_at", 1)),
            (("name", "by_borrower"),),
        ),
        Index(
            "who stands in for this role now?",
            (("tenant_id", 1), ("role", 1), ("until_at", 1)),
            (("name", "by_role"),),
        ),
        Index("what was lent lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
    ),
    why_kept="it names staff, and decisions refer to it",
)


class MongoDelegations:
    """`bot.authority.mandates.DelegationRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, delegation: Delegation) -> None:
        await self._rows.of(delegation.tenant_id).insert_one(_row(delegation))

    async def of(self, tenant_id: str, limit: int) -> list[Delegation]:
        found = await self._rows.of(tenant_id).find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_delegation(row) for row in found]

    async def to(self, tenant_id: str, borrower_id: str, at: datetime) -> list[Delegation]:
        return await self._now({"borrower": borrower_id}, tenant_id, at)

    async def in_force(self, tenant_id: str, role: str, at: datetime) -> list[Delegation]:
        return await self._now({"role": role}, tenant_id, at)

    async def read(self, tenant_id: str, delegation_id: str) -> Delegation | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{delegation_id}"})
        return _delegation(row) if row else None

    async def revoke(self, tenant_id: str, delegation_id: str, by: Human, at: datetime) -> Delegation | None:
        row = await self._rows.of(tenant_id).find_one_and_update(
            {"_id": f"{tenant_id}:{delegation_id}", "revoked_at": None},
            {"$set": {"revoked_at": at, "revoked_by": by.id, "revoked_by_name": by.name}},
        )
        return _delegation(row) if row else None

    async def _now(self, query: Document, tenant_id: str, at: datetime) -> list[Delegation]:
        in_force = {**query, "from_at": {"$lte": at}, "until_at": {"$gt": at}, "revoked_at": None}
        found = await self._rows.of(tenant_id).find(in_force, sort=[("created_at", 1), ("_id", 1)])
        return [_delegation(row) for row in found]


def _row(delegation: Delegation) -> Document:
    return {
        "_id": f"{delegation.tenant_id}:{delegation.id}",
        "id": delegation.id,
        "lender": delegation.lender.id,
        "lender_name": delegation.lender.name,
        "borrower": delegation.borrower.id,
        "borrower_name": delegation.borrower.name,
        "role": delegation.role,
        "from_at": delegation.from_at,
        "until_at": delegation.until_at,
        "reason": delegation.reason,
        "created_at": delegation.created_at,
        "revoked_at": None,
        "revoked_by": "",
        "revoked_by_name": "",
    }


def _delegation(row: Document) -> Delegation:
    return Delegation(
        id=row["id"],
        tenant_id=row["tenant_id"],
        lender=Human(row["lender"], row["lender_name"]),
        borrower=Human(row["borrower"], row["borrower_name"]),
        role=row["role"],
        from_at=row["from_at"],
        until_at=row["until_at"],
        reason=row["reason"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        revoked_by=Human(row["revoked_by"], row["revoked_by_name"]),
    )
