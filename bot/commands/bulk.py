"""
Imports on the command line: `dealix bulk run FILE`, `list`, `show`, `report`, `cancel`.

Rule 1: the rows are stored here, and the service that runs does the work. Where none runs, this command is the
        service until its job is done: it opens no doors, and does what else is due meanwhile.
Rule 2: what waits for a yes is not waited for: the yes is given in Telegram or on the console.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.ask import Ask
from bot.bootstrap import Installation
from bot.building import new_id, now
from bot.bulk.door import Order, kind_of, table_of
from bot.bulk.job import ItemStatus, Mode
from bot.bulk.opening import open_room
from bot.bulk.report import csv_lines, json_lines, summary_of
from bot.bulk.room import Bulk, JobView
from bot.commands.beside import beside
from bot.commands.terminal import bar, err, out, person, run_to_end, stop, with_room
from bot.commands.workroom import Workroom
from bot.elsewhere import Elsewhere
from bot.privacy.fingerprints import Fingerprints
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Import many leads at once; nothing is sent.")

TenantId = Annotated[str, typer.Option("--tenant", help="Whose leads.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
JobId = Annotated[str, typer.Argument(help="The import, as `list` shows it.")]

# Where a service runs it takes a job within a second or two.
TAKEN_WITHIN_SECONDS = 6.0
LOOK_EVERY_SECONDS = 0.2

STATUS_AR = {
    "queued": "بانتظار البدء",
    "waiting_for_approval": "بانتظار الموافقة",
    "running": "جارٍ",
    "done": "انتهى",
    "cancelled": "أُلغي",
    "rejected": "رُفض",
    "failed": "تعثّر",
}

_SOURCE = re.compile(r"\w[\w .:/\-]{0,59}")

T = TypeVar("T")


@app.command()
def run(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .csv with a heading, or .json rows.")
    ],
    source: Annotated[str, typer.Option(help="Where the rows come from: ids are unique within it.")],
    by: By,
    mode: Annotated[str, typer.Option(help="dry-run, or create-drafts.")] = "dry-run",
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the results here: .csv or .json.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until it is done.")] = True,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Import a file; a dry run says what would happen, and changes nothing."""
    order = Order(tenant, _mode(mode), _source(source), person(by), file.name)
    _refuse_existing(report)

    async def take(bulk: Bulk) -> JobView:
        view = await bulk.take(order, table_of(file.read_bytes(), kind_of(file.name)))
        out.print(f"{view.job.id}: {view.job.total} rows stored / حُفظ {view.job.total} صفًا", markup=False)
        return await _watched(bulk, view, TAKEN_WITHIN_SECONDS) if wait else view

    view = _with_bulk(take, tenant)
    if wait and view.status == "queued":
        err.print(
            "No service runs here: this command does the work.\nلا توجد خدمة تعمل هنا؛ ينفذ هذا الأمر العمل."
        )
        view = run_to_end(_worked_here(tenant, view.job.id))
    _show(view)
    if report is not None and view.job.is_over:
        report.write_bytes(_with_bulk(lambda bulk: _told(bulk, view, report), tenant))
        out.print(f"report: {report}", markup=False)
    if view.status in ("failed", "rejected", "cancelled"):
        raise typer.Exit(1)


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20, tenant: TenantId = DEFAULT_TENANT
) -> None:
    """Show imports, newest first."""
    for view in _with_bulk(lambda bulk: bulk.list(tenant, limit), tenant):
        job = view.job
        out.print(
            f"{job.id}  {job.mode.value:13}  {view.status} · {STATUS_AR[view.status]}  "
            f"{view.done}/{job.total}  {job.source}  {job.created_at:%Y-%m-%d %H:%M} UTC",
            markup=False,
        )


