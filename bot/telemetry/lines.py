"""
Log lines on their way to whoever collects them, beside the terminal.

Rule: a line leaves as it is printed: after the redaction of `bot.logs`, never before.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from bot.telemetry import spans

Carrier = Callable[[str, str, Mapping[str, Any]], None]
"""(level, event, the rest of the line)"""

# What libraries of the delivery itself say must not be delivered: each failure would make one more line.
_OWN_WAY = ("opentelemetry", "urllib3", "requests")

_carrier: Carrier | None = None


def begin(carrier: Carrier) -> None:
    """From now on lines go there too."""
    global _carrier
    _carrier = carrier


def end(carrier: Carrier) -> None:
    """No more."""
    global _carrier
    if _carrier == carrier:
        _carrier = None


def with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog: name the trace in which a line was written."""
    if spans.is_on() and (trace_id := spans.trace_id()):
        event["trace_id"] = trace_id
    return event


def carried(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog, after redaction: hand a line on."""
    if _carrier is not None:
        rest = {name: value for name, value in event.items() if name not in ("event", "level", "timestamp")}
        _carrier(str(event.get("level", "info")), str(event.get("event", "")), rest)
    return event


class Carried(logging.Handler):
    """The same for what libraries say, in the words of the formatter it is given."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line on."""
        if _carrier is not None and record.name.partition(".")[0] not in _OWN_WAY:
            _carrier(record.levelname.lower(), self.format(record), {"logger": record.name})
