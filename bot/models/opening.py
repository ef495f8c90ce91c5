"""The room of models, put together: also by the command line, which only reads."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.alerts import Alerts
from bot.models.budget import ModelBudget
from bot.models.dashboard import Dashboards
from bot.models.prices import read_prices
from bot.models.provider import Providers, Watcher
from bot.models.room import Models
from bot.models.router import Router
from bot.models.rows import ModelRows
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials", watcher: Watcher | None = None) -> Models:
    """Put it together. Raises Misconfigured for a price table that cannot be read."""
    providers = m.reach.model or ()
    alerts = m.trust.alerts
    dashboards, router = _parts(m.store.models, alerts, providers, m.settings, m.now, m.new_id, watcher)
    return Models(
        providers=providers,
        router=router,
        dashboards=dashboards,
        questions=m.store.models.questions,
        terms=m.store.models.terms,
        notebook=m.notebook,
        tenants=m.tenants,
        playbook_of=m.playbooks.of,
        audit=m.trust.audit,
        limit_halalas=m.settings.model_budget_halalas,
        now=m.now,
    )


def open_dashboards(
    rows: ModelRows,
    alerts: Alerts,
    providers: Providers,
    settings: Settings,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Dashboards:
    """Only what reads. Raises Misconfigured."""
    return _parts(rows, alerts, providers, settings, now, new_id, None)[0]


def _parts(
    rows: ModelRows,
    alerts: Alerts,
    providers: Providers,
    settings: Settings,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    watcher: Watcher | None,
) -> tuple[Dashboards, Router]:
    prices = read_prices(settings.sar_per_usd, settings.model_prices_file)
    budget = ModelBudget(rows.days, alerts, now)
    router = Router(providers, rows.calls, budget, prices, now, new_id, watcher)
    dashboards = Dashboards(
        calls=rows.calls,
        terms=rows.terms,
        budget=budget,
        router=router,
        providers=providers,
        prices=prices,
        limit_halalas=settings.model_budget_halalas,
        now=now,
    )
    return dashboards, router
