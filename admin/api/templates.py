"""Templates over HTTP: which there are, and how each stands at Meta."""

from typing import Any

from fastapi import APIRouter

from bot.templates.room import TemplateRoom
from bot.templates.telling import fields_of
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "rules_editor", "agent", "executive", "dpo", "service")
ASKERS = ("admin", "approver", "rules_editor")


def router(templates: TemplateRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/templates", tags=["templates"])

    Caller = caller_of(callers)

    @routes.get("")
    async def every(caller: Caller) -> dict[str, Any]:
        """Every template in every language, and whether it may leave now."""
        caller.require(*READERS)
        found = [fields_of(view) for view in await templates.views(caller.tenant_id)]
        return {"templates": found, "total": len(found)}

    @routes.post("/refresh", dependencies=[acts])
    async def refresh(caller: Caller) -> dict[str, Any]:
        """Ask Meta for its list now; it is asked by itself every few minutes."""
        caller.require(*ASKERS)
        unread = await templates.look_of(caller.tenant_id)
        found = [fields_of(view) for view in await templates.views(caller.tenant_id)]
        told = [dict(zip(("en", "ar"), detail.split("\n"), strict=False)) for detail in unread]
        return {"templates": found, "total": len(found), "not_read": told}

    return routes
