"""How the channels stand: `GET /api/v1/channels`."""

from typing import Any

from fastapi import APIRouter

from bot.gaps import view
from bot.gaps.room import Gaps
from bot.web.caller import Callers, caller_of


def router(gaps: Gaps, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/channels", tags=["channels"])

    Caller = caller_of(callers)

    @routes.get("")
    async def channels(caller: Caller) -> dict[str, Any]:
        """Each channel: what came in, what was taken and delivered, what was missing and repaired."""
        caller.require("admin", "executive")
        found = await view.channels(gaps, caller.tenant_id)
        return {"channels": [one.as_data() for one in found], "total": len(found)}

    return routes
