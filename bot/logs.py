"""
What the service says about itself: one JSON line per fact, without secrets and without what people wrote.

Rule 1: a value whose name promises content (`text`, `body`, `message`, ...) never reaches a line.
Rule 2: known secrets are cut out of every string, wherever they come from.
Rule 3: an exception leaves its type and its path through the code, not its message: messages quote their input.
"""

import logging
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from pathlib import PurePath
from typing import Any

import structlog

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
            event[key] = "(hidden)" if key in _CONTENT else _without(value, hidden)
        return event

    renderer = structlog.dev.ConsoleRenderer(colors=False) if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # These two write whole addresses at INFO, and one provider carries its token in the address.
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without(value: Any, hidden: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, "(hidden)")
        return value
    if isinstance(value, list | tuple):
        return [_without(item, hidden) for item in value]
    return value
