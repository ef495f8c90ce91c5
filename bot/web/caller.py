"""
Who asks, for every route that is not open to everybody: one dependency, so that no route proves it its own way.

    Caller = caller_of(callers)

    @routes.get("/things")
    async def things(caller: Caller) -> ...:
        caller.require("admin", "approver")
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from bot.access import Keyring, Principal

Callers = Callable[[Request], Awaitable[Principal]]


def by_keyring(keyring: Keyring) -> Callers:
    """Believe the tokens that this installation has signed."""

    async def principal(request: Request) -> Principal:
        return keyring.read(request.headers.get("authorization", ""))

    return principal


def caller_of(callers: Callers) -> Any:
    """The type to annotate a route's caller with."""
    return Annotated[Principal, Depends(callers)]
