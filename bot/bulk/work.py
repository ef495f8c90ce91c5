"""
Does a job, a slice at a time: looks for rows that were imported before, asks people where that is needed, handles
the rest, and ends.

Rule 1: rows of one contact are handled one after the other, in the order of their times; contacts beside each
        other.
Rule 2: every result is written as soon as it is there. A slice that was broken off is begun again and finds what
        is still to be done.
Rule 3: more answers in a day than `MESSAGES_A_DAY` wait for one yes to the whole job; without it nothing is made.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from time import monotonic
from zoneinfo import ZoneInfo

from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.bulk.handling import REMEMBERED, Handling
from bot.bulk.job import BulkRows, Item, ItemStatus, Job, JobStatus, Mode, Owner
from bot.conversation import Conversation
from bot.errors import NotFound
from rules.policies.zones import RIYADH

KIND = "bulk"
ACTION = "import_leads"

# So many answers a tenant may import in a day without asking anybody for the whole; each still waits by itself.
MESSAGES_A_DAY = 10

# Rows that are looked at together; a crash repeats at most these.
SLICE = 200
SECONDS_A_SLICE = 5.0

# Contacts that are handled beside each other; messages that come in meanwhile find lanes of their own.
BESIDE_EACH_OTHER = 8

MAX_RACES = 20

Owners = Mapping[str, Owner]


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a walk over the rows of a job came."""

    after: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Made:
    """How far a job is."""

    done: int
    total: int
    is_over: bool
    must_wait: bool = False
    """Whether nothing could be done now, and somebody else has to move first."""


