"""
The signature under a standing approval, by a key that lies outside the database.

Rule 1: everything in it is signed, also whether it holds; whoever changes a row has no signature for it.
Rule 2: reading never makes a key. Where the key is gone or another one, nothing stands.
Rule 3: what was revoked once is remembered outside the database, too, so that an older row, put back with its own
        genuine signature, does not hold again.
"""

import hmac
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.authority.standing_terms import StandingApproval
from bot.evidence.canonical import canonical

_KEY_BYTES = 48


class StandingSeal:
    """Signs and checks with the key of this installation."""

    def __init__(self, folder: Path) -> None:
        self._key = folder / "standing.key"
        self._revoked = folder / "standing.revoked"

    def sign(self, standing: StandingApproval) -> StandingApproval:
        """The same with its signature; the key is made at first use."""
        return replace(standing, signature=_signature(self._make_key(), standing))

    def is_genuine(self, standing: StandingApproval) -> bool:
        """Whether this installation has signed exactly this, and nobody revoked it since."""
        try:
            key = self._key.read_bytes()
        except FileNotFoundError:
            return False
        if len(key) != _KEY_BYTES:
            return False
        right = hmac.compare_digest(_signature(key, standing).encode(), standing.signature.encode())
        return right and not (standing.is_enabled and self._is_revoked(standing))

    def revoke(self, standing: StandingApproval) -> None:
        """Remember for good that it does not hold any more."""
        self._revoked.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._revoked, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(f"{standing.tenant_id}:{standing.id}\n")
            file.flush()
            os.fsync(file.fileno())

    def _is_revoked(self, standing: StandingApproval) -> bool:
        try:
            return f"{standing.tenant_id}:{standing.id}" in self._revoked.read_text().splitlines()
        except FileNotFoundError:
            return False

    def _make_key(self) -> bytes:
        self._key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with os.fdopen(os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as fresh:
                fresh.write(os.urandom(_KEY_BYTES))
        except FileExistsError:
            pass  # made before, or by another process just now; its key counts
        return self._key.read_bytes()


def _signature(key: bytes, standing: StandingApproval) -> str:
    return hmac.new(key, canonical(_content(standing)), sha256).hexdigest()


def _content(standing: StandingApproval) -> dict[str, Any]:
    """Everything that gives it force. Times are whole milliseconds, as they are stored."""
    terms = standing.terms
    return {
        "what": "dealix standing approval 1",
        "id": standing.id,
        "tenant": standing.tenant_id,
        "title": standing.title,
        "author": standing.author.id,
        "author_name": standing.author.name,
        "created": standing.created_at,
        "enabled": standing.is_enabled,
        "revoked_by": standing.revoked_by.id,
        "kinds": list(terms.kinds),
        "wordings": list(terms.wordings),
        "max_risk": terms.max_risk.value,
        "min_confidence": str(terms.min_confidence),
        "per_day": terms.per_day,
        "from": terms.from_at,
        "until": terms.until_at,
        "opens": terms.opens.isoformat(),
        "closes": terms.closes.isoformat(),
        "zone": terms.zone,
        "unasked_for": terms.unasked_for,
    }
