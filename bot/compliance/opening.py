"""
Opens the room of compliance: which of the neighbouring rooms are there, and how each answers what a check asks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.alerts import Alerts
from bot.audit import Audit
from bot.compliance.checks import CHECKS
from bot.compliance.controls import shipped
from bot.compliance.endpoints import Endpoint, endpoints_of
from bot.compliance.room import Compliance
from bot.compliance.sources import Sources
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant
from bot.tenants import configured


def open_room(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    audit: Audit,
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Compliance:
    """The room of one installation. Raises Misconfigured."""
    return Compliance(
        catalogue=shipped(CHECKS),
        checks=CHECKS,
        sources=Sources(
            history=store.timeline,
            endpoints=_endpoints(settings),
            isolation=store.isolation,
        ),
        ledger=store.compliance,
        audit=audit,
        alerts=alerts,
        tenants=list(tenants),
        now=now,
        new_id=new_id,
        unreachable=store.unreachable,
    )


def _endpoints(settings: Settings) -> Callable[[str], Sequence[Endpoint]]:
    """The addresses of each tenant, as the settings of this process say."""
    found = {config.id: endpoints_of(settings, config) for config in configured(settings)}
    nobody = endpoints_of(settings, None)
    return lambda tenant_id: found.get(tenant_id, nobody)
