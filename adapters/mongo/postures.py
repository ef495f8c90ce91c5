"""What a tenant's humans switched at run time; survives restarts."""

from adapters.mongo.driver import Door
from bot.store import Posture
from bot.tenant import Autonomy


class MongoPostures:
    """One row per tenant."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("postures")

    async def read(self, tenant_id: str) -> Posture | None:
        row = await self._rows.find_one({"tenant_id": tenant_id})
        if row is None:
            return None
        return Posture(Autonomy(row["autonomy"]), row.get("paused_by", ""), row.get("paused_at"))

    async def write(self, tenant_id: str, posture: Posture) -> None:
        fields = {
            "autonomy": posture.autonomy.value,
            "paused_by": posture.paused_by,
            "paused_at": posture.paused_at,
        }
        await self._rows.update_one({"_id": tenant_id, "tenant_id": tenant_id}, {"$set": fields}, upsert=True)
