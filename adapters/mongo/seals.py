"""
The timeline as its seals see it, the blocks, and the anchors.

Rule: rows are read as somebody may have left them. A field that is missing, of another kind, or not ours makes a
row strange, never a fault: telling so is what the reader is for.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from adapters.mongo.timeline import SHELF as TIMELINE
from bot.conversation import LogEntry
from bot.evidence.blocks import Anchor, Block, Claimed, Link, Row
from bot.evidence.signing import Signature

T = TypeVar("T")

BLOCKS = Shelf(
    "seals",
    "signed blocks over the timeline, each naming the hash of the one before",
    ("tenant_id", "seq", "prev_hash", "entries", "at", "hash", "key_id", "signature"),
    (
        Index(
            "which block is the last, and was somebody faster?",
            (("tenant_id", 1), ("seq", -1)),
            (("unique", True), ("name", "by_seq")),
        ),
    ),
    why_kept="ids and salted hashes of entries; nothing of what they say",
)

ANCHORS = Shelf(
    "anchors",
    "heads of the chain as they were sent outside",
    ("tenant_id", "seq", "hash", "at", "key_id", "signature"),
    (
        Index(
            "which heads have been sent outside?",
            (("tenant_id", 1), ("seq", 1)),
            (("unique", True), ("name", "by_seq")),
        ),
    ),
    why_kept="numbers and hashes of blocks",
)

_TIMELINE_FIELDS = frozenset(
    {"_id", "tenant_id", "conversation_id", "what", "at", "correlation_id", "data"}
    | {"open", "seal", "salt", "data_hash", "erased_by"}
)
_BLOCK_FIELDS = frozenset(
    {"_id", "tenant_id", "seq", "prev_hash", "entries", "at", "hash", "key_id", "signature"}
)
_NEVER = datetime.fromtimestamp(0, UTC)

_CLAIMS_A_SEAL = {"$or": [{"open": {"$ne": True}}, {"seal": {"$exists": True}}]}


class MongoChain:
    """`bot.evidence.blocks.Chain` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._timeline = Rows(door, TIMELINE)
        self._blocks = Rows(door, BLOCKS)
        self._anchors = Rows(door, ANCHORS)

    async def open_rows(self, tenant_id: str, limit: int) -> list[Row]:
        found = await self._timeline.of(tenant_id).find({"open": True}, sort=[("at", 1)], limit=limit)
        return [_row(tenant_id, document) for document in found]

    async def give_salt(self, tenant_id: str, entry_id: str, salt: str) -> None:
        bare = {"_id": f"{tenant_id}:{entry_id}", "salt": {"$exists": False}, "erased_by": {"$exists": False}}
        await self._timeline.of(tenant_id).update_one(bare, {"$set": {"salt": salt}})

    async def adopt(self, tenant_id: str) -> int:
        loose = {"open": {"$exists": False}, "seal": {"$exists": False}}
        return await self._timeline.of(tenant_id).update_many(loose, {"$set": {"open": True}})

    async def head(self, tenant_id: str) -> Block | None:
        found = await self._blocks.of(tenant_id).find({"seq": {"$type": "number"}}, sort=[("seq", -1)], limit=1)
        return _block(tenant_id, found[0]) if found else None

    async def add(self, block: Block) -> bool:
        document = {
            "_id": f"{block.tenant_id}:{block.seq}",
            "seq": block.seq,
            "prev_hash": block.prev_hash,
            "entries": [{"id": link.id, "hash": link.hash} for link in block.entries],
            "at": block.at,
            "hash": block.hash,
            "key_id": block.signature.key_id,
            "signature": block.signature.value,
        }
        try:
            await self._blocks.of(block.tenant_id).insert_one(document)
        except Duplicate:
            return False
        return True

    async def mark(self, tenant_id: str, seq: int, entry_ids: Sequence[str]) -> None:
        waiting = {"_id": {"$in": [f"{tenant_id}:{entry_id}" for entry_id in entry_ids]}, "open": True}
        await self._timeline.of(tenant_id).update_many(waiting, {"$set": {"seal": seq}, "$unset": {"open": ""}})

    async def blocks(self, tenant_id: str, after: int | None, limit: int) -> list[Block]:
        query = {} if after is None else {"seq": {"$gt": after}}
        found = await self._blocks.of(tenant_id).find(query, sort=[("seq", 1)], limit=limit)
        return [_block(tenant_id, document) for document in found]

    async def rows(self, tenant_id: str, entry_ids: Sequence[str]) -> dict[str, Row]:
        query = {"_id": {"$in": [f"{tenant_id}:{entry_id}" for entry_id in entry_ids]}}
        found = [_row(tenant_id, document) for document in await self._timeline.of(tenant_id).find(query)]
        return {row.entry.id: row for row in found}

    async def story(self, tenant_id: str, conversation_id: str, correlation_id: str, limit: int) -> list[Row]:
        wanted = {"conversation_id": conversation_id, "correlation_id": correlation_id}
        query = {name: value for name, value in wanted.items() if value}
        found = await self._timeline.of(tenant_id).find(query, sort=[("at", 1), ("_id", 1)], limit=limit)
        return [_row(tenant_id, document) for document in found]

    async def claimed(self, tenant_id: str, head: int) -> Claimed:
        rows = self._timeline.of(tenant_id)
        counted = await rows.aggregate(
            [
                {"$match": {**_CLAIMS_A_SEAL, "seal": {"$not": {"$gt": head}}}},
                {"$count": "rows"},
            ]
        )
        numbered = {"$match": {"seal": {"$type": "number"}}}
        highest = await rows.aggregate([numbered, {"$group": {"_id": None, "seal": {"$max": "$seal"}}}])
        return Claimed(
            counted[0]["rows"] if counted else 0,
            int(highest[0]["seal"]) if highest else 0,
            await rows.count({"open": True, "seal": {"$exists": False}}),
        )

    async def claiming(self, tenant_id: str, after: str, limit: int) -> list[Row]:
        query = {**_CLAIMS_A_SEAL, "_id": {"$gt": f"{tenant_id}:{after}"}}
        found = await self._timeline.of(tenant_id).find(query, sort=[("_id", 1)], limit=limit)
        return [_row(tenant_id, document) for document in found]

    async def of_contact(self, tenant_id: str, conversation_id: str, limit: int, after: str = "") -> list[Row]:
        query: dict[str, Any] = {"conversation_id": conversation_id, "erased_by": {"$exists": False}}
        if after:
            query["_id"] = {"$gt": f"{tenant_id}:{after}"}
        found = await self._timeline.of(tenant_id).find(query, sort=[("_id", 1)], limit=limit)
        return [_row(tenant_id, document) for document in found]

    async def erase(self, row: Row) -> None:
        known = {"_id": f"{row.tenant_id}:{row.entry.id}", "erased_by": {"$exists": False}}
        left = {"data": row.entry.data, "data_hash": row.data_hash, "erased_by": row.erased_by}
        await self._timeline.of(row.tenant_id).update_one(known, {"$set": left, "$unset": {"salt": ""}})

    async def keep_anchor(self, anchor: Anchor) -> bool:
        document = {
            "_id": f"{anchor.tenant_id}:{anchor.seq}",
            "seq": anchor.seq,
            "hash": anchor.hash,
            "at": anchor.at,
            "key_id": anchor.signature.key_id,
            "signature": anchor.signature.value,
        }
        try:
            await self._anchors.of(anchor.tenant_id).insert_one(document)
        except Duplicate:
            return False
        return True

    async def anchors(self, tenant_id: str) -> list[Anchor]:
        found = await self._anchors.of(tenant_id).find({}, sort=[("seq", 1)])
        return [_anchor(tenant_id, document) for document in found]


