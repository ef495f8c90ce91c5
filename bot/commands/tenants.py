"""
Tenants on the command line: who is here, take everything of one along, remove one that has left.

Rule 1: only who is not served here any more is removed: take the tenant out of the tenants file and start the
        service again first, so that nothing new arrives meanwhile.
Rule 2: nothing is removed that was not written to a file, whole, in the same command.
Rule 3: what was removed is counted again afterwards; anything left is an error.
"""

import gzip
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer

from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.settings import Settings
from bot.store import Store
from bot.tenants import configured

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Who is served here; take data along; let one leave.",
)
T = TypeVar("T")
To = Annotated[Path, typer.Option("--to", help="A file that does not exist yet; gzip, one row a line.")]


@app.command("list")
def listed() -> None:
    """Who is served here, with the number of rows of each."""

    async def work(room: Workroom) -> dict[str, int]:
        return {one: sum((await room.store.belongings.counts(one)).values()) for one in room.tenants}

    for tenant_id, rows in _with_any(work).items():
        out.print(f"{tenant_id}: {rows} rows", markup=False)


@app.command()
def export(
    tenant: Annotated[str, typer.Argument(help="Whose data; also of a tenant who is not served here any more.")],
    to: To,
) -> None:
    """Write everything of a tenant into one file."""
    _refuse_existing(to)
    rows, sha256 = _with_any(lambda room: _written(room.store, tenant, to))
    if not rows:
        to.unlink()
        stop(f'nothing of "{tenant}" is stored here.\nلا شيء محفوظ هنا للمنشأة «{tenant}».')
    out.print(f"{rows} rows in {to}, sha256 {sha256}", markup=False)


@app.command()
def delete(
    tenant: Annotated[str, typer.Argument(help="Who has left.")],
    to: To,
    yes: Annotated[bool, typer.Option("--yes", help="Really; there is no way back but the file.")] = False,
) -> None:
    """Write everything of a tenant who has left into a file, then remove it from every collection."""
    if tenant in {one.id for one in configured(Settings())}:
        stop(
            f'"{tenant}" is still served here: take it out of the tenants file and restart the service first.\n'
            f"ما زالت «{tenant}» تُخدم هنا: احذفها من ملف المنشآت وأعد تشغيل الخدمة أولًا."
        )
    if not yes:
        stop("this removes everything of the tenant; say --yes.\nهذا يحذف كل شيء للمنشأة؛ أضف ‎--yes‎.")
    _refuse_existing(to)

    async def work(room: Workroom) -> tuple[int, str, int]:
        rows, sha256 = await _written(room.store, tenant, to)
        await room.store.belongings.drop(tenant)
        return rows, sha256, sum((await room.store.belongings.counts(tenant)).values())

    rows, sha256, left = _with_any(work)
    if left:
        stop(f"{left} rows are left: something still writes for it.\nبقي {left} سجلًا: شيء ما زال يكتب لها.")
    out.print(f"{rows} rows removed, and kept in {to}, sha256 {sha256}", markup=False)


async def _written(store: Store, tenant_id: str, to: Path) -> tuple[int, str]:
    """Write every row; answers how many, and the hash of the lines."""
    rows, digest = 0, hashlib.sha256()
    with _for_its_owner(to) as raw, gzip.open(raw, "wt", encoding="utf-8") as file:
        async for line in store.belongings.each(tenant_id):
            file.write(f"{line}\n")
            digest.update(f"{line}\n".encode())
            rows += 1
    return rows, digest.hexdigest()


def _for_its_owner(path: Path) -> BinaryIO:
    """A new file that nobody else on the machine can read: every word of every contact is in it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _refuse_existing(to: Path) -> None:
    if to.exists():
        stop(f"{to} is there already; name another file.\nالملف موجود؛ اختر اسمًا آخر.")


def _with_any(work: Callable[[Workroom], Awaitable[T]]) -> T:
    """With the rooms of this installation; which of its tenants opens them does not matter."""
    return with_room(work, configured(Settings())[0].id)
