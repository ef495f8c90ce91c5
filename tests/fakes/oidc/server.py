"""The server. It checks what a provider checks: client, redirect address, PKCE, and that a code is used once."""

import asyncio
import base64
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.house.running import _Server, eventually

CLIENT_ID = "dealix-console"
CLIENT_SECRET = "a-secret-between-the-two"


@dataclass(frozen=True)
class Pair:
    """A key that signs, as the provider holds it."""

    kid: str
    algorithm: str
    private: Any

    @property
    def public(self) -> dict[str, Any]:
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        tree = json.loads(algorithm.to_jwk(self.private.public_key()))
        return {**tree, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def new_pair(kid: str, algorithm: str = "RS256", bits: int = 2048) -> Pair:
    if algorithm == "ES256":
        return Pair(kid, algorithm, ec.generate_private_key(ec.SECP256R1()))
    if algorithm == "EdDSA":
        return Pair(kid, algorithm, ed25519.Ed25519PrivateKey.generate())
    return Pair(kid, algorithm, rsa.generate_private_key(65537, bits))


class FakeOidc:
    """One provider; see the package's docstring."""

    def __init__(self) -> None:
        self.port = 0
        self.key = new_pair("one")
        self.lists: list[dict[str, Any]] = []
        self.alters: dict[str, Any] = {}
        self.calls_itself = ""
        self.is_slow = 0.0
        self.takes_codes_twice = False
        self.signs_in: dict[str, Any] = {"sub": "u-1", "name": "Noura"}
        self.calls: Counter[str] = Counter()
        self._codes: dict[str, dict[str, str]] = {}
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rotates(self, algorithm: str = "RS256") -> Pair:
        """A new key signs, and the old one is no longer listed; answers the old one."""
        old, self.key = self.key, new_pair(f"{self.key.kid}+", algorithm)
        return old

    def token(self, audience: str, key: Pair | None = None, **claims: Any) -> str:
        """A token as this provider signs it; a claim that is None is left out."""
        now, signed_with = int(time.time()), key or self.key
        every = {"iss": self.url, "aud": audience, "sub": "u-1", "iat": now, "exp": now + 300, **claims}
        stated = {name: value for name, value in every.items() if value is not None}
        headers = {"kid": signed_with.kid}
        return jwt.encode(stated, signed_with.private, algorithm=signed_with.algorithm, headers=headers)

    async def start(self) -> None:
        """Listen; on the same port as before when it was stopped."""
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=self.port, access_log=False, log_level="error"
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(), name="fake_oidc")
        await eventually(lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            await self._serving
            self._server = None

    async def __aenter__(self) -> "FakeOidc":
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def _discovery(self, _: Request) -> Response:
        self.calls["discovery"] += 1
        return JSONResponse(
            {
                "issuer": self.calls_itself or self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
            }
        )

    async def _keys(self, _: Request) -> Response:
        self.calls["keys"] += 1
        await asyncio.sleep(self.is_slow)
        return JSONResponse({"keys": [*self.lists, self.key.public]})

    async def _authorize(self, request: Request) -> Response:
        """Nobody types a password here: whoever comes is signed in."""
        asked = dict(request.query_params)
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        missing = {"state", "nonce", "code_challenge", "redirect_uri"} - set(asked)
        if missing or any(asked.get(name) != value for name, value in wanted.items()):
            return JSONResponse({"error": "invalid_request"}, 400)
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        self.calls["token"] += 1
        form = {name: str(value) for name, value in (await request.form()).items()}
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.get(form.get("code", ""))
        if not self.takes_codes_twice:
            self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (challenge, form["redirect_uri"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"nonce": asked["nonce"], **self.signs_in, **self.alters}
        id_token = self.token(claims.pop("aud", CLIENT_ID), **claims)
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": id_token})
