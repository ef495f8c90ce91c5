"""
What a seal is made of: rows of the timeline, blocks, anchors, and the hashes over each.

Rule: everything here is computed from its arguments alone; whoever has rows and public keys can do it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.conversation import LogEntry
from bot.evidence.canonical import sha256
from bot.evidence.signing import Signature

NO_BLOCK = "0" * 64
"""What the first block of a tenant names as the hash before it."""

ERASED = "entries_erased"
"""The entry that says which entries of a contact were emptied, and what is left of each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the timeline as it is stored, with what its seal needs."""

    tenant_id: str
    conversation_id: str
    entry: LogEntry
    salt: str = ""
    """Hex; empty once the entry was erased."""
    data_hash: str = ""
    """Kept when the entry was erased, empty before: then it is computed."""
    erased_by: str = ""
    """The id of the entry that tells of the erasure."""
    is_open: bool = True
    block: int | None = None
    """The number of the block that holds it, once that is marked."""
    strange: tuple[str, ...] = ()
    """Fields that this row must not have, or that hold what they never hold."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry in a block."""

    id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Block:
    """Entries that were sealed together; never changed."""

    tenant_id: str
    seq: int
    prev_hash: str
    entries: tuple[Link, ...]
    at: datetime
    hash: str
    signature: Signature
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a chain at some moment, to be kept where the database's owner cannot reach."""

    tenant_id: str
    seq: int
    hash: str
    at: datetime
    signature: Signature


@dataclass(frozen=True, slots=True)
class Claimed:
    """How many rows of a timeline say that they are sealed, or are neither sealed nor waiting to be."""

    rows: int
    highest_block: int
    waiting: int


class Chain(Protocol):
    """The timeline as its seals see it, and the blocks."""

    async def open_rows(self, tenant_id: str, limit: int) -> list[Row]:
        """What is not sealed yet, oldest first."""

    async def give_salt(self, tenant_id: str, entry_id: str, salt: str) -> None:
        """For a row from before there were salts; one that has a salt, or was erased, is left as it is."""

    async def adopt(self, tenant_id: str) -> int:
        """Open every row that is neither open nor sealed; answers how many there were."""

    async def head(self, tenant_id: str) -> Block | None: ...

    async def add(self, block: Block) -> bool:
        """False when there is a block of this number already."""

    async def mark(self, tenant_id: str, seq: int, entry_ids: Sequence[str]) -> None:
        """Open rows become sealed ones; done twice it changes nothing."""

    async def blocks(self, tenant_id: str, after: int | None, limit: int) -> list[Block]:
        """In the order of their numbers; from the very first with None."""

    async def rows(self, tenant_id: str, entry_ids: Sequence[str]) -> dict[str, Row]: ...

    async def story(self, tenant_id: str, conversation_id: str, correlation_id: str, limit: int) -> list[Row]:
        """What happened in a conversation, or because of an event, oldest first; an empty id means any."""

    async def claimed(self, tenant_id: str, head: int) -> Claimed:
        """Of the rows that are not simply waiting, how many claim no block beyond the head."""

    async def claiming(self, tenant_id: str, after: str, limit: int) -> list[Row]:
        """The rows that `claimed` counts, by id, and those beyond the head."""

    async def of_contact(self, tenant_id: str, conversation_id: str, limit: int, after: str = "") -> list[Row]:
        """Rows of one conversation that were not erased, by id, after an id."""

    async def erase(self, row: Row) -> None:
        """Store an emptied row; one that was emptied before stays as it is."""

    async def keep_anchor(self, anchor: Anchor) -> bool:
        """False when this head has been kept before."""

    async def anchors(self, tenant_id: str) -> list[Anchor]:
        """Oldest first."""


def data_hash_of(row: Row) -> str:
    """The hash that a seal knows of what an entry says."""
    if row.erased_by:
        return row.data_hash
    return sha256({"salt": row.salt, "data": row.entry.data})


def entry_hash(row: Row) -> str:
    """The hash of one entry: who, what, when, and the hash of what it says."""
    return sha256(
        {
            "v": 1,
            "tenant_id": row.tenant_id,
            "id": row.entry.id,
            "conversation_id": row.conversation_id,
            "what": row.entry.what,
            "at": row.entry.at,
            "correlation_id": row.entry.correlation_id,
            "data_hash": data_hash_of(row),
        }
    )


def block_hash(block: Block) -> str:
    """The hash of a block, over everything in it but itself and the signature."""
    return sha256(
        {
            "v": 1,
            "tenant_id": block.tenant_id,
            "seq": block.seq,
            "prev_hash": block.prev_hash,
            "entries": [[link.id, link.hash] for link in block.entries],
            "at": block.at,
        }
    )


def anchor_hash(anchor: Anchor) -> str:
    """What the signature of an anchor is about."""
    return sha256(
        {"v": 1, "tenant_id": anchor.tenant_id, "seq": anchor.seq, "hash": anchor.hash, "at": anchor.at}
    )


def forgotten(row: Row, redacted: Mapping[str, Any], erased_by: str) -> Row:
    """
    An entry without what it said: the words and the salt go, the hash that its seal knows stays.

    Args:
        redacted: what may remain, with nothing personal in it; its own hash stands in the entry `erased_by`.
    """
    emptied = replace(row.entry, data=dict(redacted))
    return replace(row, entry=emptied, salt="", data_hash=data_hash_of(row), erased_by=erased_by)


def erasure_hash(tenant_id: str, erasure: LogEntry) -> str:
    """What the signature in an entry that tells of an erasure is about."""
    named = ("conversation_id", "entries")
    return sha256(
        {"v": 1, "tenant_id": tenant_id, "id": erasure.id, **{name: erasure.data.get(name) for name in named}}
    )
