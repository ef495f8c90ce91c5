"""Standing approvals as they were signed, and how often each was used on each day."""

from dataclasses import replace
from datetime import UTC, datetime, time

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.authority.approval import Risk
from bot.authority.standing_terms import StandingApproval, Terms
from bot.people import NOBODY, Human

SHELF = Shelf(
    "standing_approvals",
    "what somebody agreed to in advance, with its bounds and its signature",
    ("tenant_id", "author", "is_enabled", "until_at", "signature"),
    (
        Index(
            "which hold now?",
            (("tenant_id", 1), ("is_enabled", 1), ("until_at", 1)),
            (("name", "in_force"),),
        ),
        Index("what was made lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
    ),
    why_kept="it names staff and wordings, never a contact; released drafts refer to it",
)

USES = Shelf(
    "standing_uses",
    "how many drafts each standing approval released on each day, and which",
    ("tenant_id", "standing_id", "day", "used"),
    (
        Index(
            "how often was it used on this day?",
            (("tenant_id", 1), ("standing_id", 1), ("day", 1)),
            (("unique", True), ("name", "by_day")),
        ),
    ),
    why_kept="it holds ids of drafts, and nothing of what they say",
)


class MongoStanding:
    """`bot.authority.standing_terms.StandingRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._uses = Rows(door, USES)

    async def add(self, standing: StandingApproval) -> None:
        await self._rows.of(standing.tenant_id).insert_one(_row(standing))

    async def read(self, tenant_id: str, standing_id: str) -> StandingApproval | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{standing_id}"})
        return _standing(row) if row else None

    async def latest(self, tenant_id: str, limit: int) -> list[StandingApproval]:
        found = await self._rows.of(tenant_id).find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_standing(row) for row in found]

    async def enabled(self, tenant_id: str, now: datetime) -> list[StandingApproval]:
        query = {"is_enabled": True, "until_at": {"$gt": now}}
        found = await self._rows.of(tenant_id).find(query, sort=[("created_at", 1), ("_id", 1)])
        return [_standing(row) for row in found]

    async def disable(self, revoked: StandingApproval) -> bool:
        row = _row(revoked)
        fields = ("is_enabled", "revoked_by", "revoked_by_name", "revoked_at", "signature")
        return bool(
            await self._rows.of(revoked.tenant_id).update_one(
                {"_id": row["_id"], "is_enabled": True}, {"$set": {name: row[name] for name in fields}}
            )
        )

    async def take(self, tenant_id: str, standing_id: str, day: str, draft_id: str, most: int) -> bool:
        rows, key = self._uses.of(tenant_id), f"{tenant_id}:{standing_id}:{day}"
        if await rows.find_one({"_id": key, "drafts": draft_id}, {"_id": 1}):
            return True  # counted before a crash
        room = {
            "_id": key,
            "standing_id": standing_id,
            "day": day,
            "used": {"$lt": most},
            "drafts": {"$ne": draft_id},
        }
        try:
            await rows.update_one(room, {"$inc": {"used": 1}, "$push": {"drafts": draft_id}}, upsert=True)
        except Duplicate:
            # The day has its row, and no room: or another process has just counted this draft.
            return bool(await rows.find_one({"_id": key, "drafts": draft_id}, {"_id": 1}))
        return True

    async def used(self, tenant_id: str, standing_id: str, day: str) -> int:
        row = await self._uses.of(tenant_id).find_one({"_id": f"{tenant_id}:{standing_id}:{day}"}, {"used": 1})
        return int(row["used"]) if row else 0


def _row(standing: StandingApproval) -> Document:
    terms = standing.terms
    return {
        "_id": f"{standing.tenant_id}:{standing.id}",
        "id": standing.id,
        "title": standing.title,
        "author": standing.author.id,
        "author_name": standing.author.name,
        "created_at": standing.created_at,
        "is_enabled": standing.is_enabled,
        "revoked_by": standing.revoked_by.id,
        "revoked_by_name": standing.revoked_by.name,
        "revoked_at": standing.revoked_at,
        "signature": standing.signature,
        "kinds": list(terms.kinds),
        "wordings": list(terms.wordings),
        "max_risk": terms.max_risk.value,
        "min_confidence": terms.min_confidence,
        "per_day": terms.per_day,
        "from_at": terms.from_at,
        "until_at": terms.until_at,
        "opens": terms.opens.isoformat(),
        "closes": terms.closes.isoformat(),
        "zone": terms.zone,
        "unasked_for": terms.unasked_for,
    }


def _standing(row: Document) -> StandingApproval:
    """A row that somebody bent until it cannot be read is one without a signature: it counts for nothing."""
    try:
        return _read(row)
    except (KeyError, TypeError, ValueError, AttributeError):
        at = datetime.fromtimestamp(0, UTC)
        none = Terms((), (), Risk.NONE, 1.0, 0, at, at, time(0), time(0), "UTC")
        return StandingApproval(str(row.get("id")), str(row["tenant_id"]), "?", NOBODY, at, none)


def _read(row: Document) -> StandingApproval:
    terms = Terms(
        kinds=tuple(row["kinds"]),
        wordings=tuple(row["wordings"]),
        max_risk=Risk(row["max_risk"]),
        min_confidence=float(row["min_confidence"]),
        per_day=int(row["per_day"]),
        from_at=row["from_at"],
        until_at=row["until_at"],
        opens=time.fromisoformat(row["opens"]),
        closes=time.fromisoformat(row["closes"]),
        zone=row["zone"],
        unasked_for=row["unasked_for"],
    )
    kept = StandingApproval(
        id=row["id"],
        tenant_id=row["tenant_id"],
        title=row["title"],
        author=Human(row["author"], row["author_name"]),
        created_at=row["created_at"],
        terms=terms,
        is_enabled=row["is_enabled"],
        signature=row["signature"],
    )
    return replace(
        kept, revoked_by=Human(row["revoked_by"], row["revoked_by_name"]), revoked_at=row["revoked_at"]
    )
