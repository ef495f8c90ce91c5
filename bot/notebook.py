"""
How the heart writes: read a conversation, change it, write it back if nobody else did, tell whoever watches.

Rule 1: `change` runs its function again on a fresh copy when somebody was faster, so the function only touches
        the conversation it is given and the log it is given.
Rule 2: every write computes anew when the conversation must be looked at next and by whom, and whose card is out
        of date.
Rule 3: facts for the timeline travel inside the same write; the relay copies them out afterwards.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from bot.bell import Bell
from bot.conversation import Conversation, LogEntry
from bot.errors import NotFound, StaleConversation
from bot.relay import Relay
from bot.roles import Duty
from bot.store import Store
from bot.telemetry import facts
from bot.tenant import Tenant
from bot.timers import next_turn

T = TypeVar("T")

# Losing a race this often means that somebody writes in a loop: a fault to show, not to hide.
MAX_RACES = 50


class Log:
    """The facts of one write, in the past tense."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def add(self, what: str, correlation_id: str, **data: Any) -> None:
        self.entries.append((what, correlation_id, data))

    def named(self, conversation: Conversation) -> list[LogEntry]:
        """Ids that are the same however often the entry is relayed: contact, version of the write, number."""
        stem = f"{conversation.id}:{conversation.v + 1:08}"  # padded: ids of one moment sort as they happened
        return [
            LogEntry(f"{stem}:{number:03}", what, self.at, correlation_id, data)
            for number, (what, correlation_id, data) in enumerate(self.entries)
        ]


class Notebook:
    """Reads and writes conversations for everybody in the heart."""

    def __init__(
        self, store: Store, tenants: dict[str, Tenant], bell: Bell, relay: Relay, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.tenants = tenants
        self.bell = bell
        self.now = now
        self._relay = relay

    def log(self) -> Log:
        return Log(self.now())

    async def write(self, conversation: Conversation, log: Log, handled: Sequence[str] = ()) -> None:
        """Write one conversation back. Raises StaleConversation when somebody else was faster."""
        tenant = self.tenants[conversation.tenant_id]
        left = [w for w in conversation.mailbox if w.key not in handled]
        kept, conversation.mailbox = conversation.mailbox, left
        turn = next_turn(conversation, tenant.pace)
        conversation.next_at, conversation.next_duty = (turn[0], turn[1].value) if turn else (None, "")
        conversation.cards_due = conversation.card_is_due(tenant.approver_chats)
        entries = log.named(conversation)
        now = self.now()
        try:
            with self._relay.writing(conversation.tenant_id, conversation.id, now):
                await self.store.conversations.commit(conversation, now, handled=handled, log=entries)
        except StaleConversation:
            conversation.mailbox = kept
            raise
        facts.count(conversation, entries, self.now())
        self._relay.add(conversation.tenant_id, conversation.id, entries)
        self.bell.changed(conversation.tenant_id, conversation.id)

    async def change(
        self, tenant_id: str, conversation_id: str, edit: Callable[[Conversation, Log], T], *, look: bool = True
    ) -> tuple[Conversation, T]:
        """
        Change one conversation, against whatever races; answers it as written, and what `edit` answered.

        With `look`, a worker is asked to look at it afterwards. Raises NotFound, and whatever `edit` raises.
        """
        for _ in range(MAX_RACES):
            conversation = await self.store.conversations.read(tenant_id, conversation_id)
            if conversation is None:
                raise NotFound(
                    f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا"
                )
            log = self.log()
            answer = edit(conversation, log)
            try:
                await self.write(conversation, log)
            except StaleConversation:
                continue
            if look and conversation.next_at is not None:
                self.bell.ring(tenant_id, conversation_id, conversation.next_at, Duty(conversation.next_duty))
            return conversation, answer
        raise StaleConversation(f"conversation {conversation_id} changed {MAX_RACES} times while we wrote it")
