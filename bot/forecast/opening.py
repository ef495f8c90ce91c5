"""Opens the room of forecasts, over the one that computes numbers."""

from typing import TYPE_CHECKING

from bot.forecast.room import LOOK_EVERY_SECONDS, Forecast
from bot.metrics.room import Numbers
from bot.trust import Job

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_numbers(m: "Materials") -> Numbers:
    """The numbers of all tenants."""
    return Numbers(m.store.numbers, m.store.deal_terms, m.store.unreachable)


def open_room(m: "Materials", numbers: Numbers) -> Forecast:
    """The forecasts of all tenants."""
    return Forecast(
        rows=m.store.forecasts,
        numbers=numbers,
        audit=m.trust.audit,
        tenants=list(m.tenants),
        policies_of=m.playbooks.policies_of,
        unreachable=m.store.unreachable,
        now=m.now,
        new_id=m.new_id,
    )


def jobs_of(forecast: Forecast) -> tuple[Job, ...]:
    """What it does by itself."""
    return (Job("forecast_snapshots", LOOK_EVERY_SECONDS, forecast.take_snapshots),)