class _Reader:
    """Reads the fields of a document that anybody may have changed."""

    def __init__(self, document: Mapping[str, Any], known: frozenset[str]) -> None:
        self._document = document
        self.strange = [name for name in document if name not in known]

    def take(self, name: str, kind: type[T], instead: T) -> T:
        """A field that must be there."""
        value = self._document.get(name)
        if type(value) is not kind:
            self.strange.append(name)
            return instead
        return value

    def perhaps(self, name: str, kind: type[T], instead: T) -> T:
        """A field that may be missing, but never empty."""
        if name not in self._document:
            return instead
        value = self.take(name, kind, instead)
        if value in ("", False):
            self.strange.append(name)
        return value

    def named(self, tenant_id: str) -> str:
        """What follows the tenant in the row's own id."""
        value = self.take("_id", str, "")
        if not value.startswith(f"{tenant_id}:"):
            self.strange.append("_id")
        return value.removeprefix(f"{tenant_id}:")


def _row(tenant_id: str, document: Mapping[str, Any]) -> Row:
    read = _Reader(document, _TIMELINE_FIELDS)
    entry = LogEntry(
        id=read.named(tenant_id),
        what=read.take("what", str, ""),
        at=read.take("at", datetime, _NEVER),
        correlation_id=read.take("correlation_id", str, ""),
        data=read.take("data", dict, {}),
    )
    block = read.perhaps("seal", int, -1)
    return Row(
        tenant_id=tenant_id,
        conversation_id=read.take("conversation_id", str, ""),
        entry=entry,
        salt=read.perhaps("salt", str, ""),
        data_hash=read.perhaps("data_hash", str, ""),
        erased_by=read.perhaps("erased_by", str, ""),
        is_open=read.perhaps("open", bool, False),
        block=block if "seal" in document else None,
        strange=tuple(read.strange),
    )


def _block(tenant_id: str, document: Mapping[str, Any]) -> Block:
    read = _Reader(document, _BLOCK_FIELDS)
    links = [_link(link, read) for link in read.take("entries", list, [])]
    seq = read.take("seq", int, -1)
    if read.named(tenant_id) != str(seq):
        read.strange.append("_id")
    return Block(
        tenant_id=tenant_id,
        seq=seq,
        prev_hash=read.take("prev_hash", str, ""),
        entries=tuple(links),
        at=read.take("at", datetime, _NEVER),
        hash=read.take("hash", str, ""),
        signature=Signature(read.take("key_id", str, ""), read.take("signature", str, "")),
        strange=tuple(read.strange),
    )


def _link(value: Any, read: _Reader) -> Link:
    if isinstance(value, dict) and set(value) == {"id", "hash"} and all(type(v) is str for v in value.values()):
        return Link(value["id"], value["hash"])
    read.strange.append("entries")
    return Link("", "")


def _anchor(tenant_id: str, document: Mapping[str, Any]) -> Anchor:
    read = _Reader(document, frozenset(document))
    return Anchor(
        tenant_id,
        read.take("seq", int, -1),
        read.take("hash", str, ""),
        read.take("at", datetime, _NEVER),
        Signature(read.take("key_id", str, ""), read.take("signature", str, "")),
    )
