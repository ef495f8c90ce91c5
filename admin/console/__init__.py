"""
The console: the simulator page, and the workbench of the analysts, in Arabic and English.

Rule 1: the simulator acts as Sami without a password, so it opens only on this machine and only while a simulated
        phone exists; every other page is for somebody by name (`doorway.py`, `entrance.py`).
Rule 2: the simulator shows and touches simulated conversations only; a real customer never appears there.
Rule 3: a simulated lead's message travels the road of a real one: composed, signed, verified, parsed, recorded.
Rule 4: a page decides nothing: what one of its buttons may not do, the functions behind it refuse.
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
