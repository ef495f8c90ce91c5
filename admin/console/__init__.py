"""
The simulator page: a lead's phone, what Dealix decided and why, and Sami's queue, in one browser window.

Rule 1: the page acts as Sami without a password, so it opens only on this machine and only while a simulated
        phone exists (`doorway.py`).
Rule 2: it shows and touches simulated conversations only; a real customer never appears here.
Rule 3: a lead's message travels the road of a real one: composed, signed, verified, parsed, recorded.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from admin.console.doorway import Doorway
from admin.console.opening import Opening
from admin.console.rooms import House


def mount(app: FastAPI, house: Callable[[], House | None]) -> None:
    """Add the pages to the application; `house` answers None until everything is ready."""
    opening = Opening(house)
    app.add_middleware(Doorway, house=house, pages=opening.pages)
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(outer: FastAPI) -> AsyncIterator[Any]:
        async with before(outer) as state:
            try:
                yield state
            finally:
                await opening.close()

    app.router.lifespan_context = lifespan
