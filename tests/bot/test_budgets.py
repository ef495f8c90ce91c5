"""A day's money is never spent twice."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.authority.budgets import Budgets

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_twenty_who_reserve_at_once_stay_inside_the_day(store):
    budgets = Budgets(store.budgets, 100, lambda: NOW)
    keys = [f"run:{n}" for n in range(20)]
    reserved = await asyncio.gather(*(budgets.reserve("default", key, 15) for key in keys))
    kept = [one for one in reserved if one]

    assert (len(kept), (await budgets.today("default")).used_halalas) == (6, 90)
    again = await asyncio.gather(*(budgets.reserve("default", one.key, 15) for one in kept))
    assert all(again)  # the same deed is counted once
    settled = await asyncio.gather(*(budgets.settle(kept[0], 5) for _ in range(20)))
    assert sum(settled) == 1
    assert await budgets.release(kept[1])
    assert not await budgets.release(kept[1])
    assert (await budgets.today("default")).used_halalas == 65
    assert (await budgets.today("another")).used_halalas == 0


async def test_a_new_day_has_its_own_money(store):
    at = [NOW]
    budgets = Budgets(store.budgets, 100, lambda: at[0])
    assert await budgets.reserve("default", "a", 100)
    assert await budgets.reserve("default", "b", 1) is None
    at[0] += timedelta(days=1)

    assert await budgets.reserve("default", "b", 100)
