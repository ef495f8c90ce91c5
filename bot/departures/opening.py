"""The rooms that count what leaves, put together for one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.departures.in_flight import InFlight
from bot.departures.limits import Limits, LimitsView
from bot.departures.pacing import OwnPaceRows, Pacer
from bot.departures.pauses import ChannelPauses
from bot.departures.room import Departures
from bot.departures.send_stats import SendStats
from bot.gate import A_CONTACT_A_DAY
from bot.ports import Chain
from bot.store import Store
from bot.tenant import Tenant
from rules.policies import Policies


@dataclass(frozen=True, slots=True)
class LimitsRoom:
    """What a process needs to count with all others."""

    limits: Limits
    departures: Departures
    in_flight: InFlight
    pauses: ChannelPauses
    stats: SendStats

    async def view(self, tenant_id: str) -> LimitsView:
        """What is used of every limit, for pages. Raises NotFound."""
        return await self.limits.view(tenant_id)


def open_room(
    store: Store,
    tenants: Mapping[str, Tenant],
    chains: Mapping[str, Chain],
    replies_a_minute: int,
    policies_of: Callable[[str], Policies],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    *,
    is_alone: bool,
) -> LimitsRoom:
    """`is_alone`: no other process sends, so the rate of a number is counted in memory."""

    def contact_caps(tenant_id: str) -> tuple[int, int]:
        return A_CONTACT_A_DAY, policies_of(tenant_id).follow_ups.caps.messages_in_30_days

    limits = Limits(store.limits, tenants, chains, contact_caps, now)
    pacer = Pacer(OwnPaceRows() if is_alone else store.limits, now, new_id)
    in_flight = InFlight()
    return LimitsRoom(
        limits,
        Departures(limits, pacer, in_flight, tenants, replies_a_minute, now),
        in_flight,
        ChannelPauses(store.limits, chains, now, store.unreachable),
        SendStats(store.send_stats, tenants, now),
    )
