"""What is remembered of each connector of a tenant, and the plug of the place that remembers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.connectors.states import Belief, Call, Seen


@dataclass(frozen=True, slots=True)
class Kept:
    """One connector of one tenant, as it is stored."""

    key: str
    belief: Belief | None = None
    seen: Seen | None = None
    """The latest look."""
    looked_at: datetime | None = None
    sampled_at: datetime | None = None
    """When the history last got a look that changed nothing."""
    last_success_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_error_en: str = ""
    last_error_ar: str = ""
    last_error_at: datetime | None = None
    is_disabled: bool = False
    disabled_by: str = ""
    disabled_at: datetime | None = None
    reason: str = ""
    """Why it was switched off, or on again, last."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history."""

    id: str
    key: str
    at: datetime
    what: str
    """`changed | looked | checked | disabled | enabled`"""
    state: str
    before: str = ""
    seen: str = ""
    calls: int = 0
    succeeded: int = 0
    p95_ms: float | None = None
    detail_en: str = ""
    detail_ar: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One call that somebody made and told us about."""

    id: str
    tenant_id: str
    key: str
    call: Call


class ConnectorRows(Protocol):
    """Where all of this is kept."""

    async def of_tenant(self, tenant_id: str) -> list[Kept]: ...

    async def one(self, tenant_id: str, key: str) -> Kept | None: ...

    async def looked(self, tenant_id: str, kept: Kept) -> None:
        """Keep what a look found; whether it is switched off stays as it is."""

    async def switch(
        self, tenant_id: str, key: str, *, is_disabled: bool, by: str, reason: str, at: datetime
    ) -> bool:
        """Switch off or on; False when it was so already."""

    async def disabled(self) -> set[tuple[str, str]]:
        """(tenant, key) of everything that is switched off, over all tenants."""

    async def add_history(self, tenant_id: str, moment: Moment) -> None: ...

    async def history(self, tenant_id: str, key: str, since: datetime | None, limit: int) -> Sequence[Moment]:
        """Newest first."""

    async def add_calls(self, reports: Sequence[Report]) -> None: ...

    async def calls(self, tenant_id: str, key: str, since: datetime, limit: int) -> list[Call]:
        """Newest first."""

    async def sends(self, tenant_id: str, channel: str, since: datetime, limit: int) -> list[Call]:
        """The calls of one WhatsApp channel, newest first, from what was written down of each."""
