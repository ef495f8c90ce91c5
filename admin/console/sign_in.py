"""
Signing in at the identity provider: there with a challenge, back with a code.

Rule 1: state, nonce and PKCE: an answer counts only in the browser that asked for it, once, and only for the code
        that was made for it.
Rule 2: what the browser carries meanwhile is signed by us, read by no script, and gone in ten minutes.
Rule 3: whoever comes back and is nobody here is told so, and gets no session.
"""

import hmac
import secrets
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from ulid import ULID

from admin.console import plain_pages
from admin.console.cookies import UNKEPT, cookie_of, is_https, set_session
from admin.console.home import home_of
from admin.console.rooms import House
from bot.access import ProviderAway, Unauthenticated
from bot.access.keyring import SIGN_IN_LASTS, not_valid
from bot.access.provider import Provider

logger = structlog.get_logger()

SIGN_IN = "/console/sign-in"
SIGNED_IN = "/console/signed-in"

COOKIE = "dealix_sign_in"

_RANDOM_BYTES = 32


async def leave_for_provider(request: Request, house: House, provider: Provider, there: str) -> Response:
    """Send a browser to the provider."""
    carried = {name: secrets.token_urlsafe(_RANDOM_BYTES) for name in ("state", "nonce", "verifier")}
    try:
        address = await provider.sign_in_url(_redirect_url(request, provider), **carried)
    except ProviderAway:
        return _away()
    answer = RedirectResponse(address, status_code=303, headers=UNKEPT)
    answer.set_cookie(
        COOKIE,
        house.keyring.keep({**carried, "next": there}, house.notebook.now()),
        max_age=int(SIGN_IN_LASTS.total_seconds()),
        path=SIGNED_IN,
        httponly=True,
        # Lax: the provider leads back from another site, and strict cookies stay home then.
        samesite="lax",
        secure=is_https(request),
    )
    return answer


async def come_back(request: Request, house: House, provider: Provider) -> Response:
    """Take what the provider says about a browser that was sent there. Raises LockedOut."""
    reception, now = house.trust.who.reception, house.notebook.now()
    try:
        kept = house.keyring.kept(cookie_of(request.headers, COOKIE), now)
        code = await _code(request, house, provider, kept)
        identity = await provider.signed_in(
            code, _redirect_url(request, provider), kept["nonce"], kept["verifier"], now
        )
        tenant_id, user = await reception.signed_in(identity)
    except ProviderAway:
        return _away()
    except Unauthenticated as refused:
        logger.info("sign_in_refused", reason=type(refused).__name__)
        await reception.was_wrong(request.client.host if request.client else "", "sign_in")
        return _forgotten(HTMLResponse(plain_pages.not_signed_in(), status_code=401, headers=UNKEPT))
    token = house.keyring.open_session(tenant_id, user.role, user.name, now, str(ULID()), user.id)
    answer = HTMLResponse(plain_pages.onward(kept["next"] or home_of(user.roles)), headers=UNKEPT)
    set_session(answer, token, is_secure=is_https(request))
    return _forgotten(answer)


async def _code(request: Request, house: House, provider: Provider, kept: dict[str, str]) -> str:
    """The code of an answer that belongs to this browser and was not used before. Raises Unauthenticated."""
    said = request.query_params
    if not hmac.compare_digest(said.get("state", "").encode(), kept["state"].encode()):
        raise not_valid("another browser")
    if said.get("iss", provider.config.issuer) != provider.config.issuer:
        raise not_valid("another provider")  # RFC 9207: a mix-up of providers
    if not said.get("code"):
        raise not_valid("the provider said no")
    if not await house.store.marks.first_time("sign_in", kept["state"], house.notebook.now()):
        raise not_valid("used before")
    return said["code"]


def _redirect_url(request: Request, provider: Provider) -> str:
    if provider.config.public_url:
        return f"{provider.config.public_url}{SIGNED_IN}"
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    return f"{'https' if is_https(request) else 'http'}://{quote(host, safe=':[].-')}{SIGNED_IN}"


def _away() -> Response:
    return HTMLResponse(plain_pages.provider_away(), status_code=503, headers={"retry-after": "60", **UNKEPT})


def _forgotten(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, path=SIGNED_IN, httponly=True, samesite="lax")
    return answer
