"""
The same numbers once more, by another way: from raw rows read with a client of the tests' own.

Nothing of the product is used here, on purpose: what is wrong there must not be wrong here too.
"""

from datetime import UTC, datetime
from typing import Any

from pymongo import AsyncMongoClient


async def raw(house: Any, collection: str, tenant: str = "default") -> list[dict[str, Any]]:
    """Every row of a tenant."""
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value(), tz_aware=True) as client:
        rows = client[house.settings.mongodb_database][collection].find({"tenant_id": tenant})
        return [row async for row in rows]


def revenue_of(timeline: list[dict[str, Any]], since: datetime, until: datetime) -> int:
    """Verified payments less refunds, by hand."""
    total = 0
    for row in timeline:
        data = row["data"]
        happened = data.get("paid_at") or row["at"]
        if not since <= happened.astimezone(UTC) < until or not isinstance(data.get("amount_halalas"), int):
            continue
        if row["what"] == "stage_moved" and data.get("event") == "payment_verified":
            total += data["amount_halalas"]
        if row["what"] == "payment_refunded":
            total -= data["amount_halalas"]
    return total


def won_lost_of(timeline: list[dict[str, Any]], since: datetime, until: datetime) -> tuple[int, int]:
    """How many deals were won and lost, by hand."""
    result: dict[str, str] = {}
    for row in sorted(timeline, key=lambda r: r["at"]):
        if not since <= row["at"] < until:
            continue
        deal, after = row["conversation_id"], row["data"].get("after")
        if row["what"] == "stage_moved" and after == "closed_won":
            result[deal] = "won"
        elif row["what"] == "stage_moved" and after == "closed_lost" and result.get(deal) != "won":
            result[deal] = "lost"
        elif row["what"] == "consent_renewed" and result.get(deal) == "lost":
            del result[deal]
    return list(result.values()).count("won"), list(result.values()).count("lost")


def opt_outs_of(timeline: list[dict[str, Any]], since: datetime, until: datetime) -> int:
    return len({r["conversation_id"] for r in timeline if r["what"] == "opted_out" and since <= r["at"] < until})


def open_value_of(
    terms: list[dict[str, Any]], people: list[dict[str, Any]], timeline: list[dict[str, Any]]
) -> int:
    """What open deals may still bring, by hand."""
    total, stage = 0, {row["_id"]: row["stage"] for row in people}
    for row in terms:
        deal = row["conversation_id"]
        if stage.get(deal) in (None, "closed_won", "closed_lost", "opted_out") or not row["value_halalas"]:
            continue
        own = [r for r in timeline if r["conversation_id"] == deal]
        paid = revenue_of(own, datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
        total += max(0, row["value_halalas"] - max(0, paid))
    return total
