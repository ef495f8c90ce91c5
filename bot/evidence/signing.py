"""
The keys that sign evidence: Ed25519, outside the database, so that whoever can change rows cannot sign them.

Rule 1: a private key never leaves its file (mode 0600) and there is one at a time; retiring it deletes it.
Rule 2: the public half of every key there ever was is kept: what an old key signed can be checked for good.
Rule 3: a signature names its key and what kind of thing it is about, so that one made for an anchor is no
        signature of a block.

Processes that share a database share this folder too, as they share the key of the tokens beside it.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_RAW = serialization.Encoding.Raw
_RAW_PUBLIC = serialization.PublicFormat.Raw


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, and the signature itself in hex."""

    key_id: str
    value: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What checks signatures; fit for everybody."""

    id: str
    raw_hex: str
    is_current: bool


class Signer:
    """The keys of this installation; the first is made at first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "evidence"
        self._private = self._folder / "signing.key"
        self._known: dict[str, Ed25519PublicKey] = {}
        self._current: tuple[str, Ed25519PrivateKey] | None = None

    def sign(self, kind: str, content_hash: str) -> Signature:
        """Sign a hash as the hash of a `block`, a `pack`, an `anchor` or an `erasure`."""
        key_id, key = self._signing()
        return Signature(key_id, key.sign(said(kind, content_hash)).hex())

    def is_genuine(self, kind: str, content_hash: str, signature: Signature) -> bool:
        """Whether one of our keys, present or past, has signed exactly this."""
        key = self._public(signature.key_id)
        if key is None:
            return False
        try:
            key.verify(bytes.fromhex(signature.value), said(kind, content_hash))
        except (InvalidSignature, ValueError):
            return False
        # `fromhex` reads capitals too; one signature has one spelling.
        return signature.value == signature.value.lower()

    def current(self) -> PublicKey:
        """The key that signs now."""
        key_id, key = self._signing()
        return PublicKey(key_id, _raw(key.public_key()).hex(), is_current=True)

    def public_keys(self) -> list[PublicKey]:
        """Every key there ever was, the present one first."""
        current = self.current()
        past = [
            PublicKey(file.stem, file.read_text().strip(), is_current=False)
            for file in sorted(self._folder.glob("*.pub"))
            if file.stem != current.id
        ]
        return [current, *past]

    def rotate(self) -> PublicKey:
        """Sign with a new key from now on; what the old one signed stays genuine."""
        self._signing()
        fresh = Ed25519PrivateKey.generate()
        self._keep_public(fresh.public_key())
        waiting = self._private.with_suffix(".new")
        _write_secret(waiting, _private_raw(fresh))
        waiting.replace(self._private)
        self._current = None
        return self.current()

    def _signing(self) -> tuple[str, Ed25519PrivateKey]:
        stored = self._read_or_make()
        if self._current is None or self._current[0] != _id(stored.public_key()):
            self._keep_public(stored.public_key())
            self._current = (_id(stored.public_key()), stored)
        return self._current

    def _read_or_make(self) -> Ed25519PrivateKey:
        try:
            return Ed25519PrivateKey.from_private_bytes(self._private.read_bytes())
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A whole key appears at once under its name: another process never reads half of one.
        mine = self._folder / f"signing.{os.getpid()}.{os.urandom(4).hex()}"
        _write_secret(mine, _private_raw(Ed25519PrivateKey.generate()))
        try:
            os.link(mine, self._private)
        except FileExistsError:
            pass  # another process was faster; its key counts
        finally:
            mine.unlink()
        return Ed25519PrivateKey.from_private_bytes(self._private.read_bytes())

    def _public(self, key_id: str) -> Ed25519PublicKey | None:
        if key_id not in self._known:
            key = self._stored_public(key_id)
            if key is None:
                return None
            self._known[key_id] = key
        return self._known[key_id]

    def _stored_public(self, key_id: str) -> Ed25519PublicKey | None:
        if not key_id or not all(sign in "0123456789abcdef" for sign in key_id):
            return None  # a key id comes out of the database: it must not become a path
        try:
            key = Ed25519PublicKey.from_public_bytes(
                bytes.fromhex((self._folder / f"{key_id}.pub").read_text().strip())
            )
        except (FileNotFoundError, ValueError):
            return None
        return key if _id(key) == key_id else None

    def _keep_public(self, key: Ed25519PublicKey) -> None:
        file = self._folder / f"{_id(key)}.pub"
        if not file.exists():
            whole = file.with_suffix(f".{os.getpid()}")
            whole.write_text(f"{_raw(key).hex()}\n")
            whole.replace(file)


def said(kind: str, content_hash: str) -> bytes:
    """The bytes that a signature is about."""
    return f"dealix {kind} v1 {content_hash}".encode()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(_RAW, _RAW_PUBLIC)


def _private_raw(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(_RAW, serialization.PrivateFormat.Raw, serialization.NoEncryption())


def _id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _write_secret(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
