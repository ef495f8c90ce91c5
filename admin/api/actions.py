"""
Actions over HTTP: have something done about a contact, and see how everything that was asked for stands.

Rule 1: the tenant comes from the token; another tenant's conversation is as unknown as one that never existed.
Rule 2: who may ask for what is the policy's to say; asking is not deciding.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.actions.action import ActionView, State
from bot.actions.room import Actions
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

ASKERS = ("admin", "approver", "agent", "service")
READERS = ("admin", "approver", "agent", "executive", "service", "dpo")
CANCELLERS = ("admin", "approver")


class Ask(BaseModel):
    """What the action is told; each has fields of its own."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any] = Field(default_factory=dict, description="The action's own fields.")
    correlation_id: str = Field(
        "",
        max_length=100,
        pattern=r"^[A-Za-z0-9_.:@=-]*$",
        description="What it belongs to; asked for twice under one of them, it is done once.",
    )


class ActionShown(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    conversation_id: str
    name: str
    title_en: str
    title_ar: str
    state: State
    reason_en: str
    reason_ar: str
    by: str
    pages: list[str]
    correlation_id: str
    approval_id: str
    result: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ActionList(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actions: list[ActionShown]
    total: int
    names: list[str]


def router(actions: Actions, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/conversations/{conversation_id}/actions", tags=["actions"])

    Caller = caller_of(callers)

    @routes.get("")
    async def listed(conversation_id: str, caller: Caller) -> ActionList:
        """Everything that was asked for about this contact, newest first, and what can be asked for."""
        caller.require(*READERS)
        found = await actions.list(caller.tenant_id, conversation_id)
        return ActionList(actions=[shown(one) for one in found], total=len(found), names=list(actions.names))

    @routes.post("/{name}", status_code=202, dependencies=[acts])
    async def ask(
        conversation_id: str, name: str, caller: Caller, effect_id: EffectId, body: Ask | None = None
    ) -> ActionShown:
        """Have something done. Class B waits in the approval centre until somebody agrees."""
        caller.require(*ASKERS)
        told = body or Ask()
        return shown(
            await actions.ask(
                caller.tenant_id,
                conversation_id,
                name,
                caller.human,
                told.facts,
                told.correlation_id or effect_id,
                roles=caller.roles,
            )
        )

    @routes.post("/{action_id}/cancel", dependencies=[acts])
    async def cancel(conversation_id: str, action_id: str, caller: Caller) -> ActionShown:
        """End one that still waits; what it did is undone."""
        caller.require(*CANCELLERS)
        return shown(await actions.cancel(caller.tenant_id, conversation_id, action_id, caller.human))

    return routes


def shown(view: ActionView) -> ActionShown:
    return ActionShown(
        id=view.id,
        conversation_id=view.conversation_id,
        name=view.name,
        title_en=view.title_en,
        title_ar=view.title_ar,
        state=view.state,
        reason_en=view.reason_en,
        reason_ar=view.reason_ar,
        by=view.by,
        pages=list(view.pages),
        correlation_id=view.correlation_id,
        approval_id=view.approval_id,
        result=dict(view.result),
        created_at=view.created_at,
        updated_at=view.updated_at,
    )
