"""
One way to write a value as bytes, so that everybody who hashes it gets the same hash: JSON as RFC 8785 says.

Rule 1: a time is RFC 3339 in UTC, ending in `Z`, with as many decimals of a second as it has; one without a zone
        is refused, for nobody knows when it was.
Rule 2: a whole number is a number up to 2^53 - 1, as JSON allows, and a text of digits beyond. Money is halalas.
        Other numbers are written as ECMAScript writes them, so 1.0 and 1 are the same number here as in any JSON;
        what is no number (infinity) is its name as text.
Rule 3: bytes are base64 text. Anything that JSON does not know is its type and its text, so that no value of a
        database can stop a seal.
"""

import hashlib
import math
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import rfc8785

# Beyond it two whole numbers of a JSON reader may be the same one.
LARGEST_WHOLE = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The bytes that are hashed. Raises ValueError for a time without a zone."""
    return rfc8785.dumps(plain(value))


def sha256(value: Any) -> str:
    """The hash of a value's canonical bytes, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sha256_of_text(text: str) -> str:
    """The hash of a text itself, as `sha256sum` computes it."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """The same value in what JSON knows."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_WHOLE else str(int(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return _of_parts(value)


def _of_parts(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(bytes(value)).decode()
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(held) for held in value), key=rfc8785.dumps)
    return f"{type(value).__name__}:{value}"


def utc_text(at: datetime) -> str:
    """`2026-03-02T09:00:00.250Z`. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no zone: nobody can say when that was")
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return f"{text}Z"
