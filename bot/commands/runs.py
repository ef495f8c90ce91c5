"""
Durable work on the command line: `dealix runs ...`, beside a running service or without one.

Rule: here no step is done. What is retried or cancelled here goes on in the service, at once when it runs.
"""

from typing import Annotated

import typer
from rich.table import Table

from bot.access import console_human
from bot.audit import Audit
from bot.building import new_id, now
from bot.commands.terminal import out, with_room
from bot.commands.workroom import Workroom
from bot.runs.registry import Flows
from bot.runs.room import Runs
from bot.runs.view import RunView
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What runs, waits and failed.")
TenantId = Annotated[str, typer.Option("--tenant", help="Whose runs.")]
RunId = Annotated[str, typer.Argument(help="The run, as `list` shows it.")]
By = Annotated[str, typer.Option("--as", help="Who asks, as the history will show them.")]

STATUS_AR = {
    "pending": "بانتظار دورها",
    "running": "جارية",
    "waiting_approval": "بانتظار موافقة",
    "waiting_event": "بانتظار حدث",
    "completed": "مكتملة",
    "failed": "متعثرة",
    "cancelled": "ملغاة",
    "compensating": "يجري التراجع",
    "compensated": "تم التراجع",
}


@app.command("list")
def list_runs(
    status: Annotated[str, typer.Option(help="`incomplete`, or one status; all when empty.")] = "",
    flow: Annotated[str, typer.Option(help="Runs of one flow.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Show runs, newest first."""

    async def look(room: Workroom) -> list[RunView]:
        return await _runs(room).list(tenant, status=status, flow=flow, limit=limit)

    found = with_room(look, tenant)
    if not found:
        out.print("no runs · لا مهام")
        return
    rows = [_columns(view) for view in found]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        # Never cut or folded: the id is what the other verbs are given. What is Arabic stands last, where its
        # width moves no column.
        line = "  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True))
        out.print(f"{line}  {row[-1]}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def show(run_id: RunId, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show one run with everything that happened to it."""

    async def look(room: Workroom) -> RunView:
        return await _runs(room).get(tenant, run_id)

    _show(with_room(look, tenant))


@app.command()
def retry(run_id: RunId, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Go on with a failed run at the step that failed."""
    human = console_human(by)

    async def work(room: Workroom) -> RunView:
        return await _runs(room).retry(tenant, run_id, human)

    _show(with_room(work, tenant))


@app.command()
def cancel(run_id: RunId, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """End a run and undo what it did."""
    human = console_human(by)

    async def work(room: Workroom) -> RunView:
        return await _runs(room).cancel(tenant, run_id, human)

    _show(with_room(work, tenant))


def _columns(view: RunView) -> tuple[str, ...]:
    run, told = view.run, view.progress
    how_far = f"{told.done}/{told.total}" if told else "-"
    state = "parked" if run.is_parked else run.status.value
    since = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    arabic = "لا إصدار لها" if run.is_parked else STATUS_AR[run.status]
    return run.id, state, f"{run.flow} {run.version}", run.step or "-", how_far, since, arabic


def _runs(room: Workroom) -> Runs:
    return Runs(
        rows=room.store.runs,
        flows=Flows(),
        hear=lambda _kind, _callback: None,
        audit=Audit(room.store, now, new_id),
        nudge=lambda: None,
        now=now,
        new_id=new_id,
    )


def _show(view: RunView) -> None:
    run = view.run
    out.print(f"{run.id}  {run.flow} {run.version}  {run.status.value} · {STATUS_AR[run.status]}", markup=False)
    if run.cancel_by.id:
        out.print("cancel asked for; it ends after the step it is at · طُلب إلغاؤها وتنتهي بعد خطوتها الحالية")
    if run.error is not None:
        out.print(f"{run.error.code}: {run.error.message_en}\n{run.error.message_ar}", markup=False)
    table = Table("seq", "at (UTC)", "step", "what", "note", "by", box=None)
    for c in view.checkpoints:
        table.add_row(str(c.seq), f"{c.at:%Y-%m-%d %H:%M:%S}", c.step, c.what, c.note, c.by.name)
    out.print(table)
