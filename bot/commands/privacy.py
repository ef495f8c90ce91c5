"""
Consents and requests about personal data on the command line: `dealix consent ...`, `dealix privacy ...`.

Rule 1: an import is tried with --dry-run first: every wrong line is named with its number and reason, and a file
        with one wrong line imports nothing.
Rule 2: whatever is done stands in the history under the name given with --as.
"""

import csv
import io
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.alerts import Alerts
from bot.audit import Audit
from bot.bell import Bell
from bot.building import new_id, now
from bot.commands.terminal import out, person, stop, with_room
from bot.commands.workroom import Workroom
from bot.errors import DealixError
from bot.evidence.room import open_chain as open_evidence
from bot.moments import Moment
from bot.notebook import Notebook
from bot.phones import mask, normalise
from bot.privacy.consents import Wanted, check_wanted
from bot.privacy.data_requests import DataRequest
from bot.privacy.room import PrivacyRoom, open_room
from bot.relay import Relay
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

consent = typer.Typer(no_args_is_help=True, add_completion=False, help="Who agreed to hear from us.")
privacy = typer.Typer(no_args_is_help=True, add_completion=False, help="What contacts ask about their own data.")

TenantId = Annotated[str, typer.Option("--tenant", help="Whose contacts.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
RequestId = Annotated[str, typer.Argument(help="Its id, or the number that the contact was told.")]

T = TypeVar("T")


class ImportedRow(BaseModel):
    """One line of a list of existing customers."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    phone: str = Field(min_length=1, max_length=40)
    channel: str = "whatsapp"
    purpose: str
    basis: str = Field(description="explicit_consent, form_submission, positive_reply, ...")
    evidence_ref: str = Field(min_length=1, max_length=500)
    at: Moment
    expires_at: Moment | None = None
    text: str = Field("", max_length=4_000)
    text_version: str = Field("", max_length=100)


_ROWS = TypeAdapter(list[dict[str, Any]])


@consent.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .csv with a heading, or a .json list.")
    ],
    by: By,
    tenant: TenantId = DEFAULT_TENANT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be imported, and import nothing.")
    ] = False,
) -> None:
    """Record the consents of existing customers; each line needs a basis, its evidence and its date."""
    human = person(by)
    wanted, wrong = rows_of(_read(file), now())
    for line, en, ar in wrong:
        out.print(f"line {line}: {en}\nالسطر {line}: {ar}", markup=False)
    if wrong:
        stop(f"{len(wrong)} of {len(wrong) + len(wanted)} lines are wrong; nothing was imported.")
    if dry_run:
        out.print(f"{len(wanted)} consents would be imported. / ستُستورد {len(wanted)} موافقة.")
        return

    async def work(room: PrivacyRoom) -> int:
        return len(await room.consents.import_grants(tenant, wanted, human))

    count = _with_privacy(work, tenant)
    out.print(f"{count} consents imported. / استُوردت {count} موافقة.")


@consent.command()
def show(
    contact: Annotated[str, typer.Argument(help="A phone, or the id of a conversation.")],
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Say what a contact granted and revoked, and what holds now."""
    shown = _with_privacy(lambda room: room.consents.show(tenant, contact), tenant)
    for event in shown.events:
        words = (
            f"{event.at:%Y-%m-%d %H:%M}",
            event.action,
            event.channel,
            event.purpose,
            event.basis,
            event.source,
        )
        out.print("  ".join(word for word in words if word) + f"  {event.id}", markup=False)
    for channel, purpose, held in shown.now:
        yes = "yes" if held.is_allowed else "no"
        out.print(f"{channel:9} {purpose:20} {yes:4} {held.reason_en} / {held.reason_ar}", markup=False)


@privacy.command()
def requests(
    tenant: TenantId = DEFAULT_TENANT,
    status: Annotated[str, typer.Option(help="pending, processing, completed or rejected; all without it.")] = "",
) -> None:
    """List requests about personal data, newest first."""
    found = _with_privacy(lambda room: room.rights.list(tenant, status), tenant)
    for request in found:
        out.print(_line(request), markup=False)
    if not found:
        out.print("There are none. / لا توجد طلبات.")


@privacy.command()
def ask(
    kind: Annotated[str, typer.Argument(help="access, correction, deletion or restriction")],
    contact: Annotated[str, typer.Argument(help="A phone, or the id of a conversation.")],
    by: By,
    note: Annotated[str, typer.Option(help="How the contact asked: a letter, a call.")] = "",
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Write down what a contact asked for elsewhere; it is due in thirty days."""
    human = person(by)
    request = _with_privacy(lambda room: room.rights.create(tenant, kind, contact, human, "cli", note), tenant)
    out.print(_line(request), markup=False)


@privacy.command("show")
def show_request(request_id: RequestId, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Say everything about one request."""
    request = _with_privacy(lambda room: room.rights.show(tenant, request_id), tenant)
    out.print(_line(request), markup=False)
    for name in (
        "via",
        "requested_by",
        "requested_at",
        "decided_by",
        "closed_at",
        "reason",
        "verified_at",
        "counts",
    ):
        value = getattr(request, name)
        if value:
            out.print(f"  {name}: {value}", markup=False)


@privacy.command()
def complete(
    request_id: RequestId,
    by: By,
    tenant: TenantId = DEFAULT_TENANT,
    correct: Annotated[list[str] | None, typer.Option("--correct", help="What is right: name=Sara")] = None,
) -> None:
    """Do what a request asks for, and close it."""
    human, correction = person(by), dict(_pair(one) for one in correct or ())
    done = _with_privacy(lambda room: room.rights.complete(tenant, request_id, human, correction), tenant)
    out.print(_line(done), markup=False)


@privacy.command()
def reject(
    request_id: RequestId,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, for the history and the contact.")],
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Close a request without doing it."""
    human = person(by)
    done = _with_privacy(lambda room: room.rights.reject(tenant, request_id, human, reason), tenant)
    out.print(_line(done), markup=False)


@privacy.command()
def lift(request_id: RequestId, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """End a restriction at the contact's wish."""
    human = person(by)
    out.print(
        _line(_with_privacy(lambda room: room.rights.lift(tenant, request_id, human), tenant)), markup=False
    )


@privacy.command()
def export(
    request_id: RequestId,
    by: By,
    to: Annotated[Path, typer.Option(help="A folder for the two files.", file_okay=False)] = Path(),
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Write everything that is held about a contact into two files: .json, and .html in Arabic and English."""
    human = person(by)

    async def work(room: PrivacyRoom) -> tuple[DataRequest, bytes, bytes]:
        request = await room.rights.export(tenant, request_id, human)
        made = await room.rights.download(tenant, request.id, human)
        return request, made.json, made.html

    request, as_json, page = _with_privacy(work, tenant)
    to.mkdir(parents=True, exist_ok=True)
    for ending, content in (("json", as_json), ("html", page)):
        path = to / f"{request.reference}.{ending}"
        path.touch(mode=0o600)
        path.write_bytes(content)
        out.print(str(path), markup=False)
    out.print(f"sha256 {request.export_sha256}", markup=False)


@privacy.command()
def erase(
    request_id: RequestId,
    by: By,
    tenant: TenantId = DEFAULT_TENANT,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone; say that you know.")] = False,
) -> None:
    """Carry out a request for deletion: forget the contact everywhere, and search for what is left."""
    human = person(by)
    if not yes:
        stop("This cannot be undone. Add --yes.\nلا يمكن التراجع عن الحذف. أضف --yes.")
    done = _with_privacy(lambda room: room.rights.erase(tenant, request_id, human), tenant)
    out.print(_line(done), markup=False)
    for name, count in sorted(done.counts.items()):
        out.print(f"  {name}: {count}", markup=False)
    if done.is_open:
        stop("A search still found the contact there; it is tried again by itself.")


def rows_of(
    lines: Sequence[tuple[int, dict[str, Any]]], at: datetime
) -> tuple[list[tuple[str, Wanted]], list[tuple[int, str, str]]]:
    """What a list says: (phone, consent) of good lines, and (number, English, Arabic) of wrong ones."""
    wanted: list[tuple[str, Wanted]] = []
    wrong: list[tuple[int, str, str]] = []
    for number, line in lines:
        try:
            row = ImportedRow.model_validate(
                {name: value for name, value in line.items() if value not in ("", None)}
            )
            fields = row.model_dump(exclude={"phone"})
            one = Wanted(**fields)
            check_wanted(one, at)
            wanted.append((normalise(row.phone), one))
        except ValidationError as invalid:
            first = invalid.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            wrong.append((number, f"{where}: {first['msg']}", f"الحقل {where} غير صحيح أو ناقص"))
        except DealixError as refused:
            wrong.append((number, refused.message_en, refused.message_ar))
    return wanted, wrong


def _read(file: Path) -> list[tuple[int, dict[str, Any]]]:
    """The lines of a list with their numbers; leaves when it is no list."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix.lower() == ".json":
            return list(enumerate(_ROWS.validate_python(json.loads(text)), 1))
    except (UnicodeDecodeError, json.JSONDecodeError, ValidationError):
        stop(
            f"{file.name} cannot be read; it must be a list in UTF-8: CSV with a heading, or JSON.\n"
            f"لا يمكن قراءة {file.name}؛ المطلوب قائمة بترميز UTF-8: ملف CSV بسطر عناوين، أو JSON."
        )
    # The heading is the first line, and editors count from there.
    lines = csv.DictReader(io.StringIO(text), restkey="more", strict=True)
    try:
        return [(lines.line_num, dict(line)) for line in lines]
    except csv.Error as unreadable:
        stop(
            f"{file.name} line {lines.line_num} cannot be read: {unreadable}\n"
            f"لا يمكن قراءة السطر {lines.line_num} من {file.name}."
        )


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise typer.BadParameter(f"write it as field=value, not {text!r}")
    return name.strip(), value.strip()


def _line(request: DataRequest) -> str:
    who = mask(request.subject.phone) if request.subject.phone else "-"
    late = "  OVERDUE" if request.is_overdue(datetime.now(UTC)) else ""
    return (
        f"{request.reference}  {request.kind:11} {request.status:10} due {request.due_at:%Y-%m-%d}  {who}{late}"
    )


def _with_privacy(work: Callable[[PrivacyRoom], Awaitable[T]], tenant: str) -> T:
    """Do something with the consents and requests of a tenant of this installation."""

    async def run(room: Workroom) -> T:
        settings, relay = Settings(), Relay(room.store, now)
        alerts = Alerts(room.store.alerts, now, new_id)
        evidence = open_evidence(
            settings=settings, store=room.store, tenants=room.tenants, alerts=alerts, now=now, new_id=new_id
        )
        privacy_room = open_room(
            settings=settings,
            notebook=Notebook(room.store, room.tenants, Bell(), relay, now),
            seals=evidence.seals,
            audit=Audit(room.store, now, new_id),
            alerts=alerts,
            now=now,
            new_id=new_id,
        )
        try:
            return await work(privacy_room)
        except DealixError as refused:
            stop(f"{refused.message_en}\n{refused.message_ar}")
        finally:
            await relay.flush()

    return with_room(run, tenant)
