"""
How somebody becomes somebody: says a name on this machine, signs in at the identity provider, or comes by a link
that lets in once.

Rule 1: a name without a password is believed on this machine only, and only while the phone there is simulated.
        Where messages reach real people, the identity provider says who comes, or whoever may use the shell hands
        out a link (`dealix login`).
Rule 2: a link is used by pressing its button, once. Looking at it uses nothing up, so the preview of a chat does
        not let a robot in.
Rule 3: the browser keeps a signed token that no script reads and no other site sends (`cookies.py`). Whether it
        still counts is asked every time: who was deactivated, or has left, is out.
Rule 4: whoever is a user comes in as that user, with their roles, whatever a form or a link says.
"""

from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope
from ulid import ULID

from admin.console import hello_page, plain_pages
from admin.console.cookies import COOKIE, UNKEPT, cookie_of, forget_session, is_https, set_session
from admin.console.home import home_of
from admin.console.rooms import House
from admin.console.sign_in import SIGN_IN, SIGNED_IN, come_back, leave_for_provider
from bot.access import LockedOut, Session, Unauthenticated
from bot.errors import BadRequest, DealixError

__all__ = ["COOKIE", "DOORS", "ENTER", "HELLO", "LEAVE", "SIGN_IN", "answer", "session_of"]

HELLO = "/console/hello"
ENTER = "/console/enter"
LEAVE = "/console/leave"
DOORS = (HELLO, ENTER, LEAVE, SIGN_IN, SIGNED_IN)

# Who may say so without a link; `executive` and the like come by link.
ROLES_TO_CHOOSE = ("rules_editor", "approver", "dpo", "admin")

# A name, a role, a tenant and an address are far below.
FORM_BYTES = 8_192


async def session_of(headers: Headers, house: House) -> Session | None:
    """Who shows a token that is valid now; None for everybody else."""
    token = cookie_of(headers, COOKIE)
    if not token:
        return None
    try:
        session = house.keyring.session(token, house.notebook.now())
        if session.tenant_id not in house.tenants:
            return None
        return await house.trust.who.reception.visitor(session)
    except (Unauthenticated, BadRequest):
        return None


async def answer(
    scope: Scope, receive: Receive, house: House, session: Session | None, *, is_this_machine: bool
) -> Response:
    """One of the doors."""
    if scope["type"] != "http":
        return Response(status_code=404)
    request = Request(scope, receive)
    if request.method not in ("GET", "HEAD", "POST"):
        return Response(status_code=405)
    form = await _form(request) if request.method == "POST" else {}
    if form is None:
        return Response(status_code=413)
    try:
        return await _at_door(request, house, session, form, is_this_machine=is_this_machine)
    except LockedOut as locked:
        seconds = int(locked.details["retry_after_seconds"])
        headers = {"retry-after": str(seconds), **UNKEPT}
        return HTMLResponse(plain_pages.locked_out(seconds), status_code=429, headers=headers)
    except house.store.unreachable:
        return HTMLResponse(plain_pages.starting(), status_code=503, headers={"retry-after": "1", **UNKEPT})


async def _at_door(
    request: Request, house: House, session: Session | None, form: dict[str, str], *, is_this_machine: bool
) -> Response:
    is_pressed, path = request.method == "POST", request.url.path
    there = _next(form.get("next") or request.query_params.get("next", ""))
    if path == LEAVE:
        return await _leave(house, session, form) if is_pressed else _elsewhere("/console/")
    if path == ENTER:
        key = form.get("key", "") if is_pressed else request.query_params.get("key", "")
        return await _enter(request, house, key, is_pressed=is_pressed)
    if path in (SIGN_IN, SIGNED_IN):
        return await _sign_in(request, house, there)
    if not is_this_machine or house.simulated is None:
        return HTMLResponse(plain_pages.no_key(), status_code=401, headers=UNKEPT)
    return await _say_hello(request, house, form, there) if is_pressed else _hello(house, there)


async def _sign_in(request: Request, house: House, there: str) -> Response:
    provider = house.trust.who.reception.provider
    if provider is None or not provider.has_sign_in:
        return HTMLResponse(plain_pages.no_key(), status_code=401, headers=UNKEPT)
    if request.method == "POST":
        return Response(status_code=405)
    if request.url.path == SIGNED_IN:
        return await come_back(request, house, provider)
    return await leave_for_provider(request, house, provider, there)


def _hello(house: House, there: str, name: str = "", wrong: DealixError | None = None) -> Response:
    body = hello_page.hello(there, name, list(house.tenants.values()), ROLES_TO_CHOOSE, wrong)
    return HTMLResponse(body, status_code=422 if wrong else 200, headers=UNKEPT)


async def _say_hello(request: Request, house: House, form: dict[str, str], there: str) -> Response:
    role, tenant_id = form.get("role", ""), form.get("tenant") or next(iter(house.tenants))
    name = form.get("name", "")
    if role not in ROLES_TO_CHOOSE or tenant_id not in house.tenants:
        wrong = BadRequest("choose what you do here", "اختر ما تفعله هنا")
        return _hello(house, there, name, wrong)
    try:
        role = await house.trust.who.reception.role_of(tenant_id, name, role)
        token = house.keyring.open_session(tenant_id, role, name, house.notebook.now(), str(ULID()))
    except (BadRequest, Unauthenticated) as refused:
        return _hello(house, there, name, refused)
    return _in(request, token, there or home_of(frozenset({role})))


async def _enter(request: Request, house: House, key: str, *, is_pressed: bool) -> Response:
    now, reception = house.notebook.now(), house.trust.who.reception
    try:
        login = house.keyring.login(key, now)
        if login.tenant_id not in house.tenants:
            return _no_more()
        role = await reception.role_of(login.tenant_id, login.name, login.role)
        if not is_pressed:
            return HTMLResponse(hello_page.enter(key, login.name, role), headers=UNKEPT)
        if not await house.store.marks.first_time("console_login", login.id, now):
            return _no_more()
        token = house.keyring.open_session(login.tenant_id, role, login.name, now, str(ULID()))
    except (Unauthenticated, BadRequest):
        await reception.was_wrong(request.client.host if request.client else "", "login_link")
        return _no_more()
    return _in(request, token, home_of(frozenset({role})))


def _no_more() -> Response:
    return HTMLResponse(plain_pages.used_key(), status_code=401, headers=UNKEPT)


def _in(request: Request, token: str, there: str) -> Response:
    answer = RedirectResponse(there, status_code=303, headers=UNKEPT)
    set_session(answer, token, is_secure=is_https(request))
    return answer


async def _leave(house: House, session: Session | None, form: dict[str, str]) -> Response:
    """This session, or every session of this person, counts no more."""
    if session is not None:
        reception = house.trust.who.reception
        await reception.leave(session)
        if form.get("everywhere"):
            await reception.leave_everywhere(session.tenant_id, session.visitor, session.visitor)
    answer = _elsewhere("/console/book")
    forget_session(answer)
    return answer


def _elsewhere(path: str) -> Response:
    return RedirectResponse(path, status_code=303, headers=UNKEPT)


def _next(path: str) -> str:
    """
    Where to go afterwards: a page of the console, and nothing that leads away from it.

    Empty when nothing was asked for: the role says.
    """
    if not path:
        return ""
    is_ours = path.startswith("/console/") and "\\" not in path and path.isprintable()
    return quote(path, safe="/?=&%-_.~:") if is_ours and not path.startswith(DOORS) else "/console/book"


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
