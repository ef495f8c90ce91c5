"""
What is inside a backup: a gzipped tar that ends with its list of contents.

    rows/<collection>/000001.bson    rows as the server sends them, some thousand in a part
    files/keys/...                   the keys, and the anchors if they are kept in the data folder
    manifest.json                    the list, last: a file that was cut off has none

Rule 1: it is written beside its name and gets its name when everything is on the disk; what a kill leaves behind
        is called `.part` and is overwritten by the next one.
Rule 2: never more than one part of it is in memory.
Rule 3: it is for its owner's eyes (mode 0600): every word of every contact and every key is in it.
"""

import fcntl
import gzip
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from pydantic import ValidationError

from bot.backups.faults import BackupRefused, damaged
from bot.backups.manifest import FORM, Manifest, Tally, rows_of
from bot.backups.sealing import MAGIC, SealedReader, SealedWriter

_GZIP = b"\x1f\x8b"
_MANIFEST = "manifest.json"
_ROWS = re.compile(r"^rows/([A-Za-z][A-Za-z0-9_]{0,79})/\d{6}\.bson$")

# A part is one answer of the server (16 MB), a manifest some kB.
_LARGEST_PART = 64 * 2**20


class Archive:
    """A backup that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._rows: dict[str, Tally] = {}
        self._files: dict[str, Tally] = {}
        self._parts = 0

    @property
    def rows_so_far(self) -> int:
        return sum(tally.rows for tally in self._rows.values())

    def mention(self, collection: str) -> None:
        """A collection is listed also when it has no rows."""
        self._rows.setdefault(collection, Tally())

    def add_rows(self, collection: str, batch: bytes) -> None:
        tally = self._rows.setdefault(collection, Tally())
        tally.add(batch, len(rows_of(batch)))
        self._parts += 1
        self._put(f"rows/{collection}/{self._parts:06}.bson", batch)

    def add_file(self, name: str, content: bytes) -> None:
        self._files.setdefault(name, Tally()).add(content)
        self._put(f"files/{name}", content)

    def finish(self, about: Manifest) -> Manifest:
        """Write the list of contents; answers it."""
        whole = about.model_copy(
            update={
                "collections": {name: tally.counted for name, tally in sorted(self._rows.items())},
                "files": {name: tally.counted for name, tally in sorted(self._files.items())},
            }
        )
        self._put(_MANIFEST, whole.model_dump_json(indent=1).encode())
        return whole

    def _put(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, io.BytesIO(content))


@contextmanager
def writing(to: Path, passphrase: str) -> Iterator[Archive]:
    """Write a backup; it has its name when the block has ended well. Raises BackupRefused."""
    part = to.with_name(f"{to.name}.part")
    refuse_existing(to)
    with _for_its_owner(part) as raw:
        outer = SealedWriter(raw, passphrase) if passphrase else raw
        try:
            with (
                gzip.GzipFile(
                    filename="", fileobj=cast("BinaryIO", outer), mode="wb", compresslevel=1, mtime=0
                ) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield Archive(tar)
            if outer is not raw:
                outer.close()
            raw.flush()
            os.fsync(raw.fileno())
        except BaseException:
            if isinstance(outer, SealedWriter):
                outer.abandon()
            part.unlink(missing_ok=True)
            raise
        part.rename(to)
    _remember(to.parent)


def refuse_existing(to: Path) -> None:
    """Raises BackupRefused rather than write over a backup."""
    if to.exists():
        raise BackupRefused(f"{to} is there already; name another file", f"الملف {to} موجود؛ اختر اسمًا آخر")


def parts(file: Path, passphrase: str) -> Iterator[tuple[str, str, bytes]]:
    """
    Everything in a backup in its order: ("rows", collection, batch), ("file", name, content), and the manifest
    last: ("manifest", "", json).

    Raises BackupDamaged, BackupRefused.
    """
    has_ended = False
    try:
        with file.open("rb") as raw, _opened(raw, passphrase) as tar:
            for member in tar:
                if has_ended or not member.isfile() or member.size > _LARGEST_PART:
                    raise damaged(f"{member.name[:80]!r} does not belong there", "فيها ما ليس منها")
                content = cast("io.BufferedReader", tar.extractfile(member)).read()
                if len(content) != member.size:
                    raise damaged("it was cut off", "اقتُطعت قبل نهايتها")
                kind, name = _place(member.name)
                has_ended = kind == "manifest"
                yield kind, name, content
    except OSError as broken:
        if isinstance(broken, gzip.BadGzipFile):
            raise damaged("a part of it was changed", "جزء منها تغيّر") from broken
        raise BackupRefused(
            f"{file} cannot be read: {broken.strerror}", f"لا يمكن قراءة {file}: {broken.strerror}"
        ) from broken
    except (tarfile.TarError, zlib.error, EOFError) as broken:
        raise damaged("it was cut off, or a part of it was changed", "اقتُطعت أو تغيّر جزء منها") from broken
    if not has_ended:
        raise damaged("it was cut off before its list of contents", "اقتُطعت قبل قائمة محتوياتها")


def manifest_of(content: bytes) -> Manifest:
    """Raises BackupDamaged, BackupRefused (made by a newer Dealix)."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as broken:
        raise damaged("its list of contents cannot be read", "لا يمكن قراءة قائمة محتوياتها") from broken
    if manifest.form > FORM:
        raise BackupRefused(
            f"this backup has form {manifest.form}, and this Dealix reads up to {FORM}: restore it with "
            f"Dealix {manifest.dealix} or newer",
            f"صيغة هذه النسخة {manifest.form} وهذا الإصدار يقرأ حتى {FORM}: "
            f"استعدها بإصدار Dealix {manifest.dealix} أو أحدث",
        )
    return manifest


