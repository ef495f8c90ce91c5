"""
Who must look at a conversation: workers that handle it, pages and bots that show it, here and in other processes.

A ring may be lost, repeated or late without harm: the truth and the time of the next look stand in the database,
and the sweep finds what no ring announced.

Rule 1: a ring names whose turn it is. It is heard here when this process has that duty and looks after the
        contact; otherwise it travels, and where nothing carries it, whoever has the duty here looks after all.
Rule 2: ringing never waits and never fails: whoever rings has already written what happened.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from bot.roles import EVERYTHING, Duty, part_of

Name = tuple[str, str]
"""(tenant id, conversation id)"""

# Which of our contacts are ours: (duty, part of all contacts) -> whether this process looks after it.
LooksAfter = Callable[[Duty, int], bool]


class Line(Protocol):
    """What carries rings to other processes."""

    @property
    def is_open(self) -> bool:
        """Whether a ring given to it now would probably arrive."""

    def ring(self, duty: Duty, part: int, name: Name, at: datetime | None) -> None:
        """Pass a ring on; never waits, never fails."""

    def changed(self, name: Name) -> None:
        """Tell watchers elsewhere; never waits, never fails."""


class Bell:
    """Tells workers when to look, and watchers that something changed."""

    def __init__(self, duties: frozenset[Duty] = EVERYTHING, looks_after: LooksAfter | None = None) -> None:
        """
        Args:
            duties: what this process does for conversations.
            looks_after: which parts of the contacts are its own; None when all are, for all duties.
        """
        self._duties = duties
        self._looks_after = looks_after
        self._workers: list[Callable[[Name, datetime | None], None]] = []
        self._watchers: set[asyncio.Queue[Name]] = set()
        self._line: Line | None = None

    def over(self, line: Line) -> None:
        """Let rings travel to other processes from now on."""
        self._line = line

    def to_worker(self, hear: Callable[[Name, datetime | None], None]) -> None:
        """Let a worker hear every ring for this process: the conversation, and when to look (None: now)."""
        self._workers.append(hear)

    def ring(
        self, tenant_id: str, conversation_id: str, at: datetime | None = None, duty: Duty = Duty.WORKER
    ) -> None:
        """Ask whoever has a duty for a look at a conversation."""
        name = (tenant_id, conversation_id)
        if self._looks_after is None:
            self.heard(name, at)
            return
        part = part_of(*name)
        is_able = duty in self._duties
        if is_able and self._looks_after(duty, part):
            self.heard(name, at)
        elif self._line is not None and self._line.is_open:
            self._line.ring(duty, part, name, at)
        elif is_able:
            self.heard(name, at)

    def heard(self, name: Name, at: datetime | None = None) -> None:
        """A ring for this process, from whoever rang."""
        for hear in self._workers:
            hear(name, at)

    def changed(self, tenant_id: str, conversation_id: str) -> None:
        """Tell the watchers, here and elsewhere."""
        name = (tenant_id, conversation_id)
        self.saw_change(name)
        if self._line is not None:
            self._line.changed(name)

    def saw_change(self, name: Name) -> None:
        """Tell the watchers here; one that is far behind misses single changes, never the last look."""
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(name)

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
