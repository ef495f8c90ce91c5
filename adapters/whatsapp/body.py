"""
Read JSON that a stranger wrote: every field may be missing, empty, or of another type than documented.

Rule 1: `read_object` raises UnreadableBody or gives a tree that the database can store as it is.
Rule 2: nothing else in this file raises; a value of the wrong type is read as "not there".
Rule 3: text is never trimmed; only ids are.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.errors import UnreadableBody

# Our documents nest the body a few levels deeper still, and the database stops at 100.
MAX_DEPTH = 60

# WhatsApp opened in 2009: an earlier time is a field that means something else.
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
# Servers' clocks differ by seconds; a time further ahead would keep a service window open that is closed.
MAX_CLOCK_AHEAD = timedelta(minutes=10)

# Ids become index keys; a longer one is replaced by its hash.
MAX_KEY_CHARACTERS = 300

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = 2**63


def read_object(body: bytes) -> dict[str, Any]:
    """
    Read the JSON object that a webhook carried.

    Raises: UnreadableBody, when the bytes are not UTF-8, not JSON, not an object, or not storable.
    """
    try:
        # `utf-8-sig` because some senders put a byte order mark in front.
        tree = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise UnreadableBody("The body is not JSON in UTF-8.", "محتوى الطلب ليس JSON بترميز UTF-8.") from exc
    if not isinstance(tree, dict):
        raise UnreadableBody("The body is JSON but not an object.", "محتوى الطلب JSON لكنه ليس كائناً.")
    return _storable(tree, 1)


def object_at(tree: Any, *path: str) -> Mapping[str, Any]:
    """Give the object at the end of the path, or an empty one."""
    found = _at(tree, path)
    return found if isinstance(found, Mapping) else _EMPTY


def list_at(tree: Any, *path: str) -> list[Any]:
    """Give the list at the end of the path, or an empty one."""
    found = _at(tree, path)
    return found if isinstance(found, list) else []


def text_at(tree: Any, *path: str) -> str:
    """Give the text at the end of the path unchanged; a number is given as its digits, all else as empty."""
    found = _at(tree, path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def id_at(tree: Any, *path: str) -> str:
    """Give the id at the end of the path, without spaces around it."""
    return text_at(tree, *path).strip()


def number_at(tree: Any, *path: str) -> float | None:
    """Give a finite number, also when it was written as text."""
    found = _at(tree, path)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        number = float(found)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def says_yes(value: Any) -> bool:
    """Read a flag that may come as true, 1, "true" or "1"."""
    return value is True or (not isinstance(value, float) and str(value).strip().lower() in ("true", "1"))


def moment_at(tree: Any, now: datetime, *path: str) -> datetime | None:
    """Give the aware UTC time of a Unix timestamp in seconds, or None when it is missing or absurd."""
    seconds = number_at(tree, *path)
    if seconds is None or not EARLIEST.timestamp() <= seconds <= (now + MAX_CLOCK_AHEAD).timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def key_of(*parts: str) -> str:
    """Join what makes an event unique into one dedupe key."""
    key = ":".join(parts)
    return key if len(key) <= MAX_KEY_CHARACTERS else hash_of(key)


def hash_of(tree: Any) -> str:
    """Give the same short text for the same content, whatever the order of its fields."""
    canonical = json.dumps(tree, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return "hash:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()[:40]


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(name)
    return tree


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _storable(node: Any, depth: int) -> Any:
    """Give the same tree without what a document cannot hold: half characters and integers above 64 bits."""
    if depth > MAX_DEPTH:
        raise UnreadableBody(
            f"The body nests deeper than {MAX_DEPTH} levels.", f"محتوى الطلب متداخل أكثر من {MAX_DEPTH} مستوى."
        )
    if isinstance(node, str):
        return _LONE_SURROGATE.sub("\ufffd", node)
    if isinstance(node, list):
        return [_storable(item, depth + 1) for item in node]
    if isinstance(node, dict):
        return {_storable_name(name): _storable(item, depth + 1) for name, item in node.items()}
    if isinstance(node, int) and not -_INT64 <= node < _INT64:
        return str(node)
    return node


def _storable_name(name: str) -> str:
    if "\x00" in name:
        raise UnreadableBody("A field name holds a NUL character.", "اسم أحد الحقول يحتوي على رمز NUL.")
    return _LONE_SURROGATE.sub("\ufffd", name)
