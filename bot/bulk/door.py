"""
Takes rows in: each is read, and stored with what is wrong with it, before anybody is told that the job exists.

Rule 1: broken off anywhere, the same call made again comes to the same job; one that nobody makes again leaves
        nothing behind.
Rule 2: of a large file only a few rows are in hand at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from bot.audit import Audit
from bot.bulk.job import KEPT_FOR, BulkRows, Item, ItemStatus, Job, JobStatus, Mode
from bot.bulk.row import Fault, Row, read_row
from bot.bulk.table import Table
from bot.errors import BadRequest, BodyTooLarge
from bot.people import Human
from bot.phones import without_phones

# More rows than any tenant's book of customers that came in one file; more is several files.
ROWS_AT_MOST = 50_000
BYTES_AT_MOST = 16 * 1024 * 1024

# Rows stored with one write: some hundred kilobytes.
AT_ONCE = 500

# A call that was broken off is repeated within minutes, or not at all.
HALF_TAKEN_FOR = timedelta(hours=1)


class TooManyRows(BadRequest):
    """More rows than one job may hold."""

    code, status = "too_many_items", 413

    def __init__(self, most: int = ROWS_AT_MOST) -> None:
        super().__init__(
            f"this holds more than {most} rows; split it and import the parts one after the other",
            f"عدد الصفوف أكثر من {most}؛ قسّم الملف واستورد الأجزاء واحدًا بعد الآخر",
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants imported."""

    tenant_id: str
    mode: Mode
    source: str
    by: Human
    file_name: str = ""
    job_id: str = ""
    """The same for the same call made again."""
    counts_as_now: bool = False
    """Whether a WhatsApp message without a time was written just now, as reported events are."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """One row, or what is wrong with it, and where it stood."""

    line: int
    row: Row | tuple[Fault, ...]


Source = Callable[[], Iterator[Numbered]]


def rows_of(table: Table, now: datetime) -> Source:
    """The rows of a file, to be walked twice."""
    return lambda: (Numbered(cells.line, read_row(cells, now)) for cells in table.rows())


def kind_of(file_name: str) -> str:
    """`json` or `csv`, by how a file is called."""
    return "json" if file_name.lower().endswith(".json") else "csv"


def table_of(body: bytes, kind: str) -> Table:
    """The table of a file. Raises UnreadableFile, BodyTooLarge."""
    if len(body) > BYTES_AT_MOST:
        raise BodyTooLarge(
            f"the file has more than {BYTES_AT_MOST} bytes; split it",
            f"حجم الملف أكبر من {BYTES_AT_MOST} بايت؛ قسّمه",
        )
    return Table.of_json(body) if kind == "json" else Table.of_csv(body)


class Door:
    """Stores jobs."""

    def __init__(
        self, rows: BulkRows, audit: Audit, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._rows = rows
        self._audit = audit
        self._now = now
        self._new_id = new_id

    async def take(self, order: Order, source: Source, count: int, table: Table | None = None) -> Job:
        """
        Store a job with all of its rows; answers it as it is stored then.

        Args:
            count: how many rows there are.

        Raises BadRequest (nothing in it).
        """
        if not count:
            raise BadRequest("there is no row in it", "لا يوجد أي صف فيه")
        job = self._job(order, count, table)
        if not await self._rows.add(job):
            stored = await self._rows.read(job.tenant_id, job.id)
            assert stored is not None
            if stored.status is not JobStatus.RECEIVING:
                return stored
            job = stored
        await self._keep_items(order, job, source())
        await self._audit.note(
            job.tenant_id,
            "bulk_accepted",
            job.by,
            correlation_id=job.run_id,
            job=job.id,
            mode=job.mode.value,
            rows=count,
        )
        queued = replace(job, status=JobStatus.QUEUED)
        if not await self._rows.write(queued):
            again = await self._rows.read(job.tenant_id, job.id)
            assert again is not None
            return again
        return replace(queued, v=job.v + 1)

    async def sweep(self, tenant_id: str) -> None:
        """Remove what nobody was told about."""
        before = self._now() - HALF_TAKEN_FOR
        for job in await self._rows.with_status(tenant_id, JobStatus.RECEIVING, before, 100):
            await self._rows.drop(tenant_id, job.id)

    def _job(self, order: Order, count: int, table: Table | None) -> Job:
        now = self._now()
        layout = table.layout if table else None
        return Job(
            id=order.job_id or self._new_id(),
            tenant_id=order.tenant_id,
            source=order.source,
            mode=order.mode,
            status=JobStatus.RECEIVING,
            by=order.by,
            created_at=now,
            expires_at=now + KEPT_FOR,
            file_name=without_phones(order.file_name)[:120],
            encoding=layout.encoding if layout else "",
            columns=layout.known if layout else {},
            ignored=tuple(layout.ignored) if layout else (),
            total=count,
        )

    async def _keep_items(self, order: Order, job: Job, rows: Iterator[Numbered]) -> None:
        first: dict[str, int] = {}
        numbered = enumerate(rows)
        while part := [_item(job, order, index, one, first) for index, one in islice(numbered, AT_ONCE)]:
            await self._rows.add_items(part)


def _item(job: Job, order: Order, index: int, one: Numbered, first: dict[str, int]) -> Item:
    """A row as it is stored; `first` knows the rows before it by their keys."""
    bare = Item(job.tenant_id, job.id, index, one.line, ItemStatus.PENDING, job.expires_at)
    if not isinstance(one.row, Row):
        return replace(bare, status=ItemStatus.ERROR, faults=one.row)
    row = one.row
    key = row.key(f"{job.source}/{row.source}" if order.counts_as_now else job.source)
    named = replace(bare, key=key, contact=row.contact, external_id=row.external_id, says=row.says_something)
    if first.setdefault(key, index) != index:
        return replace(named, status=ItemStatus.DUPLICATE, reason="in_this_file", of_job=job.id)
    if order.counts_as_now and row.sent_at is None and row.source == "whatsapp_inbound":
        row = row.model_copy(update={"sent_at": job.created_at})
    said_at = (row.sent_at or job.created_at).astimezone(UTC)
    kept = {name: value for name, value in row.model_dump().items() if value not in ("", None)}
    return replace(named, said_at=said_at, row=kept)
