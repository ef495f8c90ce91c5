"""
A file under a passphrase, written and read as a stream.

Rule 1: the key comes from the passphrase by scrypt, with a salt of the file's own.
Rule 2: each chunk is sealed with its number and with whether it is the last, so that none can be changed, moved,
        left out or cut off without being noticed. What is read from a chunk is genuine before anybody sees it.
Rule 3: the heading is sealed along with every chunk; what it asks of the reader is bounded.

The construction is the one of `age` (STREAM); AES-GCM and scrypt are those of the library `cryptography`.
"""

import io
import json
import os
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.backups.faults import BackupDamaged, BackupRefused, damaged

MAGIC = b"dealix-sealed-1\n"

CHUNK = 256 * 1024
_TAG = 16
_LONGEST_HEADING = 1_024

# 128 MB and a third of a second for each guess.
_COST = {"n": 2**17, "r": 8, "p": 1}
_HARDEST = {"n": 2**20, "r": 16, "p": 4}


class SealedWriter(io.RawIOBase):
    """Takes bytes, and writes them sealed; `close` writes the last chunk."""

    def __init__(self, to: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(16)
        heading = json.dumps({"kdf": "scrypt", **_COST, "salt": salt.hex(), "cipher": "aes-256-gcm"}).encode()
        to.write(MAGIC + heading + b"\n")
        self._to = to
        self._heading = heading
        self._cipher = AESGCM(_key(passphrase, salt, **_COST))
        self._held = bytearray()
        self._number = 0
        self._is_given_up = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), is_last=False)
            del self._held[:CHUNK]
        return len(data)

    def close(self) -> None:
        if not self.closed and not self._is_given_up:
            self._seal(bytes(self._held), is_last=True)
        super().close()

    def abandon(self) -> None:
        """The file is not wanted any more: leave it without its end."""
        self._is_given_up = True
        self.close()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        self._to.write(self._cipher.encrypt(_nonce(self._number, is_last), plain, self._heading))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Gives back what was sealed. Raises BackupDamaged, BackupRefused (another passphrase)."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        """`source` stands behind the magic."""
        self._source = source
        self._heading = source.readline(_LONGEST_HEADING).removesuffix(b"\n")
        salt, cost = _read_heading(self._heading)
        self._cipher = AESGCM(_key(passphrase, salt, **cost))
        self._ahead = source.read(CHUNK + _TAG)
        self._open = memoryview(b"")
        self._number = 0
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._open and not self._is_over:
            self._open = memoryview(self._next())
        count = min(len(into), len(self._open))
        into[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def _next(self) -> bytes:
        sealed, self._ahead = self._ahead, self._source.read(CHUNK + _TAG)
        self._is_over = not self._ahead
        try:
            plain = self._cipher.decrypt(_nonce(self._number, self._is_over), sealed, self._heading)
        except InvalidTag as forged:
            raise self._complaint() from forged
        self._number += 1
        return plain

    def _complaint(self) -> BackupDamaged | BackupRefused:
        if self._number:
            return damaged("a part of it was changed or is missing", "جزء منها تغيّر أو ناقص")
        return BackupRefused(
            "the passphrase does not open this backup (or its first part was changed)",
            "عبارة المرور لا تفتح هذه النسخة (أو تغيّر جزؤها الأول)",
        )


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


def _key(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())


def _read_heading(heading: bytes) -> tuple[bytes, dict[str, int]]:
    unreadable = damaged("its heading cannot be read", "لا يمكن قراءة رأسها")
    try:
        told = json.loads(heading)
        salt, cost = bytes.fromhex(told["salt"]), {name: int(told[name]) for name in _COST}
        kinds = told["kdf"], told["cipher"]
    except (ValueError, KeyError, TypeError) as broken:
        raise unreadable from broken
    is_fair = all(1 <= cost[name] <= most for name, most in _HARDEST.items()) and cost["n"] & (cost["n"] - 1) == 0
    if kinds != ("scrypt", "aes-256-gcm") or not is_fair or cost["n"] < 2:
        raise unreadable
    return salt, cost
