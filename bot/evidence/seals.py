"""
The timeline as an audit log that shows when somebody has changed it: entries sealed in signed blocks, each block
naming the hash of the one before.

Rule 1: sealing costs a message nothing. Entries are stored open; a job seals them a few seconds later.
Rule 2: a block's number is unique in its tenant; of several processes one wins, and the others look again.
Rule 3: the block is written first, its entries are marked afterwards, and nobody reads open entries before the
        entries of the last block are marked: a crash between the two neither loses an entry nor seals it twice.
Rule 4: what an entry says is hashed with a salt of its own. Whoever is forgotten takes words and salt along and
        leaves a hash that gives nothing away; the erasure is an entry too, signed, with the hash of what remains.
Rule 5: tamper-evident, not tamper-proof. An entry changed within the seconds before it is sealed is sealed as it
        was found; a chain whose end was cut off is only missed by who kept an anchor (`bot.evidence.anchors`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.conversation import LogEntry
from bot.evidence.blocks import (
    ERASED,
    NO_BLOCK,
    Block,
    Chain,
    Link,
    Row,
    block_hash,
    entry_hash,
    erasure_hash,
    forgotten,
)
from bot.evidence.canonical import canonical, sha256
from bot.evidence.chain import ChainReport, Known, Progress, Verifier, nobody_watches
from bot.evidence.signing import Signature, Signer
from bot.people import NOBODY, Human
from bot.store import Store, TimelineEntry

logger = structlog.get_logger()

# A block is read in one piece: 500 entries are about 60 kB of it, and 10 MB of entries at the very most.
BLOCK = 500

# Of what is written now, nobody can have an older proof than this.
SEAL_EVERY_SECONDS = 5.0

# So many blocks, or lost races, in one go; a longer backlog is sealed by the next run.
MAX_ROUNDS = 200

_ADOPTED = "timeline_adopted"

_Asked = tuple[str, tuple[Known, ...]]


class Seals:
    """Seals what happened, and empties what must be forgotten without breaking a seal."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, object],
        signer: Signer,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        new_salt: Callable[[], str],
    ) -> None:
        """`new_salt` answers 16 random bytes in hex."""
        self._store = store
        self._chain: Chain = store.seals
        self._tenants = tenants
        self._signer = signer
        self._now = now
        self._new_id = new_id
        self._new_salt = new_salt
        self._adopted: set[str] = set()
        self._verifier = Verifier(self._chain, signer)
        self._walks: dict[_Asked, asyncio.Task[ChainReport]] = {}
        self._next_walks: dict[_Asked, asyncio.Task[ChainReport]] = {}

    async def verify(
        self, tenant_id: str, known: Sequence[Known] = (), progress: Progress = nobody_watches
    ) -> ChainReport:
        """
        Walk the whole chain of a tenant, and compare it with anchors; see `bot.evidence.chain`.

        A walk costs seconds of work, so whoever asks while one is under way shares the next: it begins after
        they have asked, and sees what they have seen.
        """
        if progress is not nobody_watches:
            return await self._verifier.verify(tenant_id, known, progress)
        asked = (tenant_id, tuple(known))
        walk = self._next_walks.get(asked)
        if walk is None:
            walk = asyncio.create_task(self._walk(asked, self._walks.get(asked)), name="chain_walk")
            self._next_walks[asked] = walk
        return await asyncio.shield(walk)

    async def _walk(self, asked: _Asked, before: asyncio.Task[ChainReport] | None) -> ChainReport:
        if before is not None:
            await asyncio.wait([before])
        mine = self._walks[asked] = self._next_walks.pop(asked)
        try:
            return await self._verifier.verify(*asked)
        finally:
            if self._walks.get(asked) is mine:
                del self._walks[asked]

    async def run(self) -> None:
        """The job: seal what is open, of every tenant."""
        for tenant_id in list(self._tenants):
            try:
                await self.seal(tenant_id)
            except self._store.unreachable as away:
                logger.warning("seals_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def seal(self, tenant_id: str) -> int:
        """Seal everything of a tenant that is open now, whoever wins a race; answers how many this call did."""
        await self._adopt(tenant_id)
        sealed = 0
        for _ in range(MAX_ROUNDS):
            block = await self.write_block(tenant_id)
            if block is not None:
                await self.mark(block)
                sealed += len(block.entries)
                if len(block.entries) < BLOCK:
                    break
            elif not await self._chain.open_rows(tenant_id, 1):
                break
        return sealed

    async def write_block(self, tenant_id: str) -> Block | None:
        """Write the next block of a tenant; None when nothing is open, or when somebody else was faster."""
        if not await self._chain.open_rows(tenant_id, 1):
            return None
        head = await self._chain.head(tenant_id)
        if head is not None:
            await self.mark(head)  # before open entries are read: see rule 3
        rows = await self._salted(tenant_id)
        if not rows:
            return None
        # Beside the event loop: a block is some 50 ms of hashing.
        links = await asyncio.to_thread(_links, rows)
        block = self._signed(tenant_id, head, links)
        return block if await self._chain.add(block) else None

    async def mark(self, block: Block) -> None:
        """Mark the entries of a block as sealed; doing it again changes nothing."""
        await self._chain.mark(block.tenant_id, block.seq, [link.id for link in block.entries])

    async def forget(
        self,
        tenant_id: str,
        conversation_id: str,
        redact: Callable[[LogEntry], Mapping[str, Any]],
        by: Human = NOBODY,
        correlation_id: str = "",
    ) -> int:
        """
        Empty every entry of one conversation; answers how many were emptied.

        The seals stay valid: each page of entries gets one signed entry `entries_erased`, written first, that
        says what remains of which. Broken off in the middle, it goes on when it is called again.

        Args:
            redact: what may remain of an entry's data. Given back unchanged, the entry is left as it is.
        """
        emptied, after = 0, ""
        while True:
            rows = await self._chain.of_contact(tenant_id, conversation_id, BLOCK, after)
            if not rows:
                return emptied
            after = rows[-1].entry.id
            emptied += await self._forget(rows, conversation_id, redact, by, correlation_id)

    async def _forget(
        self,
        rows: Sequence[Row],
        conversation_id: str,
        redact: Callable[[LogEntry], Mapping[str, Any]],
        by: Human,
        correlation_id: str,
    ) -> int:
        erasure_id = self._new_id()
        kept = [(row, redact(row.entry)) for row in rows if row.entry.what != ERASED]
        emptied = [
            forgotten(row, left, erasure_id) for row, left in kept if canonical(left) != canonical(row.entry.data)
        ]
        if not emptied:
            return 0
        tenant_id = rows[0].tenant_id
        told = self._erasure(tenant_id, erasure_id, conversation_id, emptied, by, correlation_id)
        await self._store.timeline.add([TimelineEntry(tenant_id, conversation_id, told)])
        for row in emptied:
            await self._chain.erase(row)
        return len(emptied)

    def _erasure(
        self,
        tenant_id: str,
        erasure_id: str,
        conversation_id: str,
        emptied: Sequence[Row],
        by: Human,
        correlation_id: str,
    ) -> LogEntry:
        remains = [{"id": row.entry.id, "sha256": sha256(row.entry.data)} for row in emptied]
        facts: dict[str, Any] = {"conversation_id": conversation_id, "entries": remains}
        told = LogEntry(erasure_id, ERASED, self._now(), correlation_id, facts)
        signature = self._signer.sign("erasure", erasure_hash(tenant_id, told))
        named = {"by": by.id, "by_name": by.name} if by.id else {}
        signed = {"key_id": signature.key_id, "signature": signature.value}
        return replace(told, data={**facts, **signed, **named})

    async def _adopt(self, tenant_id: str) -> None:
        """Open, once for good, what was stored before there were seals."""
        if tenant_id in self._adopted:
            return
        mark = f"{_ADOPTED}:{tenant_id}"
        if await self._store.marks.read(mark) is None:
            adopted = await self._chain.adopt(tenant_id)
            await self._store.marks.write(mark, self._now())
            logger.info("timeline_adopted", tenant=tenant_id, entries=adopted)
        self._adopted.add(tenant_id)

    async def _salted(self, tenant_id: str) -> list[Row]:
        rows = await self._chain.open_rows(tenant_id, BLOCK)
        bare = [row for row in rows if not row.salt and not row.erased_by]
        for row in bare:
            await self._chain.give_salt(tenant_id, row.entry.id, self._new_salt())
        return await self._chain.open_rows(tenant_id, BLOCK) if bare else rows

    def _signed(self, tenant_id: str, head: Block | None, links: tuple[Link, ...]) -> Block:
        bare = Block(
            tenant_id=tenant_id,
            seq=head.seq + 1 if head else 1,
            prev_hash=head.hash if head else NO_BLOCK,
            entries=links,
            at=to_the_millisecond(self._now()),
            hash="",
            signature=Signature("", ""),
        )
        hashed = replace(bare, hash=block_hash(bare))
        return replace(hashed, signature=self._signer.sign("block", hashed.hash))


def to_the_millisecond(at: datetime) -> datetime:
    """A time as the database keeps it; what is hashed must be what is read back."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _links(rows: Sequence[Row]) -> tuple[Link, ...]:
    ordered = sorted(rows, key=lambda row: row.entry.id)
    return tuple(Link(row.entry.id, entry_hash(row)) for row in ordered)
