"""
Who may come in to the console.

Rule 1: the simulator acts as Sami and asks for no password. It opens on this machine only: the caller's address
        is loopback, and nobody forwarded the request. And only while there is a simulated phone.
Rule 2: on this machine only by its own name. A foreign name that points to 127.0.0.1 (DNS rebinding) is refused,
        and so is another site's script that opens our socket.
Rule 3: every other page is for somebody by name: whoever comes shows the key that `entrance.py` has given.
Rule 4: whoever is refused reads why, and what to do, in Arabic and English.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.console import entrance, plain_pages
from admin.console.home import INBOX, home_of
from admin.console.rooms import House
from bot.access import Session

HERE = "/console"
SIMULATOR = f"{HERE}/simulator"

# Where the simulator stood before; bookmarks and old terminals still name it.
_MOVED = {
    "/simulator": SIMULATOR,
    "/simulator/": SIMULATOR,
    "/simulator/en": f"{HERE}/en/simulator",
}
_HOME = ("/", HERE, f"{HERE}/")
_SIMULATORS = (SIMULATOR, f"{HERE}/en/simulator")

# What the pages are drawn with: the same for everybody, nothing of a tenant in it.
_SUPPLIES = (f"{HERE}/static/", f"{HERE}/_nicegui/")
_SOCKET = f"{HERE}/_nicegui_ws/"

OUR_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# A proxy on this machine calls from loopback too; these are how it says for whom.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

# Under this name a page finds who came in.
VISITOR = "dealix.visitor"

# NiceGUI compiles its templates in the browser, hence the two `unsafe`; nothing may come from or go to elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class Doorway:
    """Stands before the whole application and takes the requests that belong to the console."""

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
        answer = await self._answer(scope, receive)
        if answer is None:
            await (await self._pages())(scope, receive, _guarded(send))
        elif scope["type"] == "http":
            await answer(scope, receive, _guarded(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """What is said at the door; None to let the caller in."""
        path, headers = scope["path"], Headers(scope=scope)
        stranger = why_not(_address(scope), headers)
        house = self._house()
        if path in _MOVED:
            return _elsewhere(_MOVED[path], scope)
        if stranger and path in _SIMULATORS:
            return _refused(stranger, scope)
        if house is None:
            return HTMLResponse(plain_pages.starting(), status_code=503, headers={"retry-after": "1"})
        if path in _SIMULATORS:
            return _refused("no_simulator", scope) if house.simulated is None else None
        if stranger and is_foreign(headers):
            return _refused("foreign_site", scope)
        if _is_forged(scope, headers):
            return _refused("foreign_site", scope)
        try:
            session = await entrance.session_of(headers, house)
        except house.store.unreachable:
            return HTMLResponse(plain_pages.starting(), status_code=503, headers={"retry-after": "1"})
        if path in _HOME:
            return _elsewhere(self._home(session, stranger, house), scope)
        if path in entrance.DOORS:
            return await entrance.answer(scope, receive, house, session, is_this_machine=not stranger)
        if path.startswith((*_SUPPLIES, _SOCKET)):
            return None if session is not None or not stranger else _refused(stranger, scope)
        return self._to_a_page(scope, session, stranger, house)

    def _home(self, session: Session | None, stranger: str, house: House) -> str:
        """The page of one's work; where nobody is known and nothing is real, the phone to play with."""
        if session is not None:
            return home_of(session.roles)
        has_simulator = not stranger and house.simulated is not None
        return SIMULATOR if has_simulator else f"{HERE}/{INBOX}"

    def _to_a_page(self, scope: Scope, session: Session | None, stranger: str, house: House) -> Response | None:
        if session is not None:
            scope[VISITOR] = session
            return None
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site") == "cross-site" and entrance.COOKIE not in headers.get("cookie", ""):
            # A link in somebody else's page: the browser keeps our cookie back until the visit is our own.
            return HTMLResponse(plain_pages.again())
        if not stranger and house.simulated is not None:
            there = quote(scope["path"] + _query(scope), safe="/")
            return RedirectResponse(f"{entrance.HELLO}?next={there}", status_code=303)
        if stranger == "foreign_name" and house.simulated is not None:
            return _refused(stranger, scope)
        provider = house.trust.who.reception.provider
        if provider is not None and provider.has_sign_in:
            there = quote(scope["path"] + _query(scope), safe="/")
            return HTMLResponse(plain_pages.sign_in(f"{entrance.SIGN_IN}?next={there}"), status_code=401)
        return HTMLResponse(plain_pages.no_key(), status_code=401)


def _is_forged(scope: Scope, headers: Headers) -> bool:
    """
    Whether the browser itself says that another site posts here.

    Beside the origin (`is_foreign`) and the cookie that other sites do not send: three walls, each enough.
    """
    posts = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD")
    return posts and headers.get("sec-fetch-site") in ("cross-site", "same-site")


def why_not(address: str, headers: Headers) -> str:
    """The name of the reason why a caller is not somebody at this machine, empty when it is."""
    if not _is_loopback(address) or any(name in headers for name in FORWARDED):
        return "from_elsewhere"
    if _host(f"//{headers.get('host', '')}") not in OUR_NAMES:
        return "foreign_name"
    origin = headers.get("origin", "")
    if origin and _host(origin) not in OUR_NAMES:
        return "foreign_site"
    return ""


def is_foreign(headers: Headers) -> bool:
    """Whether the script or the form of another site asks. A proxy must hand on under which name it was asked."""
    origin = headers.get("origin", "")
    ours = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return bool(origin) and _netloc(origin) not in ours


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _is_ours(path: str) -> bool:
    return path in ("/", HERE) or path in _MOVED or path.startswith(f"{HERE}/")


def _elsewhere(path: str, scope: Scope) -> Response:
    return RedirectResponse(path + _query(scope))


def _refused(reason: str, scope: Scope) -> Response:
    return HTMLResponse(plain_pages.refused(reason, _port(scope)), status_code=403)


def _query(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"?{query}" if query else ""


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


# Not `no-referrer`: a form would then come back without saying from which site, and could not be told from a
# forged one.
_HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
)


def _set(headers: MutableHeaders, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        headers[name] = value
