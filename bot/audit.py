"""
What humans and the service itself did beside conversations: one entry each in the timeline like everything else.

Rule 1: the entry is durable before the caller is told that the thing is done.
Rule 2: an entry says who, what, about which thing, and what changed; never a secret, never a message.
Rule 3: where no conversation is named, no phone stands in what people wrote: whoever is forgotten would not be
        found there, and an entry that is sealed keeps what it says.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from bot.conversation import LogEntry
from bot.people import NOBODY, Human
from bot.phones import without_phones
from bot.store import Store, TimelineEntry

# What people write in their own words.
_IN_THEIR_WORDS = ("note", "purpose", "reason", "title")


class Audit:
    """Writes entries of a tenant; those about one contact name its conversation."""

    def __init__(self, store: Store, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id

    async def note(
        self,
        tenant_id: str,
        what: str,
        by: Human = NOBODY,
        *,
        conversation_id: str = "",
        correlation_id: str = "",
        once: str = "",
        **data: object,
    ) -> None:
        """
        Remember that something was done, or refused.

        Args:
            what: in the past tense: `key_revoked`, `approval_escalated`.
            by: NOBODY for what the service did by itself.
            once: what makes it the same happening, for work that may be begun again: it is written down once.
            data: plain values; what a reader needs to know which thing, what before, what after.
        """
        named = {"by": by.id, "by_name": by.name} if by.id else {}
        told = data if conversation_id else {name: _said(name, value) for name, value in data.items()}
        entry_id = _same_id(what, once) if once else self._new_id()
        entry = LogEntry(entry_id, what, self._now(), correlation_id, {**named, **told})
        await self._store.timeline.add([TimelineEntry(tenant_id, conversation_id, entry)])


def _same_id(what: str, once: str) -> str:
    """Always the same, and like no id of an entry that belongs to a conversation."""
    return sha256(f"{what}|{once}".encode()).hexdigest()[:32]


def _said(name: str, value: object) -> object:
    return without_phones(value) if name in _IN_THEIR_WORDS and isinstance(value, str) else value
