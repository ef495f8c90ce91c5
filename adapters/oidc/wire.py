"""
Speaks to an OpenID provider: discovery, its keys, and a code turned into an id token.

Rule 1: nothing is waited for longer than a few seconds, nothing larger than a provider needs is read, and no
        redirect is followed.
Rule 2: only https, except to this machine itself.
Rule 3: no code, secret or token gets into an error or a log.
"""

import json
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from bot.access.provider import Discovered, WireAway

# Somebody waits before a browser, and every API call with a new key waits too.
TIMEOUT_SECONDS = 5.0

# Microsoft's key list has about 20 kB; ten times as much is nobody's.
LARGEST_ANSWER_BYTES = 262_144

_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class OidcWire:
    """`bot.access.provider.Wire` over HTTP. A connection for each call: there are a few an hour."""

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds

    async def discover(self, issuer: str) -> Discovered:
        """Raises WireAway."""
        document = await self._tree("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        names = ("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint")
        values = [document.get(name, "") if isinstance(document, dict) else "" for name in names]
        if not all(isinstance(value, str) for value in values) or not values[0] or not values[1]:
            raise WireAway("its discovery document says too little")
        for url in filter(None, values[1:]):
            _require_safe(url)
        return Discovered(*values)

    async def keys(self, jwks_url: str) -> Sequence[Mapping[str, Any]]:
        """Raises WireAway."""
        document = await self._tree("GET", jwks_url)
        keys = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(keys, list):
            raise WireAway("its list of keys is none")
        return keys

    def sign_in_url(
        self, authorize_url: str, *, client_id: str, redirect_url: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Raises WireAway."""
        if not authorize_url:
            raise WireAway("it has no page to sign in at")
        return prepare_grant_uri(
            authorize_url,
            client_id,
            "code",
            redirect_uri=redirect_url,
            scope="openid profile email",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )

    async def exchange(
        self, token_url: str, *, client_id: str, client_secret: str, redirect_url: str, code: str, verifier: str
    ) -> str | None:
        """Raises WireAway."""
        if not token_url:
            raise WireAway("it has no place to turn a code into a token")
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=redirect_url,
            code=code,
            code_verifier=verifier,
            client_id=client_id,
        )
        headers = dict(_FORM)
        if client_secret:
            auth = ClientAuth(client_id, client_secret, "client_secret_basic")
            _, headers, body = auth.prepare("POST", token_url, headers, body)
        status, tree = await self._call("POST", token_url, body, headers)
        if status in (400, 401, 403):
            return None
        token = tree.get("id_token") if status == httpx.codes.OK and isinstance(tree, dict) else None
        if not isinstance(token, str):
            raise WireAway(f"it answered {status} to a code, without an id token")
        return token

    async def _tree(self, method: str, url: str) -> Any:
        status, tree = await self._call(method, url)
        if status != httpx.codes.OK:
            raise WireAway(f"it answered {status}")
        return tree

    async def _call(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of an answer; None for what is not JSON. Raises WireAway."""
        _require_safe(url)
        asked = dict(headers or {"accept": "application/json"})
        try:
            async with (
                httpx.AsyncClient(
                    timeout=self._timeout_seconds, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(method, url, content=body, headers=asked) as answer,
            ):
                return answer.status_code, _json(await _bounded(answer))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as away:
            raise WireAway(type(away).__name__) from away


async def _bounded(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER_BYTES:
            raise WireAway("it sent more than any provider does")
    return body


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _require_safe(url: str) -> None:
    """Raises WireAway for an address that others on the way could answer for."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))
    except ValueError:
        is_safe = False
    if not is_safe:
        raise WireAway("an address of it is not https")


def _is_here(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback
