"""
What people have stated for a period: targets, costs and baselines, each with a date and an owner.

Rule 1: a figure that nobody has stated does not exist; nothing is made up in its place.
Rule 2: a figure that is stated anew keeps what was stated before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

# Ten billion riyals in halalas; far beyond any count or number of seconds.
LARGEST = 1_000_000_000_000

STATED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "revenue": ("halalas", "Target of the revenue", "مستهدف الإيراد"),
        "deals_won": ("count", "Target of deals won", "مستهدف الصفقات الرابحة"),
        "partnerships": ("count", "Target of partnerships", "مستهدف الشراكات"),
        "plan_cost": ("halalas", "Cost of the plan", "تكلفة الاشتراك"),
        "provider_cost": ("halalas", "Cost of the providers", "تكلفة المزودين"),
        "model_cost": ("halalas", "Cost of language models", "تكلفة نماذج اللغة"),
        "baseline_response_seconds": ("seconds", "Response time before Dealix", "زمن الرد قبل ديليكس"),
    }
)
"""What can be stated: its unit and its names."""


@dataclass(frozen=True, slots=True)
class Target:
    """One stated figure of one period."""

    metric: str
    period: str
    """A month: `2026-11`."""
    value: int
    owner: str
    """Who answers for it."""
    note: str
    set_at: datetime
    set_by: str
    set_by_name: str
    v: int = 1

    @property
    def unit(self) -> str:
        return STATED[self.metric][0]


class Targets(Protocol):
    """Where they are kept, with every version."""

    async def add(self, tenant_id: str, target: Target) -> bool:
        """Keep a version; False when somebody was faster."""

    async def current(self, tenant_id: str, periods: Sequence[str]) -> Mapping[tuple[str, str], Target]:
        """(metric, period) -> the version that counts."""

    async def history(self, tenant_id: str, metric: str, period: str) -> Sequence[Target]:
        """Newest first."""
