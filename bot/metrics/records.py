"""
The questions to the raw records from which numbers are made; each is asked of one tenant.

Rule: an answer says what was recorded, not what it means: what counts is decided in `figures.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that somebody has verified; negative when it was given back."""

    conversation_id: str
    entry_id: str
    at: datetime
    amount_halalas: int | None
    """None where the amount was not recorded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A deal was won or lost, or is open again."""

    conversation_id: str
    at: datetime
    what: str
    """`won | lost | reopened`"""


@dataclass(frozen=True, slots=True)
class Handled:
    """What waited for people, and came to an end."""

    decided: int
    ended: int
    """Decided or expired."""
    late: int
    """Of those: overdue before, or expired."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A deal entered a stage."""

    at: datetime
    stage: str


@dataclass(frozen=True, slots=True)
class PacksNow:
    """Packs in force that lack nothing."""

    ready: int
    unreviewed: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is due in a span that is to come."""

    follow_ups: int
    expiring_consents: int


class NumberRows(Protocol):
    """Spans include their first moment and not their last."""

    async def payments(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Paid]: ...

    async def outcomes(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Outcome]:
        """Oldest first."""

    async def opt_outs(self, tenant_id: str, since: datetime, until: datetime) -> int:
        """How many contacts."""

    async def messages(self, tenant_id: str, since: datetime, until: datetime) -> int: ...

    async def drafts(self, tenant_id: str, since: datetime, until: datetime) -> Handled: ...

    async def requests(self, tenant_id: str, since: datetime, until: datetime) -> Handled: ...

    async def responses(self, tenant_id: str, since: datetime, until: datetime) -> Mapping[int, int]:
        """Seconds until the answer -> how many messages were answered after so many."""

    async def workflows(self, tenant_id: str, since: datetime, until: datetime) -> int: ...

    async def stages(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Where these deals stand; one that is gone is left out."""

    async def reached(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, Sequence[Reached]]:
        """The stages that these deals have entered, oldest first."""

    async def packs(self, tenant_id: str) -> PacksNow: ...

    async def ahead(self, tenant_id: str, since: datetime, until: datetime) -> Ahead: ...

    async def is_known_before(self, tenant_id: str, at: datetime) -> bool:
        """Whether anything of a contact was recorded before a moment."""
