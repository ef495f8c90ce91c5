"""
Idempotency-Key on every POST, PUT and PATCH of `/api` and `/os`.

    @routes.post("/drafts/{draft_id}/approve", dependencies=[acts])          the key is required here
    @routes.post("/keys", dependencies=[shows_secret_once])                  the answer is never kept
    async def write(..., effect_id: EffectId)                                names the effect, the same on a retry

Rule 1: with a key, a repeated request is answered again and not handled again.
Rule 2: a route that acts is not called without a key, where the installation requires one of its group.
Rule 3: who asks comes first: whoever cannot prove that learns nothing about keys.

Webhooks and Telegram need no key, they repeat by the provider's own ids; the console speaks over its socket.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import DealixError
from bot.idempotency import (
    LARGEST_ANSWER_BYTES,
    LEASE,
    Answer,
    Claim,
    Idempotency,
    KeyMissing,
    StillRunning,
    Wanted,
    header_of,
    safe_headers,
)
from bot.stopping import end
from bot.web import problem
from bot.web.bodies import replayed, whole_body
from bot.web.caller import Callers

logger = structlog.get_logger()

METHODS = frozenset({"POST", "PUT", "PATCH"})
GROUPS = {"/api/": "api", "/os/": "os"}
"""Where keys count; the value is the name of the group in DEALIX_REQUIRE_IDEMPOTENCY_KEY."""

_TICKET = "dealix.idempotency"


@dataclass(slots=True)
class Ticket:
    """What the parts of one request know about its key."""

    key: str
    is_required: bool
    callers: Callers
    effect_id: str = ""
    keeps_answer: bool = True
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """What the middleware needs, once the doors are open."""

    idempotency: Idempotency
    callers: Callers
    required_in: Collection[str]
    unreachable: tuple[type[Exception], ...]


async def _acts(request: Request) -> None:
    ticket: Ticket | None = request.scope.get(_TICKET)
    if ticket is None:
        return
    await ticket.callers(request)
    if ticket.is_required and not ticket.key:
        raise KeyMissing(
            "this address acts, so it wants the header Idempotency-Key: a fresh UUID for each request, and the "
            "same one when you repeat it",
            "هذا العنوان ينفّذ إجراءً، لذلك تلزم الترويسة Idempotency-Key: "
            "‏UUID جديد لكل طلب، والقيمة نفسها عند إعادته",
        )


async def _shows_secret_once(request: Request) -> None:
    ticket: Ticket | None = request.scope.get(_TICKET)
    if ticket is not None:
        ticket.keeps_answer = False


async def _reads_only(request: Request) -> None:
    ticket: Ticket | None = request.scope.get(_TICKET)
    if ticket is not None:
        ticket.keeps_answer, ticket.reads_only = False, True


async def _effect_id(request: Request) -> str:
    ticket: Ticket | None = request.scope.get(_TICKET)
    return ticket.effect_id if ticket else ""


acts = Depends(_acts)
"""Declares a route that acts for good."""

shows_secret_once = Depends(_shows_secret_once)
"""Declares a route whose answer must not be kept: a repetition hears that it was carried out, and no more."""

reads_only = Depends(_reads_only)
"""Declares a POST that changes nothing: it may be repeated under its key, and nothing of it is kept."""

EffectId = Annotated[str, Depends(_effect_id)]
"""The name of what a request causes: the same when it is repeated, empty without a key."""


class OncePerKey:
    """The middleware."""

    def __init__(self, app: ASGIApp, counter: Callable[[], Counter | None]) -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        counter = self._counter() if scope["type"] == "http" and scope["method"] in METHODS else None
        group = group_of(scope["path"]) if counter else ""
        if counter is None or not group:
            await self._app(scope, receive, send)
            return
        ticket = Ticket("", group in counter.required_in, counter.callers)
        scope[_TICKET] = ticket
        try:
            values = Headers(scope=scope).getlist("idempotency-key")
            await self._keyed(counter, ticket, values, scope, receive, send)
        except StillRunning as running:
            later = {"retry-after": str(running.retry_after_seconds)}
            await problem.answer_to(running, later)(scope, receive, send)
        except DealixError as refused:
            await problem.answer_to(refused)(scope, receive, send)
        except counter.unreachable as away:
            logger.warning("answered_503", reason=type(away).__name__)
            await problem.not_ready()(scope, receive, send)

    async def _keyed(
        self, counter: Counter, ticket: Ticket, values: list[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not values:
            await self._app(scope, receive, send)
            return
        caller = await counter.callers(Request(scope))
        ticket.key = header_of(values)
        body = await whole_body(receive)
        wanted = Wanted(
            caller.tenant_id,
            caller.human.id,
            ticket.key,
            scope["method"],
            _target(scope),
            body,
            is_json="json" in Headers(scope=scope).get("content-type", ""),
        )
        begun = await counter.idempotency.begin(wanted)
        if isinstance(begun, Answer):
            await _again(begun)(scope, receive, send)
            return
        ticket.effect_id = begun.effect_id
        await self._handled(counter, ticket, begun, scope, replayed(body, receive), send)

    async def _handled(
        self, counter: Counter, ticket: Ticket, claim: Claim, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Handle a request, keep its answer, and only then give it."""
        spoken = _Spoken(send, ticket)
        renewing = asyncio.create_task(_renew(counter, claim), name="idempotency_lease")
        try:
            await self._app(scope, receive, spoken)
        except Exception:
            await end([renewing])
            with suppress(*counter.unreachable):
                await counter.idempotency.let_go(claim)
            raise
        finally:
            await end([renewing])
        try:
            done = counter.idempotency
            is_kept = await (done.let_go(claim) if ticket.reads_only else done.finish(claim, spoken.answer))
        except counter.unreachable as away:
            # It is done, so it is said; a repetition will be handled again, under the same effect id.
            logger.warning("answer_not_kept", reason=type(away).__name__)
        else:
            if not is_kept:
                logger.warning("answer_not_kept", reason="taken_over")
        await spoken.say()


class _Spoken:
    """Takes an answer in, so that it is kept before it is heard; one that is not to be kept passes through."""

    def __init__(self, send: Send, ticket: Ticket) -> None:
        self._send = send
        self._ticket = ticket
        self._held: list[Message] = []
        self._size = 0
        self._passes = False
        self._start: Message = {"status": 500, "headers": []}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self._passes = not self._ticket.keeps_answer
        self._size += len(message.get("body", b""))
        self._held.append(message)
        if self._passes or self._size > LARGEST_ANSWER_BYTES:
            self._passes = True
            await self.say()

    async def say(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._send(message)

    @property
    def answer(self) -> Answer:
        headers = safe_headers(Headers(raw=self._start["headers"]))
        body = None if self._passes else b"".join(m.get("body", b"") for m in self._held)
        return Answer(self._start["status"], headers, body)


def group_of(path: str) -> str:
    """The group of an address, empty where keys do not count."""
    return next((group for prefix, group in GROUPS.items() if path.startswith(prefix)), "")


def _target(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope['path']}?{'&'.join(sorted(query.split('&')))}" if query else str(scope["path"])


def _again(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {**dict(answer.headers), "idempotency-replayed": "true"})


async def _renew(counter: Counter, claim: Claim) -> None:
    """Say now and then that this process still lives."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(*counter.unreachable):
            await counter.idempotency.renew(claim)
