"""
Executives and forecasts on the command line: `dealix executive ...`, `dealix forecast ...`.

Rule: what is shown of a week is read from its stored pack; the command line makes none.
"""

from io import BytesIO
from pathlib import Path
from typing import Annotated
from zipfile import ZipFile

import typer
from rich.table import Table

from bot.access import console_human
from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import new_id, now
from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.evidence.assembly import Evidence
from bot.evidence.exports import as_zip
from bot.evidence.packs import Pack, PackType
from bot.evidence.room import new_salt, open_chain
from bot.executive.contents import entries
from bot.executive.digest import digest, title
from bot.executive.page import as_page
from bot.executive.words import HEALTH, riyals, share, told
from bot.forecast.accuracy import Accuracy
from bot.forecast.room import Forecast, Unified
from bot.forecast.targets import STATED, Target
from bot.metrics.room import Numbers
from bot.metrics.spans import read_week
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

executive = typer.Typer(no_args_is_help=True, add_completion=False, help="The signed packs of each week.")
forecast = typer.Typer(no_args_is_help=True, add_completion=False, help="What was forecast, and what came in.")

TenantId = Annotated[str, typer.Option("--tenant", help="Whose numbers.")]
Week = Annotated[str, typer.Option("--week", help="Its Sunday (2026-11-15) or ISO name (2026-W47).")]
Period = Annotated[str, typer.Option("--period", help="A month: 2026-11; this one by default.")]
By = Annotated[str, typer.Option("--as", help="Who does it, as the history will show them.")]


@executive.command("list")
def list_(tenant: TenantId = DEFAULT_TENANT) -> None:
    """The weeks that have a pack, the latest first."""
    packs = with_room(lambda room: _weeks(room, tenant), tenant)
    if not packs:
        out.print("no week has a pack yet.\nلا توجد حزمة أسبوعية بعد.", markup=False)
    for pack in packs:
        week = entries(pack, "week")[0]
        out.print(
            f"{pack.entity_id}  {week['iso_week']}  v{pack.revision}  {week['overall_rag']}  {pack.id}",
            markup=False,
        )


@executive.command()
def show(week: Week = "", tenant: TenantId = DEFAULT_TENANT) -> None:
    """The week in twelve lines, as it went out; the latest by default."""
    pack = with_room(lambda room: _pack(room, tenant, week), tenant)
    for line in (title(pack), *digest(pack)):
        out.print(line, markup=False)


