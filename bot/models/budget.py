"""
What a tenant may spend on models in a day, set aside before a call and settled after it.

Rule 1: money here is whole millionths of a riyal: a call costs less than a halala. Setting aside is one atomic
        write, so that however many processes ask at once, no day passes its limit.
Rule 2: who reaches 70 % is told, once a day. From 90 % on only the task that is worth most for its money is
        served, and at the limit none.
Rule 3: what a crash left unsettled stays counted: a day errs on the side of too little.
Rule 4: a day is a day in Riyadh.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

from bot.alerts import Alerts
from bot.departures.limit_terms import day_ends, day_of
from bot.models.provider import Task

ALERT_PERCENT = 70
THROTTLE_PERCENT = 90

# Understanding a message costs a tenth of writing an answer, and is what the rules learn from.
KEPT_TO_THE_END = Task.INTENT

MICRO = 1_000_000
"""Millionths in a riyal."""

MICRO_IN_A_HALALA = MICRO // 100


@dataclass(frozen=True, slots=True)
class SetAside:
    """Money set aside for one call."""

    tenant_id: str
    day: str
    micro_sar: int


@dataclass(frozen=True, slots=True)
class BudgetView:
    """One day's money for models."""

    day: str
    limit_halalas: int
    used_micro_sar: int
    until: datetime

    @property
    def used_sar(self) -> Decimal:
        return Decimal(self.used_micro_sar) / MICRO

    @property
    def percent(self) -> Decimal:
        """Of the limit; a limit of nothing is used up."""
        if not self.limit_halalas:
            return Decimal(100)
        share = Decimal(self.used_micro_sar * 100) / (self.limit_halalas * MICRO_IN_A_HALALA)
        return share.quantize(Decimal("0.1"))

    @property
    def state(self) -> str:
        """`ok | alert | throttled | spent`"""
        percent = self.percent
        if percent >= 100:
            return "spent"
        if percent >= THROTTLE_PERCENT:
            return "throttled"
        return "alert" if percent >= ALERT_PERCENT else "ok"


class ModelDays(Protocol):
    """Where days are counted."""

    async def set_aside(self, wanted: SetAside, most: int) -> int | None:
        """One atomic write if it fits under `most`; answers what is used then, None when it does not fit."""

    async def settle(self, aside: SetAside, actual: int) -> None:
        """Count what it came to instead."""

    async def used(self, tenant_id: str, day: str) -> int: ...


class ModelBudget:
    """Sets aside, settles, and tells."""

    def __init__(self, rows: ModelDays, alerts: Alerts, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._alerts = alerts
        self._now = now

    async def set_aside(
        self, tenant_id: str, task: Task, amount_sar: Decimal, limit_halalas: int
    ) -> SetAside | None:
        """Money for one call; None when today has not so much left for this task."""
        micro = max(1, int((amount_sar * MICRO).to_integral_value(ROUND_CEILING)))
        wanted = SetAside(tenant_id, day_of(self._now()), micro)
        limit = limit_halalas * MICRO_IN_A_HALALA
        most = limit if task is KEPT_TO_THE_END else limit * THROTTLE_PERCENT // 100
        used = await self._rows.set_aside(wanted, most)
        if used is None:
            return None
        await self._tell(tenant_id, wanted.day, used, limit)
        return wanted

    async def settle(self, aside: SetAside, actual_sar: Decimal | None) -> None:
        """Count what it cost; None leaves it as it was set aside, because nobody knows better."""
        if actual_sar is not None:
            actual = int((actual_sar * MICRO).to_integral_value(ROUND_CEILING))
            await self._rows.settle(aside, actual)

    async def today(self, tenant_id: str, limit_halalas: int) -> BudgetView:
        """What is used of today."""
        now = self._now()
        used = await self._rows.used(tenant_id, day_of(now))
        return BudgetView(day_of(now), limit_halalas, used, day_ends(now))

    async def _tell(self, tenant_id: str, day: str, used: int, limit: int) -> None:
        for percent, meaning_en, meaning_ar in (
            (ALERT_PERCENT, "it goes on until 90 %", "يستمر العمل حتى 90٪"),
            (THROTTLE_PERCENT, "only intents are still asked for today", "تُطلب النيات فقط بقية اليوم"),
        ):
            if used * 100 < limit * percent:
                return
            await self._alerts.tell(
                tenant_id,
                "model_budget",
                f"{percent} % of today's money for the language model is used; {meaning_en}",
                f"استُهلك {percent}٪ من ميزانية النموذج اللغوي اليوم؛ {meaning_ar}",
                f"{day}: {Decimal(used) / MICRO:.4f} of {Decimal(limit) / MICRO:.2f} SAR",
                f"model_budget:{day}:{percent}",
                audience=("admin", "executive"),
                level=1 if percent == ALERT_PERCENT else 2,
            )
