"""
Deals over HTTP: where one stands, whether it was paid, and how far its evidence is.

Rule: a deal is a conversation; its stage changes only through the flow, never by a route of its own.
"""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from bot.conversation import LogEntry
from bot.errors import NotFound
from bot.evidence.payment import STORY, WON, proof_in
from bot.evidence.room import EvidenceRoom
from bot.shown_text import masked
from bot.web.caller import Callers, caller_of

READERS = ("admin", "approver", "executive", "dpo", "agent")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaymentView(_View):
    verified: bool
    at: datetime | None = None
    by: str = ""
    reference: str = ""
    override_reason: str = ""


class DealView(_View):
    conversation_id: str
    stage: str
    won_at: datetime | None
    payment: PaymentView
    evidence: Literal["none", "pending", "ready", "incomplete", "failed"]
    evidence_pack_id: str
    evidence_reason: str
    evidence_next_try_at: datetime | None


def router(evidence: EvidenceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/deals", tags=["deals"])
    store = evidence.store

    Caller = caller_of(callers)

    @routes.get("/{conversation_id}")
    async def deal(conversation_id: str, caller: Caller) -> DealView:
        """One deal. Its evidence is `none` until it is won, then `pending` until the pack is there."""
        caller.require(*READERS)
        conversation = await store.conversations.read(caller.tenant_id, conversation_id)
        if conversation is None:
            raise NotFound(f"there is no deal {conversation_id} here", "لا توجد صفقة بهذا المعرّف هنا")
        story = await _story(caller.tenant_id, conversation_id)
        won = [e for e in story if e.what == "stage_moved" and e.data.get("after") == WON]
        owed = await evidence.won_deals.of(caller.tenant_id, conversation_id)
        # Between the win and the first look of the job it is owed all the same.
        status = owed.status.value if owed else "pending" if won else "none"
        return DealView(
            conversation_id=conversation_id,
            stage=conversation.stage,
            won_at=won[-1].at if won else None,
            payment=_payment(story, won),
            evidence=status,
            evidence_pack_id=owed.pack_id if owed else "",
            evidence_reason=owed.reason if owed else "",
            evidence_next_try_at=owed.next_at if owed else None,
        )

    async def _story(tenant_id: str, conversation_id: str) -> list[LogEntry]:
        told = await store.timeline.of_conversation(tenant_id, conversation_id, STORY)
        fresh = await store.conversations.log_of(tenant_id, conversation_id)
        known = {entry.id: entry for entry in (*told, *fresh)}
        return sorted(known.values(), key=lambda entry: (entry.at, entry.id))

    return routes


def _payment(story: list[LogEntry], won: list[LogEntry]) -> PaymentView:
    proof = proof_in(story)
    if proof is not None:
        reference = masked(str(proof.data.get("evidence", "")))
        return PaymentView(verified=True, at=proof.at, by=str(proof.data.get("by", "")), reference=reference)
    reasons = [str(entry.data["override_reason"]) for entry in won if entry.data.get("override_reason")]
    return PaymentView(verified=False, override_reason=masked(reasons[-1]) if reasons else "")
