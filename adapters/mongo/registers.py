"""What compliance reads of consents and of requests of data subjects: never whom they are about."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo import consents, data_requests
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from bot.compliance.registers import ConsentFact, ConsentRecord, DataRequest
from bot.privacy.consent import ALL, EXPLICIT, GRANTED, IMPORTED, REVOKED, a_year_after
from bot.privacy.fingerprints import PREFIX

_CONSENT = dict.fromkeys(("keys", "channel", "purpose", "action", "basis", "source", "at", "expires_at"), 1)
_SHOWN = ("action", "channel", "purpose", "basis", "source", "expires_at")
_FACT = dict.fromkeys((*_SHOWN, "keys", "recorded_at"), 1)
_REQUEST = dict.fromkeys(("kind", "status", "due_at", "closed_at", "verified_at"), 1)


class MongoRegisters:
    """`ConsentBook` and `RequestBook` of `bot.compliance.sources` on MongoDB; it only reads."""

    def __init__(self, door: Door | Doors) -> None:
        self._consents = Rows(door, consents.SHELF)
        self._requests = Rows(door, data_requests.SHELF)

    async def granted(self, tenant_id: str) -> Sequence[ConsentRecord]:
        """Every consent ever given that is still on record."""
        return await self._records(tenant_id, {"action": GRANTED})

    async def by_ids(self, tenant_id: str, ids: Sequence[str]) -> Sequence[ConsentRecord]:
        """Those of these that exist."""
        return await self._records(
            tenant_id, {"action": GRANTED, "_id": {"$in": [f"{tenant_id}:{i}" for i in ids]}}
        )

    async def requests(self, tenant_id: str) -> Sequence[DataRequest]:
        rows = await self._requests.of(tenant_id).find({}, _REQUEST, sort=[("due_at", 1)])
        return [
            DataRequest(
                id=_own_id(row, tenant_id),
                kind=row["kind"],
                due_at=row["due_at"],
                closed_at=row.get("closed_at"),
                is_proved=not (row["kind"] == "deletion" and row["status"] == "completed")
                or row.get("verified_at") is not None,
            )
            for row in rows
        ]

    async def facts(self, tenant_id: str) -> Sequence[ConsentFact]:
        """Every row of the register of consents."""
        rows = await self._consents.of(tenant_id).find({}, _FACT)
        return [_fact(row, tenant_id) for row in rows]

    async def _records(self, tenant_id: str, query: Document) -> list[ConsentRecord]:
        rows = await self._consents.of(tenant_id).find(query, _CONSENT, sort=[("at", 1)])
        if not rows:
            return []
        revoked = await self._consents.of(tenant_id).find({"action": REVOKED}, _CONSENT)
        return [_record(row, tenant_id, _ended_at(row, revoked)) for row in rows]


def _fact(row: Document, tenant_id: str) -> ConsentFact:
    is_forgotten = any(str(key).startswith(PREFIX) for key in row["keys"])
    # A revocation says neither basis nor end, and neither does its entry.
    shown = {name: row[name] for name in _SHOWN if row.get(name)}
    return ConsentFact(
        id=_own_id(row, tenant_id),
        shown=shown,
        recorded_at=row["recorded_at"],
        is_named_in_history=not is_forgotten and row.get("source") != IMPORTED,
    )


def _record(row: Document, tenant_id: str, ended_at: datetime | None) -> ConsentRecord:
    return ConsentRecord(
        id=_own_id(row, tenant_id),
        purpose=row["purpose"],
        channel=row["channel"],
        source=row.get("source") or "",
        granted_at=row["at"],
        # A grant that names no end has one: the consent room lets none live longer.
        expires_at=row.get("expires_at") or a_year_after(row["at"]),
        ended_at=ended_at,
    )


def _ended_at(grant: Document, revoked: Sequence[Document]) -> datetime | None:
    """When the contact took a grant back: what they grant anew on purpose outlives an earlier revocation."""
    is_own = grant.get("basis") in EXPLICIT and grant.get("source") != IMPORTED
    ends = [
        r["at"]
        for r in revoked
        if set(r["keys"]) & set(grant["keys"])
        and r["channel"] in (grant["channel"], ALL)
        and r["purpose"] in (grant["purpose"], ALL)
        and not (grant["at"] > r["at"] and is_own)
    ]
    return min(ends, default=None)


def _own_id(row: Document, tenant_id: str) -> str:
    return str(row["_id"]).removeprefix(f"{tenant_id}:")
