"""Permissions that approvals created: one row each, used up by one conditional write."""

from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.authority.mandates import Bonds, Grant
from bot.people import Human

SHELF = Shelf(
    "grants",
    "single-use permissions, bound to what somebody agreed to",
    ("tenant_id", "action", "resource", "approval_id", "expires_at"),
    (
        Index(
            "what did this approval permit?", (("tenant_id", 1), ("approval_id", 1)), (("name", "by_approval"),)
        ),
    ),
    why_kept="it proves who permitted what; the recipient in it is an id, and the content a hash",
)


class MongoGrants:
    """`bot.authority.mandates.GrantRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, grant: Grant) -> None:
        await self._rows.of(grant.tenant_id).insert_missing([_row(grant)])

    async def read(self, tenant_id: str, grant_id: str) -> Grant | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{grant_id}"})
        return _grant(row) if row else None

    async def use(
        self, tenant_id: str, grant_id: str, bonds: Bonds, now: datetime, used_for: str
    ) -> Grant | None:
        """Every bond is part of the question, so that nothing can change between the look and the write."""
        unused = {
            "_id": f"{tenant_id}:{grant_id}",
            **_bonds(bonds),
            "used_at": None,
            "revoked_at": None,
            "expires_at": {"$gt": now},
        }
        row = await self._rows.of(tenant_id).find_one_and_update(
            unused, {"$set": {"used_at": now, "used_for": used_for}}
        )
        return _grant(row) if row else None

    async def revoke_unused(self, tenant_id: str, approval_id: str, now: datetime) -> int:
        unused = {"approval_id": approval_id, "used_at": None, "revoked_at": None}
        return await self._rows.of(tenant_id).update_many(unused, {"$set": {"revoked_at": now}})


def _bonds(bonds: Bonds) -> Document:
    return {
        "action": bonds.action,
        "resource": bonds.resource,
        "content_sha256": bonds.content_sha256,
        "recipient": bonds.recipient,
    }


def _row(grant: Grant) -> Document:
    return {
        "_id": f"{grant.tenant_id}:{grant.id}",
        "id": grant.id,
        **_bonds(grant.bonds),
        "approval_id": grant.approval_id,
        "approver": grant.approver.id,
        "approver_name": grant.approver.name,
        "granted_at": grant.granted_at,
        "expires_at": grant.expires_at,
        "correlation_id": grant.correlation_id,
        "used_at": grant.used_at,
        "used_for": grant.used_for,
        "revoked_at": grant.revoked_at,
    }


def _grant(row: Document) -> Grant:
    return Grant(
        id=row["id"],
        tenant_id=row["tenant_id"],
        bonds=Bonds(row["action"], row["resource"], row["content_sha256"], row["recipient"]),
        approval_id=row["approval_id"],
        approver=Human(row["approver"], row["approver_name"]),
        granted_at=row["granted_at"],
        expires_at=row["expires_at"],
        correlation_id=row["correlation_id"],
        used_at=row["used_at"],
        used_for=row["used_for"],
        revoked_at=row["revoked_at"],
    )
