"""
What a tenant may send in a day without being asked, counted before it is sent; and what is used of every limit.

Rule 1: reserving is one atomic write. However many processes reserve at once, no day holds more than its limit.
Rule 2: a key counts once in a day, however often it is reserved; so a process that died between the reservation
        and the call costs nothing when the message is tried again.
Rule 3: what surely was not sent is given back. What nobody gives back ends with its day: a count errs on the side
        of too few, never of too many.
Rule 4: a day is a day in Riyadh.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.departures.limit_terms import ChannelPace, LimitTerms, day_ends, day_of
from bot.departures.pacing import PaceRows
from bot.departures.pauses import PauseRows
from bot.errors import NotFound
from bot.ports import Chain
from bot.tenant import Tenant

UNASKED_FOR = "unasked_for"
"""The budget of what nobody asked for."""

_BUDGETS: Mapping[str, Callable[[LimitTerms], int]] = {UNASKED_FOR: lambda terms: terms.unasked_for_a_day}


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place in one day."""

    tenant_id: str
    budget: str
    day: str
    key: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    """How much of a day is taken, and by whom."""

    used: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may leave; its place is reserved."""


@dataclass(frozen=True, slots=True)
class Spent:
    """It may not leave today."""

    until: datetime


class DayRows(Protocol):
    """Where days are counted."""

    async def reserve(self, wanted: Reservation, most: int) -> bool:
        """Take places in one atomic write if they fit; True as well when this key has them already."""

    async def give_back(self, reserved: Reservation) -> bool:
        """False when the key has no place."""

    async def day(self, tenant_id: str, budget: str, day: str) -> DayCount: ...


class LimitRows(DayRows, PaceRows, PauseRows, Protocol):
    """Everything that is counted over all processes."""


@dataclass(frozen=True, slots=True)
class BudgetView:
    """One day's budget, as a page shows it."""

    name: str
    day: str
    limit: int
    used: int
    left: int
    approval_above: int
    until: datetime


@dataclass(frozen=True, slots=True)
class ChannelView:
    """How fast one number may send, and whether it is left alone now."""

    channel: str
    provider: str
    state: str
    pace: ChannelPace
    paused_until: datetime | None
    reason_en: str
    reason_ar: str


@dataclass(frozen=True, slots=True)
class LimitsView:
    """Everything about the limits of one tenant."""

    at: datetime
    budgets: tuple[BudgetView, ...]
    channels: tuple[ChannelView, ...]
    contact_a_day: int
    contact_in_30_days: int


class Limits:
    """Reserves places, and says what is left."""

    def __init__(
        self,
        rows: DayRows,
        tenants: Mapping[str, Tenant],
        chains: Mapping[str, Chain],
        contact_caps: Callable[[str], tuple[int, int]],
        now: Callable[[], datetime],
    ) -> None:
        """`contact_caps`: how much one contact may hear unasked in 24 hours and in 30 days, by tenant."""
        self._rows = rows
        self._tenants = tenants
        self._chains = chains
        self._contact_caps = contact_caps
        self._now = now

    async def reserve(
        self,
        tenant_id: str,
        budget_name: str,
        key: str,
        at: datetime,
        amount: int = 1,
        *,
        up_to: int | None = None,
    ) -> Allowed | Spent:
        """
        Take places of the day at `at`, all or none.

        Args:
            key: what they are for, such as a draft; asked for again it has them already.
            up_to: a lower limit than the day's own.

        Raises NotFound (no such tenant or budget), ValueError (an amount below one), and what the store raises
        while it is away.
        """
        if amount < 1:
            raise ValueError(f"{amount} places cannot be reserved")
        most = self._most(tenant_id, budget_name)
        most = most if up_to is None else min(most, up_to)
        wanted = Reservation(tenant_id, budget_name, day_of(at), key, amount, at)
        return Allowed() if await self._rows.reserve(wanted, most) else Spent(day_ends(at))

    async def give_back(self, tenant_id: str, budget_name: str, key: str, at: datetime, amount: int = 1) -> bool:
        """What was reserved on the day of `at` surely was not sent; False when nothing was reserved."""
        return await self._rows.give_back(Reservation(tenant_id, budget_name, day_of(at), key, amount, at))

    async def is_full(self, tenant_id: str, budget_name: str, at: datetime) -> bool:
        """Whether nothing more fits into the day."""
        day = await self._rows.day(tenant_id, budget_name, day_of(at))
        return day.used >= self._most(tenant_id, budget_name)

    async def view(self, tenant_id: str) -> LimitsView:
        """What is used, what is left and until when. Raises NotFound."""
        tenant, now = self._tenant(tenant_id), self._now()
        budgets = [await self._budget_view(tenant, name, now) for name in _BUDGETS]
        chain = self._chains.get(tenant_id)
        reports = [report for report in (chain.report() if chain else ()) if report.channel]
        channels = [
            ChannelView(
                channel=report.channel,
                provider=report.name,
                state=report.state,
                pace=tenant.limits.pace(report.channel),
                paused_until=report.paused_until,
                reason_en=report.detail_en if report.paused_until else "",
                reason_ar=report.detail_ar if report.paused_until else "",
            )
            for report in reports
        ]
        return LimitsView(now, tuple(budgets), tuple(channels), *self._contact_caps(tenant_id))

    async def _budget_view(self, tenant: Tenant, name: str, now: datetime) -> BudgetView:
        most, day = self._most(tenant.id, name), day_of(now)
        used = (await self._rows.day(tenant.id, name, day)).used
        above = tenant.limits.approval_above
        return BudgetView(name, day, most, used, max(0, most - used), above, day_ends(now))

    def _most(self, tenant_id: str, budget_name: str) -> int:
        most_of = _BUDGETS.get(budget_name)
        if most_of is None:
            raise NotFound(
                f"there is no budget {budget_name}; there are {', '.join(_BUDGETS)}",
                f"لا يوجد حد بهذا الاسم؛ الموجود: {'، '.join(_BUDGETS)}",
            )
        return most_of(self._tenant(tenant_id).limits)

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._tenants.get(tenant_id)
        if tenant is None:
            raise NotFound("there is no such tenant here", "لا توجد منشأة بهذا المعرّف هنا")
        return tenant
