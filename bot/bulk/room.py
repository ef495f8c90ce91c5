"""
The room of imports: take a file in, see how far it is and what became of each row, cancel it.

Rule 1: a job of another tenant does not exist.
Rule 2: the engine does the work; a crash between storing a job and starting its run is mended by itself.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.authority.approval import ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.bulk.door import ROWS_AT_MOST, Door, Numbered, Order, Source, TooManyRows, rows_of
from bot.bulk.flow import FLOW
from bot.bulk.handling import Handling
from bot.bulk.job import BulkRows, Item, ItemStatus, Job, JobStatus
from bot.bulk.table import Table
from bot.bulk.work import Work
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.people import Human
from bot.runs.room import Runs
from bot.runs.run import RunStatus

PAGE_AT_MOST = 500

# Whoever stored a job starts its run in the same breath; after this, somebody else does.
STARTED_WITHIN = timedelta(seconds=20)

LOOK_EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stands now."""

    job: Job
    counts: Mapping[str, int]
    """Rows by status; all statuses, also those of none."""
    run_status: str
    """As the engine says; empty where there is no run, and when the job is over."""
    fault_en: str = ""
    fault_ar: str = ""
    """Why the run does not go on by itself."""

    @property
    def done(self) -> int:
        return sum(self.counts.values()) - self.counts[ItemStatus.PENDING]

    @property
    def status(self) -> str:
        """As the job says, but for a run that people must help."""
        return "failed" if self.run_status == RunStatus.FAILED and not self.job.is_over else self.job.status.value


class Bulk:
    """What the API, the console and the command line ask."""

    def __init__(
        self,
        *,
        rows: BulkRows,
        door: Door,
        handling: Handling,
        work: Work,
        runs: Runs,
        centre: ApprovalCentre,
        tenants: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._door = door
        self.handling = handling
        self._work = work
        self._runs = runs
        self._centre = centre
        self._tenants = tenants
        self._now = now

    async def take(self, order: Order, table: Table) -> JobView:
        """
        Store the rows of a file as a job, and start it.

        Raises TooManyRows, BadRequest (no rows).
        """
        count = 0
        for _ in table.rows():
            count += 1
            if count > ROWS_AT_MOST:
                raise TooManyRows
        return await self._take(order, rows_of(table, self._now()), count, table)

    async def take_rows(self, order: Order, rows: Sequence[Numbered]) -> JobView:
        """The same for rows that were read already."""
        if len(rows) > ROWS_AT_MOST:
            raise TooManyRows
        return await self._take(order, lambda: iter(rows), len(rows))

    async def list(self, tenant_id: str, limit: int = 100) -> list[JobView]:
        """Newest first."""
        return [await self._view(job) for job in await self._rows.latest(tenant_id, limit)]

    async def get(self, tenant_id: str, job_id: str) -> JobView:
        """Raises NotFound."""
        return await self._view(await self._job(tenant_id, job_id))

    async def items(
        self, tenant_id: str, job_id: str, *, status: str = "", after: int = -1, limit: int = 100
    ) -> "Sequence[Item]":
        """
        A page of results, in the order of the file, of the rows beyond an index. Raises NotFound, BadRequest.
        """
        if status and status not in set(ItemStatus):
            known = ", ".join(ItemStatus)
            raise BadRequest(
                f"there is no status {status!r}: choose one of {known}", f"حالة غير معروفة؛ اختر من: {known}"
            )
        await self._job(tenant_id, job_id)
        return await self._rows.page(tenant_id, job_id, status, after, min(max(limit, 1), PAGE_AT_MOST))

    async def is_known(self, tenant_id: str, key: str) -> bool:
        """Whether a row of this key was imported before."""
        return key in await self._rows.owners(tenant_id, [key])

    async def every(self, tenant_id: str, job_id: str) -> AsyncIterator[Item]:
        """All results, a page at a time. Raises NotFound."""
        after, page = -1, await self.items(tenant_id, job_id, limit=PAGE_AT_MOST)
        while page:
            for item in page:
                yield item
            after = page[-1].index
            page = await self._rows.page(tenant_id, job_id, "", after, PAGE_AT_MOST)

    async def cancel(self, tenant_id: str, job_id: str, by: Human) -> JobView:
        """
        Make nothing more of a job. Drafts that were made stay held. Raises NotFound, AlreadyDecided.
        """
        job = await self._job(tenant_id, job_id)
        if job.is_over:
            raise AlreadyDecided(
                f"this import is {job.status.value} already",
                f"انتهت عملية الاستيراد بالفعل وحالتها {job.status.value}",
            )
        await self._work.cancel(job)
        with suppress(AlreadyDecided, NotFound):  # it ended, or was never begun: what had to end has ended
            await self._runs.cancel(tenant_id, job.run_id, by)
        await self._withdraw(job)
        return await self.get(tenant_id, job_id)

    async def look(self) -> None:
        """Start what was stored and not started, and remove what nobody was told about."""
        before = self._now() - STARTED_WITHIN
        for tenant_id in self._tenants:
            await self._door.sweep(tenant_id)
            for job in await self._rows.with_status(tenant_id, JobStatus.QUEUED, before, 100):
                await self._start(job)

    async def _take(self, order: Order, source: Source, count: int, table: Table | None = None) -> JobView:
        job = await self._door.take(order, source, count, table)
        if not job.is_over:
            await self._start(job)
        return await self._view(job)

    async def _start(self, job: Job) -> None:
        await self._runs.start_run(
            job.tenant_id, FLOW, run_id=job.run_id, state={"job": job.id}, correlation_id=job.run_id, by=job.by
        )

    async def _withdraw(self, job: Job) -> None:
        """Nobody needs to decide about it any more."""
        approval_id = (await self._job(job.tenant_id, job.id)).approval_id
        if not approval_id:
            return
        approval = await self._centre.read(job.tenant_id, approval_id)
        if approval.status_at(self._now()) is not ApprovalStatus.PENDING:
            return
        try:
            await self._centre.cancel(
                job.tenant_id, approval_id, approval.v, approval.requested_by, (), "cancelled"
            )
        except AlreadyDecided:
            return  # somebody decided in this moment; the job is over all the same

    async def _job(self, tenant_id: str, job_id: str) -> Job:
        job = await self._work.job(tenant_id, job_id)
        if job.status is JobStatus.RECEIVING:
            raise NotFound(f"there is no import {job_id} here", "لا توجد عملية استيراد بهذا المعرّف هنا")
        return job

    async def _view(self, job: Job) -> JobView:
        counts = job.counts or await self._rows.counts(job.tenant_id, job.id)
        every = {status.value: counts.get(status.value, 0) for status in ItemStatus}
        if job.is_over:
            return JobView(job, every, "")
        try:
            run = (await self._runs.get(job.tenant_id, job.run_id)).run
        except NotFound:
            return JobView(job, every, "")
        fault = run.error if run.status is RunStatus.FAILED else None
        return JobView(
            job, every, run.status.value, fault.message_en if fault else "", fault.message_ar if fault else ""
        )
