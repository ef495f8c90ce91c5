"""
Who asks, and for which tenant: bearer tokens signed with the key of this installation.

Rule 1: the tenant comes from the token, never from a parameter.
Rule 2: the algorithm, issuer, audience and expiry are pinned; a token without them is no token.
Rule 3: a token opens one door: what opens the console does not open the API, and a link that lets somebody in is
        no session.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import jwt

from bot.errors import BadRequest, DealixError
from bot.people import Human

ISSUER = "dealix"
AUDIENCE = "dealix-api"
CONSOLE_AUDIENCE = "dealix-console"
LOGIN_AUDIENCE = "dealix-login"
ALGORITHM = "HS256"
ROLES = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")
_KEY_BYTES = 48

# A working day; a page that stays open longer asks who sits there now.
SESSION_LASTS = timedelta(hours=12)

# From a terminal into a browser, or through a chat to somebody who waits for it.
LOGIN_LASTS = timedelta(minutes=10)

LONGEST_NAME = 60


class Unauthenticated(DealixError):
    """Nobody we know."""

    code, status = "unauthenticated", 401


class Forbidden(DealixError):
    """Somebody we know, who may not do this."""

    code, status = "forbidden", 403


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    subject: str
    tenant_id: str
    role: str

    @property
    def human(self) -> Human:
        """The same person as an actor: in decisions, the history and the audit log."""
        return Human(f"api:{self.subject}", self.subject)

    def require(self, *roles: str) -> None:
        """Raises Forbidden unless the role is one of these."""
        if self.role not in roles:
            raise Forbidden(
                f"the role {self.role} may not do this; it takes {' or '.join(roles)}",
                f"الدور {self.role} لا يملك هذه الصلاحية؛ المطلوب {' أو '.join(roles)}",
            )


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who may use the console."""

    visitor: Human
    tenant_id: str
    role: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """A link that lets somebody in once."""

    id: str
    """What `first_time` remembers, so that it is once."""
    name: str
    tenant_id: str
    role: str


def console_human(name: str) -> Human:
    """The person of this name on the console; however the name is typed, it is one person. Raises BadRequest."""
    shown = " ".join(normalize("NFC", name).split())
    if not any(sign.isalnum() for sign in shown) or len(shown) > LONGEST_NAME or any(map(_is_hidden, shown)):
        raise BadRequest(
            f"write a name of 1 to {LONGEST_NAME} letters, without signs that nobody sees",
            f"اكتب اسمًا من حرف إلى {LONGEST_NAME} حرفًا، بلا رموز خفية",
        )
    return Human(f"console:{shown.casefold()}", shown)


def _is_hidden(sign: str) -> bool:
    return category(sign) in ("Cc", "Cf", "Co", "Cs")


class Keyring:
    """The signing key of this installation, made at first use."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "token.key"

    def issue(self, tenant_id: str, role: str, now: datetime, valid_for: timedelta, subject: str = "") -> str:
        """A bearer token. Raises ValueError for a role that does not exist."""
        return self._sign(AUDIENCE, subject or role, tenant_id, role, now, valid_for)

    def open_session(self, tenant_id: str, role: str, name: str, now: datetime) -> str:
        """
        What a browser keeps to be this person on the console.

        Raises ValueError for a role that does not exist, BadRequest for a name that is none.
        """
        return self._sign(CONSOLE_AUDIENCE, console_human(name).name, tenant_id, role, now, SESSION_LASTS)

    def session(self, token: str, now: datetime) -> Session:
        """Who a browser's token names. Raises Unauthenticated."""
        claims = self._verified(CONSOLE_AUDIENCE, token, now)
        until = datetime.fromtimestamp(claims["exp"], UTC)
        return Session(console_human(str(claims["sub"])), str(claims["tenant"]), str(claims["role"]), until)

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

    def _sign(
        self,
        audience: str,
        subject: str,
        tenant_id: str,
        role: str,
        now: datetime,
        valid_for: timedelta,
        more: dict[str, str] | None = None,
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
        """The claims of a token for the console; its age is judged by `now`, not by the wall clock."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token.strip(),
                self._key(),
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                options={
                    "require": ["exp", "iat", "sub", "tenant", "role", *more],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as refused:
            raise Unauthenticated(
                f"this key is not valid here ({type(refused).__name__}); ask for a new one",
                "هذا المفتاح غير صالح هنا؛ اطلب مفتاحًا جديدًا",
            ) from refused
        if claims["role"] not in ROLES or not isinstance(claims["exp"], int) or claims["exp"] <= now.timestamp():
            raise Unauthenticated(
                "this key is too old; ask for a new one", "انتهت مدة هذا المفتاح؛ اطلب مفتاحًا جديدًا"
            )
        return claims

    def read(self, authorization: str) -> Principal:
        """Who an `Authorization` header names. Raises Unauthenticated."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(
                "send a token: Authorization: Bearer <token>; `dealix token` prints one",
                "أرسل رمز الدخول في الترويسة Authorization: Bearer؛ الأمر dealix token يطبع واحدًا",
            )
        try:
            claims = jwt.decode(
                token.strip(),
                self._key(),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "tenant", "role"]},
            )
        except jwt.PyJWTError as refused:
            raise Unauthenticated(
                f"the token is not valid here ({type(refused).__name__}); `dealix token` prints a new one",
                "رمز الدخول غير صالح هنا؛ الأمر dealix token يطبع رمزًا جديدًا",
            ) from refused
        if claims["role"] not in ROLES:
            raise Unauthenticated(f"the token names a role that does not exist: {claims['role']}")
        return Principal(str(claims["sub"]), str(claims["tenant"]), str(claims["role"]))

    def _key(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as fresh:
                fresh.write(os.urandom(_KEY_BYTES))
        except FileExistsError:
            pass  # another process was faster; its key counts
        return self._file.read_bytes()
