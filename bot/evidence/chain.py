"""
Walks a tenant's chain from its first block and finds the first thing that is not as it was sealed.

Rule 1: it reads and judges; it mends nothing and skips nothing.
Rule 2: it trusts the keys in the data folder and the anchors it is given, never a row of the database.
Rule 3: sealing may go on meanwhile: what is newer than the head it began with is not judged.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.conversation import LogEntry
from bot.evidence.blocks import (
    ERASED,
    NO_BLOCK,
    Anchor,
    Block,
    Chain,
    Link,
    Row,
    anchor_hash,
    block_hash,
    entry_hash,
    erasure_hash,
)
from bot.evidence.canonical import sha256
from bot.evidence.signing import Signature, Signer

# Twenty blocks of ids and hashes are about a megabyte.
PAGE = 20
ROWS = 500

# An entry is sealed seconds after it was written, and written seconds after it happened. After a crash it takes
# as long as nobody starts the service again; what is later than this somebody should look at.
LATE = timedelta(days=1)


class Break(StrEnum):
    """What is wrong with the first thing that is wrong."""

    CHANGED = "changed"
    """An entry or a block does not say what was sealed."""
    MISSING = "missing"
    """A sealed entry is not there any more."""
    INSERTED = "inserted"
    """An entry claims a seal that no block gave it."""
    REORDERED = "reordered"
    """Everything is there, in another order."""
    BAD_SIGNATURE = "bad_signature"
    """None of our keys has signed this."""
    GAP = "gap"
    """A block between two others is not there."""
    WRONG_LINK = "wrong_link"
    """A block names another one before it than stands there."""
    CUT_OFF = "cut_off"
    """The end of the chain is not there any more: an anchor or an entry knows more than the last block."""
    REWRITTEN = "rewritten"
    """A block of the number that an anchor names, and not the one it names."""
    FALSE_ERASURE = "false_erasure"
    """An entry was emptied, and no signed erasure says so."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain is broken first."""

    kind: Break
    block: int
    entry_id: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody outside remembers of a chain: the hash of the block of a number."""

    seq: int
    hash: str
    source: str = "given"


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a walk found."""

    tenant_id: str
    blocks: int = 0
    """How many blocks were found to be as they were sealed."""
    entries: int = 0
    erased: int = 0
    late: int = 0
    """Entries that say they happened long before they were sealed: of an older version, or put in."""
    waiting: int = 0
    """Entries that are not sealed yet."""
    anchors: int = 0
    """With how many anchors the chain was compared."""
    head_seq: int = 0
    head_hash: str = NO_BLOCK
    first_broken: Broken | None = None

    @property
    def is_valid(self) -> bool:
        return self.first_broken is None


Progress = Callable[[int, int], None]


def nobody_watches(_done: int, _total: int) -> None:
    """For a walk whose progress interests nobody."""


class Verifier:
    """Checks chains."""

    def __init__(self, chain: Chain, signer: Signer) -> None:
        self._chain = chain
        self._signer = signer

    async def verify(
        self, tenant_id: str, known: Sequence[Known] = (), progress: Progress = nobody_watches
    ) -> ChainReport:
        """
        Walk the whole chain of a tenant.

        Args:
            known: anchors that were kept outside the database; those inside are compared too.
            progress: is told after each page how many blocks were read, of how many.
        """
        walk = _Walk(self._chain, self._signer, tenant_id)
        anchors = await self._chain.anchors(tenant_id)
        head = await self._chain.head(tenant_id)
        until = head.seq if head else 0
        broken = await walk.blocks(until, progress)
        if broken is None:
            broken = await walk.strays(until)
        if broken is None:
            broken = self._forged(anchors)
        if broken is None:
            kept = [Known(anchor.seq, anchor.hash, "stored") for anchor in anchors]
            broken = await self._against([*known, *kept], tenant_id)
        report = replace(walk.report, anchors=len(known) + len(anchors), first_broken=broken)
        claimed = await self._chain.claimed(tenant_id, until)
        return replace(report, waiting=claimed.waiting)

    def _forged(self, anchors: Sequence[Anchor]) -> Broken | None:
        for anchor in anchors:
            if not self._signer.is_genuine("anchor", anchor_hash(anchor), anchor.signature):
                return Broken(Break.BAD_SIGNATURE, anchor.seq, detail="a stored anchor was not signed by us")
        return None

    async def _against(self, known: Sequence[Known], tenant_id: str) -> Broken | None:
        for one in sorted(known, key=lambda each: each.seq):
            found = await self._chain.blocks(tenant_id, one.seq - 1, 1)
            if not found or found[0].seq != one.seq:
                return Broken(Break.CUT_OFF, one.seq, detail=f"an anchor ({one.source}) names block {one.seq}")
            if found[0].hash != one.hash:
                return Broken(Break.REWRITTEN, one.seq, detail=f"an anchor ({one.source}) names another hash")
        return None


