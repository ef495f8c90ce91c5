"""What tenants reserved and spent: one row for each day, changed by one conditional write at a time."""

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.authority.budgets import Reservation

SHELF = Shelf(
    "budgets",
    "what a tenant reserved and spent on each day",
    ("tenant_id", "day", "used_halalas", "entries"),
    (
        Index(
            "what is used of this day?",
            (("tenant_id", 1), ("day", 1)),
            (("unique", True), ("name", "by_day")),
        ),
    ),
)


class MongoBudgets:
    """`bot.authority.budgets.BudgetRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def reserve(self, wanted: Reservation, limit_halalas: int | None) -> bool:
        rows = self._rows.of(wanted.tenant_id)
        if limit_halalas is not None and wanted.amount_halalas > limit_halalas:
            return await self._is_reserved(wanted)
        room: Document = {"_id": _key(wanted), "day": wanted.day, "entries.key": {"$ne": wanted.key}}
        if limit_halalas is not None:
            room["used_halalas"] = {"$lte": limit_halalas - wanted.amount_halalas}
        entry = {"key": wanted.key, "amount_halalas": wanted.amount_halalas, "is_settled": False}
        update = {"$inc": {"used_halalas": wanted.amount_halalas}, "$push": {"entries": entry}}
        for _ in range(2):
            try:
                await rows.update_one(room, update, upsert=True)
            except Duplicate:
                # The day has its row: no room in it, this key in it, or it was made in this very moment.
                if await self._is_reserved(wanted):
                    return True
            else:
                return True
        return False

    async def settle(self, reserved: Reservation, actual_halalas: int) -> bool:
        entry = {"key": reserved.key, "amount_halalas": reserved.amount_halalas, "is_settled": False}
        changed = {
            "$inc": {"used_halalas": actual_halalas - reserved.amount_halalas},
            "$set": {"entries.$.amount_halalas": actual_halalas, "entries.$.is_settled": True},
        }
        query = {"_id": _key(reserved), "entries": {"$elemMatch": entry}}
        return bool(await self._rows.of(reserved.tenant_id).update_one(query, changed))

    async def used(self, tenant_id: str, day: str) -> int:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{day}"}, {"used_halalas": 1})
        return int(row["used_halalas"]) if row else 0

    async def _is_reserved(self, wanted: Reservation) -> bool:
        query = {"_id": _key(wanted), "entries.key": wanted.key}
        return await self._rows.of(wanted.tenant_id).find_one(query, {"_id": 1}) is not None


def _key(reservation: Reservation) -> str:
    return f"{reservation.tenant_id}:{reservation.day}"