@app.command()
def show(job_id: JobId, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show how far an import is, and how many rows came to what."""
    _show(_with_bulk(lambda bulk: bulk.get(tenant, job_id), tenant))


@app.command("report")
def write_report(
    job_id: JobId,
    to: Annotated[Path, typer.Option("--to", help="A file that does not exist yet: .csv or .json.")],
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Write what became of every row into a file."""
    _refuse_existing(to)

    async def work(bulk: Bulk) -> bytes:
        return await _told(bulk, await bulk.get(tenant, job_id), to)

    to.write_bytes(_with_bulk(work, tenant))
    out.print(f"report: {to}", markup=False)


@app.command()
def cancel(job_id: JobId, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Make nothing more of an import; drafts that were made stay, held."""
    human = person(by)
    _show(_with_bulk(lambda bulk: bulk.cancel(tenant, job_id, human), tenant))


async def _watched(bulk: Bulk, view: JobView, taken_within: float = 0.0) -> JobView:
    """Show a bar until the job is over or waits for people; without a limit for as long as it takes."""
    until = monotonic() + taken_within if taken_within else float("inf")
    with bar(f"{view.job.mode.value}") as moved:
        while not view.job.is_over and view.status not in ("waiting_for_approval", "failed"):
            if view.status == "queued" and view.run_status == "pending" and monotonic() > until:
                break
            moved(view.done, view.job.total)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            view = await bulk.get(view.job.tenant_id, view.job.id)
        moved(view.done, view.job.total)
    return view


async def _worked_here(tenant: str, job_id: str) -> JobView:
    """Be the service, without doors, until the job is over."""
    installation = Installation(Settings())
    try:
        bulk = (await installation.start()).trust.bulk
        return await _watched(bulk, await bulk.get(tenant, job_id))
    finally:
        await installation.stop()


async def _told(bulk: Bulk, view: JobView, to: Path) -> bytes:
    """The report in the form of the file's name."""
    every = bulk.every(view.job.tenant_id, view.job.id)
    if kind_of(to.name) == "json":
        return b"".join([part async for part in json_lines(summary_of(view), every)])
    return "".join([line async for line in csv_lines(every)]).encode()


def _show(view: JobView) -> None:
    job = view.job
    out.print(f"{job.id}  {job.mode.value}  {view.status} · {STATUS_AR[view.status]}", markup=False)
    table = Table("rows", "صفوف", "", box=None)
    for status, names in _COUNTED.items():
        if view.counts[status]:
            table.add_row(*names, str(view.counts[status]))
    out.print(table)
    if view.counts[ItemStatus.ERROR]:
        out.print(
            f"which lines, and why: dealix bulk report {job.id} --to FILE.csv\n"
            "لمعرفة السطور وأسبابها: الأمر أعلاه",
            markup=False,
            soft_wrap=True,
        )
    if view.status == "waiting_for_approval":
        out.print(
            f"More than ten messages: the whole import waits for a yes (approval {job.approval_id}), "
            "in Telegram or on the console.\n"
            f"أكثر من عشر رسائل: ينتظر الاستيراد كله موافقة ({job.approval_id}) في تيليجرام أو لوحة التحكم.",
            markup=False,
        )
    if view.fault_en:
        out.print(f"{view.fault_en}\n{view.fault_ar}\ndealix runs retry {job.run_id} --as ...", markup=False)


_COUNTED = {
    ItemStatus.OK: ("ok", "سليم"),
    ItemStatus.ERROR: ("error", "خطأ"),
    ItemStatus.DUPLICATE: ("duplicate", "مكرر"),
    ItemStatus.SUPPRESSED: ("suppressed", "موقوف"),
    ItemStatus.PENDING: ("pending", "بانتظار المعالجة"),
    ItemStatus.CANCELLED: ("cancelled", "أُلغي"),
}


def _mode(named: str) -> Mode:
    try:
        return Mode(named.replace("-", "_"))
    except ValueError as unknown:
        raise typer.BadParameter("use dry-run or create-drafts / استعمل dry-run أو create-drafts") from unknown


def _source(named: str) -> str:
    if not _SOURCE.fullmatch(named.strip()):
        raise typer.BadParameter("use up to 60 letters, digits and . : / - / حروف وأرقام حتى 60 خانة")
    return named.strip()


def _refuse_existing(to: Path | None) -> None:
    if to is not None and to.exists():
        stop(f"{to} is there already; name another file.\nالملف موجود؛ اختر اسمًا آخر.")


def _with_bulk(work: Callable[[Bulk], Awaitable[T]], tenant: str) -> T:
    async def act(room: Workroom) -> T:
        async with _opened(room) as bulk:
            return await work(bulk)

    return with_room(act, tenant)


@asynccontextmanager
async def _opened(room: Workroom) -> AsyncIterator[Bulk]:
    """The room of imports as the command line sees it: it stores and looks, and handles no row."""
    async with beside(room) as here:
        yield open_room(
            notebook=here.notebook,
            ask=Ask(here.notebook, Elsewhere(here.notebook, here.bell, now), room.playbooks.of, {}, new_id),
            tenants=room.tenants,
            playbook_of=room.playbooks.of,
            fingerprints=Fingerprints(here.settings.data_dir / "keys"),
            centre=here.authority.centre,
            runs=here.runs_room.runs,
            audit=here.audit,
            now=now,
            new_id=new_id,
        )
