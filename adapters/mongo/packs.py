"""Evidence packs and their reviews: written once; there is no way here to change or remove one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.evidence.canonical import utc_text
from bot.evidence.owed import Owed
from bot.evidence.packs import Pack, Review, Text
from bot.evidence.signing import Signature

PACKS = Shelf(
    "evidence_packs",
    "signed records of what happened, each naming the hash of the one before",
    ("tenant_id", "seq", "type", "entity_id", "revision", "envelope", "hash", "key_id", "signature"),
    (
        Index(
            "which pack is the last, and was somebody faster?",
            (("tenant_id", 1), ("seq", -1)),
            (("unique", True), ("name", "by_seq")),
        ),
        Index(
            "which packs are there about this?",
            (("tenant_id", 1), ("type", 1), ("entity_id", 1), ("revision", 1)),
            (("unique", True), ("name", "by_entity")),
        ),
    ),
    contact_field="entity_id",
    why_kept="the signed proof of a deal or an incident, for as long as it may be disputed: no name, no phone, "
    "and of what people wrote a salted hash",
)

TEXTS = Shelf(
    "pack_texts",
    "short beginnings of what people wrote, beside the packs that hold their hashes",
    ("tenant_id", "pack_id", "conversation_id", "texts"),
    (
        Index(
            "what was written that this pack speaks of?",
            (("tenant_id", 1), ("pack_id", 1)),
            (("name", "by_pack"),),
        ),
        Index(
            "which packs speak of this contact's words?",
            (("tenant_id", 1), ("conversation_id", 1)),
            (("name", "by_conversation"),),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
    why_kept="",
)

REVIEWS = Shelf(
    "pack_reviews",
    "who looked at which pack, and what the check said then",
    ("tenant_id", "pack_id", "by", "verified_at"),
    (
        Index(
            "has somebody reviewed this pack?",
            (("tenant_id", 1), ("pack_id", 1)),
            (("unique", True), ("name", "by_pack")),
        ),
    ),
    why_kept="it names a pack and a member of staff",
)

OWED = Shelf(
    "deal_evidence",
    "won deals, and how far the evidence is that each is owed",
    ("tenant_id", "conversation_id", "won_at", "status"),
    (
        Index(
            "how far is the evidence of this deal?",
            (("tenant_id", 1), ("conversation_id", 1)),
            (("unique", True), ("name", "by_conversation")),
        ),
        Index(
            "which evidence is to be assembled now?",
            (("tenant_id", 1), ("next_at", 1)),
            (("partialFilterExpression", {"next_at": {"$type": "date"}}), ("name", "due")),
        ),
    ),
    contact_field="conversation_id",
    why_kept="an id, a time and a state; nothing that anybody wrote",
)

_REVIEW = TypeAdapter(Review)
_OWED = TypeAdapter(Owed)
_FIELDS = frozenset(
    {"_id", "tenant_id", "seq", "type", "entity_type", "entity_id", "revision", "envelope", "hash", "key_id"}
    | {"signature", "created_at"}
)


class MongoPacks:
    """`bot.evidence.packs.Packs` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._packs = Rows(door, PACKS)
        self._texts = Rows(door, TEXTS)
        self._reviews = Rows(door, REVIEWS)

    async def add(self, pack: Pack, texts: Sequence[Text]) -> bool:
        await self._keep_texts(pack, texts)
        document = {
            "_id": f"{pack.tenant_id}:{pack.id}",
            "seq": pack.seq,
            "type": pack.type,
            "entity_type": pack.entity_type,
            "entity_id": pack.entity_id,
            "revision": pack.revision,
            "envelope": dict(pack.envelope),
            "hash": pack.hash,
            "key_id": pack.signature.key_id,
            "signature": pack.signature.value,
            "created_at": pack.created_at,
        }
        try:
            await self._packs.of(pack.tenant_id).insert_one(document)
        except Duplicate:
            await self._texts.of(pack.tenant_id).delete_many({"pack_id": pack.id})
            return False
        return True

    async def _keep_texts(self, pack: Pack, texts: Sequence[Text]) -> None:
        """One row for each contact, so that one can be forgotten without the others."""
        rows = [
            {
                "_id": f"{pack.tenant_id}:{pack.id}:{conversation_id}",
                "pack_id": pack.id,
                "conversation_id": conversation_id,
                "texts": [
                    {"sha256": one.sha256, "salt": one.salt, "text": one.text}
                    for one in texts
                    if one.conversation_id == conversation_id
                ],
            }
            for conversation_id in sorted({text.conversation_id for text in texts})
        ]
        if rows:
            await self._texts.of(pack.tenant_id).insert_missing(rows)

    async def texts(self, tenant_id: str, pack_id: str) -> list[Text]:
        rows = await self._texts.of(tenant_id).find({"pack_id": pack_id})
        found = [
            Text(t["sha256"], t["salt"], t["text"], row["conversation_id"]) for row in rows for t in row["texts"]
        ]
        return sorted(found, key=lambda text: text.sha256)

    async def get(self, tenant_id: str, pack_id: str) -> Pack | None:
        row = await self._packs.of(tenant_id).find_one({"_id": f"{tenant_id}:{pack_id}"})
        return _pack(tenant_id, row) if row else None

    async def last(self, tenant_id: str) -> Pack | None:
        rows = await self._packs.of(tenant_id).find({"seq": {"$type": "number"}}, sort=[("seq", -1)], limit=1)
        return _pack(tenant_id, rows[0]) if rows else None

    async def about(self, tenant_id: str, pack_type: str, entity_id: str) -> list[Pack]:
        query = {"type": pack_type, "entity_id": entity_id}
        rows = await self._packs.of(tenant_id).find(query, sort=[("revision", 1)])
        return [_pack(tenant_id, row) for row in rows]

    async def listed(self, tenant_id: str, pack_type: str, entity_id: str, limit: int) -> list[Pack]:
        wanted = {"type": pack_type, "entity_id": entity_id}
        query = {name: value for name, value in wanted.items() if value}
        rows = await self._packs.of(tenant_id).find(query, sort=[("seq", -1)], limit=limit)
        return [_pack(tenant_id, row) for row in rows]

    async def after(self, tenant_id: str, seq: int, limit: int) -> list[Pack]:
        rows = await self._packs.of(tenant_id).find({"seq": {"$gt": seq}}, sort=[("seq", 1)], limit=limit)
        return [_pack(tenant_id, row) for row in rows]

    async def add_review(self, review: Review) -> bool:
        fields = _REVIEW.dump_python(review)
        try:
            await self._reviews.of(review.tenant_id).insert_one(
                {"_id": f"{review.tenant_id}:{review.pack_id}", **fields}
            )
        except Duplicate:
            return False
        return True

    async def reviews(self, tenant_id: str, pack_ids: Sequence[str]) -> dict[str, Review]:
        rows = await self._reviews.of(tenant_id).find({"pack_id": {"$in": [*pack_ids]}})
        return {row["pack_id"]: _REVIEW.validate_python(row) for row in rows}


