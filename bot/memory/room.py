"""
What is remembered of contacts: learnt behind the talk, recalled, forgotten; and the summary of a talk.

Rule 1: nothing here stands in the way of a message: facts are learnt afterwards from what is stored, by a job.
Rule 2: how far that has read is noted after what it read is kept; a crash in between reads again, and the same
        facts are the same rows.
Rule 3: of whom erasure or a restriction holds, nothing is learnt.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.conversation import Conversation, LogEntry
from bot.errors import NotFound
from bot.memory.fact import Conflict, Fact, MemoryRows, MemoryStats, conflicts_in
from bot.memory.handover import Handover, Words, handover_of
from bot.memory.heard import facts_of
from bot.rounds import for_each
from bot.store import Store
from bot.tenant import Tenant

LEARN_EVERY_SECONDS = 5.0

# Facts may be read again, never passed over: clocks of processes differ by a little.
SLACK = timedelta(seconds=10)

# Beyond this, what was read is looked at once more.
READ_AT_MOST = 10_000

_MARK = "memory_learnt_until"
_EVER = datetime.fromtimestamp(0, UTC)


class Memory:
    """The memory of all tenants."""

    def __init__(
        self,
        *,
        rows: MemoryRows,
        store: Store,
        tenants: Mapping[str, Tenant],
        words: Words,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._store = store
        self._tenants = tenants
        self._words = words
        self._now = now
        self._read: dict[tuple[str, str], str] = {}
        """The last entry that was read of a conversation: what is read again for safety is not learnt again."""

    async def recall(self, tenant_id: str, contact_id: str, key: str = "") -> list[Fact]:
        """What is remembered of a contact, oldest first; of one key where it is named."""
        return await self._rows.retrieve(tenant_id, contact_id, self._now(), key)

    async def remember(self, tenant_id: str, contact_id: str, facts: Sequence[Fact]) -> int:
        """Keep facts; answers how many were new. Raises BadRequest for one of another contact."""
        return await self._rows.store(tenant_id, contact_id, facts)

    async def forget(self, tenant_id: str, contact_id: str, key: str = "") -> int:
        """Forget a contact's facts, all or those of a key; answers how many went."""
        return await self._rows.delete(tenant_id, contact_id, key)

    async def stats(self, tenant_id: str, contact_id: str) -> MemoryStats:
        return await self._rows.stats(tenant_id, contact_id, self._now())

    async def conflicts(self, tenant_id: str, contact_id: str) -> list[Conflict]:
        """What a contact told us that cannot all be so."""
        return conflicts_in(await self.recall(tenant_id, contact_id))

    async def conflicts_among(self, tenant_id: str, contact_ids: Iterable[str]) -> list[Conflict]:
        """The same for several contacts, in their order."""
        found = []
        for contact_id in contact_ids:
            found += await self.conflicts(tenant_id, contact_id)
        return found

    async def handover(self, tenant_id: str, conversation_id: str) -> Handover:
        """What a person must know who takes a conversation over. Raises NotFound."""
        conversation = await self._store.conversations.read(tenant_id, conversation_id)
        if conversation is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        facts = await self.recall(tenant_id, conversation_id)
        return handover_of(conversation, facts, self._words, self._now())

    async def learn(self) -> None:
        """Learn from what happened since the last time, tenant by tenant."""
        await for_each("memory", self._tenants, self._learn, self._store.unreachable)

    async def _learn(self, tenant_id: str) -> None:
        began, mark = self._now(), f"{_MARK}:{tenant_id}"
        since = await self._store.marks.read(mark) or _EVER
        async for entries in self._store.conversations.changed_since(tenant_id, since):
            of_each: dict[str, list[LogEntry]] = defaultdict(list)
            for entry in entries:
                of_each[entry.conversation_id].append(entry.entry)
            for conversation_id, heard in of_each.items():
                name, last = (tenant_id, conversation_id), heard[-1].id
                if self._read.get(name) != last:
                    await self._learn_from(tenant_id, conversation_id, heard)
                    self._note_read(name, last)
        await self._store.marks.write(mark, began - SLACK)

    def _note_read(self, name: tuple[str, str], last: str) -> None:
        if len(self._read) >= READ_AT_MOST:
            self._read.clear()
        self._read[name] = last

    async def _learn_from(self, tenant_id: str, conversation_id: str, heard: Sequence[LogEntry]) -> None:
        conversation = await self._may_be_learnt_of(tenant_id, conversation_id)
        facts = _worth_keeping(conversation, heard, self._now()) if conversation else []
        if not facts:
            return
        await self._rows.store(tenant_id, conversation_id, facts)
        # Whoever is forgotten is restricted first: what was kept after that is taken back here, what was kept
        # before it goes with everything else.
        if await self._may_be_learnt_of(tenant_id, conversation_id) is None:
            await self._rows.delete(tenant_id, conversation_id)

    async def _may_be_learnt_of(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        found = await self._store.conversations.read(tenant_id, conversation_id)
        return None if found is None or found.restricted else found


def _worth_keeping(conversation: Conversation, heard: Sequence[LogEntry], now: datetime) -> list[Fact]:
    return [fact for fact in facts_of(conversation, heard) if fact.expires_at > now]
