"""What compliance reads of consents and of requests of data subjects: never whom they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent that somebody gave, as the consent room keeps it."""

    id: str
    purpose: str
    channel: str
    source: str
    granted_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None = None
    """When it was taken back, or ended otherwise."""


class ConsentBook(Protocol):
    """The records of consent of one tenant."""

    async def granted(self, tenant_id: str) -> Sequence[ConsentRecord]:
        """Every consent ever given that is still on record."""

    async def by_ids(self, tenant_id: str, ids: Sequence[str]) -> Sequence[ConsentRecord]:
        """Those of these that exist."""


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What somebody asked about their own data."""

    id: str
    kind: str
    """`access | correction | deletion | restriction`"""
    due_at: datetime
    closed_at: datetime | None = None
    is_proved: bool = True
    """Whether what was done about it has been verified, where that is owed."""


class RequestBook(Protocol):
    """The requests of data subjects of one tenant."""

    async def requests(self, tenant_id: str) -> Sequence[DataRequest]: ...


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """One row of the register, as far as the history can bear it out."""

    id: str
    shown: Mapping[str, object]
    """What the history says too: action, channel, purpose, basis, source, end."""
    recorded_at: datetime
    is_named_in_history: bool
    """Whether an entry of the history must name it."""


class FactBook(Protocol):
    """Every row of the register of consents."""

    async def facts(self, tenant_id: str) -> Sequence[ConsentFact]: ...


class Registers(ConsentBook, RequestBook, FactBook, Protocol):
    """All of it, where one place keeps it."""
