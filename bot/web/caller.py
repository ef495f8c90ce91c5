"""
Who asks, for every route that is not open to everybody: one dependency, so that no route proves it its own way.

    Caller = caller_of(callers)

    @routes.get("/things")
    async def things(caller: Caller) -> ...:
        caller.require("admin", "approver")

A machine's key opens groups of routes, and the group of a route is the tag of its router. A route without a tag
belongs to none, so that no key opens what somebody forgot to name.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

from fastapi import Depends, Request

from bot.access import Keyring, Principal
from bot.access.machine_keys import require_scope
from bot.access.reception import Reception

Callers = Callable[[Request], Awaitable[Principal]]


def by_keyring(keyring: Keyring, reception: Reception | None = None) -> Callers:
    """Believe the tokens that this installation has signed; with a reception, also keys and foreign tokens."""

    async def principal(request: Request) -> Principal:
        authorization = request.headers.get("authorization", "")
        if reception is None:
            return keyring.read(authorization)
        return await reception.bearer(keyring, authorization, address_of(request))

    return principal


def address_of(request: Request) -> str:
    """Where a request comes from; what proxies say of it is settled by the server (DEALIX_TRUSTED_PROXIES)."""
    return request.client.host if request.client else ""


def groups_of(tags: Iterable[object]) -> list[str]:
    """The groups to which a route of these tags belongs, as scopes name them."""
    return [str(tag).replace(" ", "_") for tag in tags]


def caller_of(callers: Callers) -> Any:
    """The type to annotate a route's caller with."""

    async def let_in(request: Request, caller: Annotated[Principal, Depends(callers)]) -> Principal:
        route = request.scope.get("route")
        require_scope(caller.scopes, groups_of(getattr(route, "tags", ())), request.method)
        return caller

    return Annotated[Principal, Depends(let_in)]
