"""
What the service says about itself: one JSON line per fact, without secrets and without what people wrote.

Rule 1: a value whose name promises content (`text`, `body`, `message`, ...) never reaches a line.
Rule 2: known secrets are cut out of every string, wherever they come from.
Rule 3: an exception leaves its type and its path through the code, not its message: messages quote their input.
"""

import logging
import sys
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import PurePath
from typing import Any

import structlog

from bot.telemetry import lines

_CONTENT = frozenset({"text", "body", "message", "raw", "caption", "payload", "phone", "name"})


def trail(fault: BaseException) -> dict[str, Any]:
    """Where a fault happened, fit for a log."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    path = [f"{PurePath(f.filename).parent.name}/{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    return {"fault": type(fault).__name__, "path": path}


def configure(secrets: Iterable[str], *, pretty: bool = False, level: int = logging.INFO) -> None:
    """Set up logging for the process."""
    hidden = tuple(s for s in secrets if len(s) >= 6)

    def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in list(event.items()):
            event[key] = _shown(key, value, hidden)
        return event

    renderer = structlog.dev.ConsoleRenderer(colors=False) if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lines.with_trace,
            redact,
            lines.carried,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.raiseExceptions = False  # a line that cannot be put together would be printed with all its parts
    others = logging.StreamHandler(sys.stderr)
    others.setFormatter(Careful(hidden))
    elsewhere = lines.Carried()
    elsewhere.setFormatter(others.formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[others, elsewhere])
    # These two write whole addresses at INFO, and one provider carries its token in the address.
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Careful(logging.Formatter):
    """How the lines of libraries are written: by the same rules as our own."""

    def __init__(self, hidden: tuple[str, ...]) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")
        self._hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # somebody else's formatter may have left the whole fault there
        return str(_without(super().format(record), self._hidden))

    def formatException(self, ei: Any) -> str:
        told = trail(ei[1])
        return f"{told['fault']}: {' > '.join(told['path'])}"


def _shown(key: object, value: Any, hidden: tuple[str, ...]) -> Any:
    return "(hidden)" if key in _CONTENT else _without(value, hidden)


def _without(value: Any, hidden: tuple[str, ...]) -> Any:
    match value:
        case str():
            for secret in hidden:
                value = value.replace(secret, "(hidden)")
            return value
        case bytes():
            return _without(value.decode("utf-8", "replace"), hidden)
        case Mapping():
            return {key: _shown(key, item, hidden) for key, item in value.items()}
        case BaseException():
            return type(value).__name__  # its message quotes its input
        case list() | tuple() | set() | frozenset():
            return [_without(item, hidden) for item in value]
    return value
