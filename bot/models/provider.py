"""
What a language model is to the heart: somebody far away who is asked a question and may answer anything.

Rule 1: nothing here knows an address or a key. An adapter asks once, never repeats, and never raises for what the
        other side does: silence, refusals and rubbish are values.
Rule 2: an answer is text and numbers that somebody else chose. Whoever uses it checks it first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Task(StrEnum):
    """What a model is asked for."""

    INTENT = "intent"
    """Which known intent a message may have."""
    WORDING = "wording"
    """Other words for a draft that waits for a human."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question; everything in it may leave the house."""

    model: str
    system: str
    user: str
    schema_name: str
    schema: Mapping[str, Any]
    """The JSON schema that the answer must satisfy."""
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider says it counted."""

    input_tokens: int
    """Without the cached ones."""
    output_tokens: int
    cached_tokens: int


@dataclass(frozen=True, slots=True)
class Said:
    """The model said something."""

    content: str
    latency_ms: int
    usage: Usage | None = None
    """None when the provider did not count, or counted nonsense."""
    is_cut: bool = False
    """It was stopped before it was done."""


@dataclass(frozen=True, slots=True)
class Silent:
    """There is no answer that could be read."""

    code: str
    """`timeout | unreachable | too_large | not_json | not_an_answer | redirected | http_<status>`"""
    latency_ms: int
    retry_after_seconds: float | None = None
    """How long the provider asked to be left alone."""


class Wire(Protocol):
    """The line to one provider."""

    async def ask(self, ask: Ask) -> Said | Silent:
        """Ask once. Raises nothing that the other side can cause."""

    async def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, and which of its models does what."""

    name: str
    wire: Wire
    models: Mapping[Task, str]

    def model_of(self, task: Task) -> str:
        """Empty when it does not do this."""
        return self.models.get(task, "")


Providers = tuple[Provider, ...]
"""In the order in which they are asked: the first, and whoever stands in for it."""


class Watcher(Protocol):
    """Whoever keeps an eye on the connections of this house, if anybody does."""

    async def is_disabled(self, tenant_id: str, key: str) -> bool: ...

    async def saw(self, tenant_id: str, key: str, outcome: str, latency_ms: int) -> None:
        """`outcome` is `ok | refused | auth_failed | timeout`."""
