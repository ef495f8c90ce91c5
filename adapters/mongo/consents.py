"""What contacts granted and revoked, append only."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.privacy.consent import ConsentEvent

SHELF = Shelf(
    "consent_events",
    "what contacts granted and revoked, append only",
    ("tenant_id", "keys", "channel", "purpose", "action", "at", "recorded_at"),
    (
        Index(
            "what did this contact grant and revoke?",
            (("tenant_id", 1), ("keys", 1), ("at", 1)),
            (("name", "by_key"),),
        ),
        Index(
            "what was granted and revoked lately?",
            (("tenant_id", 1), ("recorded_at", 1)),
            (("name", "recent"),),
        ),
    ),
    contact_field="keys",
    on_erasure=Erasure.REDACT,
    why_kept="that somebody withdrew must outlast them: their keys become fingerprints, their words go",
)

_EVENT = TypeAdapter(ConsentEvent)


class MongoConsents:
    """The consent events of all tenants, one tenant at a time."""

    def __init__(self, door: Door) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, events: Sequence[ConsentEvent]) -> int:
        """Append what is not there yet; answers how many were new."""
        new = 0
        for event in events:
            new += await self._rows.of(event.tenant_id).insert_missing([_row(event)])
        return new

    async def of_contact(self, tenant_id: str, keys: Sequence[str]) -> list[ConsentEvent]:
        """Everything about a contact who has any of these keys, oldest first."""
        rows = await self._rows.of(tenant_id).find({"keys": {"$in": list(keys)}}, sort=[("at", 1), ("_id", 1)])
        return [event_of(row) for row in rows]


def _row(event: ConsentEvent) -> dict[str, object]:
    fields = _EVENT.dump_python(event)
    event_id = fields.pop("id")
    return {"_id": f"{event.tenant_id}:{event_id}", **fields, "keys": list(event.keys)}


def event_of(row: dict[str, object]) -> ConsentEvent:
    """The event of a row."""
    return _EVENT.validate_python({**row, "id": str(row["_id"]).partition(":")[2]})
