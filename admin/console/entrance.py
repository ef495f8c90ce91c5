"""
How somebody becomes somebody: says a name on this machine, or comes by a link that lets in once.

Rule 1: a name without a password is believed on this machine only, and only while the phone there is simulated.
        Where messages reach real people, whoever may use the shell hands out a link (`dealix login`).
Rule 2: a link is used by pressing its button, once. Looking at it uses nothing up, so the preview of a chat does
        not let a robot in.
Rule 3: the browser keeps a signed token that no script reads and no other site sends.
"""

from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from admin.console import hello_page, plain_pages
from admin.console.rooms import House
from bot.access import SESSION_LASTS, Session, Unauthenticated
from bot.errors import BadRequest

COOKIE = "dealix_console"

HELLO = "/console/hello"
ENTER = "/console/enter"
LEAVE = "/console/leave"
DOORS = (HELLO, ENTER, LEAVE)

# Who may say so without a link; `executive` and the like come by link.
ROLES_TO_CHOOSE = ("rules_editor", "approver", "admin")

# A name, a role, a tenant and an address are far below.
FORM_BYTES = 8_192

# Nobody keeps these pages: they depend on who asks.
_UNKEPT = {"cache-control": "no-store"}


def session_of(headers: Headers, house: House) -> Session | None:
    """Who shows a valid token; None for everybody else."""
    token = _cookie(headers)
    if not token:
        return None
    try:
        session = house.keyring.session(token, house.notebook.now())
    except (Unauthenticated, BadRequest):
        return None
    return session if session.tenant_id in house.tenants else None


async def answer(scope: Scope, receive: Receive, house: House, *, is_this_machine: bool) -> Response:
    """One of the doors."""
    if scope["type"] != "http":
        return Response(status_code=404)
    request = Request(scope, receive)
    if request.method not in ("GET", "HEAD", "POST"):
        return Response(status_code=405)
    is_pressed = request.method == "POST"
    form = await _form(request) if is_pressed else {}
    if form is None:
        return Response(status_code=413)
    if scope["path"] == LEAVE:
        return _left() if is_pressed else RedirectResponse("/console/", status_code=303)
    if scope["path"] == ENTER:
        key = form.get("key", "") if is_pressed else request.query_params.get("key", "")
        return await _enter(request, house, key, is_pressed=is_pressed)
    if not is_this_machine or house.simulated is None:
        return HTMLResponse(plain_pages.no_key(), status_code=401, headers=_UNKEPT)
    there = _next(form.get("next") or request.query_params.get("next", ""))
    if not is_pressed:
        return _hello(house, there)
    return _say_hello(request, house, form, there)


def _hello(house: House, there: str, name: str = "", wrong: BadRequest | None = None) -> Response:
    body = hello_page.hello(there, name, list(house.tenants.values()), ROLES_TO_CHOOSE, wrong)
    return HTMLResponse(body, status_code=422 if wrong else 200, headers=_UNKEPT)


def _say_hello(request: Request, house: House, form: dict[str, str], there: str) -> Response:
    role, tenant_id = form.get("role", ""), form.get("tenant") or next(iter(house.tenants))
    name = form.get("name", "")
    if role not in ROLES_TO_CHOOSE or tenant_id not in house.tenants:
        wrong = BadRequest("choose what you do here", "اختر ما تفعله هنا")
        return _hello(house, there, name, wrong)
    try:
        token = house.keyring.open_session(tenant_id, role, name, house.notebook.now())
    except BadRequest as refused:
        return _hello(house, there, name, refused)
    return _in(request, token, there)


async def _enter(request: Request, house: House, key: str, *, is_pressed: bool) -> Response:
    now = house.notebook.now()
    try:
        login = house.keyring.login(key, now)
        if login.tenant_id not in house.tenants:
            return _no_more()
        if not is_pressed:
            return HTMLResponse(hello_page.enter(key, login.name, login.role), headers=_UNKEPT)
        if not await house.store.marks.first_time("console_login", login.id, now):
            return _no_more()
        token = house.keyring.open_session(login.tenant_id, login.role, login.name, now)
    except (Unauthenticated, BadRequest):
        return _no_more()
    except house.store.unreachable:
        return HTMLResponse(plain_pages.starting(), status_code=503, headers={"retry-after": "1", **_UNKEPT})
    return _in(request, token, "/console/book")


def _no_more() -> Response:
    return HTMLResponse(plain_pages.used_key(), status_code=401, headers=_UNKEPT)


def _in(request: Request, token: str, there: str) -> Response:
    answer = RedirectResponse(there, status_code=303, headers=_UNKEPT)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        path="/console",
        httponly=True,
        samesite="strict",
        secure=_is_https(request),
    )
    return answer


def _left() -> Response:
    answer = RedirectResponse("/console/book", status_code=303, headers=_UNKEPT)
    answer.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
    return answer


def _is_https(request: Request) -> bool:
    """Where TLS ends in a proxy before us, the proxy says so."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").split(",")[0].strip())


def _next(path: str) -> str:
    """Where to go afterwards: a page of the console, and nothing that leads away from it."""
    is_ours = path.startswith("/console/") and "\\" not in path and path.isprintable()
    return quote(path, safe="/?=&%-_.~:") if is_ours and not path.startswith(DOORS) else "/console/book"


def _cookie(headers: Headers) -> str:
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None when there is more than any form of ours has."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES:
                return None
    except ClientDisconnect:
        return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[-1] for name, values in fields.items()}
