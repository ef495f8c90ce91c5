"""
Tokens of an OpenID provider: which keys count, and what its claims mean here.

Rule 1: a token names its key; the key decides the algorithm, and only public-key algorithms are keys here. A
        token that says `none`, or that is signed with a public key as if it were a secret, is refused.
Rule 2: issuer, audience, expiry and not-before are checked on every token; what is an id token for the console is
        no access token for the API, because their audiences differ.
Rule 3: a key that we do not know is looked up anew, but not more often than every few seconds, whoever asks.
Rule 4: while the provider is away, the keys that we have go on for a day. Without the one that is needed, nobody
        can be judged, which is said as such and not as a wrong token.
"""

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt
import structlog
from jwt.algorithms import get_default_algorithms

from bot.access.keyring import not_valid
from bot.access.principal import ROLES, ProviderAway, Unauthenticated

logger = structlog.get_logger()

ALGORITHMS = ("RS256", "ES256", "EdDSA")
assert set(ALGORITHMS) <= set(get_default_algorithms())  # cryptography is installed

_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})

# As often as keys are looked at without need: a key that was withdrawn goes within this time.
KEYS_FRESH_FOR = timedelta(minutes=10)

# Unknown key ids may come from anybody; the provider is not asked more often because of them.
LOOK_AGAIN_AFTER = timedelta(seconds=10)

# Providers are away for hours, not for days; a withdrawn key must not live for ever.
KEYS_GO_ON_FOR = timedelta(hours=24)

# For news about keys that we have, before they are believed as they are.
PATIENCE_SECONDS = 1.0

# Clocks of two machines differ by seconds.
LEEWAY = timedelta(seconds=30)

LONGEST_TOKEN = 16_384
_MOST_KEYS = 64


class WireAway(Exception):
    """The provider did not answer, or not in its own language."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a provider says of itself."""

    issuer: str
    jwks_url: str
    authorize_url: str = ""
    token_url: str = ""


