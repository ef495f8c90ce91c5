"""
What the checks ask of the other rooms, in their own words; each is passed in, and may be missing.

Rule: a room that this build does not have makes its control `not_assessed`, never green.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.compliance.endpoints import Endpoint
from bot.compliance.registers import ConsentBook, RequestBook
from bot.compliance.walls import Isolation
from bot.store import TimelineEntry


class History(Protocol):
    """The timeline, as far as checks read it; `bot.store.Timeline` is one."""

    def each(
        self,
        tenant_id: str,
        kinds: Sequence[str],
        since: datetime,
        until: datetime,
        fields: Sequence[str] = (),
    ) -> AsyncIterator[TimelineEntry]: ...

    async def of_correlations(
        self, tenant_id: str, correlation_ids: Sequence[str], what: str
    ) -> list[TimelineEntry]: ...

    async def count(self, tenant_id: str, what: str, since: datetime, until: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether a chain of hashes is whole."""

    entries: int
    first_broken: str
    """The id of the first link that does not hold, empty when all do."""
    unsealed: int = 0
    """Entries that wait for their link."""
    why: str = ""


class Chain(Protocol):
    """Something that is hash-chained."""

    async def verify(self, tenant_id: str) -> ChainReport: ...


@dataclass(frozen=True, slots=True)
class Route:
    """One door of the web application."""

    path: str
    methods: tuple[str, ...]
    asks_who: bool
    """Whether it proves who calls before it does anything."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that can be measured in this build; None for a room that is not there."""

    history: History
    endpoints: Callable[[str], Sequence[Endpoint]]
    consents: ConsentBook | None = None
    requests: RequestBook | None = None
    consent_chain: Chain | None = None
    audit_chain: Chain | None = None
    isolation: Isolation | None = None
    routes: Callable[[], Sequence[Route]] | None = None
