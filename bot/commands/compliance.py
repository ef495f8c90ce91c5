"""
Compliance on the command line: `dealix compliance ...`.

Rule 1: `scan` measures beside a running service or without one; what only a running service sees stays as it was
        seen there last.
Rule 2: both end with 1 where `--strict` is given and the posture is `at_risk`, so that a pipeline can stop on it.
"""

from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer
from rich.table import Table

from bot.access import console_human
from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import new_id, now
from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.compliance.opening import open_room
from bot.compliance.posture import Assessment, Posture, Stand
from bot.compliance.room import Compliance
from bot.compliance.table import matrix_csv
from bot.evidence.seals import Seals
from bot.evidence.signing import Signer
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Measure the compliance controls, and show how they stand."
)
TenantId = Annotated[str, typer.Option("--tenant", help="Whose installation.")]
Strict = Annotated[bool, typer.Option("--strict", help="End with 1 when the posture is at_risk.")]

ARABIC = {
    "compliant": "ملتزم",
    "non_compliant": "غير ملتزم",
    "partial": "جزئي",
    "not_applicable": "لا ينطبق",
    "not_assessed": "لم يُقيَّم",
    "at_risk": "في خطر",
}


@app.command()
def scan(
    by: Annotated[str, typer.Option("--as", help="Who asks, as the history will show them.")],
    tenant: TenantId = DEFAULT_TENANT,
    strict: Strict = False,
) -> None:
    """Measure every control now, and remember what was found."""
    human = console_human(by)

    async def measure(room: Workroom) -> tuple[tuple[Assessment, ...], Posture, list[str]]:
        compliance = _compliance(room)
        found = await compliance.scan(tenant, human)
        worse = [f"{r.control_id}: {r.before.value} -> {r.after.value}" for r in found.regressions]
        return await compliance.matrix(tenant), await compliance.posture(tenant), worse

    assessments, posture, worse = with_room(measure, tenant)
    _show(assessments, posture)
    for line in worse:
        out.print(f"got worse · تراجع  {line}", markup=False)
    _end(posture, strict)


@app.command()
def status(
    tenant: TenantId = DEFAULT_TENANT,
    csv: Annotated[Path | None, typer.Option(help="Write the matrix to a new file instead.")] = None,
    strict: Strict = False,
) -> None:
    """Show how every control stands: by the last scan, what is attested, and the clock."""

    async def look(room: Workroom) -> tuple[tuple[Assessment, ...], Posture]:
        compliance = _compliance(room)
        return await compliance.matrix(tenant), await compliance.posture(tenant)

    assessments, posture = with_room(look, tenant)
    if csv is None:
        _show(assessments, posture)
    else:
        _write(csv, matrix_csv(assessments))
    _end(posture, strict)


def _write(target: Path, text: str) -> None:
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        stop(f"{target} exists already; name a file that does not.\nالملف موجود؛ اختر اسمًا آخر.")
    except OSError as refused:
        stop(f"{target} cannot be written: {refused.strerror}.\nتعذّرت كتابة الملف.")


def _show(assessments: tuple[Assessment, ...], posture: Posture) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("control", "risk", "status", "الحالة", "what was found"):
        table.add_column(head, overflow="fold")
    for a in assessments:
        said = "; ".join(f.detail_en for f in a.findings) if a.basis != "none" and a.findings else a.note_en
        table.add_row(a.control.id, a.control.risk.value, a.status.value, ARABIC[a.status.value], said)
    out.print(table)
    out.print(
        f"{posture.posture.value} · {ARABIC[posture.posture.value]}: {posture.rate} % of what applies; "
        f"{len(posture.unassessed)} not assessed.",
        markup=False,
    )


def _end(posture: Posture, strict: bool) -> None:
    raise typer.Exit(1 if strict and posture.posture is Stand.AT_RISK else 0)


def _compliance(room: Workroom) -> Compliance:
    settings = Settings()
    signer = Signer(settings.data_dir / "keys")
    return open_room(
        settings=settings,
        store=room.store,
        tenants=room.tenants,
        audit=Audit(room.store, now, new_id),
        alerts=Alerts(room.store.alerts, now, new_id),
        seals=Seals(room.store, room.tenants, signer, now, new_id, lambda: token_hex(16)),
        now=now,
        new_id=new_id,
    )
