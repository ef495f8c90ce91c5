"""Receipts that are nobody's are tried less and less often, and keep no fresh one waiting."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from adapters.mongo.driver import Door
from adapters.mongo.store import MongoStore
from bot.background import RECEIPT_WAITS, apply_waiting_receipts
from bot.events import DeliveryReceipt, DeliveryStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CROWD = 250


class Intake:
    """Knows the messages it is told of, and remembers who asked."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked: list[str] = []

    async def apply_receipt(self, tenant_id: str, receipt: DeliveryReceipt) -> bool:
        self.asked.append(receipt.key)
        return receipt.key in self.known


async def kept(store: MongoStore, key: str, at: datetime) -> None:
    receipt = DeliveryReceipt(key, (f"p{key}",), DeliveryStatus.DELIVERED)
    await store.waiting_receipts.keep("one", "green_api", receipt, at)


async def test_a_crowd_of_strange_receipts_keeps_no_early_one_waiting(store: MongoStore) -> None:
    hour, intake = [NOON], Intake()
    house: Any = SimpleNamespace(store=store, intake=intake)
    for number in range(CROWD):
        await kept(store, f"strange{number}", NOON)
    while hour[0] < NOON + timedelta(minutes=1):
        await apply_waiting_receipts(house, lambda: hour[0])
        hour[0] += timedelta(seconds=1)
    tries = len(intake.asked) / CROWD
    await kept(store, "early", hour[0])
    intake.known.add("early")

    await apply_waiting_receipts(house, lambda: hour[0])

    assert "early" in intake.asked
    assert tries < 9, "sixty rounds, and each was asked about a few times"
    hour[0] += 2 * RECEIPT_WAITS
    for _ in range(3):
        await apply_waiting_receipts(house, lambda: hour[0])
    assert await store.waiting_receipts.take_due(hour[0] + timedelta(days=1), 10) == [], "and forgotten at last"


async def test_what_an_older_version_kept_is_tried_too(store: MongoStore, door: Door) -> None:
    await kept(store, "old", NOON)
    await door.collection("waiting_receipts").update_one({"key": "old"}, {"$unset": {"next_at": ""}})

    due = await store.waiting_receipts.take_due(NOON, 10)

    assert [receipt.key for _, _, receipt, _ in due] == ["old"]
