"""
Loads the pages when the first visitor comes.

NiceGUI takes half a second to load and nobody needs it to answer customers, so a start does not wait for it. It
keeps one application per process; it gets one of its own here, so that its handlers never touch ours.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib import import_module

from fastapi import FastAPI
from starlette.types import ASGIApp

from admin.console.rooms import House


class Opening:
    """The page application: loaded once, closed with the house."""

    def __init__(self, house: Callable[[], House | None]) -> None:
        self._house = house
        self._app: FastAPI | None = None
        self._one_at_a_time = asyncio.Lock()
        self._running = AsyncExitStack()

    async def pages(self) -> ASGIApp:
        """The application behind `/console`."""
        async with self._one_at_a_time:
            if self._app is None:
                module = await asyncio.to_thread(import_module, "admin.console.pages")
                app: FastAPI = module.build(self._house)
                await self._running.enter_async_context(app.router.lifespan_context(app))
                self._app = app
            return self._app

    async def close(self) -> None:
        await self._running.aclose()