def _place(name: str) -> tuple[str, str]:
    if name == _MANIFEST:
        return "manifest", ""
    if found := _ROWS.match(name):
        return "rows", found[1]
    path = PurePosixPath(name)
    if path.parts[:1] == ("files",) and len(path.parts) > 1 and not {"..", "."} & set(path.parts):
        return "file", str(PurePosixPath(*path.parts[1:]))
    raise damaged(f"{name[:80]!r} does not belong there", "فيها ما ليس منها")


@contextmanager
def _opened(raw: BinaryIO, passphrase: str) -> Iterator[tarfile.TarFile]:
    head = raw.read(len(MAGIC))
    if head == MAGIC:
        if not passphrase:
            raise BackupRefused(
                "this backup is sealed: give its passphrase (--passphrase-file, or DEALIX_BACKUP_PASSPHRASE)",
                "هذه النسخة مختومة: أعط عبارة مرورها (--passphrase-file أو DEALIX_BACKUP_PASSPHRASE)",
            )
        source: BinaryIO = cast("BinaryIO", io.BufferedReader(SealedReader(raw, passphrase), 2**20))
    elif head.startswith(_GZIP):
        raw.seek(0)
        source = raw
    else:
        raise damaged("it is no backup of Dealix", "ليست نسخة احتياطية من Dealix")
    with (
        gzip.GzipFile(fileobj=source, mode="rb") as packed,
        tarfile.open(fileobj=packed, mode="r|") as tar,
    ):
        yield tar
        while packed.read(2**20):  # to the very end: the checksum stands there, and the seal of the last chunk
            pass


@contextmanager
def _for_its_owner(part: Path) -> Iterator[BinaryIO]:
    """A file that nobody else reads, and that one process at a time writes."""
    part.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "wb") as raw:
        try:
            fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise BackupRefused(
                f"somebody writes {part} right now: wait, or name another file",
                f"هناك من يكتب {part} الآن: انتظر أو اختر اسمًا آخر",
            ) from busy
        os.fchmod(raw.fileno(), 0o600)
        raw.truncate(0)
        yield raw


def _remember(folder: Path) -> None:
    """Let the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
