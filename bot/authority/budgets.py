"""
What a tenant may spend in a day, counted before it is spent.

Rule 1: money is whole halalas. Reserving is one atomic write: twenty who reserve at once never exceed the day.
Rule 2: what is reserved is settled at its true cost, or released; a key is reserved, settled and released once.
Rule 3: beyond the day's budget a human must agree; what a human agreed to is counted all the same.
Rule 4: a day is a day in Riyadh.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from rules.policies.zones import RIYADH


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one deed."""

    tenant_id: str
    day: str
    key: str
    amount_halalas: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day's money."""

    day: str
    limit_halalas: int
    used_halalas: int
    """Reserved and spent."""

    @property
    def left_halalas(self) -> int:
        return max(0, self.limit_halalas - self.used_halalas)


class BudgetRows(Protocol):
    """Where the days are kept."""

    async def reserve(self, wanted: Reservation, limit_halalas: int | None) -> bool:
        """Set it aside if it fits; None knows no limit. A key that was reserved before is not counted again."""

    async def settle(self, reserved: Reservation, actual_halalas: int) -> bool:
        """Count the true cost instead; False when it was settled before, or never reserved."""

    async def used(self, tenant_id: str, day: str) -> int: ...


class Budgets:
    """Reserves, settles and releases."""

    def __init__(self, rows: BudgetRows, day_halalas: int, now: Callable[[], datetime]) -> None:
        """`day_halalas`: what the policy allows each tenant a day."""
        self._rows = rows
        self._limit = day_halalas
        self._now = now

    async def reserve(self, tenant_id: str, key: str, amount_halalas: int) -> Reservation | None:
        """Set money aside for a deed; None when the day has not so much left. Raises ValueError below zero."""
        wanted = self._wanted(tenant_id, key, amount_halalas)
        return wanted if await self._rows.reserve(wanted, self._limit) else None

    async def again(self, reserved: Reservation) -> None:
        """Set money aside that a human agreed to spend, however much is left; for one deed once."""
        await self._rows.reserve(reserved, None)

    async def settle(self, reserved: Reservation, actual_halalas: int | None = None) -> bool:
        """Count what it really cost; as reserved, when nobody says otherwise."""
        actual = reserved.amount_halalas if actual_halalas is None else actual_halalas
        if actual < 0:
            raise ValueError("nothing costs less than nothing")
        return await self._rows.settle(reserved, actual)

    async def release(self, reserved: Reservation) -> bool:
        """Give it back: the deed was not done."""
        return await self._rows.settle(reserved, 0)

    async def today(self, tenant_id: str) -> Day:
        """What is used of today's budget."""
        day = self.day()
        return Day(day, self._limit, await self._rows.used(tenant_id, day))

    def _wanted(self, tenant_id: str, key: str, amount_halalas: int) -> Reservation:
        if amount_halalas < 0:
            raise ValueError("nothing costs less than nothing")
        return Reservation(tenant_id, self.day(), key, amount_halalas)

    def day(self) -> str:
        """Which day it is."""
        return self._now().astimezone(ZoneInfo(RIYADH)).date().isoformat()
