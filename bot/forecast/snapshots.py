"""
A forecast at one moment: what has come in, and what open deals are likely to bring.

Rule 1: forecast = revenue of the period so far + for each open deal expected in it: the rest of its value times
        the probability of its stage. An overdue or undated deal is in no forecast; it is counted beside it.
Rule 2: a snapshot is written once. The one of the start of a period is frozen when the period begins; taken more
        than a day later it says so, and no accuracy is measured with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.metrics.figures import OpenDeal
from bot.metrics.spans import Span
from flows import deal
from rules.policies.forecast import ForecastPolicy

# A start at which nobody looked for so long was another forecast.
TAKEN_WITHIN = timedelta(days=1)


class Kind(StrEnum):
    """When a snapshot was taken."""

    START = "period_start"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class StageLine:
    """The open deals of one stage that are expected in the period."""

    stage: str
    deals: int
    value_halalas: int
    probability_percent: int
    weighted_halalas: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast as it is computed."""

    won_halalas: int
    by_stage: tuple[StageLine, ...]
    overdue_deals: int
    """Open deals that were expected before the period."""
    undated_deals: int
    """Open deals of which nobody has said when."""

    @property
    def forecast_halalas(self) -> int:
        return self.won_halalas + sum(line.weighted_halalas for line in self.by_stage)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that was kept."""

    tenant_id: str
    period: str
    kind: Kind
    key: str
    """The period itself, or the Sunday of the week."""
    taken_at: datetime
    method: str
    outlook: Outlook
    is_late: bool = False


class Snapshots(Protocol):
    """Where they are kept; nothing in it is ever changed."""

    async def add(self, snapshot: Snapshot) -> bool:
        """Keep it; False when one of this kind and key is there already."""

    async def find(self, tenant_id: str, period: str, kind: Kind, key: str) -> Snapshot | None: ...

    async def of_periods(self, tenant_id: str, periods: Sequence[str]) -> Sequence[Snapshot]:
        """Every snapshot of these periods, oldest first."""


def outlook(deals: Iterable[OpenDeal], period: Span, policy: ForecastPolicy, won_halalas: int) -> Outlook:
    """What a period is likely to bring."""
    expected: dict[str, list[OpenDeal]] = {}
    overdue = undated = 0
    for one in deals:
        day = one.terms.expected_on
        if day is None:
            undated += 1
        elif day < period.first:
            overdue += 1
        elif day <= period.last:
            expected.setdefault(one.stage, []).append(one)
    lines = (_line(stage, expected[stage], policy.of(stage)) for stage in deal.STAGES if stage in expected)
    return Outlook(won_halalas, tuple(lines), overdue, undated)


def _line(stage: str, deals: Sequence[OpenDeal], percent: int) -> StageLine:
    value = sum(one.rest_halalas for one in deals)
    return StageLine(stage, len(deals), value, percent, (value * percent + 50) // 100)
