"""What people must be told beside conversations: one row per key, with the readers who have seen it."""

from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, Erasure, Index, Shelf
from bot.alerts import Alert

SHELF = Shelf(
    "alerts",
    "what people must be told beside conversations, once per key",
    ("tenant_id", "key", "kind", "at"),
    (
        Index(
            "has somebody told this already?",
            (("tenant_id", 1), ("key", 1)),
            (("unique", True), ("name", "by_key")),
        ),
        Index("what happened lately?", (("tenant_id", 1), ("at", -1)), (("name", "recent"),)),
        BY_CORRELATION,
    ),
    contact_field="about",
    on_erasure=Erasure.REDACT,
)


class MongoAlerts:
    """`bot.alerts.AlertRows` on MongoDB."""

    def __init__(self, door: Door) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, alert: Alert) -> bool:
        try:
            await self._rows.of(alert.tenant_id).insert_one(_row(alert))
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, alert_id: str) -> Alert | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{alert_id}"})
        return _alert(row) if row else None

    async def unseen(self, tenant_id: str, reader: str, limit: int) -> list[Alert]:
        query = {"seen_by": {"$ne": reader}}
        found = await self._rows.of(tenant_id).find(query, sort=[("at", 1), ("_id", 1)], limit=limit)
        return [_alert(row) for row in found]

    async def latest(self, tenant_id: str, limit: int) -> list[Alert]:
        found = await self._rows.of(tenant_id).find({}, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_alert(row) for row in found]

    async def seen(self, tenant_id: str, alert_id: str, reader: str) -> bool:
        query, update = {"_id": f"{tenant_id}:{alert_id}"}, {"$addToSet": {"seen_by": reader}}
        return bool(await self._rows.of(tenant_id).update_one(query, update))


def _row(alert: Alert) -> Document:
    return {
        "_id": f"{alert.tenant_id}:{alert.id}",
        "id": alert.id,
        "key": alert.key,
        "kind": alert.kind,
        "title_en": alert.title_en,
        "title_ar": alert.title_ar,
        "detail": alert.detail,
        "at": alert.at,
        "audience": list(alert.audience),
        "recipients": list(alert.recipients),
        "level": alert.level,
        "about": alert.about,
        "correlation_id": alert.correlation_id,
        "seen_by": list(alert.seen_by),
    }


def _alert(row: Document) -> Alert:
    return Alert(
        id=row["id"],
        tenant_id=row["tenant_id"],
        key=row["key"],
        kind=row["kind"],
        title_en=row["title_en"],
        title_ar=row["title_ar"],
        detail=row["detail"],
        at=row["at"],
        audience=tuple(row["audience"]),
        recipients=tuple(row["recipients"]),
        level=row["level"],
        about=row["about"],
        correlation_id=row["correlation_id"],
        seen_by=tuple(row["seen_by"]),
    )
