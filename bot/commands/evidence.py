"""
Evidence on the command line: `dealix evidence ...`.

Rule 1: `verify` ends with 0 when everything is as it was sealed, and with 1 and the first thing that is not.
Rule 2: nothing here changes what happened; it is read, and checked against keys and anchors outside the database.
"""

from typing import Annotated

import typer

from bot.alerts import Alerts
from bot.building import new_id, now
from bot.commands.terminal import bar, err, out, stop, with_room
from bot.commands.workroom import Workroom
from bot.evidence.anchors import read_anchor
from bot.evidence.chain import ChainReport, Known
from bot.evidence.room import ChainRoom, open_chain
from bot.evidence.signing import Signer
from bot.evidence.words import BREAKS_AR, BREAKS_EN
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Check that nobody has changed what happened, and show the keys that prove it.",
)
TenantId = Annotated[str, typer.Option("--tenant", help="Whose history.")]


@app.command()
def verify(
    tenant: TenantId = DEFAULT_TENANT,
    anchor: Annotated[
        list[str] | None, typer.Option("--anchor", help="One that you kept, as it was sent: 42:9f86d0…")
    ] = None,
) -> None:
    """Walk the audit log from its first entry and name the first that is not as it was sealed."""
    try:
        given = tuple(read_anchor(text) for text in anchor or ())
    except ValueError as unreadable:
        stop(f"{unreadable}\nتُكتب المرساة كما أُرسلت: رقم الكتلة ثم نقطتان ثم 64 رمزًا ست عشريًا")
    report = with_room(lambda room: _walk(room, tenant, given), tenant)
    for line in told(report):
        (out if report.is_valid else err).print(line, markup=False)
    raise typer.Exit(0 if report.is_valid else 1)


@app.command()
def anchor(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Seal what is open, and print the head of the chain: keep it where the database's owner does not reach."""

    async def drop(room: Workroom) -> str:
        evidence = _evidence(room)
        await evidence.seals.seal(tenant)
        dropped = await evidence.anchors.drop(tenant)
        return f"{dropped.seq}:{dropped.hash}" if dropped else ""

    found = with_room(drop, tenant)
    if not found:
        stop(f'nothing has happened at "{tenant}" yet.\nلم يحدث شيء لدى «{tenant}» بعد.')
    out.print(found, markup=False)


@app.command()
def keys() -> None:
    """Print the public keys with which anybody can check our signatures, the present one first."""
    for key in Signer(Settings().data_dir / "keys").public_keys():
        out.print(f"{key.id} {key.raw_hex}{' (signs now)' if key.is_current else ''}", markup=False)


@app.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on; what the old one signed stays valid, and the old one is deleted."""
    fresh = Signer(Settings().data_dir / "keys").rotate()
    out.print(f"{fresh.id} {fresh.raw_hex} (signs now)", markup=False)


def told(report: ChainReport) -> list[str]:
    """What a walk found, in Arabic and English."""
    counts = f"{report.entries} entries in {report.blocks} blocks"
    more = f"{report.erased} erased, {report.late} sealed late, {report.waiting} not sealed yet"
    more = f"{more}, {report.anchors} anchors compared"
    if report.first_broken is None:
        head = f"head {report.head_seq}:{report.head_hash}"
        return [f"{report.tenant_id}: {counts} are as they were sealed ({more}); {head}", "السجل سليم كما خُتم."]
    broken = report.first_broken
    where = f"block {broken.block}" + (f", entry {broken.entry_id}" if broken.entry_id else "")
    return [
        f"{report.tenant_id}: BROKEN at {where}: {broken.kind}: {BREAKS_EN[broken.kind]} ({broken.detail})",
        f"السجل غير سليم عند الكتلة {broken.block}: {BREAKS_AR[broken.kind]}",
        f"before it, {counts} are as they were sealed ({more})",
    ]


async def _walk(room: Workroom, tenant: str, given: tuple[Known, ...]) -> ChainReport:
    with bar("blocks") as progress:
        try:
            return await _evidence(room).verify_chain(tenant, given, progress)
        except ValueError as unreadable:
            stop(f"the file of anchors cannot be read: {unreadable}\nتعذرت قراءة ملف المراسي")


def _evidence(room: Workroom) -> ChainRoom:
    return open_chain(
        settings=Settings(),
        store=room.store,
        tenants=room.tenants,
        alerts=Alerts(room.store.alerts, now, new_id),
        now=now,
        new_id=new_id,
    )
