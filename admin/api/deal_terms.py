"""
The terms of a deal over HTTP: its value, the day it is expected, who looks after it, and how that came to be; and
what was given back of it.

Rule: a value is an estimate; what came in is counted from verified payments alone, less what was given back.
"""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.deals.refunds import Refunds
from bot.deals.room import Deals
from bot.deals.terms import CLEAR, EARLIEST, LATEST, MOST_HALALAS, Terms
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

WRITERS = ("admin", "approver", "agent")
DECIDERS = ("admin", "approver")
READERS = (*WRITERS, "executive", "dpo")


class SetTerms(BaseModel):
    """What changes: a field that is left out stays, one that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    value_halalas: Annotated[int, Field(strict=True, ge=0, le=MOST_HALALAS)] | None = None
    expected_on: date | None = Field(None, ge=EARLIEST, le=LATEST, description="2026-11-30")
    owner: str = Field("", max_length=100)
    seen_v: int | None = Field(
        None, ge=0, le=1_000_000_000, strict=True, description="The version that you have seen."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "SetTerms":
        if not self.model_fields_set - {"seen_v"}:
            raise ValueError("say at least one of value_halalas, expected_on, owner")
        return self


class Refund(BaseModel):
    """Money that was given back."""

    model_config = ConfigDict(extra="forbid")

    amount_halalas: Annotated[int, Field(strict=True, ge=1, le=MOST_HALALAS)]
    evidence: str = Field(min_length=3, max_length=500, description="How you know: a bank reference")


class TermsView(BaseModel):
    model_config = ConfigDict(extra="forbid")

    conversation_id: str
    value_halalas: int | None
    expected_on: date | None
    owner: str
    source: str
    set_at: datetime | None
    set_by: str
    v: int


class TermsWithHistory(TermsView):
    history: list[TermsView]


def router(deals: Deals, refunds: Refunds, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/deals", tags=["deals"])

    Caller = caller_of(callers)

    @routes.get("/{conversation_id}/terms")
    async def terms(conversation_id: str, caller: Caller) -> TermsWithHistory:
        """The terms of a deal and every version before, newest first; version 0 where nobody said anything."""
        caller.require(*READERS)
        history = await deals.history(caller.tenant_id, conversation_id)
        now = history[0] if history else Terms(conversation_id)
        return TermsWithHistory(**_told(now), history=[TermsView(**_told(one)) for one in history])

    @routes.put("/{conversation_id}/terms", dependencies=[acts])
    async def set_terms(conversation_id: str, body: SetTerms, caller: Caller) -> TermsView:
        """Say what a deal is worth, when it is expected to be paid, and who looks after it."""
        caller.require(*WRITERS)
        given = {name: _or_clear(getattr(body, name)) for name in body.model_fields_set - {"seen_v", "owner"}}
        made = await deals.set_terms(
            caller.tenant_id,
            conversation_id,
            given.get("value_halalas"),
            given.get("expected_on"),
            "human",
            caller.human,
            owner=body.owner if "owner" in body.model_fields_set else None,
            seen_v=body.seen_v,
        )
        return TermsView(**_told(made))

    @routes.post("/{conversation_id}/refunds", status_code=201, dependencies=[acts])
    async def refund(conversation_id: str, body: Refund, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Record that money went back; the revenue is less by it, in the window in which it is recorded."""
        caller.require(*DECIDERS)
        amount = body.amount_halalas
        left = await refunds.record(
            caller.tenant_id, conversation_id, amount, body.evidence, caller.human, effect_id
        )
        return {"conversation_id": conversation_id, "refunded_halalas": amount, "paid_halalas": left}

    return routes


def _or_clear(value: Any) -> Any:
    return CLEAR if value is None else value


def _told(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in TermsView.model_fields}
