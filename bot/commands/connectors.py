"""Connectors on the command line: `dealix connectors ...`; every process obeys a switch within seconds."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.access import console_human
from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import channels_of, new_id, now, reach_of
from bot.commands.terminal import out, with_room
from bot.commands.workroom import Workroom
from bot.connectors.opening import ports_of
from bot.connectors.room import Connectors
from bot.connectors.standings import Standing
from bot.connectors.states import STATE_AR, State
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="What we talk to outside: how it stands, and its switch."
)
TenantId = Annotated[str, typer.Option("--tenant", help="Whose connectors.")]
Key = Annotated[str, typer.Argument(help="Such as green_api; `list` shows them.")]
Who = Annotated[str, typer.Option("--as", help="Who does it, as the history will show them.")]
Why = Annotated[str, typer.Option("--why", help="Why, for whoever looks later.")]

T = TypeVar("T")


@app.command("list")
def listed(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Every connector as it stands now, by the last look."""
    _show(_with(tenant, lambda room: room.standings(tenant)))


@app.command()
def check(key: Key, by: Who, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Ask one connector now, without sending anything; ends with 1 when it is in trouble."""
    human = console_human(by)
    found = _with(tenant, lambda room: room.check(tenant, key, human))
    _show([found])
    raise typer.Exit(1 if found.state in (State.DOWN, State.AUTH_FAILED) else 0)


@app.command()
def history(
    key: Key,
    tenant: TenantId = DEFAULT_TENANT,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many lines.")] = 30,
) -> None:
    """Changes, switches and looks, newest first."""
    for one in _with(tenant, lambda room: room.history(tenant, key, None, limit)):
        before = f"{one.before} -> " if one.before else ""
        who = f" by {one.by}" if one.by else ""
        out.print(
            f"{one.at:%Y-%m-%d %H:%M:%S}  {one.what}  {before}{one.state}{who}  {one.detail_en}", markup=False
        )


@app.command()
def disable(key: Key, by: Who, why: Why, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Nothing goes through it any more, in any process, within seconds."""
    human = console_human(by)
    _show([_with(tenant, lambda room: room.disable(tenant, key, human, why))])


@app.command()
def enable(key: Key, by: Who, why: Why, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Let it be used again."""
    human = console_human(by)
    _show([_with(tenant, lambda room: room.enable(tenant, key, human, why))])


def _with(tenant: str, work: Callable[[Connectors], Awaitable[T]]) -> T:
    settings = Settings()

    async def run(room: Workroom) -> T:
        channels, reach = channels_of(settings, now), reach_of(settings, now)
        audit = Audit(room.store, now, new_id)
        try:
            return await work(
                Connectors(
                    rows=room.store.connectors,
                    tenants=[tenant],
                    channels=channels,
                    chains={},
                    ports=ports_of(room.store, reach, now),
                    audit=audit,
                    alerts=Alerts(room.store.alerts, now, new_id),
                    unreachable=room.store.unreachable,
                    now=now,
                    new_id=new_id,
                )
            )
        finally:
            await reach.close()
            for one in channels.values():
                await one.provider.close()

    return with_room(run, tenant)


def _show(standings: list[Standing]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("connector", "status", "الحالة", "calls", "success", "last success", "why"):
        table.add_column(head, overflow="fold")
    for one in standings:
        seen = one.seen
        rate = seen.success_rate if seen else None
        table.add_row(
            one.connector.key,
            one.state.value,
            STATE_AR[one.state],
            str(seen.calls) if seen else "-",
            f"{rate:.0%}" if rate is not None else "-",
            f"{one.kept.last_success_at:%Y-%m-%d %H:%M}" if one.kept.last_success_at else "-",
            one.why_en,
        )
    out.print(table)
