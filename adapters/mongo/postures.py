"""What a tenant's humans switched at run time; survives restarts."""

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.store import Posture
from bot.tenant import Autonomy

SHELF = Shelf(
    "postures",
    "what a tenant's humans switched at run time",
    ("tenant_id", "autonomy"),
    (Index("the one of a tenant", (("tenant_id", 1),), (("unique", True), ("name", "one"))),),
)


class MongoPostures:
    """One row per tenant."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def read(self, tenant_id: str) -> Posture | None:
        row = await self._rows.of(tenant_id).find_one({})
        if row is None:
            return None
        return Posture(Autonomy(row["autonomy"]), row.get("paused_by", ""), row.get("paused_at"))

    async def write(self, tenant_id: str, posture: Posture) -> None:
        fields = {
            "autonomy": posture.autonomy.value,
            "paused_by": posture.paused_by,
            "paused_at": posture.paused_at,
        }
        await self._rows.of(tenant_id).update_one({"_id": tenant_id}, {"$set": fields}, upsert=True)
