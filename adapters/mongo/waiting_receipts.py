"""Receipts whose message is not written down yet; they wait here, and are tried again."""

from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.events import DeliveryReceipt

_RECEIPT = TypeAdapter(DeliveryReceipt)

SHELF = Shelf(
    "waiting_receipts",
    "receipts that came before their message was written down",
    ("tenant_id", "channel", "key", "kept_at"),
    (Index("which are to be tried now? (the sweep, over all tenants)", (("next_at", 1),), (("name", "due"),)),),
    contact_field="receipt.contact_keys",
    on_erasure=Erasure.DELETE,
    swept="a process tries the early receipts of all tenants again, in their turn; each then acts for its own",
)


class MongoWaitingReceipts:
    """Early receipts."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def keep(self, tenant_id: str, channel: str, receipt: DeliveryReceipt, now: datetime) -> None:
        row = {
            "_id": _id(tenant_id, channel, receipt.key),
            "channel": channel,
            "key": receipt.key,
            "kept_at": now,
            "next_at": now,
            "receipt": _RECEIPT.dump_python(receipt),
        }
        await self._rows.of(tenant_id).insert_missing([row])

    async def take_due(self, now: datetime, limit: int) -> list[tuple[str, str, DeliveryReceipt, datetime]]:
        """The sweep, over all tenants: (tenant, channel, receipt, kept at), longest due first."""
        is_due = {"next_at": {"$not": {"$gt": now}}}  # also those that an older version kept without one
        rows = await self._rows.sweep().find(is_due, sort=[("next_at", 1)], limit=limit)
        return [
            (row["tenant_id"], row["channel"], _RECEIPT.validate_python(row["receipt"]), row["kept_at"])
            for row in rows
        ]

    async def later(self, tenant_id: str, channel: str, key: str, next_at: datetime) -> None:
        await self._rows.of(tenant_id).update_one(
            {"_id": _id(tenant_id, channel, key)}, {"$set": {"next_at": next_at}}
        )

    async def drop(self, tenant_id: str, channel: str, key: str) -> None:
        await self._rows.of(tenant_id).delete_one({"_id": _id(tenant_id, channel, key)})


def _id(tenant_id: str, channel: str, key: str) -> str:
    return f"{tenant_id}:{channel}:{key}"
