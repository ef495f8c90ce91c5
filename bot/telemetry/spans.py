"""
Spans of our own work, in our own words, and the thread that ties them together across queues and processes.

Rule 1: while nobody traces, a span costs one function call and stores nothing.
Rule 2: an attribute is one of `TAGS`: codes, names and numbers, never what people wrote.
Rule 3: a fault that leaves a span marks it as an error, by the name of its type alone; a refusal that somebody is
        told (`DealixError` below 500) is an outcome and tagged with its code.
Rule 4: who continues later says where: `within` for the next step of the same message, `linked` for what somebody
        decided about it hours afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import structlog

from bot.errors import DealixError, StaleConversation

Tag = str | int | float | bool | Sequence[str]

# What a span may say. The exporter lets nothing else through, whoever put it there.
TAGS = frozenset(
    {
        "attempt",
        "before",
        "after",
        "budget",
        "channel",
        "code",
        "confidence",
        "conversation",
        "correlation_id",
        "count",
        "decision",
        "draft",
        "events",
        "flow",
        "http_status",
        "intent",
        "job",
        "kind",
        "new",
        "outcome",
        "provider",
        "refused",
        "role",
        "rules",
        "run",
        "seat",
        "seconds",
        "stage_after",
        "stage_before",
        "step",
        "tenant",
        "via",
        "waited_seconds",
        "what",
    }
)


class Span(Protocol):
    """One piece of work that is being watched."""

    def tag(self, **tags: Tag) -> None:
        """Say what it was about, in words of `TAGS`."""

    def link(self, traceparent: str) -> None:
        """It is about that work too; nothing happens when nobody traced that."""

    def fail(self, reason: str) -> None:
        """It went wrong; `reason` is a code or the name of a fault."""


class Tracing(Protocol):
    """Whoever keeps the spans."""

    def begin(
        self, name: str, within: str, linked: Sequence[str], tags: dict[str, Tag], *, is_entry: bool
    ) -> AbstractContextManager[Span]: ...

    def here(self) -> str:
        """The W3C `traceparent` of the span that is open now, empty when none is."""

    def trace_id(self) -> str: ...


class _Nothing:
    """The span of a process that is not traced."""

    def __enter__(self) -> "_Nothing":
        return self

    def __exit__(self, *_fault: object) -> None:
        return None

    def tag(self, **tags: Tag) -> None:
        return None

    def link(self, traceparent: str) -> None:
        return None

    def fail(self, reason: str) -> None:
        return None


_NOTHING = _Nothing()
# The last one counts; more than one only where houses share a process, as in tests.
_tracings: tuple[Tracing, ...] = ()
_tracing: Tracing | None = None


def begin(tracing: Tracing) -> None:
    """From now on spans go there."""
    global _tracings, _tracing
    _tracings = (*_tracings, tracing)
    _tracing = tracing


def end(tracing: Tracing) -> None:
    """No more."""
    global _tracings, _tracing
    _tracings = tuple(one for one in _tracings if one is not tracing)
    _tracing = _tracings[-1] if _tracings else None


def is_on() -> bool:
    """Whether anybody traces; for what is only worth computing then."""
    return _tracing is not None


def span(
    name: str, *, within: str = "", linked: Sequence[str] = (), is_entry: bool = False, **tags: Tag
) -> AbstractContextManager[Span]:
    """
    Watch a piece of work.

    Args:
        name: dotted, the thing and the verb: `conversation.decide`.
        within: the `traceparent` of the work that this continues; empty: whatever is open here.
        linked: `traceparent`s of what this is about without being a part of it.
        is_entry: a new trace begins here, whatever is open.
        tags: see `TAGS`.
    """
    if _tracing is None:
        return _NOTHING
    return _watched(_tracing, name, within, linked, tags, is_entry)


def here() -> str:
    """Where somebody can continue what is going on now; empty when nobody traces."""
    return "" if _tracing is None else _tracing.here()


def trace_id() -> str:
    """The trace that is open now, as log lines name it; empty when none is."""
    return "" if _tracing is None else _tracing.trace_id()


def about(correlation_id: str) -> None:
    """Every log line of this task from here on says which message it is about."""
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id)


@contextmanager
def _watched(
    tracing: Tracing, name: str, within: str, linked: Sequence[str], tags: dict[str, Tag], is_entry: bool
) -> Iterator[Span]:
    with tracing.begin(name, within, linked, tags, is_entry=is_entry) as watched:
        try:
            yield watched
        except StaleConversation:
            watched.tag(refused=StaleConversation.code)  # a lost race: the step is done again
            raise
        except DealixError as refused:
            if refused.status >= 500:
                watched.fail(refused.code)
            else:
                watched.tag(refused=refused.code)
            raise
        except Exception as fault:
            watched.fail(type(fault).__name__)
            raise
