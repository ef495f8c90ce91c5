"""What compliance reads of consents and of requests of data subjects: never whom they are about."""

from collections.abc import Sequence
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


class Registers(ConsentBook, RequestBook, Protocol):
    """Both, where one place keeps them."""
