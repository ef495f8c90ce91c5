"""
What is left of a contact who was erased: one number that says "the same one" and nothing else.

Rule 1: nobody can find the contact from it with the database alone. Phones are few enough to try them all, so the
        hash is keyed, and the key lies in the folder of keys, never in the database.
Rule 2: the key is made once and kept with the other keys of the installation. A backup of the database is worth
        its suppressions only together with that folder.
Rule 3: the same contact of two tenants has two fingerprints.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

PREFIX = "erased:"
_KEY_BYTES = 32


class Fingerprints:
    """Makes fingerprints with the key of this installation."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where the keys of the installation are."""
        self._file = folder / "contacts.key"
        self._key = b""

    def of(self, tenant_id: str, key: str) -> str:
        """The fingerprint of a contact key such as `phone:966501234567`; one stays what it is."""
        if key.startswith(PREFIX):
            return key
        told = hmac.new(self._secret(), f"{tenant_id}\x00{key}".encode(), hashlib.sha256).hexdigest()
        return f"{PREFIX}{told}"

    @property
    def of_the_key(self) -> str:
        """What tells this key from any other, and nothing about it."""
        return self.of("", "which key is this?")

    def with_fingerprints(self, tenant_id: str, keys: Iterable[str]) -> tuple[str, ...]:
        """The keys, and the fingerprint of each: what to look for wherever a contact may have been erased."""
        known = tuple(dict.fromkeys(keys))
        return tuple(dict.fromkeys((*known, *(self.of(tenant_id, key) for key in known))))

    def _secret(self) -> bytes:
        if not self._key:
            self._key = self._read_or_make()
        return self._key

    def _read_or_make(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not at all: whoever else starts now must never read half a key.
        fresh = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
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
