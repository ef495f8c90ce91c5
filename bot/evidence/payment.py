"""
Whether somebody has verified that a deal was paid; a won deal rests on it.

Rule: the proof is the fact that somebody recorded, in the conversation's own log or in the timeline. The stage
alone proves nothing: a stage can be wrong.
"""

from collections.abc import Iterable

from bot.conversation import LogEntry
from bot.store import Store
from flows import deal

VERIFIED = "payment_verified"
WON = "closed_won"

WINNING = frozenset(event for (_, event), stage in deal.TABLE.items() if stage == WON)
"""The events after which a deal is won."""

# More facts than any conversation has had; a story is read in one piece.
STORY = 20_000


class Payments:
    """Looks for the proof."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def is_verified(self, tenant_id: str, conversation_id: str) -> bool:
        """Whether the payment of this deal was verified."""
        if proof_in(await self._store.conversations.log_of(tenant_id, conversation_id)):
            return True
        return proof_in(await self._store.timeline.of_conversation(tenant_id, conversation_id, STORY)) is not None


def proof_in(story: Iterable[LogEntry]) -> LogEntry | None:
    """The last fact that says that money came in; None when nobody has verified it."""
    found = [e for e in story if e.what == "stage_moved" and e.data.get("event") == VERIFIED]
    return max(found, key=lambda entry: (entry.at, entry.id)) if found else None
