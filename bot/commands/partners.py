"""
Golden paths of partners on the command line: `dealix partners examine|list|show`.

Rule: here a partner is examined and people are asked; the yes is given in Telegram or on the console.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated, TypeVar

import typer
from rich.table import Column, Table

from bot.building import new_id, now
from bot.commands.beside import beside
from bot.commands.terminal import out, person, stop, with_room
from bot.commands.workroom import Workroom
from bot.errors import BadRequest
from bot.evidence.room import open_room as open_evidence
from bot.outputs.partner_models import EconomicsModel, PartnerDossier
from bot.partners.case import CaseStatus, Declared
from bot.partners.economics import halalas_of, riyals
from bot.partners.opening import put_together
from bot.partners.room import Chain, GoldenPaths
from bot.partners.scoring import Inputs
from bot.tenants import DEFAULT_TENANT

partners = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Partners who are examined before anybody agrees to them."
)

TenantId = Annotated[str, typer.Option("--tenant", help="Whose.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]

STATUS_AR = {
    CaseStatus.RUNNING: "قيد الدراسة",
    CaseStatus.WAITING_APPROVAL: "بانتظار القرار",
    CaseStatus.COMPLETED: "اكتمل",
    CaseStatus.REJECTED: "مرفوض",
    CaseStatus.EXPIRED: "انتهت المهلة",
    CaseStatus.CANCELLED: "سُحب",
    CaseStatus.FAILED: "متعثر",
}

SCENARIO_AR = {
    "base": "الأساس",
    "revenue_plus_30": "الإيراد +30٪",
    "revenue_minus_30": "الإيراد −30٪",
    "cost_plus_20": "التكلفة +20٪",
    "combined_worst": "الأسوأ مجتمعًا",
}

T = TypeVar("T")


class Fit(StrEnum):
    """How well the sector fits."""

    NONE, LOW, MEDIUM, HIGH = "none", "low", "medium", "high"


class Size(StrEnum):
    """How large the company is."""

    MICRO, SMALL, MEDIUM, LARGE = "micro", "small", "medium", "large"


class Readiness(StrEnum):
    """How ready for the Personal Data Protection Law."""

    NONE, STARTED, DOCUMENTED, READY = "none", "started", "documented", "ready"


@partners.command()
def examine(
    name: Annotated[str, typer.Argument(help="The partner.")],
    by: By,
    name_ar: Annotated[str, typer.Option(help="The same in Arabic.")] = "",
    revenue: Annotated[str, typer.Option(help="What it may bring in a year, in riyals.")] = "100000",
    cost: Annotated[str, typer.Option(help="What that costs in a year, in riyals.")] = "20000",
    fit: Annotated[Fit | None, typer.Option(help="How well the sector fits.")] = None,
    size: Annotated[Size | None, typer.Option(help="How large the company is.")] = None,
    cr_verified: Annotated[
        bool | None, typer.Option("--cr-verified/--cr-not-verified", help="The commercial registration.")
    ] = None,
    references: Annotated[int | None, typer.Option(min=0, max=10_000, help="How many references.")] = None,
    pdpl: Annotated[Readiness | None, typer.Option(help="Readiness for the PDPL.")] = None,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Make dossier and economics, and ask for a yes; what is left out lowers the confidence."""
    human = person(by)
    inputs = Inputs(fit, size, cr_verified, references, pdpl)
    declared = Declared(
        name.strip(), name_ar.strip(), "partnership", "", _halalas(revenue), _halalas(cost), inputs
    )
    _show(_with_paths(lambda paths: paths.run(tenant, declared, human), tenant))


@partners.command("list")
def list_partners(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20, tenant: TenantId = DEFAULT_TENANT
) -> None:
    """Show who was examined, newest first."""
    table = Table(Column("id", no_wrap=True), "partner / الشريك", "status", "الحالة", "since (UTC)", box=None)
    for line in _with_paths(lambda paths: paths.list(tenant, limit=limit), tenant):
        case = line.case
        told = (line.status.value, STATUS_AR[line.status], f"{case.created_at:%Y-%m-%d %H:%M}")
        table.add_row(case.id, case.declared.partner_name, *told)
    out.print(table)


@partners.command()
def show(
    golden_path_id: Annotated[str, typer.Argument(help="The id, as `list` shows it.")],
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Show one golden path: score, economics, who decided, what proves it."""
    _show(_with_paths(lambda paths: paths.get(tenant, golden_path_id), tenant))


def _show(chain: Chain) -> None:
    out.print(f"{chain.case.id}  {chain.status.value} · {STATUS_AR[chain.status]}", markup=False)
    out.print(f"{chain.summary_en}\n{chain.summary_ar}", markup=False)
    dossier = chain.dossier.output if chain.dossier else None
    if isinstance(dossier, PartnerDossier) and dossier.missing:
        out.print(f"not declared / لم يُصرَّح به: {', '.join(dossier.missing)}", markup=False)
    model = chain.economics.output if chain.economics else None
    if isinstance(model, EconomicsModel):
        _show_rows(model)
    if chain.approval is not None:
        out.print(f"approval / الموافقة: {chain.approval.id} ({chain.approval.status})", markup=False)
    if chain.pack is not None:
        out.print(f"evidence / الإثبات: {chain.pack.id} ({chain.pack.type})", markup=False)


def _show_rows(model: EconomicsModel) -> None:
    table = Table(
        Column("scenario", no_wrap=True),
        "الحالة",
        "revenue SAR",
        "cost SAR",
        "net SAR",
        "months",
        "ROI %",
        box=None,
    )
    for row in model.sensitivity:
        months, roi = ("-" if value is None else str(value) for value in (row.payback_months, row.roi_pct))
        money = (riyals(row.revenue_halalas), riyals(row.cost_halalas), riyals(row.net_halalas))
        table.add_row(row.name, SCENARIO_AR[row.name], *money, months, roi)
    out.print(table)
    multiplier = model.break_even_multiplier
    out.print(f"break-even / التعادل: {'-' if multiplier is None else f'× {multiplier}'}", markup=False)


def _halalas(said: str) -> int:
    try:
        return halalas_of(said)
    except BadRequest as refused:
        stop(f"{refused.message_en}\n{refused.message_ar}")


def _with_paths(work: Callable[[GoldenPaths], Awaitable[T]], tenant: str) -> T:
    async def act(room: Workroom) -> T:
        async with _opened(room) as opened:
            return await work(opened)

    return with_room(act, tenant)


@asynccontextmanager
async def _opened(room: Workroom) -> AsyncIterator[GoldenPaths]:
    """The room of golden paths beside a running service; what waits for people goes on there."""
    async with beside(room) as here:
        evidence = open_evidence(
            settings=here.settings,
            store=room.store,
            tenants=room.tenants,
            alerts=here.alerts,
            centre=here.authority.centre,
            thresholds_of=lambda tenant_id: room.playbooks.of(tenant_id).thresholds,
            now=now,
            new_id=new_id,
        )
        yield put_together(
            store=room.store,
            tenants=room.tenants,
            audit=here.audit,
            centre=here.authority.centre,
            grants=here.authority.grants,
            outputs=evidence.outputs,
            packs=evidence.packs,
            runs_room=here.runs_room,
            now=now,
            new_id=new_id,
        )
