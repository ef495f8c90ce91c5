"""
Strangers' data made fit to be stored: no lone surrogates, no numbers beyond 64 bits, nothing endless.

What is lost is only what no database could keep; raw bodies become one ASCII string, so that no key or nesting of
theirs can break a write.
"""

import json
from collections.abc import Mapping
from typing import Any

# WhatsApp's longest text; anything longer did not come from a phone.
TEXT_LIMIT = 65_536
RAW_LIMIT = 64 * 1024
_INT64 = 2**63


def storable(value: Any, limit: int = TEXT_LIMIT) -> Any:
    """The same value, or the nearest that can be stored."""
    if isinstance(value, str):
        return well_formed(value)[:limit]
    if isinstance(value, bool) or not isinstance(value, int):
        return _container(value, limit)
    return value if -_INT64 <= value < _INT64 else str(value)


def _container(value: Any, limit: int) -> Any:
    if isinstance(value, Mapping):
        return {str(k): storable(v, limit) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable(v, limit) for v in value]
    return value


def well_formed(text: str) -> str:
    """Half a character (a lone surrogate) becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def raw_text(raw: Mapping[str, Any]) -> str:
    """A provider's body as one ASCII string, cut when it is absurdly long."""
    return json.dumps(raw, ensure_ascii=True, default=str)[:RAW_LIMIT]
