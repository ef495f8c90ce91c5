"""Contact keys we must never write to; rows outlive the conversation that caused them."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo.driver import Door


class MongoSuppressions:
    """One row per tenant and contact key, lifted but never deleted."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("suppressions")

    async def add(self, tenant_id: str, keys: Sequence[str], reason: str, source_key: str, at: datetime) -> None:
        """Suppress every key; one that is suppressed already keeps its first reason."""
        rows = [
            {
                "_id": f"{tenant_id}:{key}",
                "tenant_id": tenant_id,
                "key": key,
                "reason": reason,
                "source_key": source_key,
                "at": at,
            }
            for key in keys
        ]
        await self._rows.insert_missing(rows)
        again = {"reason": reason, "source_key": source_key, "at": at}
        lifted = {"tenant_id": tenant_id, "key": {"$in": list(keys)}, "lifted_at": {"$exists": True}}
        await self._rows.update_many(lifted, {"$set": again, "$unset": {"lifted_at": "", "lift_evidence": ""}})

    async def find(self, tenant_id: str, keys: Sequence[str], besides: Sequence[str] = ()) -> str:
        """The reason of an active suppression that no event of `besides` caused, empty when there is none."""
        query = {"tenant_id": tenant_id, "key": {"$in": list(keys)}, "lifted_at": {"$exists": False}}
        if besides:
            query["source_key"] = {"$nin": list(besides)}
        row = await self._rows.find_one(query)
        return str(row["reason"]) if row else ""

    async def lift(self, tenant_id: str, keys: Sequence[str], evidence: str, at: datetime) -> None:
        """Allow writing again, with the id of the message in which the contact asked for it."""
        query = {"tenant_id": tenant_id, "key": {"$in": list(keys)}}
        await self._rows.update_many(query, {"$set": {"lifted_at": at, "lift_evidence": evidence}})
