"""
The rooms of trust, put together: who may do what, on whose behalf, with whose consent, and how it is proved.

Each room is built here from the store and its neighbours, so that bootstrap knows one name instead of ten. A room
that must do something now and then says so in `jobs`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.idempotency import Idempotency
from bot.notebook import Notebook
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant
from rules.policies import Policies


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again for as long as the process lives."""

    name: str
    every_seconds: float
    work: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Trust:
    """The rooms."""

    audit: Audit
    alerts: Alerts
    idempotency: Idempotency

    def jobs(self) -> Sequence[Job]:
        """What these rooms do by themselves."""
        return ()


def build(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    notebook: Notebook,
    approvals: Approvals,
    policies_of: Callable[[str], Policies],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Trust:
    """Put the rooms together."""
    return Trust(
        audit=Audit(store, now, new_id),
        alerts=Alerts(store.alerts, now, new_id),
        idempotency=Idempotency(store.idempotency, now, new_id),
    )
