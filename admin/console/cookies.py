"""
What the browser keeps to be somebody on the console.

Rule 1: no script reads it, no other site sends it, and over https nothing else carries it.
Rule 2: it is for the console only. That is why it is not called `__Host-`: such a cookie belongs to every path,
        and ours shall not travel with calls of the API and webhooks. What `__Host-` keeps out is a cookie planted
        by a neighbouring name; here it would have to be a session that we signed, under whose own name the page
        stands then.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from bot.access import SESSION_LASTS

COOKIE = "dealix_console"
PATH = "/console"

# Nobody keeps these pages: they depend on who asks.
UNKEPT = {"cache-control": "no-store"}


def set_session(answer: Response, token: str, *, is_secure: bool) -> None:
    """Let a browser be this person from now on."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )


def forget_session(answer: Response) -> None:
    """Let a browser be nobody again."""
    answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")


def cookie_of(headers: Headers, wanted: str) -> str:
    """The value of a cookie, empty when there is none."""
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return ""


def is_https(request: Request) -> bool:
    """Where TLS ends in a proxy before us, the proxy says so."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").split(",")[0].strip())
