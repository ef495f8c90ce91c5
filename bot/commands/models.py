"""
Language models on the command line: `dealix models`, beside a running service or without one.

Rule: here nobody is asked anything; what is shown comes from the records of calls.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.alerts import Alerts
from bot.building import model_providers, new_id, now
from bot.commands.terminal import out, with_room
from bot.commands.workroom import Workroom
from bot.models.dashboard import Advice, CostLine, Dashboard, Dashboards, ProviderHealth
from bot.models.figures import Figures
from bot.models.opening import open_dashboards
from bot.models.windows import DEFAULT
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(add_completion=False, help="How language models stand, and what they cost.")
TenantId = Annotated[str, typer.Option("--tenant", help="Whose calls.")]
Window = Annotated[str, typer.Option(help="How far back: 1h, 24h, 7d, 30d.")]

NONE = "no calls · لا نداءات"
NOT_CONFIGURED = "no language model is configured · لا يوجد نموذج لغوي معدّ"

STATES_AR = {"unknown": "غير معروف", "healthy": "سليم", "degraded": "متراجع", "down": "متوقف"}

T = TypeVar("T")


@app.callback(invoke_without_command=True)
def models(context: typer.Context, tenant: TenantId = DEFAULT_TENANT, window: Window = DEFAULT) -> None:
    """How language models stand, and what they cost."""
    if context.invoked_subcommand is None:
        dashboard(tenant, window)


@app.command()
def dashboard(tenant: TenantId = DEFAULT_TENANT, window: Window = DEFAULT) -> None:
    """Calls, errors, latency and money, by model."""

    async def look(boards: Dashboards) -> Dashboard:
        return await boards.look(tenant, window)

    seen = _with_boards(look, tenant)
    is_on = seen.terms.is_on and seen.is_configured
    out.print("on · مفعّل" if is_on else "off · غير مفعّل" if seen.is_configured else NOT_CONFIGURED)
    if seen.status == "no_calls":
        out.print(NONE)
        return
    table = Table("model", "calls", "errors", "p50 ms", "p95 ms", "tokens", "SAR", "unpriced", box=None)
    for line in (*seen.by_model, seen.total):
        table.add_row(*_columns(line))
    out.print(table)
    budget = seen.budget
    out.print(
        f"today {budget.used_sar:.4f} of {Decimal(budget.limit_halalas) / 100:.2f} SAR ({budget.percent} %)"
        f" · ميزانية اليوم"
    )


@app.command()
def health(tenant: TenantId = DEFAULT_TENANT) -> None:
    """How each provider stands, from the calls of the last hour."""

    async def look(boards: Dashboards) -> tuple[ProviderHealth, ...]:
        return await boards.health(tenant)

    found = _with_boards(look, tenant)
    if not found:
        out.print(NOT_CONFIGURED)
    for one in found:
        why = f"  {one.last_error}" if one.last_error else ""
        out.print(f"{one.provider}  {one.state} · {STATES_AR[one.state]}  breaker {one.breaker.state}{why}")


@app.command()
def costs(tenant: TenantId = DEFAULT_TENANT, window: Window = "30d") -> None:
    """What was spent, by day and model."""

    async def look(boards: Dashboards) -> tuple[CostLine, ...]:
        return await boards.costs(tenant, window)

    found = _with_boards(look, tenant)
    if not found:
        out.print(NONE)
        return
    table = Table("day", "provider", "model", "calls", "SAR", "USD", "unpriced", "prices", box=None)
    for line in found:
        own = line.figures
        money = (f"{own.cost_sar:.6f}", f"{own.cost_usd:.6f}")
        row = (line.day, line.provider, line.model, str(own.calls), *money, str(own.unpriced_calls))
        table.add_row(*row, ", ".join(line.price_versions) or "-")
    out.print(table)


@app.command()
def recommendations(tenant: TenantId = DEFAULT_TENANT, window: Window = "7d") -> None:
    """What the records suggest."""

    async def look(boards: Dashboards) -> tuple[Advice, ...]:
        return await boards.recommendations(tenant, window)

    found = _with_boards(look, tenant)
    if not found:
        out.print("nothing to suggest · لا توصيات")
    for one in found:
        out.print(f"{one.code}  {one.en}\n{one.ar}", markup=False)


def _columns(line: Figures) -> tuple[str, ...]:
    def known(value: object) -> str:
        return "-" if value is None else str(value)

    rate = None if line.error_rate is None else f"{line.error_rate * 100:.1f} %"
    tokens = str(line.input_tokens + line.output_tokens + line.cached_tokens)
    money = (f"{line.cost_sar:.6f}", str(line.unpriced_calls))
    times = (known(line.latency_p50_ms), known(line.latency_p95_ms))
    name = "all · الكل" if line.key == "all" else line.key
    return name, str(line.calls), known(rate), *times, tokens, *money


def _with_boards(look: Callable[[Dashboards], Awaitable[T]], tenant: str) -> T:
    async def work(room: Workroom) -> T:
        settings = Settings()
        providers = model_providers(settings, now)
        try:
            alerts = Alerts(room.store.alerts, now, new_id)
            boards = open_dashboards(room.store.models, alerts, providers, settings, now, new_id)
            return await look(boards)
        finally:
            for provider in providers:
                await provider.wire.close()

    return with_room(work, tenant)
