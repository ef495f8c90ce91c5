"""An alert is told once per key, kept for every reader, and never seen across tenants."""

import asyncio
from datetime import UTC, datetime
from itertools import count

import pytest

from bot.alerts import Alerts
from bot.errors import NotFound

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def alerts(store):
    numbers = count(1)
    return Alerts(store.alerts, lambda: NOW, lambda: f"A{next(numbers):04}")


def told(alerts, tenant="default", key="seal:broken"):
    return alerts.tell(tenant, "seal_broken", "The chain is broken", "السلسلة مكسورة", "entry 12", key)


async def test_twenty_finders_at_once_tell_it_once(alerts):
    answers = await asyncio.gather(*(told(alerts) for _ in range(20)))

    assert answers.count(True) == 1
    assert len(await alerts.latest("default")) == 1


async def test_each_reader_sees_it_for_himself(alerts):
    await told(alerts)
    [alert] = await alerts.unseen("default", "telegram:1")
    await alerts.seen("default", alert.id, "telegram:1")

    assert await alerts.unseen("default", "telegram:1") == []
    assert [a.key for a in await alerts.unseen("default", "telegram:2")] == ["seal:broken"]
    assert alert.title("ar") == "السلسلة مكسورة"


async def test_another_tenants_alert_is_nobodys(alerts):
    await told(alerts, "one")
    [alert] = await alerts.latest("one")

    assert await alerts.latest("two") == []
    assert await told(alerts, "two")
    with pytest.raises(NotFound):
        await alerts.seen("two", alert.id, "telegram:1")
    assert (await alerts.unseen("one", "telegram:1"))[0].seen_by == ()
