"""
Keys of machines over HTTP: make one, see which there are, revoke one.

Rule 1: only an admin, and always a person: a key makes no keys.
Rule 2: a key is shown in the answer that makes it, and kept nowhere.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.access import LONGEST_NAME
from bot.access.kept import MachineKey
from bot.access.machine_keys import LONGEST_DAYS, SCOPES
from bot.access.opening import Who
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts, shows_secret_once

Word = Annotated[str, StringConstraints(max_length=60)]


class NewKey(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=4 * LONGEST_NAME, description="What it is for.")
    roles: list[Word] = Field(["service"], min_length=1, max_length=10)
    scopes: list[Word] = Field(
        min_length=1, max_length=50, description=f"{', '.join(SCOPES)}; each also as <scope>:read"
    )
    days: int = Field(90, ge=1, le=LONGEST_DAYS)


def router(who: Who, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["keys"])
    keys = who.keys

    Caller = caller_of(callers)

    @routes.get("/keys")
    async def listed(caller: Caller) -> dict[str, Any]:
        """Newest first, the revoked and expired ones too."""
        caller.require("admin")
        shown = [_public(key) for key in await keys.all(caller.tenant_id)]
        return {"keys": shown, "total": len(shown)}

    @routes.get("/keys/{key_id}")
    async def one(key_id: str, caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        return _public(await keys.get(caller.tenant_id, key_id))

    @routes.post("/keys", status_code=201, dependencies=[acts, shows_secret_once])
    async def create(body: NewKey, caller: Caller) -> dict[str, Any]:
        """The answer holds the key itself, this once."""
        caller.require("admin")
        key, token = await keys.create(
            caller.tenant_id,
            body.name,
            frozenset(body.roles),
            frozenset(body.scopes),
            timedelta(days=body.days),
            caller.human,
        )
        return {**_public(key), "key": token}

    @routes.post("/keys/{key_id}/revoke", dependencies=[acts])
    async def revoke(key_id: str, caller: Caller) -> dict[str, Any]:
        """Refused everywhere within a second."""
        caller.require("admin")
        return _public(await keys.revoke(caller.tenant_id, key_id, caller.human))

    return routes


def _public(key: MachineKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "prefix": key.shown,
        "name": key.name,
        "roles": sorted(key.roles),
        "scopes": sorted(key.scopes),
        "created_at": key.created_at.isoformat(),
        "created_by": key.created_by.name,
        "expires_at": key.expires_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