class MongoOwedEvidence:
    """`bot.evidence.owed.OwedEvidence` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, OWED)

    async def owe(self, owed: Owed) -> bool:
        fields = _OWED.dump_python(owed, mode="python")
        row = {"_id": f"{owed.tenant_id}:{owed.conversation_id}", **fields, "status": owed.status.value}
        return bool(await self._rows.of(owed.tenant_id).insert_missing([row]))

    async def get(self, tenant_id: str, conversation_id: str) -> Owed | None:
        row = await self._rows.of(tenant_id).find_one({"conversation_id": conversation_id})
        return _OWED.validate_python(row) if row else None

    async def due(self, tenant_id: str, now: datetime, limit: int) -> list[Owed]:
        rows = await self._rows.of(tenant_id).find({"next_at": {"$lte": now}}, sort=[("next_at", 1)], limit=limit)
        return [_OWED.validate_python(row) for row in rows]

    async def save(self, owed: Owed, tries_before: int) -> bool:
        known = {"conversation_id": owed.conversation_id, "tries": tries_before}
        left = {
            "status": owed.status.value,
            "pack_id": owed.pack_id,
            "tries": owed.tries,
            "next_at": owed.next_at,
            "reason": owed.reason,
        }
        return bool(await self._rows.of(owed.tenant_id).update_one(known, {"$set": left}))


def _pack(tenant_id: str, row: Mapping[str, Any]) -> Pack:
    envelope = row.get("envelope")
    held = envelope if isinstance(envelope, dict) else {}
    seq = row.get("seq")
    return Pack(
        tenant_id=tenant_id,
        id=str(row["_id"]).removeprefix(f"{tenant_id}:"),
        seq=seq if type(seq) is int else -1,
        type=str(row.get("type")),
        entity_type=str(row.get("entity_type")),
        entity_id=str(row.get("entity_id")),
        revision=row["revision"] if type(row.get("revision")) is int else -1,
        envelope=held,
        hash=str(row.get("hash")),
        signature=Signature(str(row.get("key_id")), str(row.get("signature"))),
        created_at=row["created_at"],
        strange=_strange(tenant_id, row, held),
    )


def _strange(tenant_id: str, row: Mapping[str, Any], envelope: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the row says another thing than the envelope in it, or more than a row says."""
    about = envelope.get("entity")
    about = about if isinstance(about, dict) else {}
    wanted = {
        "_id": f"{tenant_id}:{envelope.get('pack_id')}",
        "tenant_id": envelope.get("tenant_id"),
        "seq": envelope.get("seq"),
        "type": envelope.get("type"),
        "entity_type": about.get("type"),
        "entity_id": about.get("id"),
        "revision": envelope.get("revision"),
    }
    other = [
        name for name, value in wanted.items() if row.get(name) != value or type(row.get(name)) is not type(value)
    ]
    if utc_text(row["created_at"]) != envelope.get("created_at"):
        other.append("created_at")
    return (*other, *(name for name in row if name not in _FIELDS))
