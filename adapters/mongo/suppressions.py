"""Contact keys we must never write to; rows outlive the conversation that caused them."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf

SHELF = Shelf(
    "suppressions",
    "contact keys we must never write to",
    ("tenant_id", "key", "reason", "at"),
    (
        Index(
            "may we write to this key?",
            (("tenant_id", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
    ),
    contact_field="key",
    why_kept="the wish to be left alone outlives everything else we knew; forgetting it would let us write again",
)


class MongoSuppressions:
    """One row per tenant and contact key, lifted but never deleted."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(
        self,
        tenant_id: str,
        keys: Sequence[str],
        reason: str,
        source_key: str,
        at: datetime,
        correlation_id: str = "",
    ) -> None:
        """Suppress every key; one that is suppressed already keeps its first reason."""
        rows = [
            {
                "_id": f"{tenant_id}:{key}",
                "key": key,
                "reason": reason,
                "source_key": source_key,
                "at": at,
                "correlation_id": correlation_id,
            }
            for key in keys
        ]
        mine = self._rows.of(tenant_id)
        await mine.insert_missing(rows)
        again = {"reason": reason, "source_key": source_key, "at": at, "correlation_id": correlation_id}
        lifted = {"key": {"$in": list(keys)}, "lifted_at": {"$exists": True}}
        await mine.update_many(lifted, {"$set": again, "$unset": {"lifted_at": "", "lift_evidence": ""}})

    async def find(self, tenant_id: str, keys: Sequence[str], besides: Sequence[str] = ()) -> str:
        """The reason of an active suppression that no event of `besides` caused, empty when there is none."""
        query = {"key": {"$in": list(keys)}, "lifted_at": {"$exists": False}}
        if besides:
            query["source_key"] = {"$nin": list(besides)}
        row = await self._rows.of(tenant_id).find_one(query)
        return str(row["reason"]) if row else ""

    async def lift(self, tenant_id: str, keys: Sequence[str], evidence: str, at: datetime) -> None:
        """Allow writing again, with the id of the message in which the contact asked for it."""
        query = {"key": {"$in": list(keys)}}
        await self._rows.of(tenant_id).update_many(query, {"$set": {"lifted_at": at, "lift_evidence": evidence}})