@executive.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="A folder for the files.")],
    week: Week = "",
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Write the signed file, both pages, the key, and the program that checks them."""

    async def files(room: Workroom) -> dict[str, bytes]:
        pack = await _pack(room, tenant, week)
        with ZipFile(BytesIO(as_zip(pack, (), _evidence(room).key_of(pack)))) as folder:
            proof = {
                name: folder.read(name) for name in ("pack.json", "public_key.txt", "verify.py", "README.md")
            }
        pages = {f"week.{language}.html": as_page(pack, language).encode() for language in ("ar", "en")}
        return {**proof, **pages}

    made = with_room(files, tenant)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, body in made.items():
            (to / name).write_bytes(body)
            out.print(str(to / name), markup=False)
    except OSError as refused:
        stop(f"{to} cannot be written: {refused.strerror}\nتعذرت الكتابة في {to}")


@forecast.command("show")
def show_forecast(period: Period = "", tenant: TenantId = DEFAULT_TENANT) -> None:
    """One month: what came in, what is forecast, what was forecast when it began, the target."""

    async def ask(room: Workroom) -> tuple[Unified, Accuracy]:
        found = _forecast(room, tenant)
        return await found.unified(tenant, period), await found.accuracy(tenant)

    one, right = with_room(ask, tenant)
    came, start = one.revenue, one.at_start
    rows = (
        ("actual · الفعلي", came.actual_halalas if one.has_data else None),
        ("forecast at start · التوقع عند البداية", start.outlook.forecast_halalas if start else None),
        ("forecast now · التوقع الآن", one.outlook.forecast_halalas if one.outlook and one.has_data else None),
        ("target · المستهدف", one.target.value if one.target else None),
        ("open pipeline · الصفقات المفتوحة", one.pipeline_halalas if one.has_data else None),
    )
    table = Table("", one.period.id)
    for name, halalas in rows:
        table.add_row(name, told(halalas, "halalas", "en"))
    table.add_row("basis", came.basis)
    table.add_row("health · الحالة", f"{one.health} · {HEALTH[one.health][0]}")
    table.add_row("accuracy · الدقة", _said(right))
    out.print(table)


@forecast.command()
def accuracy(tenant: TenantId = DEFAULT_TENANT) -> None:
    """How right the forecasts of closed months were."""
    found = with_room(lambda room: _forecast(room, tenant).accuracy(tenant), tenant)
    out.print(_said(found), markup=False)
    for one in found.periods:
        right = "no number" if one.accuracy is None else share(one.accuracy)
        came, said = riyals(one.actual_halalas, "en"), riyals(one.forecast_halalas, "en")
        out.print(f"{one.period}: {right} (actual {came}, forecast {said}, {one.basis})", markup=False)
    for period, reason in found.left_out:
        out.print(f"{period}: {reason}", markup=False)


@forecast.command()
def target(
    metric: Annotated[str, typer.Argument(help=f"One of {', '.join(STATED)}.")],
    period: Annotated[str, typer.Argument(help="A month: 2026-11")],
    value: Annotated[int, typer.Argument(min=0, help="A whole number; money in halalas.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    by: By,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """State a target, a cost or a baseline of a month; what was stated before is kept."""
    human = console_human(by)

    async def state(room: Workroom) -> Target:
        return await _forecast(room, tenant).set_target(tenant, metric, period, value, owner, "", human)

    made = with_room(state, tenant)
    out.print(f"{made.metric} {made.period}: {made.value} {made.unit} (v{made.v}, {made.owner})", markup=False)


@forecast.command()
def recalibrate(by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Propose probabilities from past deals; nothing is changed, the file to propose is printed."""
    human = console_human(by)
    made = with_room(lambda room: _forecast(room, tenant).recalibrate(tenant, human), tenant)
    table = Table("stage · المرحلة", "in force · الساري", "proposed · المقترح", "deals · الصفقات")
    for one in made.stages:
        proposed = "–" if one.proposed_percent is None else f"{one.proposed_percent}%"
        table.add_row(one.stage, f"{one.in_force_percent}%", proposed, f"{one.won}/{one.sample}")
    out.print(table)
    if made.changes:
        out.print(f"policies/forecast.yml\n{made.policy_file}", markup=False)


def _said(found: Accuracy) -> str:
    if found.average is None:
        return f"{found.status} ({len(found.periods)} closed periods · فترات مغلقة)"
    return f"{share(found.average)} ({len(found.periods)} closed periods)"


def _forecast(room: Workroom, tenant: str) -> Forecast:
    store = room.store
    return Forecast(
        rows=store.forecasts,
        numbers=Numbers(store.numbers, store.deal_terms, store.unreachable),
        audit=Audit(store, now, new_id),
        tenants=[tenant],
        policies_of=room.playbooks.policies_of,
        unreachable=store.unreachable,
        now=now,
        new_id=new_id,
    )


def _evidence(room: Workroom) -> Evidence:
    store = room.store
    chain = open_chain(
        settings=Settings(),
        store=store,
        tenants=room.tenants,
        alerts=Alerts(store.alerts, now, new_id),
        now=now,
        new_id=new_id,
    )
    return Evidence(store, chain.seals, chain.signer, Audit(store, now, new_id), now, new_id, new_salt)


async def _weeks(room: Workroom, tenant: str) -> list[Pack]:
    found = await _evidence(room).listed(tenant, PackType.WEEKLY_PACK)
    return sorted(found, key=lambda pack: (pack.entity_id, pack.revision), reverse=True)


async def _pack(room: Workroom, tenant: str, week: str) -> Pack:
    wanted = read_week(week) if week else None
    if week and wanted is None:
        stop(f"{week!r} is no week: write its Sunday (2026-11-15) or its ISO name.\nاكتب الأسبوع بيوم الأحد.")
    found = [p for p in await _weeks(room, tenant) if wanted is None or p.entity_id == wanted.id]
    if found:
        return found[0]
    return stop("there is no pack of that week yet.\nلا توجد حزمة لهذا الأسبوع بعد.")
