"""
Who must look at a conversation, inside one process: workers that handle it, pages and bots that show it.

A ring may be lost, repeated or late without harm: the truth and the time of the next look stand in the database,
and the sweep finds what no ring announced.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

Name = tuple[str, str]
"""(tenant id, conversation id)"""


class Bell:
    """Tells workers when to look, and watchers that something changed."""

    def __init__(self) -> None:
        self._workers: list[Callable[[Name, datetime | None], None]] = []
        self._watchers: set[asyncio.Queue[Name]] = set()

    def to_worker(self, hear: Callable[[Name, datetime | None], None]) -> None:
        """Let a worker hear every ring: the conversation, and when to look (None: now)."""
        self._workers.append(hear)

    def ring(self, tenant_id: str, conversation_id: str, at: datetime | None = None) -> None:
        """Ask for a look at a conversation."""
        for hear in self._workers:
            hear((tenant_id, conversation_id), at)

    def changed(self, tenant_id: str, conversation_id: str) -> None:
        """Tell the watchers; one that is far behind misses single changes, never the last look."""
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait((tenant_id, conversation_id))

    @contextmanager
    def watching(self) -> Iterator[AsyncIterator[Name]]:
        """The changes from now on, as an endless stream."""
        queue: asyncio.Queue[Name] = asyncio.Queue(maxsize=1_000)
        self._watchers.add(queue)
        try:
            yield _stream(queue)
        finally:
            self._watchers.discard(queue)


async def _stream(queue: asyncio.Queue[Name]) -> AsyncIterator[Name]:
    while True:
        yield await queue.get()
