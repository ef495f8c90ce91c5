"""Receipts whose message is not written down yet; they wait here, and are tried again."""

from datetime import datetime

from pydantic import TypeAdapter

from adapters.mongo.driver import Door
from bot.events import DeliveryReceipt

_RECEIPT = TypeAdapter(DeliveryReceipt)


class MongoWaitingReceipts:
    """Early receipts of all tenants."""

    def __init__(self, door: Door) -> None:
        self._rows = door.collection("waiting_receipts")

    async def keep(self, tenant_id: str, channel: str, receipt: DeliveryReceipt, now: datetime) -> None:
        row = {
            "_id": _id(tenant_id, channel, receipt.key),
            "tenant_id": tenant_id,
            "channel": channel,
            "key": receipt.key,
            "kept_at": now,
            "receipt": _RECEIPT.dump_python(receipt),
        }
        await self._rows.insert_missing([row])

    async def take_all(self, limit: int) -> list[tuple[str, str, DeliveryReceipt, datetime]]:
        """The sweep, over all tenants: (tenant, channel, receipt, kept at), oldest first."""
        rows = await self._rows.find({}, sort=[("kept_at", 1)], limit=limit)
        return [
            (row["tenant_id"], row["channel"], _RECEIPT.validate_python(row["receipt"]), row["kept_at"])
            for row in rows
        ]

    async def drop(self, tenant_id: str, channel: str, key: str) -> None:
        await self._rows.delete_one({"_id": _id(tenant_id, channel, key), "tenant_id": tenant_id})


def _id(tenant_id: str, channel: str, key: str) -> str:
    return f"{tenant_id}:{channel}:{key}"
