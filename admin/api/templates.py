"""Templates over HTTP: which there are, how each stands at Meta, and one instead of an answer too late."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.templates.late import LateAnswers
from bot.templates.room import TemplateRoom
from bot.templates.telling import fields_of
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "rules_editor", "agent", "executive", "dpo", "service")
ASKERS = ("admin", "approver", "rules_editor")


class Chosen(BaseModel):
    """Which template is to be sent instead."""

    model_config = ConfigDict(extra="forbid")

    template: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,511}$")]


def router(templates: TemplateRoom, late: LateAnswers, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["templates"])

    Caller = caller_of(callers)

    @routes.get("/templates")
    async def every(caller: Caller) -> dict[str, Any]:
        """Every template in every language, and whether it may leave now."""
        caller.require(*READERS)
        found = [fields_of(view) for view in await templates.views(caller.tenant_id)]
        return {"templates": found, "total": len(found)}

    @routes.post("/templates/refresh", dependencies=[acts])
    async def refresh(caller: Caller) -> dict[str, Any]:
        """Ask Meta for its list now; it is asked by itself every few minutes."""
        caller.require(*ASKERS)
        unread = await templates.look_of(caller.tenant_id)
        found = [fields_of(view) for view in await templates.views(caller.tenant_id)]
        told = [dict(zip(("en", "ar"), detail.split("\n"), strict=False)) for detail in unread]
        return {"templates": found, "total": len(found), "not_read": told}

    @routes.get("/drafts/{draft_id}/templates")
    async def offers(draft_id: str, caller: Caller) -> dict[str, Any]:
        """What could be sent instead of a draft that came too late, in exactly these words."""
        caller.require("admin", "approver", "agent")
        found = [asdict(offer) for offer in await late.offers(caller.tenant_id, draft_id)]
        return {"templates": found, "total": len(found)}

    @routes.post("/drafts/{draft_id}/as-template", status_code=201, dependencies=[acts])
    async def choose(draft_id: str, body: Chosen, caller: Caller) -> dict[str, Any]:
        """Make a draft of a template's exact words; it waits for a yes of its own, and the old one is dropped."""
        caller.require("admin", "approver")
        card = await late.choose(caller.tenant_id, draft_id, body.template, caller.human)
        return {
            "draft_id": card.draft_id,
            "text": card.text,
            "text_version": card.text_version,
            "status": card.status.value,
            "conversation_id": card.conversation_id,
            "instead_of": draft_id,
        }

    return routes
