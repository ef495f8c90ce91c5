"""
The web application: its doors open when the house behind them is ready.

Until then every door but health answers 503, so that a provider keeps what it has and delivers it again.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.ask import Ask
from bot.bulk.room import Bulk
from bot.idempotency import Idempotency
from bot.intake import Intake
from bot.store import Store
from bot.web import health, os_api, problem, webhooks
from bot.web.bodies import BoundedBodies
from bot.web.caller import Callers
from bot.web.idempotency import Counter, OncePerKey
from bot.web.os_bulk import BulkEventsDesk
from bot.web.safe_headers import SafeHeaders

OPEN_AT_ONCE = ("/healthz", "/readyz", "/metrics")


def build(
    lifespan: Any, version: str, is_prepared: Callable[[], bool], unreachable: tuple[type[Exception], ...]
) -> FastAPI:
    """
    An application with no door but health.

    Args:
        unreachable: what a call raises while the database is away. Said here and not when the doors open: what an
            application answers to an error is settled before its first request.
    """
    # No pages of documentation: they would be fetched from somebody else's server. The description has a door.
    app = FastAPI(
        title="Dealix", version=version, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    problem.install(app)
    problem.answer_503_to(app, unreachable)

    async def ping() -> None:
        await app.state.store.ping()

    app.include_router(health.router(is_prepared, ping, version))
    app.state.counter = None
    # The last one added hears first.
    app.add_middleware(OncePerKey, counter=lambda: app.state.counter)
    app.add_middleware(BoundedBodies)
    app.add_middleware(NotBeforeReady, is_prepared=is_prepared)
    app.add_middleware(SafeHeaders)
    return app


def open_doors(
    app: FastAPI,
    *,
    intake: Intake,
    ask: Ask,
    bulk: Bulk,
    now: Callable[[], datetime],
    callers: Callers,
    store: Store,
    idempotency: Idempotency,
    required_in: Collection[str],
) -> None:
    """
    Let everybody in.

    Args:
        required_in: the groups whose acting routes are not called without an Idempotency-Key.
    """
    app.state.store = store
    app.state.counter = Counter(idempotency, callers, required_in, store.unreachable)
    app.include_router(webhooks.router(intake))
    app.include_router(os_api.router(ask, BulkEventsDesk(ask, bulk, now), callers))

    @app.get("/api/openapi.json", include_in_schema=False)
    async def description(request: Request) -> dict[str, Any]:
        """What the API can do, for whoever may use it."""
        await callers(request)
        return app.openapi()


def open_telegram(app: FastAPI, feed: Callable[[bytes, str], Awaitable[None]]) -> None:
    """Telegram's webhook; it answers 200 when the update is handled."""

    async def receive(
        request: Request, x_telegram_bot_api_secret_token: Annotated[str, Header()] = ""
    ) -> Response:
        await feed(await request.body(), x_telegram_bot_api_secret_token)
        return Response(status_code=200)

    app.router.add_api_route("/telegram/webhook", receive, methods=["POST"], tags=["webhooks"])


class NotBeforeReady:
    """Answers 503 until the house is ready."""

    def __init__(self, app: ASGIApp, is_prepared: Callable[[], bool]) -> None:
        self._app = app
        self._is_prepared = is_prepared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_prepared() or scope["path"] in OPEN_AT_ONCE:
            await self._app(scope, receive, send)
            return
        refusal = problem.not_ready()
        await refusal(scope, receive, send)