class _Walk:
    """One walk over one chain."""

    def __init__(self, chain: Chain, signer: Signer, tenant_id: str) -> None:
        self._chain = chain
        self._signer = signer
        self._tenant_id = tenant_id
        self._erasures: dict[str, dict[str, str] | None] = {}
        self._unmarked = 0
        self.report = ChainReport(tenant_id)

    async def blocks(self, until: int, progress: Progress) -> Broken | None:
        """Every block up to this number, with its entries."""
        after: int | None = None
        while True:
            page = [b for b in await self._chain.blocks(self._tenant_id, after, PAGE) if b.seq <= until]
            for block in page:
                broken = await self._block(block)
                if broken is not None:
                    return broken
            progress(self.report.blocks, until)
            if len(page) < PAGE:
                break
            after = page[-1].seq
        if self.report.head_seq != until:
            return Broken(Break.GAP, self.report.head_seq + 1, detail="the last block went away meanwhile")
        return None

    async def _block(self, block: Block) -> Broken | None:
        broken = self._seal_of(block)
        if broken is not None:
            return broken
        rows = await self._chain.rows(self._tenant_id, [link.id for link in block.entries])
        # Beside the event loop: a block is some 50 ms of hashing, and leads are answered meanwhile.
        broken = await asyncio.to_thread(_first_broken_entry, block, rows)
        erased = [row for row in rows.values() if row.erased_by]
        for row in erased if broken is None else ():
            if not await self._is_proven(row):
                detail = f"no erasure that we signed covers it; it names {row.erased_by!r}"
                return Broken(Break.FALSE_ERASURE, block.seq, row.entry.id, detail)
        if broken is None:
            self._unmarked += sum(row.is_open for row in rows.values())
            self.report = replace(
                self.report,
                blocks=self.report.blocks + 1,
                entries=self.report.entries + len(rows),
                erased=self.report.erased + len(erased),
                late=self.report.late + sum(block.at - row.entry.at > LATE for row in rows.values()),
                head_seq=block.seq,
                head_hash=block.hash,
            )
        return broken

    def _seal_of(self, block: Block) -> Broken | None:
        """The block itself: its number, its hash, its signature, the block before it."""
        expected = self.report.head_seq + 1
        if block.strange:
            return Broken(Break.CHANGED, expected, detail=f"not as we write it: {', '.join(block.strange)}")
        if block.seq < expected:
            return Broken(Break.INSERTED, block.seq, detail="there is no block before the first")
        if block.seq > expected:
            return Broken(Break.GAP, expected, detail=f"block {block.seq} follows block {expected - 1}")
        if block_hash(block) != block.hash:
            moved = _order_of(block)
            kind = Break.REORDERED if moved else Break.CHANGED
            return Broken(kind, block.seq, detail=moved or "its hash is another")
        if not self._signer.is_genuine("block", block.hash, block.signature):
            return Broken(Break.BAD_SIGNATURE, block.seq, detail="none of our keys has signed it")
        if block.prev_hash != self.report.head_hash:
            return Broken(Break.WRONG_LINK, block.seq, detail="it names another block before it")
        return None

    async def _is_proven(self, row: Row) -> bool:
        """Whether a signed erasure of this contact says that exactly this remains of the entry."""
        if row.erased_by not in self._erasures:
            found = await self._chain.rows(self._tenant_id, [row.erased_by])
            told = found.get(row.erased_by)
            self._erasures[row.erased_by] = self._remains(told) if told else None
        remains = self._erasures[row.erased_by]
        left = f"{row.conversation_id} {sha256(row.entry.data)}"
        return remains is not None and remains.get(row.entry.id) == left

    def _remains(self, told: Row) -> dict[str, str] | None:
        """Entry -> its contact and what is left of it, as an erasure says; None when we have not said so."""
        if told.strange or told.entry.what != ERASED or not self._is_signed(told.entry):
            return None
        contact = told.entry.data["conversation_id"]
        return {one["id"]: f"{contact} {one['sha256']}" for one in told.entry.data["entries"]}

    def _is_signed(self, told: LogEntry) -> bool:
        signature = Signature(str(told.data.get("key_id")), str(told.data.get("signature")))
        return self._signer.is_genuine("erasure", erasure_hash(self._tenant_id, told), signature)

    async def strays(self, until: int) -> Broken | None:
        """Entries that claim a seal, and stand in no block."""
        claimed = await self._chain.claimed(self._tenant_id, until)
        head = await self._chain.head(self._tenant_id)
        if claimed.highest_block > (head.seq if head else 0):
            detail = f"entries say that block {claimed.highest_block} held them"
            return Broken(Break.CUT_OFF, (head.seq if head else 0) + 1, detail=detail)
        # Rows of the last block may still have been open when it was read, and be marked by now.
        return await self._stray(until) if claimed.rows > self.report.entries - self._unmarked else None

    async def _stray(self, until: int) -> Broken | None:
        """Look at every row that claims a seal; the counts did not agree."""
        after, held = "", _Held(self._chain, self._tenant_id)
        while True:
            page = await self._chain.claiming(self._tenant_id, after, ROWS)
            for row in page:
                if row.block is None or (row.block <= until and not await held.holds(row.block, row.entry.id)):
                    return Broken(Break.INSERTED, row.block or 0, row.entry.id, "no block holds it")
            if len(page) < ROWS:
                return None
            after = page[-1].entry.id


