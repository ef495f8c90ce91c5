"""
Receipts over HTTP: what was done and refused, and what independent evidence says of it.

Rule: the tenant comes from the token; a receipt is read, never written.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bot.evidence.room import EvidenceRoom
from bot.evidence.trust_receipts import SHOWN_FROM, Receipt, ReceiptVerdict
from bot.web.caller import Callers, caller_of

READERS = ("admin", "approver", "executive", "dpo")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReceiptView(_View):
    receipt_id: str
    tenant_id: str
    conversation_id: str
    correlation_id: str
    at: datetime
    action: str
    outcome: str
    verdict: ReceiptVerdict
    decision: str
    content_sha256: str
    evidence: list[str]
    counts: bool


class SealedView(ReceiptView):
    sealed_in_block: int | None
    entry_sha256: str


class Receipts(_View):
    receipts: list[ReceiptView]


class TrustView(_View):
    sample: int
    shown_from: int = SHOWN_FROM
    score: float | None
    contradiction_rate: float | None
    by_verdict: dict[str, int]
    since: datetime | None
    until: datetime | None


def router(evidence: EvidenceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/receipts", tags=["evidence"])
    receipts = evidence.receipts

    Caller = caller_of(callers)

    @routes.get("")
    async def latest(
        caller: Caller,
        conversation_id: Annotated[str, Query(max_length=200)] = "",
        verdict: Annotated[ReceiptVerdict | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Receipts:
        """The latest, newest first; of these those with a verdict, when one is named."""
        caller.require(*READERS)
        if conversation_id:
            found = await receipts.of_conversation(caller.tenant_id, conversation_id)
        else:
            found = await receipts.latest(caller.tenant_id)
        chosen = [one for one in found if verdict is None or one.verdict is verdict]
        return Receipts(receipts=[ReceiptView(**_shown(one)) for one in chosen[:limit]])

    @routes.get("/trust")
    async def trust(caller: Caller) -> TrustView:
        """What the last receipts say of the service; no score over too few of them."""
        caller.require(*READERS)
        found = await receipts.trust(caller.tenant_id)
        return TrustView(
            sample=found.sample,
            score=found.score,
            contradiction_rate=found.contradiction_rate,
            by_verdict={verdict.value: number for verdict, number in found.by_verdict.items()},
            since=found.since,
            until=found.until,
        )

    @routes.get("/{receipt_id}")
    async def one(receipt_id: str, caller: Caller) -> SealedView:
        """One receipt, and the block in which its entry is sealed."""
        caller.require(*READERS)
        found = await receipts.get(caller.tenant_id, receipt_id)
        return SealedView(**_shown(found.receipt), sealed_in_block=found.block, entry_sha256=found.entry_sha256)

    return routes


def _shown(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt_id": receipt.id,
        "tenant_id": receipt.tenant_id,
        "conversation_id": receipt.conversation_id,
        "correlation_id": receipt.correlation_id,
        "at": receipt.at,
        "action": receipt.action,
        "outcome": receipt.outcome,
        "verdict": receipt.verdict,
        "decision": receipt.decision,
        "content_sha256": receipt.content_sha256,
        "evidence": list(receipt.evidence),
        "counts": receipt.counts,
    }
