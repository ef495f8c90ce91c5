"""
The room of runs: start work, look at it, cancel it, retry it, tell it that something has happened.

    run = await runs.start_run(tenant_id, "share_data", run_id=request.id, state={"request": request.id}, by=by)
    await runs.signal(tenant_id, "proposal_signed", proposal_id, {"by": who})

Rule 1: the same run id is one run, however often it is started.
Rule 2: a run in another tenant does not exist.
Rule 3: what a person did to a run is in the audit before it is done.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.audit import Audit
from bot.authority.approval import Approval
from bot.authority.deliveries import WhenDecided
from bot.errors import AlreadyDecided, BadRequest, NotFound, StaleConversation
from bot.people import NOBODY, Human
from bot.runs.ends import cancelled
from bot.runs.flow import Flow, event_name
from bot.runs.moves import moved
from bot.runs.registry import Flows
from bot.runs.run import (
    ARROWS,
    AS_IT_IS,
    FREE,
    INCOMPLETE,
    Checkpoint,
    Run,
    RunRows,
    RunStatus,
    Signal,
    remembered,
)
from bot.runs.view import RunView, view_of
from bot.telemetry import spans

S = RunStatus

MOST_RUNS = 500
MOST_CHECKPOINTS = 1_000
MAX_RACES = 50

Hear = Callable[[str, WhenDecided], None]
"""Calls back with every decision about approvals of a kind: `ApprovalCentre.when_decided`."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@=-]{0,119}")


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a run stands for whoever led it and came back."""

    is_already_done: bool
    last: Checkpoint
    run: Run


class Runs:
    """Everything that others may do with runs."""

    def __init__(
        self,
        *,
        rows: RunRows,
        flows: Flows,
        hear: Hear,
        audit: Audit,
        nudge: Callable[[], None],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.flows = flows
        self._rows = rows
        self._hear = hear
        self._audit = audit
        self._nudge = nudge
        self._now = now
        self._new_id = new_id
        self._heard: set[str] = set()

    def register(self, flow: Flow) -> None:
        """Make a flow known to this process. Raises ValueError."""
        self.flows.register(flow)
        for kind in flow.hears:
            if kind not in self._heard:
                self._heard.add(kind)
                self._hear(kind, self._decided)

    async def start_run(
        self,
        tenant_id: str,
        flow: str,
        *,
        state: Mapping[str, Any],
        run_id: str = "",
        correlation_id: str = "",
        by: Human = NOBODY,
        deadline: datetime | None = None,
        about: str = "",
    ) -> Run:
        """
        Start a run of the newest version; with a run id that is there already, answer that run.

        Args:
            run_id: the same for the same work; made here when it is not said.
            deadline: when it ends as expired, wherever it is then.
            about: the conversation it is about, if any; it goes when that contact is forgotten.

        Raises NotFound (flow), BadRequest (id, state, an id that is another flow's).
        """
        known, now = self.flows.newest(flow), self._now()
        run_id = run_id or self._new_id()
        if not _ID.fullmatch(run_id):
            raise BadRequest(
                "a run id is 1 to 120 letters, digits and . _ : @ = -", "معرّف المهمة من 1 إلى 120 حرفًا أو رقمًا"
            )
        status = S.PENDING if known.first else S.RUNNING
        first = Checkpoint(tenant_id, run_id, 0, known.first, "started", status, now, dict(state), by=by)
        run = Run(
            id=run_id,
            tenant_id=tenant_id,
            flow=flow,
            version=known.version,
            status=status,
            step=known.first,
            state=remembered({}, state),
            correlation_id=correlation_id or run_id,
            by=by,
            created_at=now,
            updated_at=now,
            last=replace(first, patch=remembered({}, state)),
            about=about,
            traceparent=spans.here(),
            next_run_at=now if known.first else deadline,
            deadline=deadline,
        )
        if not await self._rows.add(run):
            return await self._same(run)
        await self._rows.file(run.last, about)
        self._nudge()
        return run

    async def get(self, tenant_id: str, run_id: str) -> RunView:
        """One run with what happened to it. Raises NotFound."""
        run = await self._read(tenant_id, run_id)
        filed = await self._rows.checkpoints(tenant_id, run_id, MOST_CHECKPOINTS)
        if not filed or filed[-1].seq < run.seq:
            filed.append(run.last)  # written with the run, and filed in this moment
        return view_of(run, self.flows.of(run.flow, run.version), filed)

    async def list(self, tenant_id: str, *, status: str = "", flow: str = "", limit: int = 100) -> list[RunView]:
        """
        Newest first; `status` is one of RunStatus, or `incomplete` for all that still goes on.

        Raises BadRequest for a status that does not exist.
        """
        found = await self._rows.latest(tenant_id, _statuses(status), flow, min(max(limit, 1), MOST_RUNS))
        return [view_of(run, self.flows.of(run.flow, run.version)) for run in found]

    async def concerning(self, tenant_id: str, about: str, limit: int = MOST_RUNS) -> "Sequence[RunView]":
        """The runs about one conversation, newest first."""
        found = await self._rows.concerning(tenant_id, about, limit)
        return [view_of(run, self.flows.of(run.flow, run.version)) for run in found]

    async def list_incomplete(self, tenant_id: str, limit: int = MOST_RUNS) -> "Sequence[RunView]":
        """What still goes on."""
        return await self.list(tenant_id, status="incomplete", limit=limit)

    async def parked(self, tenant_id: str, limit: int = MOST_RUNS) -> "Sequence[RunView]":
        """What waits for a version that nobody runs."""
        found = await self._rows.parked(tenant_id, limit)
        return [view_of(run, self.flows.of(run.flow, run.version)) for run in found]

    async def retry(self, tenant_id: str, run_id: str, by: Human) -> RunView:
        """
        Go on with a failed run at the step that failed, with what it remembers.

        Raises NotFound, AlreadyDecided (it has not failed).
        """

        def edit(run: Run) -> Run:
            if run.status is not S.FAILED:
                raise AlreadyDecided(
                    f"the run is {run.status}: only a failed one is retried",
                    f"حالة المهمة {run.status}؛ لا تُعاد إلا المهمة المتعثرة",
                )
            now, status = self._now(), S.COMPENSATING if run.is_undoing else S.PENDING
            if run.is_led_from_outside:
                return replace(moved(run, "retried", S.RUNNING, now, by=by, error=None), deadline=None)
            fresh = moved(run, "retried", status, now, by=by, attempts=0, crashes=0, error=None)
            is_over = run.deadline is not None and run.deadline <= now
            return replace(fresh, next_run_at=now, deadline=None if is_over else run.deadline)

        return await self._changed(tenant_id, run_id, "run_retried", by, edit)

    async def cancel(self, tenant_id: str, run_id: str, by: Human) -> RunView:
        """
        End a run and undo what it did; one that is in hand ends after the step it is at. Of a run whose version
        nobody knows nothing can be undone: it only ends.

        Raises NotFound, AlreadyDecided (it is over already).
        """

        def edit(run: Run) -> Run:
            if run.is_over:
                raise AlreadyDecided(
                    f"the run is {run.status} already", f"المهمة منتهية بالفعل وحالتها {run.status}"
                )
            if run.status is S.COMPENSATING or run.cancel_by.id:
                return run
            now, flow = self._now(), self.flows.of(run.flow, run.version)
            if run.is_in_hand and run.status is not S.FAILED:
                return replace(run, cancel_by=by, updated_at=now)
            if flow is None and not run.is_parked:  # whoever knows its steps undoes them
                return replace(run, cancel_by=by, updated_at=now, next_run_at=now)
            return cancelled(run, flow, by, now)

        return await self._changed(tenant_id, run_id, "run_cancelled", by, edit)

    async def signal(
        self, tenant_id: str, name: str, key: str, facts: Mapping[str, Any], *, signal_id: str = ""
    ) -> bool:
        """
        Say that something has happened; every run that waits for it, now or later, goes on.

        Args:
            facts: ids and codes, small.
            signal_id: the same for the same happening, so that saying it twice counts once.

        Answers False when this signal id was said before. Raises BadRequest, StateTooLarge.
        """
        signal_id, waits_for = signal_id or self._new_id(), event_name(name, key)
        now = self._now()
        is_new = await self._rows.add_signal(Signal(signal_id, tenant_id, waits_for, remembered({}, facts), now))
        await self._rows.poke(tenant_id, waits_for, now)
        await self._rows.signal_told(tenant_id, signal_id)
        self._nudge()
        return is_new

    # Led from outside: the words of old, for flows without steps

    async def checkpoint(
        self, tenant_id: str, run_id: str, patch: Mapping[str, Any], note: str = "", by: Human = NOBODY
    ) -> Run:
        """
        Remember more in a run that is led from outside. Raises NotFound, BadRequest, AlreadyDecided.
        """

        def edit(run: Run) -> Run:
            _led_from_outside(run)
            more, state = remembered({}, patch), remembered(run.state, patch)
            return moved(run, "checkpoint", S.RUNNING, self._now(), patch=more, note=note, by=by, state=state)

        return await self._change(tenant_id, run_id, edit)

    async def complete_run(
        self, tenant_id: str, run_id: str, state: Mapping[str, Any], by: Human = NOBODY
    ) -> Run:
        """
        End a run that is led from outside, with this as its state. Raises as `checkpoint`.
        """

        def edit(run: Run) -> Run:
            _led_from_outside(run)
            whole = remembered({}, state)
            ended = moved(run, "done", S.COMPLETED, self._now(), patch=whole, by=by, state=whole)
            return replace(ended, next_run_at=None)

        return await self._change(tenant_id, run_id, edit)

    async def resume_run(self, tenant_id: str, run_id: str) -> Resumed:
        """The last checkpoint of a run, and whether it is done already. Raises NotFound."""
        run = await self._read(tenant_id, run_id)
        self._nudge()
        return Resumed(run.status is S.COMPLETED, run.last, run)

    list_incomplete_runs = list_incomplete

    # Parts

    async def _decided(self, approval: Approval) -> None:
        """Whoever waits for this approval looks now."""
        await self._rows.poke(approval.tenant_id, f"approval:{approval.id}", self._now())
        self._nudge()

    async def _same(self, run: Run) -> Run:
        there = await self._read(run.tenant_id, run.id)
        if there.flow != run.flow:
            raise BadRequest(
                f"the run {run.id} is one of {there.flow}, not of {run.flow}",
                f"المهمة {run.id} تابعة لمسار {there.flow} وليست لمسار {run.flow}",
            )
        await self._rows.file(there.last, there.about)
        self._nudge()
        return there

    async def _read(self, tenant_id: str, run_id: str) -> Run:
        run = await self._rows.read(tenant_id, run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}", "لا توجد مهمة بهذا المعرّف")
        return run

    async def _changed(
        self, tenant_id: str, run_id: str, what: str, by: Human, edit: Callable[[Run], Run]
    ) -> RunView:
        run = await self._read(tenant_id, run_id)
        edit(run)  # a refusal is no deed
        await self._audit.note(
            tenant_id, what, by, correlation_id=run.correlation_id, run=run.id, flow=run.flow, step=run.step
        )
        await self._change(tenant_id, run_id, edit)
        self._nudge()
        return await self.get(tenant_id, run_id)

    async def _change(self, tenant_id: str, run_id: str, edit: Callable[[Run], Run]) -> Run:
        """Write a change against whatever races."""
        for _ in range(MAX_RACES):
            run = await self._read(tenant_id, run_id)
            after = edit(run)
            if after is run:
                return run
            await self._rows.file(run.last, run.about)
            hold = AS_IT_IS if after.cancel_by.id and run.is_in_hand and after.seq == run.seq else FREE
            written = await self._rows.write(run, after, hold)
            if written is not None:
                if written.seq != run.seq:
                    await self._rows.file(written.last, written.about)
                return written
        raise StaleConversation(f"run {run_id} changed {MAX_RACES} times while we wrote it")


def _statuses(status: str) -> Sequence[RunStatus]:
    if status == "incomplete":
        return INCOMPLETE
    if status and status not in set(RunStatus):
        known = ", ".join(("incomplete", *ARROWS))
        raise BadRequest(
            f"there is no status {status!r}: choose one of {known}", f"حالة غير معروفة؛ اختر من: {known}"
        )
    return (RunStatus(status),) if status else ()


def _led_from_outside(run: Run) -> None:
    if not run.is_led_from_outside:
        raise BadRequest(
            f"{run.flow} has steps of its own: they say what is remembered",
            f"لمسار {run.flow} خطوات خاصة به، وهي التي تحدد ما يُحفظ",
        )
    if run.status is not S.RUNNING:
        raise AlreadyDecided(f"the run is {run.status} already", f"المهمة منتهية بالفعل وحالتها {run.status}")
