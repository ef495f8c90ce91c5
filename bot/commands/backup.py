"""
`dealix backup` and `dealix restore`: a whole installation in one file, and back.

Rule 1: a backup is made beside a running service; a restore needs it stopped.
Rule 2: what was restored is looked at before the command says that it is done: the chain of every tenant.
"""

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from bot import logs
from bot.alerts import Alerts
from bot.audit import Audit
from bot.backups.aftermath import calm
from bot.backups.manifest import Manifest
from bot.backups.restoring import Restored, restore
from bot.backups.taking import look_through, take
from bot.bell import Bell
from bot.building import new_id, now
from bot.commands.evidence import told
from bot.commands.terminal import bar, err, out, person, run_to_end, stop, with_room
from bot.commands.vault import Vault, vault
from bot.commands.workroom import Workroom
from bot.evidence.chain import ChainReport
from bot.evidence.room import open_chain
from bot.notebook import Notebook
from bot.people import Human
from bot.relay import Relay
from bot.settings import Settings
from bot.store import Posture
from bot.stored_format import LAST_BACKUP_NOTE
from bot.tenants import DEFAULT_TENANT
from bot.version import VERSION

_OPERATOR = Human("cli:operator", "operator")

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file with the passphrase; instead of DEALIX_BACKUP_PASSPHRASE."),
]


