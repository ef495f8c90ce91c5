"""Opens the executive room, over the forecasts and the neighbours that this installation has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.connectors.room import Connectors
from bot.contradictions.room import Contradictions
from bot.executive.room import FRESHEN_EVERY_SECONDS, LOOK_EVERY_SECONDS, Executive
from bot.executive.sources import Gatherer, Neighbours, Pair
from bot.forecast.room import Forecast
from bot.metrics.dictionary import Number
from bot.metrics.room import Numbers
from bot.partners.room import GoldenPaths
from bot.trust import Job

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(
    m: "Materials",
    numbers: Numbers,
    forecast: Forecast,
    *,
    connectors: Connectors | None = None,
    partners: GoldenPaths | None = None,
    contradictions: Contradictions | None = None,
) -> Executive:
    """The executive rooms of all tenants."""
    trust = m.trust
    gatherer = Gatherer(
        numbers=numbers,
        forecast=forecast,
        centre=trust.centre,
        compliance=trust.compliance,
        neighbours=Neighbours(
            connectors=_connectors(connectors) if connectors else None,
            partners=_partners(partners) if partners else None,
            contradictions=_contradictions(contradictions) if contradictions else None,
        ),
    )
    return Executive(
        gatherer=gatherer,
        packs=trust.evidence.packs,
        outputs=trust.evidence.outputs,
        store=m.store,
        alerts=trust.alerts,
        tenants=list(m.tenants),
        policies_of=m.playbooks.policies_of,
        now=m.now,
    )


def jobs_of(executive: Executive) -> tuple[Job, ...]:
    """What it does by itself."""
    return (
        Job("weekly_packs", LOOK_EVERY_SECONDS, executive.look),
        Job("executive_state", FRESHEN_EVERY_SECONDS, executive.freshen, in_each=True),
    )


def _connectors(room: Connectors) -> Pair:
    async def ask(tenant_id: str) -> Sequence[Number | None]:
        found = await room.counts(tenant_id)
        if not found.healthy + found.degraded + found.error:
            return None, None, None  # nothing was looked at yet
        return found.healthy, found.degraded, found.error

    return ask


def _partners(room: GoldenPaths) -> Pair:
    async def ask(tenant_id: str) -> Sequence[Number | None]:
        cases = await room.under_way(tenant_id)
        return len(cases), sum(case.declared.revenue_halalas for case in cases)

    return ask


def _contradictions(room: Contradictions) -> Pair:
    async def ask(tenant_id: str) -> Sequence[Number | None]:
        found = await room.stats(tenant_id)
        return found.active, found.critical_active

    return ask
