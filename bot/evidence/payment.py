"""
Whether somebody has verified that a deal was paid; a won deal rests on it.

Rule: the proof is the fact that somebody recorded, in the conversation's own log or in the timeline. The stage
alone proves nothing: a stage can be wrong.
"""

from collections.abc import Iterable

from bot.conversation import LogEntry
from bot.payments.request import RequestStatus
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
        return await self._proof(tenant_id, conversation_id) is not None

    async def asked_for(self, tenant_id: str, conversation_id: str) -> int | None:
        """How much this contact was asked for last, in halalas; None where nothing is asked for now."""
        found = await self._store.payments.latest(
            tenant_id, conversation_id=conversation_id, status=RequestStatus.SENT.value, limit=1
        )
        proof = await self._proof(tenant_id, conversation_id) if found else None
        # What was verified since then was the answer to it.
        return found[0].amount_halalas if found and (proof is None or proof.at < found[0].created_at) else None

    async def _proof(self, tenant_id: str, conversation_id: str) -> LogEntry | None:
        fresh = await self._store.conversations.log_of(tenant_id, conversation_id)
        return proof_in(fresh) or proof_in(
            await self._store.timeline.of_conversation(tenant_id, conversation_id, STORY)
        )


def proof_in(story: Iterable[LogEntry]) -> LogEntry | None:
    """The last fact that says that money came in; None when nobody has verified it."""
    found = [e for e in story if e.what == "stage_moved" and e.data.get("event") == VERIFIED]
    return max(found, key=lambda entry: (entry.at, entry.id)) if found else None
