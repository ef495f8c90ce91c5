"""
What a person verified closes the request that asked for it.

Rule 1: the request that asked for exactly what came in, and the newest of several; with another amount a person
        has said something about money, and nothing about a request.
Rule 2: one fact closes one request, however often it is looked at; what a provider proved closes its own order.
"""

from dataclasses import dataclass

from bot.conversation import LogEntry
from bot.evidence.payment import STORY, proof_in
from bot.payments.request import PaymentRows, RequestStatus
from bot.payments.room import Payments
from bot.store import Store

# Also one whose message nobody saw arrive: whoever paid has read it.
OPEN = (RequestStatus.SENT, RequestStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Settling:
    """Looks at a deal that has moved."""

    rows: PaymentRows
    room: Payments
    store: Store

    async def look(self, tenant_id: str, conversation_id: str) -> None:
        """Close what the last verified payment answers, if it answers anything."""
        fresh = await self.store.conversations.log_of(tenant_id, conversation_id)
        told = await self.store.timeline.of_conversation(tenant_id, conversation_id, STORY)
        proof = proof_in((*fresh, *told))
        if proof is None or str(proof.data.get("by", "")).startswith("service:"):
            return
        asked = await self.rows.latest(tenant_id, conversation_id=conversation_id)
        if any(one.payment_id == _name_of(proof) for one in asked):
            return
        amount = proof.data.get("amount_halalas")
        for one in asked:
            if one.status in OPEN and one.amount_halalas == amount and one.created_at <= proof.at:
                paid = RequestStatus.PAID
                await self.room.change(one, status=paid, paid_at=proof.at, payment_id=_name_of(proof))
                return


def _name_of(proof: LogEntry) -> str:
    """What settled a request, where no provider has a name for it."""
    return f"recorded:{proof.id}"
