"""
Tokens, sessions and links that this installation signs itself.

Rule 1: the algorithm, issuer, audience and expiry are pinned; a token without them is no token.
Rule 2: a token opens one door: its audience says which.
Rule 3: what it says of somebody counts only while nobody of that name is a user of the tenant (`reception.py`).
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from bot.access.principal import ROLES, Principal, Unauthenticated, console_human
from bot.people import Human

ISSUER = "dealix"
AUDIENCE = "dealix-api"
CONSOLE_AUDIENCE = "dealix-console"
LOGIN_AUDIENCE = "dealix-login"
SIGN_IN_AUDIENCE = "dealix-sign-in"
ALGORITHM = "HS256"
_KEY_BYTES = 48

# A working day; a page that stays open longer asks who sits there now.
SESSION_LASTS = timedelta(hours=12)

# From a terminal into a browser, or through a chat to somebody who waits for it.
LOGIN_LASTS = timedelta(minutes=10)

# A password, a second factor, and a telephone that was in another room.
SIGN_IN_LASTS = timedelta(minutes=10)


BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who may use the console."""

    visitor: Human
    tenant_id: str
    roles: frozenset[str]
    until: datetime
    id: str = ""
    """What `leave` ends; empty for a session that only ends by itself or with all of its person's."""
    since: datetime = BEGINNING
    user_id: str = ""
    """The user who signed in at the identity provider; others are found by their name."""

    @property
    def role(self) -> str:
        """The first of the roles, for those who show one."""
        return next((role for role in ROLES if role in self.roles), "")


@dataclass(frozen=True, slots=True)
class Login:
    """A link that lets somebody in once."""

    id: str
    """What `first_time` remembers, so that it is once."""
    name: str
    tenant_id: str
    role: str


