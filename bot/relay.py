"""
Copies what happened from the conversations to the timeline.

Rule 1: facts are durable in the conversation first; the timeline is a copy that may lag by a second.
Rule 2: each process notes how far it has copied, and never past a write whose answer it still waits for. What one
        left behind that notes no more is copied again from there, by whoever finds it; equal ids make that
        harmless.
Rule 3: what cannot be copied now is tried again and holds up nothing behind it: it may be the facts of one tenant
        whose database is away.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from bot.conversation import LogEntry
from bot.store import Store, TimelineEntry
from bot.telemetry import measures

log = structlog.get_logger()

# Long enough to copy many conversations in one write, short enough that a page never looks stale.
FLUSH_EVERY_SECONDS = 0.5

# A conversation keeps its last 60 facts; copying starts well before they could be pushed out.
BATCH = 500

# Facts may be marked as copied a little late, never early.
MARK_SLACK = timedelta(seconds=10)
MARK_EVERY = timedelta(seconds=5)
_MARK = "timeline_copied_until"

# A process that has noted nothing for so long is gone, or cannot reach the database; copying twice harms nobody.
# Its contacts go on with others meanwhile, and must not push its facts out of the sixty that they keep.
GONE_AFTER = timedelta(seconds=20)
ADOPT_EVERY_SECONDS = 5.0


class Relay:
    """One per process."""

    def __init__(self, store: Store, now: Callable[[], datetime], process: str = "") -> None:
        """`process` names this process and no other."""
        self._store = store
        self._mark = f"{_MARK}:{process}" if process else _MARK
        self._now = now
        self._pending: list[TimelineEntry] = []
        self._turn = asyncio.Lock()
        self._marked_at: datetime | None = None
        self._adopted: set[tuple[str, datetime, str]] = set()
        """(mark, where it stands, tenant) that was caught up with, while another tenant could not be."""
        self._writing: list[datetime] = []
        self._doubted: dict[tuple[str, str], datetime] = {}
        """Conversations whose write was never answered: what stands in them is looked up."""

    @contextmanager
    def writing(self, tenant_id: str, conversation_id: str, at: datetime) -> Iterator[None]:
        """Around a write of facts: until it is answered, nobody knows whether they stand there."""
        self._writing.append(at)
        try:
            yield
        except self._store.unreachable:
            self._doubted.setdefault((tenant_id, conversation_id), at)
            raise
        finally:
            self._writing.remove(at)

    def add(self, tenant_id: str, conversation_id: str, entries: Sequence[LogEntry]) -> None:
        """Take facts that were just written with their conversation."""
        self._pending.extend(TimelineEntry(tenant_id, conversation_id, entry) for entry in entries)

    async def catch_up(self, tenants: Sequence[str], *, is_alone: bool = True) -> int:
        """
        Copy again what other lives and processes may have left behind; answers how many facts were looked at.

        Args:
            is_alone: no other process lives; else only those are caught up with that note nothing any more.

        Raises what the database raised last, with everything copied that could be.
        """
        began = self._now()
        marks = await self._store.marks.beginning(_MARK)
        left = {
            name: at for name, at in marks.items() if is_alone or (name != self._mark and at < began - GONE_AFTER)
        }
        if marks and not left:
            return 0
        left = left or {self._mark: datetime.fromtimestamp(0, tz=began.tzinfo)}
        total, away = 0, None
        for tenant_id in tenants:
            behind = {name: at for name, at in left.items() if (name, at, tenant_id) not in self._adopted}
            try:
                total += await self._copy_since(tenant_id, min(behind.values())) if behind else 0
            except self._store.unreachable as unreachable:
                away = unreachable
            else:
                self._adopted |= {(name, at, tenant_id) for name, at in behind.items()}
        if away is not None:
            raise away
        self._adopted.clear()
        await self._store.marks.write(self._mark, self._copied_until(began))
        for name in left.keys() - {self._mark}:
            await self._store.marks.drop(name, left[name])
        return total

    async def _copy_since(self, tenant_id: str, since: datetime) -> int:
        total = 0
        async for entries in self._store.conversations.changed_since(tenant_id, since):
            for start in range(0, len(entries), BATCH):
                await self._store.timeline.add(entries[start : start + BATCH])
            total += len(entries)
        return total

    def _copied_until(self, started: datetime) -> datetime:
        return min([started, *self._writing, *self._doubted.values()]) - MARK_SLACK

    async def flush(self) -> None:
        """Copy what waits. Raises what the database raised last, with everything that was not copied kept."""
        started = self._now()
        async with self._turn:
            until = self._copied_until(started)
            await self._copy()
        if self._marked_at is None or not timedelta(0) <= started - self._marked_at <= MARK_EVERY:
            await self._store.marks.write(self._mark, until)
            self._marked_at = started

    async def _copy(self) -> None:
        tried, away = 0, None
        while batch := self._pending[tried : tried + BATCH]:
            try:
                await self._store.timeline.add(batch)
            except self._store.unreachable as unreachable:
                tried, away = tried + len(batch), unreachable
            else:
                del self._pending[tried : tried + len(batch)]
        for name, at in list(self._doubted.items()):
            try:
                entries = await self._store.conversations.log_of(*name)
                await self._store.timeline.add([TimelineEntry(*name, entry) for entry in entries])
            except self._store.unreachable as unreachable:
                away = unreachable
            else:
                if self._doubted.get(name) == at:
                    del self._doubted[name]
        if away is not None:
            raise away

    async def run(self) -> None:
        """Copy for as long as the process lives; a database that is away is tried again."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_SECONDS)
            try:
                await self.flush()
            except self._store.unreachable as away:
                log.warning("timeline_copy_waits", reason=type(away).__name__)
            oldest = self._pending[0].entry.at if self._pending else self._now()
            measures.relay_waits((self._now() - oldest).total_seconds(), len(self._pending))
