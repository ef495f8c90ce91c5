"""
Make a backup, and look through one.

Rule 1: the rows are of one moment, and messages go on meanwhile. The keys are copied after the rows: a key that
        was made in between is one more, and none is missing.
Rule 2: a backup that was looked through is whole: every hash of its list of contents was compared.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from bot.backups.archive import manifest_of, parts, refuse_existing, writing
from bot.backups.faults import BackupRefused, damaged
from bot.backups.manifest import FORM, Manifest, Tally, rows_of
from bot.backups.ports import Copies, Progress, nobody_watches
from bot.stored_format import FORMAT, check_format

REVOKED = ".revoked"
KEYS = "keys"

# What stands among the keys for good: keys, their public halves, and what was taken back once.
KEPT = (".key", ".pub", REVOKED)

ANCHORS = "anchors.jsonl"


async def take(
    to: Path,
    copies: Copies,
    *,
    folder: Path,
    passphrase: str,
    made_at: datetime,
    backup_id: str,
    version: str,
    tenants: tuple[str, ...] = (),
    progress: Progress = nobody_watches,
) -> Manifest:
    """
    Copy everything into a file.

    Args:
        folder: the data folder, with the keys in it.
        passphrase: empty for a file that anybody who has it can read.
    Raises BackupRefused; then there is no file.
    """
    refuse_existing(to)
    if half := await copies.begun():
        raise BackupRefused(
            f"the restore of {half} was not finished, so this is no state worth keeping: finish it first",
            f"لم تكتمل استعادة {half}، فلا فائدة من نسخ هذه الحالة: أكملها أولًا",
        )
    about = Manifest(
        form=FORM,
        id=backup_id,
        made_at=made_at,
        dealix=version,
        data_format=FORMAT,
        server=await copies.server(),
        tenants=tenants,
    )
    expected = await copies.about_how_many()
    with writing(to, passphrase) as archive:
        async with copies.at_one_moment() as moment:
            for name in copies.collections:
                archive.mention(name)
                async for batch in moment.rows(name):
                    await asyncio.to_thread(archive.add_rows, name, batch)
                    progress(archive.rows_so_far, max(expected, archive.rows_so_far))
        for name, content in _files(folder):
            archive.add_file(name, content)
        return archive.finish(about)


def look_through(file: Path, passphrase: str, progress: Progress = nobody_watches) -> Manifest:
    """Read all of it and compare every hash. Raises BackupDamaged, BackupRefused."""
    rows: dict[str, Tally] = {}
    files: dict[str, Tally] = {}
    manifest, done = None, 0
    for kind, name, content in parts(file, passphrase):
        if kind == "manifest":
            manifest = manifest_of(content)
        elif kind == "rows":
            tally = rows.setdefault(name, Tally())
            try:
                count = len(rows_of(content))
            except ValueError as broken:
                raise damaged(f"a row of {name} ends in the middle", f"سجل في {name} مقطوع") from broken
            tally.add(content, count)
            done += count
            progress(done, done)
        else:
            files.setdefault(name, Tally()).add(content)
    assert manifest is not None  # `parts` raises when the list of contents is missing
    check_format(manifest.data_format)
    _compare(manifest, rows, files)
    return manifest


def _compare(manifest: Manifest, rows: Mapping[str, Tally], files: Mapping[str, Tally]) -> None:
    for listed, found in ((manifest.collections, rows), (manifest.files, files)):
        for name in sorted({*listed, *found}):
            tally = found.get(name, Tally()).counted
            if listed.get(name) != tally:
                raise damaged(
                    f"{name} is not what the list of contents says", f"محتوى {name} لا يطابق قائمة المحتويات"
                )


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The keys, and the anchors if they are here; half-written files of somebody else are not."""
    for file in sorted((folder / KEYS).rglob("*")):
        if file.is_file() and file.suffix in KEPT:
            yield f"{KEYS}/{file.relative_to(folder / KEYS).as_posix()}", file.read_bytes()
    if (folder / ANCHORS).is_file():
        yield ANCHORS, (folder / ANCHORS).read_bytes()