class _Held:
    """Which entries a block holds, the last few blocks at hand."""

    def __init__(self, chain: Chain, tenant_id: str) -> None:
        self._chain = chain
        self._tenant_id = tenant_id
        self._known: dict[int, frozenset[str]] = {}

    async def holds(self, seq: int, entry_id: str) -> bool:
        if seq not in self._known:
            found = await self._chain.blocks(self._tenant_id, seq - 1, 1)
            ids = frozenset(link.id for b in found if b.seq == seq for link in b.entries)
            self._known = {**dict(list(self._known.items())[-200:]), seq: ids}
        return entry_id in self._known[seq]


def _first_broken_entry(block: Block, rows: dict[str, Row]) -> Broken | None:
    for link in block.entries:
        row = rows.get(link.id)
        if row is None:
            return Broken(Break.MISSING, block.seq, link.id, "a sealed entry is not there any more")
        detail = _what_is_wrong(row, link, block.seq)
        if detail:
            return Broken(Break.CHANGED, block.seq, link.id, detail)
    return None


def _what_is_wrong(row: Row, link: Link, seq: int) -> str:
    """In words; empty when the entry is as it was sealed."""
    if row.strange:
        return f"not as we write it: {', '.join(row.strange)}"
    is_marked = row.block == seq and not row.is_open
    is_not_marked_yet = row.block is None and row.is_open
    if not (is_marked or is_not_marked_yet):
        return "it claims another seal"
    if bool(row.erased_by) != bool(row.data_hash) or bool(row.erased_by) == bool(row.salt):
        return "half erased"
    return "" if entry_hash(row) == link.hash else "it does not say what was sealed"


def _order_of(block: Block) -> str:
    """In words how a block that is not itself was shuffled; empty when it was changed in another way."""
    ordered = replace(block, entries=tuple(sorted(block.entries, key=lambda link: link.id)))
    if ordered.entries != block.entries and block_hash(ordered) == block.hash:
        return "its entries stand in another order"
    for seq in range(max(1, block.seq - 50), block.seq + 51):
        if seq != block.seq and block_hash(replace(block, seq=seq)) == block.hash:
            return f"it is block {seq}"
    return ""
