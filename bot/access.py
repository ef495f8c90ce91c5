"""
Who asks, and for which tenant: bearer tokens signed with the key of this installation.

Rule 1: the tenant comes from the token, never from a parameter.
Rule 2: the algorithm, issuer, audience and expiry are pinned; a token without them is no token.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import jwt

from bot.errors import DealixError

ISSUER = "dealix"
AUDIENCE = "dealix-api"
ALGORITHM = "HS256"
ROLES = ("admin", "approver", "rules_editor", "executive", "agent", "service")
_KEY_BYTES = 48


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

    def require(self, *roles: str) -> None:
        """Raises Forbidden unless the role is one of these."""
        if self.role not in roles:
            raise Forbidden(
                f"the role {self.role} may not do this; it takes {' or '.join(roles)}",
                f"الدور {self.role} لا يملك هذه الصلاحية؛ المطلوب {' أو '.join(roles)}",
            )


class Keyring:
    """The signing key of this installation, made at first use."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "token.key"

    def issue(self, tenant_id: str, role: str, now: datetime, valid_for: timedelta, subject: str = "") -> str:
        """A bearer token. Raises ValueError for a role that does not exist."""
        if role not in ROLES:
            raise ValueError(f"{role!r} is not a role: choose one of {', '.join(ROLES)}")
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or role,
            "tenant": tenant_id,
            "role": role,
            "iat": now,
            "exp": now + valid_for,
        }
        return jwt.encode(claims, self._key(), algorithm=ALGORITHM)

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
