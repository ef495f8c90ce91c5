"""Alive, and ready: two questions that orchestrators ask without a token."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bot.web.problem import not_ready


def router(is_prepared: Callable[[], bool], ping: Callable[[], Awaitable[None]], version: str) -> APIRouter:
    """`/healthz` says that the process answers; `/readyz` that it can work."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive", "version": version})

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        if not is_prepared():
            return not_ready()
        await ping()
        return JSONResponse({"status": "ready"})

    return routes