def backup_command(
    to: Annotated[Path, typer.Argument(help="The file to write, or a folder to write into.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Write nothing: read this backup and compare every hash.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Copy everything there is, rows and keys, into one file; the service goes on meanwhile."""
    settings = _settings()
    passphrase = _passphrase(settings, passphrase_file)
    if verify:
        _verify(to, passphrase)
        return
    at = now()
    file = to / f"dealix-{at:%Y%m%dT%H%M%SZ}.backup" if to.is_dir() else to
    began = time.monotonic()

    async def work() -> Manifest:
        async with vault(settings) as room:
            with bar("rows") as progress:
                manifest = await take(
                    file,
                    room.copies,
                    folder=settings.data_dir,
                    passphrase=passphrase,
                    made_at=at,
                    backup_id=new_id(),
                    version=VERSION,
                    tenants=tuple(room.tenants),
                    progress=progress,
                )
            await _remember(room, manifest, _size(file), bool(passphrase))
            return manifest

    manifest = run_to_end(work())
    if not passphrase:
        err.print(
            "this file is not sealed: whoever reads it reads every message and holds every key. Set "
            "DEALIX_BACKUP_PASSPHRASE.\n"
            "هذا الملف غير مختوم: من يقرؤه يقرأ كل الرسائل ويملك كل المفاتيح. عيّن DEALIX_BACKUP_PASSPHRASE.",
            markup=False,
        )
    _tell(manifest, file, time.monotonic() - began)


def restore_command(
    file: Annotated[Path, typer.Argument(help="A backup, as `dealix backup` wrote it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="What is in the database now goes; keys are kept beside.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put a backup back, check the chain of what happened, and pause the bot until a human has looked."""
    settings = _settings()
    passphrase = _passphrase(settings, passphrase_file)
    began = time.monotonic()

    async def work() -> tuple[Restored, list[ChainReport], int]:
        async with vault(settings, alone=True) as room:
            with bar("rows") as progress:
                restored = await restore(
                    file,
                    room.copies,
                    folder=settings.data_dir,
                    passphrase=passphrase,
                    replace=replace,
                    now=now,
                    progress=progress,
                )
            reports = [await _walk(room, settings, tenant) for tenant in room.tenants]
            held = await _calm(room, restored.manifest)
            await room.copies.finish()
            return restored, reports, held

    restored, reports, held = run_to_end(work())
    _tell(restored.manifest, file, time.monotonic() - began)
    if restored.kept_keys:
        out.print(f"the keys that were here are in {restored.kept_keys}", markup=False)
    for report in reports:
        for line in told(report):
            (out if report.is_valid else err).print(line, markup=False)
    out.print(
        f"the bot is paused and {held} drafts that were about to leave wait for a human: see what happened since "
        f"{restored.manifest.made_at:%Y-%m-%d %H:%M} UTC, then /resume in Telegram, or "
        "dealix resume.\n"
        f"البوت متوقف و{held} مسودة كانت على وشك الخروج تنتظر إنسانًا: "
        "راجع ما حدث منذ النسخة ثم /resume أو dealix resume.",
        markup=False,
    )
    raise typer.Exit(0 if all(report.is_valid for report in reports) else 1)


def resume_command(
    tenant: Annotated[str, typer.Option(help="For whom.")] = DEFAULT_TENANT,
    by: Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")] = "operator",
) -> None:
    """Let the bot answer by itself again, after a restore or a pause; as /resume in Telegram does."""
    human = person(by)

    async def work(room: Workroom) -> None:
        stored = await room.store.postures.read(tenant) or Posture(room.tenants[tenant].autonomy)
        await room.store.postures.write(tenant, Posture(stored.autonomy))
        await Audit(room.store, now, new_id).note(tenant, "bot_resumed", human, paused_by=stored.paused_by)

    with_room(work, tenant)
    out.print("the bot answers by itself again.\nالبوت يرد وحده من جديد.", markup=False)


def _verify(file: Path, passphrase: str) -> None:
    async def work() -> Manifest:
        with bar("rows") as progress:
            return look_through(file, passphrase, progress)

    began = time.monotonic()
    _tell(run_to_end(work()), file, time.monotonic() - began)
    out.print("every hash is as written.\nكل البصمات مطابقة.", markup=False)


def _tell(manifest: Manifest, file: Path, seconds: float) -> None:
    size = _size(file) / 1e6
    out.print(
        f"{file}: {manifest.rows} rows in {len(manifest.collections)} collections, {len(manifest.files)} files, "
        f"{manifest.size / 1e6:.2f} MB as {size:.2f} MB, of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, by Dealix "
        f"{manifest.dealix} ({seconds:.1f} s)",
        markup=False,
    )


def _size(file: Path) -> int:
    return file.stat().st_size


async def _remember(room: Vault, manifest: Manifest, size: int, is_sealed: bool) -> None:
    """For whoever asks how old the last backup is; every tenant's history says that one was made."""
    about = {
        "id": manifest.id,
        "at": manifest.made_at,
        "rows": manifest.rows,
        "size": size,
        "is_sealed": is_sealed,
    }
    await room.store.marks.write(LAST_BACKUP_NOTE, about)
    audit = Audit(room.store, now, new_id)
    for tenant_id in room.tenants:
        await audit.note(tenant_id, "backup_made", _OPERATOR, backup=manifest.id, is_sealed=is_sealed)


async def _walk(room: Vault, settings: Settings, tenant_id: str) -> ChainReport:
    chain = open_chain(
        settings=settings,
        store=room.store,
        tenants=room.tenants,
        alerts=Alerts(room.store.alerts, now, new_id),
        now=now,
        new_id=new_id,
    )
    return await chain.verify_chain(tenant_id)


async def _calm(room: Vault, manifest: Manifest) -> int:
    relay = Relay(room.store, now)
    notebook = Notebook(room.store, room.tenants, Bell(), relay, now)
    held = await calm(room.store, notebook, room.tenants, manifest, now, new_id)
    await relay.flush()
    return held


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as invalid:
        stop(f"these settings cannot be used; see .env.example: {invalid.errors(include_input=False)[0]['loc']}")
    logs.configure(settings.secrets, pretty=sys.stderr.isatty(), level=logging.WARNING)
    return settings


def _passphrase(settings: Settings, file: Path | None) -> str:
    if file is None:
        return settings.backup_passphrase.get_secret_value()
    try:
        said = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as missing:
        stop(f"{file} cannot be read: {missing.strerror}\nلا يمكن قراءة {file}")
    if not said:
        stop(f"{file} is empty\nالملف {file} فارغ")
    return said
