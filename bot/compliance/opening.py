"""
Opens the room of compliance: which of the neighbouring rooms are there, and how each answers what a check asks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.alerts import Alerts
from bot.audit import Audit
from bot.compliance.checks import CHECKS
from bot.compliance.consent_history import ConsentHistory
from bot.compliance.controls import shipped
from bot.compliance.endpoints import Endpoint, endpoints_of
from bot.compliance.room import Compliance
from bot.compliance.sources import ChainReport, Sources
from bot.evidence.seals import Seals
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
    seals: Seals,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Compliance:
    """The room of one installation. Raises Misconfigured."""
    sealed = SealedHistory(seals)
    return Compliance(
        catalogue=shipped(CHECKS),
        checks=CHECKS,
        sources=Sources(
            history=store.timeline,
            endpoints=_endpoints(settings),
            consents=store.registers,
            requests=store.registers,
            consent_chain=ConsentHistory(sealed, store.timeline, store.registers, now),
            audit_chain=sealed,
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


class SealedHistory:
    """The chain over the timeline, in the words of a check."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    async def verify(self, tenant_id: str) -> ChainReport:
        found = await self._seals.verify(tenant_id)
        broken = found.first_broken
        return ChainReport(
            entries=found.entries,
            first_broken=(broken.entry_id or f"block {broken.block}") if broken else "",
            unsealed=found.waiting,
            why=broken.kind.value if broken else "",
        )


def _endpoints(settings: Settings) -> Callable[[str], Sequence[Endpoint]]:
    """The addresses of each tenant, as the settings of this process say."""
    found = {config.id: endpoints_of(settings, config) for config in configured(settings)}
    nobody = endpoints_of(settings, None)
    return lambda tenant_id: found.get(tenant_id, nobody)