class Wire(Protocol):
    """The way to the provider (`adapters/oidc`); everything here raises WireAway."""

    async def discover(self, issuer: str) -> Discovered: ...

    async def keys(self, jwks_url: str) -> Sequence[Mapping[str, Any]]: ...

    def sign_in_url(
        self, authorize_url: str, *, client_id: str, redirect_url: str, state: str, nonce: str, verifier: str
    ) -> str: ...

    async def exchange(
        self, token_url: str, *, client_id: str, client_secret: str, redirect_url: str, code: str, verifier: str
    ) -> str | None:
        """The id token for a code; None when the provider refuses it."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What an operator has set."""

    issuer: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    public_url: str = ""
    """Where the console stands for the world; empty: as the browser names it."""
    audience: str = ""
    """Of access tokens for the API; empty: none are believed."""
    jwks_url: str = ""
    """Empty: found by discovery."""
    tenant_claim: str = ""
    roles_claim: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the provider has vouched for."""

    issuer: str
    subject: str
    name: str
    email: str
    """Only when verified."""
    tenant: str
    """As claimed; empty when no claim is read for it."""
    roles: frozenset[str]
    """As claimed; those we know."""


class Provider:
    """One identity provider."""

    def __init__(self, config: ProviderConfig, wire: Wire) -> None:
        self.config = config
        self._wire = wire
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._look: asyncio.Task[None] | None = None
        self._discovered: Discovered | None = None
        self._is_away = False

    @property
    def has_sign_in(self) -> bool:
        return bool(self.config.client_id)

    async def bearer(self, token: str, now: datetime) -> Identity:
        """Whom an access token names. Raises Unauthenticated, ProviderAway."""
        if not self.config.audience:
            raise not_valid("no tokens of an identity provider are believed here")
        return self._identity(await self._verified(token, self.config.audience, now))

    async def sign_in_url(self, redirect_url: str, state: str, nonce: str, verifier: str) -> str:
        """Where a browser goes to sign in. Raises ProviderAway."""
        found = await self._discover()
        return self._wire.sign_in_url(
            found.authorize_url,
            client_id=self.config.client_id,
            redirect_url=redirect_url,
            state=state,
            nonce=nonce,
            verifier=verifier,
        )

    async def signed_in(self, code: str, redirect_url: str, nonce: str, verifier: str, now: datetime) -> Identity:
        """Whom the provider has signed in. Raises Unauthenticated, ProviderAway."""
        found = await self._discover()
        try:
            token = await self._wire.exchange(
                found.token_url,
                client_id=self.config.client_id,
                client_secret=self.config.client_secret,
                redirect_url=redirect_url,
                code=code,
                verifier=verifier,
            )
        except WireAway as away:
            raise ProviderAway from away
        if token is None:
            raise not_valid("the code was refused")
        claims = await self._verified(token, self.config.client_id, now)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise not_valid("another sign-in")
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if len(audiences) > 1 and claims.get("azp") != self.config.client_id:
            raise not_valid("another party")
        return self._identity(claims)

    async def _verified(self, token: str, audience: str, now: datetime) -> dict[str, Any]:
        """The claims of a token. Raises Unauthenticated, ProviderAway."""
        if len(token) > LONGEST_TOKEN:
            raise not_valid("too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError) as refused:
            raise not_valid(type(refused).__name__) from refused
        if header.get("alg") not in ALGORITHMS:  # not worth a question to the provider
            raise not_valid("InvalidAlgorithmError")
        kid = header.get("kid", "")
        key = await self._key(kid if isinstance(kid, str) else "", now)
        try:
            return dict(
                jwt.decode(
                    token,
                    key,
                    algorithms=list(ALGORITHMS),
                    audience=audience,
                    issuer=self.config.issuer,
                    leeway=LEEWAY,
                    options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
                )
            )
        except (jwt.PyJWTError, ValueError) as refused:
            raise not_valid(type(refused).__name__) from refused

    async def _key(self, kid: str, now: datetime) -> jwt.PyJWK:
        """The key of this id; without an id, the only one. Raises Unauthenticated, ProviderAway."""
        is_stale = self._keys_at is None or now - self._keys_at >= KEYS_FRESH_FOR
        if self._pick(kid) is None:
            await self._looking(now)
        elif is_stale:
            # Whoever has a key that we know does not wait for a provider that hangs.
            await asyncio.wait({self._looking(now)}, timeout=PATIENCE_SECONDS)
        if self._keys_at is None or now - self._keys_at >= KEYS_GO_ON_FOR:
            raise ProviderAway
        key = self._pick(kid)
        if key is None and self._is_away:
            raise ProviderAway
        if key is None:
            raise not_valid("unknown key")
        return key

    def _pick(self, kid: str) -> jwt.PyJWK | None:
        if kid:
            return self._keys.get(kid)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    def _looking(self, now: datetime) -> asyncio.Task[None]:
        """One look for everybody who wants one now."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._fetch(now), name="identity_provider_keys")
        return self._look

    async def _fetch(self, now: datetime) -> None:
        """Fetch the keys, unless that was just tried; what is known stays when it fails."""
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN_AFTER:
            return
        self._looked_at = now
        try:
            url = self.config.jwks_url or (await self._found()).jwks_url
            keys = _public(await self._wire.keys(url))
        except WireAway as away:
            logger.warning("identity_provider_away", reason=str(away), keys_known=len(self._keys))
            self._is_away, self._discovered = True, None
            return
        self._is_away, self._keys, self._keys_at = False, keys, now

    async def _discover(self) -> Discovered:
        try:
            return await self._found()
        except WireAway as away:
            logger.warning("identity_provider_away", reason=str(away))
            raise ProviderAway from away

    async def _found(self) -> Discovered:
        if self._discovered is None:
            found = await self._wire.discover(self.config.issuer)
            if found.issuer != self.config.issuer:
                raise WireAway("it calls itself by another name than DEALIX_OIDC_ISSUER")
            self._discovered = found
        return self._discovered

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims["sub"])
        is_verified = claims.get("email_verified") is True
        name = claims.get("name") or claims.get("preferred_username") or subject
        return Identity(
            issuer=self.config.issuer,
            subject=subject,
            name=str(name),
            email=str(claims.get("email", "")).strip().casefold() if is_verified else "",
            tenant=_text(_claim(claims, self.config.tenant_claim)),
            roles=_roles(_claim(claims, self.config.roles_claim)),
        )


def _public(fetched: Sequence[Mapping[str, Any]]) -> dict[str, jwt.PyJWK]:
    """The keys that may sign for us; a secret or a key for encryption is none. Raises WireAway."""
    found: dict[str, jwt.PyJWK] = {}
    for position, raw in enumerate(fetched[:_MOST_KEYS]):
        if not isinstance(raw, Mapping) or raw.get("kty") not in _KEY_TYPES or raw.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(dict(raw))
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            logger.warning("identity_provider_key_unreadable", position=position)
            continue
        if key.algorithm_name in ALGORITHMS:  # one that is too short is refused when it is used
            found[str(raw.get("kid") or f"#{position}")] = key
    if not found:
        raise WireAway("it lists no key that could sign")
    return found


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path such as `realm_access.roles`."""
    if not name:
        return None
    if name in claims:
        return claims[name]
    value: Any = claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _roles(value: Any) -> frozenset[str]:
    """The roles of ours among those that a claim names; providers name others of their own."""
    named = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(role for role in ROLES if role in named)


def no_such_person() -> Unauthenticated:
    """The provider knows them, and nobody here does."""
    return Unauthenticated(
        "nobody here knows you yet; ask an admin of your tenant to add you as a user",
        "لا أحد هنا يعرفك بعد؛ اطلب من مدير منشأتك أن يضيفك مستخدمًا",
    )
