"""
Where a message's story is asked for.

Rule 1: a tenant sees its own stories; another's id is answered like one that never existed.
Rule 2: what happened a moment ago is in it: facts that the timeline does not have yet are read where they were
        written, and a message that nobody has read yet where it waits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.conversation import LogEntry
from bot.errors import NotFound
from bot.store import Timeline
from bot.telemetry.story import Story, Words, conversation_of, tell

# A message that the timeline does not know yet is in a conversation that changed within this time.
LATELY = timedelta(hours=1)

# Ids of ours are 26 characters, those of programs that report events may be longer.
LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class Fresh:
    """What stands in the conversation itself."""

    conversation_id: str
    entries: tuple[LogEntry, ...]
    trace_ids: tuple[str, ...]


class TraceRows(Protocol):
    """What is stored about one correlation id beside the timeline."""

    async def fresh(
        self, tenant_id: str, correlation_id: str, conversation_id: str, since: datetime
    ) -> Fresh | None:
        """Facts of a conversation, and its event that still waits; of any changed since, when none is named."""

    async def elsewhere(self, tenant_id: str, correlation_id: str) -> Sequence[LogEntry]:
        """Alerts, runs, approvals and raw bodies of this id, each as one fact named after its collection."""


class TraceRoom:
    """Tells stories."""

    def __init__(self, timeline: Timeline, rows: TraceRows, words: Words, now: Callable[[], datetime]) -> None:
        self._timeline = timeline
        self._rows = rows
        self._words = words
        self._now = now

    async def story(self, tenant_id: str, correlation_id: str) -> Story:
        """Raises NotFound."""
        wanted = correlation_id.strip()
        if not wanted or len(wanted) > LONGEST_ID:
            raise _unknown(wanted)
        kept = await self._timeline.of_correlation(tenant_id, wanted)
        fresh = await self._rows.fresh(tenant_id, wanted, conversation_of(kept), self._now() - LATELY)
        beside = await self._rows.elsewhere(tenant_id, wanted)
        steps = tell([*kept, *(fresh.entries if fresh else ()), *beside], self._words)
        if not steps:
            raise _unknown(wanted)
        return Story(
            correlation_id=wanted,
            conversation_id=fresh.conversation_id if fresh else conversation_of(kept),
            steps=steps,
            trace_ids=fresh.trace_ids if fresh else (),
        )


def _unknown(correlation_id: str) -> NotFound:
    return NotFound(
        f"nothing here was caused by {correlation_id[:LONGEST_ID]!r}: a correlation id stands on drafts, in the "
        "log and in what /os answers",
        "لا شيء هنا بهذا المعرّف؛ يوجد معرّف الارتباط على المسودات وفي السجل وفي أجوبة /os",
    )