class Work:
    """What the steps of a job do; each may be called again at any moment."""

    def __init__(
        self,
        *,
        rows: BulkRows,
        handling: Handling,
        centre: ApprovalCentre,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._handling = handling
        self._centre = centre
        self._audit = audit
        self._now = now

    async def job(self, tenant_id: str, job_id: str) -> Job:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, job_id)
        if found is None:
            raise NotFound(f"there is no import {job_id} here", "لا توجد عملية استيراد بهذا المعرّف هنا")
        return found

    async def look_for_known(self, job: Job, after: int) -> Looked:
        """Mark rows that were imported before, a page at a time."""
        page = await self._rows.page(job.tenant_id, job.id, ItemStatus.PENDING, after, SLICE)
        owners = await self._rows.owners(job.tenant_id, [item.key for item in page])
        for item in page:
            owner = owners.get(item.key)
            if owner is not None and owner.job_id != job.id:
                await self._rows.settle(
                    replace(item, status=ItemStatus.DUPLICATE, reason="imported_before", of_job=owner.job_id)
                )
        return Looked(page[-1].index if page else after, len(page) < SLICE)

    async def agreement(self, job: Job) -> Approval | None:
        """Ask for a yes to the whole job where it needs one; None where it may be begun."""
        messages = await self._rows.count_messages(job.tenant_id, job.id)
        job = await self._change(job, lambda j: replace(j, messages=messages))
        if job.mode is Mode.DRY_RUN or not messages:
            return None
        day = self._now().astimezone(ZoneInfo(RIYADH)).date().isoformat()
        if await self._rows.reserve(job.tenant_id, day, job.id, messages, MESSAGES_A_DAY):
            return None
        approval = await self._centre.ask(job.tenant_id, **_question(job))
        await self._change(job, lambda j: replace(j, status=JobStatus.WAITING, approval_id=approval.id))
        return approval

    async def was_refused(self, job: Job) -> bool:
        """Whether people said no, or nothing in time; then the job is over, and nothing was made."""
        if not job.approval_id:
            return False
        approval = await self._centre.read(job.tenant_id, job.approval_id)
        if approval.status is ApprovalStatus.APPROVED:
            await self._change(job, lambda j: replace(j, decided_by=approval.decided_by.name))
            return False
        await self._end(job, JobStatus.REJECTED)
        return True

    async def go_on(self, job: Job) -> Made:
        """Handle rows for a few seconds."""
        if job.status in (JobStatus.QUEUED, JobStatus.WAITING):
            job = await self._change(job, lambda j: replace(j, status=JobStatus.RUNNING))
        until, handled = monotonic() + SECONDS_A_SLICE, 0
        while not job.is_over:
            items = await self._rows.pending(job.tenant_id, job.id, SLICE)
            if not items:
                return await self._made(job, is_over=True)
            settled = await self._handle(job, items)
            handled += settled
            job = await self.job(job.tenant_id, job.id)
            if not settled or monotonic() >= until:
                return await self._made(job, must_wait=not handled)
        return await self._made(job, is_over=True)

    async def close(self, job: Job) -> None:
        """The job is done; names and words of its rows are not needed any more."""
        if not job.is_over:
            await self._end(job, JobStatus.DONE)
        await self._rows.forget_rows(job.tenant_id, job.id)

    async def cancel(self, job: Job) -> None:
        """What was not made yet is not made any more."""
        await self._end(job, JobStatus.CANCELLED)

    async def _end(self, job: Job, status: JobStatus) -> None:
        ended = await self._change(
            job, lambda j: j if j.is_over else replace(j, status=status, ended_at=self._now())
        )
        await self._rows.cancel_pending(job.tenant_id, job.id)
        counts = await self._rows.counts(job.tenant_id, job.id)
        if ended.status is status:
            await self._rows.write(replace(ended, counts=counts))  # somebody else's write has counted too
            await self._audit.note(
                job.tenant_id, f"bulk_{status.value}", job.by, correlation_id=job.run_id, job=job.id, **counts
            )

    async def _handle(self, job: Job, items: Sequence[Item]) -> int:
        """Handle these rows; answers how many have a result now."""
        free, owners = asyncio.Semaphore(BESIDE_EACH_OTHER), await self._owners(job, items)
        handle = self._rehearse if job.mode is Mode.DRY_RUN else self._create

        async def contact(rows: list[Item]) -> int:
            async with free:
                return await handle(rows, owners, is_first=rows[0] is items[0])

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(contact(rows)) for rows in _by_contact(items)]
        return sum(task.result() for task in tasks)

    async def _owners(self, job: Job, items: Sequence[Item]) -> Owners:
        return await self._rows.owners(job.tenant_id, [item.key for item in items])

    async def _create(self, items: Iterable[Item], owners: Owners, **_: bool) -> int:
        settled = 0
        for item in items:
            result = await self._handling.create(item, owners.get(item.key))
            if result is None:
                break  # the rows after it wait for it
            settled += await self._rows.settle(result)
        return settled

    async def _rehearse(self, items: Sequence[Item], owners: Owners, *, is_first: bool) -> int:
        contact: Conversation | None = None
        # Of the first contact, rows may have been handled with the slice before.
        for item in await self._rows.earlier(items[0], REMEMBERED) if is_first else ():
            _, contact = await self._handling.rehearse(item, contact)
        settled = 0
        for item in items:
            result, contact = await self._handling.rehearse(item, contact, owners.get(item.key))
            settled += await self._rows.settle(result)
        return settled

    async def _made(self, job: Job, *, is_over: bool = False, must_wait: bool = False) -> Made:
        counts = await self._rows.counts(job.tenant_id, job.id)
        return Made(sum(counts.values()) - counts.get(ItemStatus.PENDING, 0), job.total, is_over, must_wait)

    async def _change(self, job: Job, edit: Callable[[Job], Job]) -> Job:
        for _ in range(MAX_RACES):
            stored = await self.job(job.tenant_id, job.id)
            changed = edit(stored)
            if changed == stored:
                return stored
            if not stored.is_over and await self._rows.write(changed):
                return replace(changed, v=stored.v + 1)
            if stored.is_over:
                return stored
        raise RuntimeError(f"the import {job.id} changed {MAX_RACES} times while we wrote it")


def _by_contact(items: Sequence[Item]) -> Iterable[list[Item]]:
    """They come sorted by contact, then by time."""
    return (list(rows) for _, rows in groupby(items, key=lambda item: item.contact))


def _question(job: Job) -> dict[str, object]:
    """What an approver reads about a job that needs a yes."""
    told = f"{job.id}\0{job.source}\0{job.mode}\0{job.messages}\0{job.total}"
    return {
        "kind": KIND,
        "action": ACTION,
        "resource": job.resource,
        "content_sha256": hashlib.sha256(told.encode()).hexdigest(),
        "recipient": "",
        "title_en": f"Import {job.messages} messages of leads",
        "title_ar": f"استيراد {job.messages} رسالة من العملاء",
        "summary_en": (
            f"{job.total} rows from {job.source}; a draft for each of {job.messages} messages. "
            "Nothing is sent: every draft waits for a yes of its own."
        ),
        "summary_ar": (
            f"{job.total} صفًا من {job.source}؛ مسودة لكل رسالة من {job.messages}. "
            "لا يُرسل شيء: كل مسودة تنتظر موافقة خاصة بها."
        ),
        "requested_by": job.by,
        "correlation_id": job.run_id,
        "evidence": job.id,
        "facts": {"job": job.id, "source": job.source, "rows": str(job.total), "messages": str(job.messages)},
    }
