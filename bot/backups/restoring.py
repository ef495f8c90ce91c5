"""
Bring a backup back.

Rule 1: the whole file is read and every hash compared before anything is changed.
Rule 2: nothing is written over: a database in which somebody has something, or other keys than the backup's, are
        refused unless the caller says so. What was in the folder of keys is kept beside it then.
Rule 3: from the first row to the last step a note in the database says that this is half a restore. A process of
        Dealix does not start on it; the same restore begins anew on it, without being told twice.
Rule 4: anchors that are here already stay: an older state must be seen to be older. What was revoked here stays
        revoked.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.backups.archive import parts
from bot.backups.faults import BackupRefused
from bot.backups.manifest import Manifest, rows_of
from bot.backups.ports import Copies, Progress, nobody_watches
from bot.backups.taking import ANCHORS, KEPT, KEYS, REVOKED, look_through


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    manifest: Manifest
    kept_keys: Path | None
    """Where the keys are that were here before; None when there were none, or the same."""


async def restore(
    file: Path,
    copies: Copies,
    *,
    folder: Path,
    passphrase: str,
    replace: bool,
    now: Callable[[], datetime],
    progress: Progress = nobody_watches,
) -> Restored:
    """
    Put every row and key back; the caller then looks at the chain, and calls `copies.finish`.

    Args:
        replace: what is there may go.
    Raises BackupDamaged, BackupRefused; then nothing was changed.
    """
    manifest = await asyncio.to_thread(look_through, file, passphrase)
    await _refuse_what_is_there(copies, manifest, replace)
    wanted = _files_in(file, passphrase)
    _refuse_other_keys(folder, wanted, replace)
    await copies.begin(manifest.id)
    await copies.empty()
    done = 0
    for kind, name, content in parts(file, passphrase):
        if kind == "rows":
            rows = rows_of(content)
            await copies.put_back(name, rows)
            done += len(rows)
            progress(done, manifest.rows)
    await copies.prepare()
    return Restored(manifest, _put_keys(folder, wanted, now()))


async def _refuse_what_is_there(copies: Copies, manifest: Manifest, replace: bool) -> None:
    if await copies.is_at_work():
        raise BackupRefused(
            "Dealix works on this database now: stop every process of it first, then wait ten seconds",
            "يعمل Dealix على قاعدة البيانات هذه الآن: أوقف كل عملياته أولًا ثم انتظر عشر ثوانٍ",
        )
    half = await copies.begun()
    if half == manifest.id or replace:
        return
    if half:
        raise BackupRefused(
            f"half of another backup is here ({half}): restore that one, or say --replace",
            f"هنا نصف نسخة أخرى ({half}): استعد تلك النسخة أو أضف ‎--replace‎",
        )
    if filled := await copies.filled():
        raise BackupRefused(
            f"this database is not empty ({', '.join(filled[:6])}): restore into an empty one, or say "
            "--replace and all of it goes",
            f"قاعدة البيانات ليست فارغة ({'، '.join(filled[:6])}): استعد إلى قاعدة فارغة، "
            "أو أضف ‎--replace‎ فيُحذف كل ما فيها",
        )


def _files_in(file: Path, passphrase: str) -> dict[str, bytes]:
    """The keys and anchors: some kB, or as many as there were days."""
    found: dict[str, bytes] = {}
    for kind, name, content in parts(file, passphrase):
        if kind == "file":
            found[name] = content
    return found


def _refuse_other_keys(folder: Path, wanted: dict[str, bytes], replace: bool) -> None:
    if not replace and _differ(folder, wanted):
        raise BackupRefused(
            f"there are other keys in {folder / KEYS}: with them, what this backup signed could not be checked. "
            "Name an empty data folder, or say --replace and they are kept beside it",
            f"توجد مفاتيح أخرى في {folder / KEYS}، ولا تتحقق بها توقيعات هذه النسخة. "
            "عيّن مجلد بيانات فارغًا، أو أضف ‎--replace‎ فتُحفظ بجانبه",
        )


def _differ(folder: Path, wanted: dict[str, bytes]) -> bool:
    """Whether there is a key here that the backup does not have, or has otherwise."""
    here = {
        f"{KEYS}/{f.relative_to(folder / KEYS).as_posix()}": f.read_bytes()
        for f in (folder / KEYS).rglob("*")
        if f.is_file() and f.suffix in KEPT and f.suffix != REVOKED
    }
    return any(wanted.get(name) != content for name, content in here.items())


def _put_keys(folder: Path, wanted: dict[str, bytes], now: datetime) -> Path | None:
    """The folder of keys changes its name as a whole: nobody ever sees half of it."""
    keys, fresh = folder / KEYS, folder / f"{KEYS}.restored"
    kept = None
    for name, content in wanted.items():
        if name.startswith(f"{KEYS}/"):
            here = folder / name
            _write(fresh / name.removeprefix(f"{KEYS}/"), _with_what_was_revoked_since(here, content))
        elif name == ANCHORS and not (folder / ANCHORS).exists():
            _write(folder / ANCHORS, content)
    for here in sorted(keys.rglob(f"*{REVOKED}")) if fresh.exists() else ():
        if f"{KEYS}/{here.relative_to(keys).as_posix()}" not in wanted:
            _write(fresh / here.relative_to(keys), here.read_bytes())
    if fresh.exists():
        if keys.exists():
            before = folder / f"{KEYS}.before-{now:%Y%m%dT%H%M%SZ}"
            kept = before if _differ(folder, wanted) else None
            keys.rename(before)
            if kept is None:
                shutil.rmtree(before)
        fresh.rename(keys)
    return kept


def _with_what_was_revoked_since(here: Path, content: bytes) -> bytes:
    """What was taken back once does not hold again because an older list comes back."""
    if here.suffix != REVOKED or not here.exists():
        return content
    lines = dict.fromkeys([*content.splitlines(), *here.read_bytes().splitlines()])
    return b"".join(line + b"\n" for line in lines)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
