"""
Read a body no longer and no larger than its address needs.

Rule 1: more bytes than the address takes is a 413, announced or not, before anything looks at them.
Rule 2: a body that trickles in is a 408: whoever holds a connection open with it loses it.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import BodyTooLarge, DealixError
from bot.web import problem

MEGABYTE = 1024 * 1024

LIMITS = (
    ("/webhooks/", None),  # has its own: the channel is looked up before a byte is read
    ("/api/v1/rules", 25 * MEGABYTE),  # a tenant's whole book, every letter escaped
    ("/api/v1/bulk", 17 * MEGABYTE),  # a table of sixteen, in a form
    ("/console/_nicegui/client/", 17 * MEGABYTE),  # the same, dropped on its page
    ("/os/", 8 * MEGABYTE),  # five hundred events in one bulk
    ("/api/", 3 * MEGABYTE),
    ("/telegram/", 3 * MEGABYTE),
)
ELSEWHERE = 8 * MEGABYTE
"""What the console's own socket and uploads may carry."""

# A phone on a bad line needs seconds for a megabyte.
SLOWEST_SECONDS = 30.0


class BodyTooSlow(DealixError):
    """The body did not arrive in time."""

    code, status = "body_too_slow", 408


class ClientGone(DealixError):
    """Nobody waits for an answer any more."""

    code, status = "client_gone", 400


async def whole_body(receive: Receive, limit: int | None = None, seconds: float = SLOWEST_SECONDS) -> bytes:
    """All bytes. Raises BodyTooLarge, BodyTooSlow, ClientGone."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone(
                        "the caller left before its body was complete", "انقطع الاتصال قبل اكتمال الطلب"
                    )
                part = message.get("body", b"")
                size += len(part)
                if limit is not None and size > limit:
                    raise too_large(limit)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as slow:
        raise BodyTooSlow(
            f"the body took longer than {seconds:g} seconds; send it again over a better line",
            f"استغرق إرسال الطلب أكثر من {seconds:g} ثانية؛ أعد إرساله على اتصال أفضل",
        ) from slow


def too_large(limit: int) -> BodyTooLarge:
    """The refusal of a body."""
    return BodyTooLarge(
        f"the body has more than {limit} bytes; send less at once",
        f"حجم الطلب أكبر من {limit} بايت؛ قسّمه إلى طلبات أصغر",
    )


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, and then whatever else happens."""
    is_told = False

    async def again() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class BoundedBodies:
    """Reads what is posted to the API before anybody else does, within the limits of its address."""

    def __init__(self, app: ASGIApp, seconds: float = SLOWEST_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_of(scope["path"]) if scope["type"] == "http" and scope["method"] not in _BODILESS else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        try:
            if _announced(scope) > limit:
                raise too_large(limit)
            body = await whole_body(receive, limit, self._seconds)
        except BodyTooSlow as slow:
            await problem.answer_to(slow, {"connection": "close"})(scope, receive, send)
            return
        except DealixError as refused:
            # The line stays open: whoever still sends would lose this answer with it.
            await problem.answer_to(refused)(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)


_BODILESS = ("GET", "HEAD", "OPTIONS")


def limit_of(path: str) -> int | None:
    """How many bytes an address takes; None where it counts by itself."""
    return next((limit for prefix, limit in LIMITS if path.startswith(prefix)), ELSEWHERE)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else 0
