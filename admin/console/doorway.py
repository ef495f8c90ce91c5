"""
Who may come in to the simulator.

The page acts as Sami and asks for no password. So:

Rule 1: only this machine. The caller's address is loopback, and nobody forwarded the request.
Rule 2: only by its own name. A foreign name that points to 127.0.0.1 (DNS rebinding) is refused, and so is
        another site's script that opens our socket.
Rule 3: only while there is a simulated phone.
Rule 4: whoever is refused reads why, and what to do, in Arabic and English.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.console import plain_pages
from admin.console.rooms import House

HERE = "/simulator"

OUR_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# A proxy on this machine calls from loopback too; these are how it says for whom.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

# NiceGUI compiles its templates in the browser, hence the two `unsafe`; nothing may come from or go to elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Doorway:
    """Stands before the whole application and takes the requests that belong to the page."""

    def __init__(
        self, app: ASGIApp, house: Callable[[], House | None], pages: Callable[[], Awaitable[ASGIApp]]
    ) -> None:
        self._app = app
        self._house = house
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        answer = self._answer(scope)
        if answer is None:
            await (await self._pages())(scope, receive, _guarded(send))
        elif scope["type"] == "http":
            await answer(scope, receive, _guarded(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _answer(self, scope: Scope) -> Response | None:
        """What is said at the door; None to let the caller in."""
        refused = why_not(_address(scope), Headers(scope=scope))
        if refused:
            return HTMLResponse(plain_pages.refused(refused, _port(scope)), status_code=403)
        if scope["path"] == "/":
            return RedirectResponse(f"{HERE}/")
        house = self._house()
        if house is None:
            return HTMLResponse(plain_pages.starting(), status_code=503, headers={"retry-after": "1"})
        if house.simulated is None:
            return HTMLResponse(plain_pages.refused("no_simulator", _port(scope)), status_code=403)
        return None


def why_not(address: str, headers: Headers) -> str:
    """The name of the reason to refuse a caller, empty when there is none."""
    if not _is_loopback(address) or any(name in headers for name in FORWARDED):
        return "from_elsewhere"
    if _host(f"//{headers.get('host', '')}") not in OUR_NAMES:
        return "foreign_name"
    origin = headers.get("origin", "")
    if origin and _host(origin) not in OUR_NAMES:
        return "foreign_site"
    return ""


def _is_ours(path: str) -> bool:
    return path in ("/", HERE) or path.startswith(f"{HERE}/")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _port(scope: Scope) -> int:
    server = scope.get("server")
    return server[1] if server and server[1] else 80


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _guarded(send: Send) -> Send:
    """Add the headers that keep the page to itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            _set(headers, _HEADERS)
        await send(message)

    return sending


_HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)


def _set(headers: MutableHeaders, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        headers[name] = value
