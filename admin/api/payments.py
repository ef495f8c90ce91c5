"""
Payments over HTTP: how we are paid, asking for money, what providers told.

Rule 1: whoever asks does not decide; the message waits in the approval centre.
Rule 2: nothing here says that something was paid: that says a provider that proved itself, or an approver,
        through the events of a conversation.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.intake import BODY_LIMIT_BYTES
from bot.payments.hearing import PaymentDoor
from bot.payments.methods import BankAccount
from bot.payments.request import EventOutcome, RequestStatus
from bot.payments.room import LEAST_HALALAS, MOST_HALALAS, Payments, PaymentWish
from bot.payments.telling import event_fields, methods_fields, request_fields
from bot.web.bodies import whole_body
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

ASKERS = ("admin", "approver", "service")
READERS = (*ASKERS, "agent", "executive", "dpo")

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AccountBody(_Body):
    bank: _Name
    holder: _Name
    iban: str = Field(min_length=15, max_length=60, description="Blanks are fine; its check digits must hold.")


class MethodsBody(_Body):
    """How we are paid."""

    bank_transfer: AccountBody | None = None
    preferred: Literal["bank_transfer", "payment_link"] = "bank_transfer"
    v: int = Field(
        strict=True, ge=0, le=1_000_000, description="The version you saw; 0 when nothing was settled yet."
    )


class RequestBody(_Body):
    """Money that is asked for."""

    conversation_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    amount_halalas: Annotated[int, Field(strict=True, ge=LEAST_HALALAS, le=MOST_HALALAS)] | None = None
    """None: the total of the last proposal that was sent."""
    method: Literal["bank_transfer", "payment_link"] | None = None
    language: Literal["", "ar", "en"] = ""

    def wish(self) -> PaymentWish:
        return PaymentWish(self.conversation_id, self.amount_halalas, self.method, self.language)


def router(payments: Payments, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/payments", tags=["payments"])

    Caller = caller_of(callers)

    @routes.get("/methods")
    async def methods(caller: Caller) -> dict[str, Any]:
        """How we are paid; `v` is 0 while nobody has settled it."""
        caller.require(*READERS)
        settled = await payments.methods(caller.tenant_id)
        return methods_fields(settled, payments.provider(caller.tenant_id))

    @routes.put("/methods", dependencies=[acts])
    async def set_methods(body: MethodsBody, caller: Caller) -> dict[str, Any]:
        """Settle it; every admin and approver is told when the account changes."""
        caller.require("admin")
        account = BankAccount(**body.bank_transfer.model_dump()) if body.bank_transfer else None
        settled = await payments.set_methods(caller.tenant_id, account, body.preferred, caller.human, body.v)
        return methods_fields(settled, payments.provider(caller.tenant_id))

    @routes.post("/requests", status_code=202, dependencies=[acts])
    async def ask(body: RequestBody, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Draw a request up, and ask for the yes to its message."""
        caller.require(*ASKERS)
        drawn, begun = await payments.request(
            caller.tenant_id, body.wish(), caller.human, caller.roles, effect_id
        )
        return {**request_fields(drawn), "action_id": begun.id, "action_state": begun.state}

    @routes.get("/requests")
    async def every(
        caller: Caller,
        conversation_id: Annotated[str, Query(max_length=200)] = "",
        status: RequestStatus | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        chosen = status.value if status else ""
        found = await payments.list(caller.tenant_id, conversation_id=conversation_id, status=chosen, limit=limit)
        return {"requests": [request_fields(one) for one in found], "total": len(found)}

    @routes.get("/requests/{request_id}")
    async def one(request_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return request_fields(await payments.read(caller.tenant_id, request_id))

    @routes.get("/events")
    async def events(
        caller: Caller,
        outcome: EventOutcome | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """What providers told, newest first; `held` waits for a person."""
        caller.require("admin", "approver", "executive", "dpo")
        found = await payments.events(caller.tenant_id, outcome.value if outcome else "", limit)
        return {"events": [event_fields(one) for one in found], "total": len(found)}

    return routes


def door(hears: PaymentDoor) -> APIRouter:
    """Where payment providers knock; they prove themselves by the secret of the tenant's account."""
    routes = APIRouter(tags=["webhooks"])

    @routes.post("/webhooks/payments/{provider}")
    async def receive(provider: str, request: Request) -> dict[str, Any]:
        """Take in what a payment provider tells."""
        hears.check(provider)  # an unknown one is refused before its body is read
        body = await whole_body(request.receive, BODY_LIMIT_BYTES)
        heard = await hears.hear(provider, request.headers, body)
        return {"status": heard.outcome, "reason": heard.reason, "repeated": heard.is_repeated}

    return routes
