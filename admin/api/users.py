"""
Users over HTTP: who a person is, and what they may do here.

Rule 1: only an admin reads or changes the list; everybody may ask who they themselves are.
Rule 2: the tenant comes from the credential; a user of another tenant is as unknown as one that never existed.
Rule 3: a code to bind a Telegram account is shown in the answer that makes it, and kept nowhere.
"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.access import LONGEST_NAME
from bot.access.opening import Who
from bot.access.user import User
from bot.access.users import CODE_LASTS
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts, shows_secret_once

Name = Annotated[str, StringConstraints(min_length=1, max_length=4 * LONGEST_NAME)]
Roles = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(min_length=1, max_length=20)]
Subject = Annotated[str, StringConstraints(max_length=255)]
Email = Annotated[str, StringConstraints(max_length=254)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Body):
    name: Name
    roles: Roles = Field(description="admin, approver, rules_editor, executive, agent, service, dpo")
    email: Email = Field("", description="As the identity provider writes it; recognises the person at first.")
    subject: Subject = Field("", description="The person's `sub` at the identity provider, if you know it.")
    telegram_id: int = Field(0, ge=0, lt=2**52)


class NewRoles(_Body):
    roles: Roles


class Identity(_Body):
    email: Email = ""
    subject: Subject = ""


def router(who: Who, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["users"])
    users, reception = who.users, who.reception

    Caller = caller_of(callers)

    @routes.get("/me", tags=["me"])
    async def me(caller: Caller) -> dict[str, Any]:
        """Who the credential of this request names."""
        return {
            "id": caller.human.id,
            "name": caller.human.name,
            "tenant_id": caller.tenant_id,
            "roles": sorted(caller.roles),
            "scopes": None if caller.scopes is None else sorted(caller.scopes),
        }

    @routes.get("/users")
    async def listed(caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        people = await users.people(caller.tenant_id)
        shown = [_public(user) for user in people.users]
        return {"users": shown, "total": len(shown)}

    @routes.get("/users/{user_id}")
    async def one(user_id: str, caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        return _public(await users.get(caller.tenant_id, user_id))

    @routes.post("/users", status_code=201, dependencies=[acts])
    async def add(body: NewUser, caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        added = await users.add(
            caller.tenant_id,
            body.name,
            frozenset(body.roles),
            caller.human,
            email=body.email,
            telegram_id=body.telegram_id,
            issuer=reception.issuer,
            subject=body.subject,
        )
        return _public(added)

    @routes.put("/users/{user_id}/roles", dependencies=[acts])
    async def set_roles(user_id: str, body: NewRoles, caller: Caller) -> dict[str, Any]:
        """The last admin cannot be taken away."""
        caller.require("admin")
        roles = frozenset(body.roles)
        return _public(await users.set_roles(caller.tenant_id, user_id, roles, caller.human))

    @routes.put("/users/{user_id}/identity", dependencies=[acts])
    async def set_identity(user_id: str, body: Identity, caller: Caller) -> dict[str, Any]:
        """Who this person is at the identity provider."""
        caller.require("admin")
        known = await users.know(
            caller.tenant_id,
            user_id,
            caller.human,
            email=body.email,
            issuer=reception.issuer,
            subject=body.subject,
        )
        return _public(known)

    @routes.post("/users/{user_id}/deactivate", dependencies=[acts])
    async def deactivate(user_id: str, caller: Caller) -> dict[str, Any]:
        """Out within a second, by every door."""
        caller.require("admin")
        return _public(await users.deactivate(caller.tenant_id, user_id, caller.human))

    @routes.post("/users/{user_id}/activate", dependencies=[acts])
    async def activate(user_id: str, caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        return _public(await users.activate(caller.tenant_id, user_id, caller.human))

    @routes.post("/users/{user_id}/bind-code", dependencies=[acts, shows_secret_once])
    async def bind_code(user_id: str, caller: Caller) -> dict[str, Any]:
        """A code that this person sends to the Telegram bot as `/bind CODE`, once."""
        caller.require("admin")
        code = await users.bind_code(caller.tenant_id, user_id, caller.human)
        return {"code": code, "valid_minutes": int(CODE_LASTS.total_seconds() // 60), "send": f"/bind {code}"}

    @routes.post("/users/{user_id}/unbind-telegram", dependencies=[acts])
    async def unbind(user_id: str, caller: Caller) -> dict[str, Any]:
        caller.require("admin")
        return _public(await users.unbind_telegram(caller.tenant_id, user_id, caller.human))

    @routes.post("/users/{user_id}/log-out", dependencies=[acts])
    async def log_out(user_id: str, caller: Caller) -> dict[str, Any]:
        """End every session of this person on the console."""
        caller.require("admin")
        user = await users.get(caller.tenant_id, user_id)
        await reception.leave_everywhere(caller.tenant_id, user.human, caller.human)
        return _public(user)

    return routes


def _public(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "roles": sorted(user.roles),
        "is_active": user.is_active,
        "email": user.email,
        "subject": user.subject,
        "telegram_id": user.telegram_id or None,
        "created_at": user.created_at.isoformat(),
    }