class Keyring:
    """The signing key of this installation, made at first use."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "token.key"

    def issue(self, tenant_id: str, role: str, now: datetime, valid_for: timedelta, subject: str = "") -> str:
        """A bearer token. Raises ValueError for a role that does not exist."""
        return self._sign(AUDIENCE, subject or role, tenant_id, role, now, valid_for)

    def open_session(
        self, tenant_id: str, role: str, name: str, now: datetime, new_id: str = "", user_id: str = ""
    ) -> str:
        """
        What a browser keeps to be this person on the console.

        Raises ValueError for a role that does not exist, BadRequest for a name that is none.
        """
        more = {"ms": int(now.timestamp() * 1000), "jti": new_id, "user": user_id}
        name = console_human(name).name
        return self._sign(CONSOLE_AUDIENCE, name, tenant_id, role, now, SESSION_LASTS, more)

    def session(self, token: str, now: datetime) -> Session:
        """Who a browser's token names. Raises Unauthenticated."""
        claims = self._verified(CONSOLE_AUDIENCE, token, now)
        return Session(
            visitor=console_human(str(claims["sub"])),
            tenant_id=str(claims["tenant"]),
            roles=frozenset({str(claims["role"])}),
            until=datetime.fromtimestamp(claims["exp"], UTC),
            id=str(claims.get("jti", "")),
            since=datetime.fromtimestamp(int(claims.get("ms", claims["iat"] * 1000)) / 1000, UTC),
            user_id=str(claims.get("user", "")),
        )

    def open_login(self, tenant_id: str, role: str, name: str, now: datetime, new_id: str) -> str:
        """
        The key of a link that lets this person in once: `<address>/console/enter?key=<key>`.

        Raises ValueError for a role that does not exist, BadRequest for a name that is none.
        """
        return self._sign(
            LOGIN_AUDIENCE, console_human(name).name, tenant_id, role, now, LOGIN_LASTS, {"jti": new_id}
        )

    def login(self, key: str, now: datetime) -> Login:
        """Whom a link lets in; the caller makes sure that it is used once. Raises Unauthenticated."""
        claims = self._verified(LOGIN_AUDIENCE, key, now, "jti")
        return Login(str(claims["jti"]), str(claims["sub"]), str(claims["tenant"]), str(claims["role"]))

    def keep(self, what: dict[str, str], now: datetime) -> str:
        """What one browser carries to the identity provider and back, so that nobody else's answer fits."""
        claims = {"iss": ISSUER, "aud": SIGN_IN_AUDIENCE, "iat": now, "exp": now + SIGN_IN_LASTS, "kept": what}
        return jwt.encode(claims, self._key(), algorithm=ALGORITHM)

    def kept(self, token: str, now: datetime) -> dict[str, str]:
        """What `keep` was given. Raises Unauthenticated."""
        claims = self._claims(SIGN_IN_AUDIENCE, token, now, ("kept",))
        return {str(name): str(value) for name, value in dict(claims["kept"]).items()}

    def read(self, authorization: str) -> Principal:
        """Who an `Authorization` header names. Raises Unauthenticated."""
        return self.bearer(bearer_token(authorization))

    def bearer(self, token: str) -> Principal:
        """Who a token of ours for the API names. Raises Unauthenticated."""
        try:
            claims = jwt.decode(
                token,
                self._key(),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "tenant", "role"]},
            )
        except (jwt.PyJWTError, ValueError) as refused:  # ValueError: a header that is no text
            raise not_valid(type(refused).__name__) from refused
        if claims["role"] not in ROLES:
            raise Unauthenticated(
                "the token names a role that does not exist; `dealix token` prints a new one",
                "رمز الدخول يسمّي دورًا غير موجود؛ الأمر dealix token يطبع رمزًا جديدًا",
            )
        if not isinstance(claims["tenant"], str) or not claims["tenant"]:
            raise not_valid("no tenant")
        return Principal(str(claims["sub"]), claims["tenant"], frozenset({claims["role"]}))

    def _sign(
        self,
        audience: str,
        subject: str,
        tenant_id: str,
        role: str,
        now: datetime,
        valid_for: timedelta,
        more: dict[str, Any] | None = None,
    ) -> str:
        if role not in ROLES:
            raise ValueError(f"{role!r} is not a role: choose one of {', '.join(ROLES)}")
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": subject,
            "tenant": tenant_id,
            "role": role,
            "iat": now,
            "exp": now + valid_for,
            **(more or {}),
        }
        return jwt.encode(claims, self._key(), algorithm=ALGORITHM)

    def _verified(self, audience: str, token: str, now: datetime, *more: str) -> dict[str, Any]:
        claims = self._claims(audience, token, now, ("sub", "tenant", "role", *more))
        if claims["role"] not in ROLES:
            raise _too_old()
        return claims

    def _claims(self, audience: str, token: str, now: datetime, required: tuple[str, ...]) -> dict[str, Any]:
        """The claims of a token for the console; its age is judged by `now`, not by the wall clock."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token.strip(),
                self._key(),
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                options={"require": ["exp", "iat", *required], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError) as refused:
            raise Unauthenticated(
                f"this key is not valid here ({type(refused).__name__}); ask for a new one",
                "هذا المفتاح غير صالح هنا؛ اطلب مفتاحًا جديدًا",
            ) from refused
        if not isinstance(claims["exp"], int) or claims["exp"] <= now.timestamp():
            raise _too_old()
        return claims

    def _key(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not at all: processes that start together must never read half a key.
        fresh = self._file.with_name(f"{self._file.name}.{os.urandom(8).hex()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, self._file)
        except FileExistsError:
            pass  # another process was faster; its key counts
        finally:
            fresh.unlink()
        return self._file.read_bytes()


def bearer_token(authorization: str) -> str:
    """The token of an `Authorization` header. Raises Unauthenticated."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(
            "send a token: Authorization: Bearer <token>; `dealix token` prints one",
            "أرسل رمز الدخول في الترويسة Authorization: Bearer؛ الأمر dealix token يطبع واحدًا",
        )
    return token.strip()


def not_valid(why: str) -> Unauthenticated:
    """A token that is none of ours; never says what was in it."""
    return Unauthenticated(
        f"the token is not valid here ({why}); `dealix token` prints a new one",
        "رمز الدخول غير صالح هنا؛ الأمر dealix token يطبع رمزًا جديدًا",
    )


def _too_old() -> Unauthenticated:
    return Unauthenticated("this key is too old; ask for a new one", "انتهت مدة هذا المفتاح؛ اطلب مفتاحًا جديدًا")
