"""
Drafts and conversations over HTTP: what Sami does with buttons, for whoever holds a token.

Rule 1: the tenant comes from the token; another tenant's id is as unknown as one that never existed.
Rule 2: nothing here decides: each route is one function of `bot.approvals` or `bot.desk`.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.access import Principal
from bot.approvals import Approvals
from bot.cards import Card, ContactView
from bot.deals.terms import MOST_HALALAS
from bot.desk import Desk
from bot.people import Human
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

DECIDERS = ("admin", "approver")
READERS = (*DECIDERS, "agent")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Approve(_Body):
    text_version: int = Field(
        ge=1, le=1_000_000, description="The wording you saw; an older one is refused as outdated."
    )


class EditText(Approve):
    text: str = Field(min_length=1, max_length=65_536)


class Reject(_Body):
    reason: str = Field(description="wrong_intent, tone, price, not_now or other")
    remark: str = Field("", max_length=500)


class Snooze(_Body):
    minutes: int = Field(15, ge=1, le=1_000_000)


class Write(_Body):
    text: str = Field(min_length=1, max_length=65_536)


class SystemEvent(_Body):
    event: str = Field(description="What really happened, e.g. booking_confirmed, payment_verified")
    evidence: str = Field(
        min_length=3, max_length=500, description="How you know: a booking id, a bank reference"
    )
    override_reason: str = Field(
        "", max_length=500, description="Why a deal is won though nobody has verified its payment"
    )
    amount_halalas: Annotated[int, Field(strict=True, ge=1, le=MOST_HALALAS)] | None = Field(
        None, description="How much came in with payment_verified; when left out, what the contact was asked for"
    )


def router(approvals: Approvals, desk: Desk, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["drafts"])

    Caller = caller_of(callers)

    @routes.get("/drafts")
    async def queue(caller: Caller) -> dict[str, Any]:
        """What waits for a human, most urgent first."""
        caller.require(*READERS)
        cards = await approvals.queue(caller.tenant_id)
        return {"drafts": [_public(card) for card in cards], "total": len(cards)}

    @routes.get("/drafts/{draft_id}")
    async def card(draft_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _public(await approvals.card(caller.tenant_id, draft_id))

    @routes.post("/drafts/{draft_id}/approve", dependencies=[acts])
    async def approve(draft_id: str, body: Approve, caller: Caller) -> dict[str, Any]:
        human = _decider(caller)
        return _public(await approvals.approve(caller.tenant_id, draft_id, body.text_version, human))

    @routes.post("/drafts/{draft_id}/edit", dependencies=[acts])
    async def edit(draft_id: str, body: EditText, caller: Caller) -> dict[str, Any]:
        human = _decider(caller)
        return _public(await approvals.edit(caller.tenant_id, draft_id, body.text_version, human, body.text))

    @routes.post("/drafts/{draft_id}/reject", dependencies=[acts])
    async def reject(draft_id: str, body: Reject, caller: Caller) -> dict[str, Any]:
        human = _decider(caller)
        return _public(await approvals.reject(caller.tenant_id, draft_id, human, body.reason, body.remark))

    @routes.post("/drafts/{draft_id}/snooze", dependencies=[acts])
    async def snooze(draft_id: str, body: Snooze, caller: Caller) -> dict[str, Any]:
        return _public(await approvals.snooze(caller.tenant_id, draft_id, _decider(caller), body.minutes))

    @routes.post("/drafts/{draft_id}/arrived", dependencies=[acts])
    async def arrived(draft_id: str, caller: Caller) -> dict[str, Any]:
        """For a send in doubt: it did arrive."""
        return _public(await approvals.arrived(caller.tenant_id, draft_id, _decider(caller)))

    @routes.post("/drafts/{draft_id}/send-again", dependencies=[acts])
    async def send_again(draft_id: str, caller: Caller) -> dict[str, Any]:
        """For a send in doubt: it did not arrive, send it again."""
        return _public(await approvals.send_again(caller.tenant_id, draft_id, _decider(caller)))

    @routes.get("/conversations/{conversation_id}")
    async def contact(conversation_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _public(await desk.contact(caller.tenant_id, conversation_id))

    @routes.post("/conversations/{conversation_id}/take-over", dependencies=[acts])
    async def take_over(conversation_id: str, caller: Caller) -> dict[str, Any]:
        human = _decider(caller)
        await approvals.take_over(caller.tenant_id, conversation_id, human)
        return _public(await desk.contact(caller.tenant_id, conversation_id))

    @routes.post("/conversations/{conversation_id}/hand-back", dependencies=[acts])
    async def hand_back(conversation_id: str, caller: Caller) -> dict[str, Any]:
        human = _decider(caller)
        await approvals.hand_back(caller.tenant_id, conversation_id, human)
        return _public(await desk.contact(caller.tenant_id, conversation_id))

    @routes.post("/conversations/{conversation_id}/messages", status_code=202, dependencies=[acts])
    async def write(conversation_id: str, body: Write, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """A human's own words, through the same gate as everything else."""
        human = _decider(caller)
        return _public(
            await approvals.write(caller.tenant_id, conversation_id, human, body.text, draft_id=effect_id)
        )

    @routes.post("/conversations/{conversation_id}/events", dependencies=[acts])
    async def system_event(conversation_id: str, body: SystemEvent, caller: Caller) -> dict[str, Any]:
        """Something that really happened moves the deal; a lead's words never do."""
        human = _decider(caller)
        await approvals.system_event(
            caller.tenant_id,
            conversation_id,
            body.event,
            human,
            body.evidence,
            body.override_reason,
            amount_halalas=body.amount_halalas,
        )
        return _public(await desk.contact(caller.tenant_id, conversation_id))

    return routes


def _public(view: Card | ContactView) -> dict[str, Any]:
    """A view without the keys of its lines: a provider's message key carries the whole phone."""
    fields = asdict(view)
    for line in fields["last_lines"]:
        line.pop("key")
    for draft in fields.get("drafts", ()):
        for line in draft["last_lines"]:
            line.pop("key")
    return fields


def _decider(caller: Principal) -> Human:
    caller.require(*DECIDERS)
    return caller.human
