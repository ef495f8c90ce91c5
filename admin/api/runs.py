"""
Durable work over HTTP: what runs, waits and failed, and what a person does about it.

Rule 1: the tenant comes from the token; another tenant's run does not exist.
Rule 2: whoever may see does not thereby act: retry and cancel are for admins.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bot.runs.dead import DeadEvent, DeadLetters
from bot.runs.room import Runs
from bot.runs.run import Checkpoint, Fault
from bot.runs.view import RunView
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "executive", "dpo")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorView(_View):
    code: str
    step: str
    message_en: str
    message_ar: str
    at: datetime
    path: list[str]


class ProgressView(_View):
    done: int
    total: int
    note_en: str
    note_ar: str


class StepView(_View):
    name: str
    title_en: str
    title_ar: str
    state: str


class CheckpointView(_View):
    seq: int
    step: str
    what: str
    status: str
    at: datetime
    attempt: int
    note: str
    patch: dict[str, Any]
    by: str


class RunShown(_View):
    run_id: str
    flow: str
    version: int
    title_en: str
    title_ar: str
    status: str
    step: str
    percent: int
    progress: ProgressView | None
    steps: list[StepView]
    waits_for: str
    wait_until: datetime | None
    next_run_at: datetime | None
    deadline: datetime | None
    attempts: int
    error: ErrorView | None
    is_parked: bool
    cancel_requested_by: str
    may_retry: bool
    may_cancel: bool
    lease_owner: str
    lease_until: datetime | None
    correlation_id: str
    started_by: str
    created_at: datetime
    updated_at: datetime


class RunWhole(RunShown):
    state: dict[str, Any]
    checkpoints: list[CheckpointView]


class RunList(_View):
    runs: list[RunShown]
    total: int


class EventShown(_View):
    event_id: str
    channel: str
    reason: str
    size_bytes: int
    received_at: datetime


class DeadList(_View):
    runs: list[RunShown]
    events: list[EventShown]
    total: int


class PutBack(_View):
    event_id: str
    new: int


class SetAside(_View):
    event_id: str


def router(runs: Runs, dead: DeadLetters, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/runs", tags=["runs"])

    Caller = caller_of(callers)

    @routes.get("")
    async def listed(
        caller: Caller,
        status: Annotated[str, Query(max_length=40, description="`incomplete`, or one status")] = "",
        flow: Annotated[str, Query(max_length=60)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> RunList:
        """Newest first."""
        caller.require(*READERS)
        found = await runs.list(caller.tenant_id, status=status, flow=flow, limit=limit)
        return RunList(runs=[RunShown(**_shown(v)) for v in found], total=len(found))

    @routes.get("/dead")
    async def dead_letters(caller: Caller) -> DeadList:
        """What goes on only when a person says so."""
        caller.require(*READERS)
        found = await dead.list(caller.tenant_id)
        return DeadList(
            runs=[RunShown(**_shown(v)) for v in found.runs],
            events=[_event(e) for e in found.events],
            total=found.total,
        )

    @routes.post("/dead/{event_id}/retry", dependencies=[acts])
    async def put_back(event_id: str, caller: Caller) -> PutBack:
        """Take in once more what could not be handled; what was recorded meanwhile counts once."""
        caller.require("admin")
        return PutBack(event_id=event_id, new=await dead.put_back(caller.tenant_id, event_id, caller.human))

    @routes.post("/dead/{event_id}/cancel", dependencies=[acts])
    async def set_aside(event_id: str, caller: Caller) -> SetAside:
        """Close it without an effect."""
        caller.require("admin")
        await dead.set_aside(caller.tenant_id, event_id, caller.human)
        return SetAside(event_id=event_id)

    @routes.get("/{workflow_run_id}")
    async def one(workflow_run_id: str, caller: Caller) -> RunWhole:
        """One run with everything that happened to it."""
        caller.require(*READERS)
        return _whole(await runs.get(caller.tenant_id, workflow_run_id))

    @routes.post("/{workflow_run_id}/retry", dependencies=[acts])
    async def retry(workflow_run_id: str, caller: Caller) -> RunWhole:
        """Go on with a failed run at the step that failed."""
        caller.require("admin")
        return _whole(await runs.retry(caller.tenant_id, workflow_run_id, caller.human))

    @routes.post("/{workflow_run_id}/cancel", dependencies=[acts])
    async def cancel(workflow_run_id: str, caller: Caller) -> RunWhole:
        """End a run and undo what it did."""
        caller.require("admin")
        return _whole(await runs.cancel(caller.tenant_id, workflow_run_id, caller.human))

    return routes


def _shown(view: RunView) -> dict[str, Any]:
    run, progress = view.run, view.progress
    return {
        "run_id": run.id,
        "flow": run.flow,
        "version": run.version,
        "title_en": view.title_en,
        "title_ar": view.title_ar,
        "status": run.status.value,
        "step": run.step,
        "percent": view.percent,
        "progress": (
            ProgressView(
                done=progress.done, total=progress.total, note_en=progress.note_en, note_ar=progress.note_ar
            )
            if progress
            else None
        ),
        "steps": [
            StepView(name=s.name, title_en=s.title_en, title_ar=s.title_ar, state=s.state) for s in view.steps
        ],
        "waits_for": run.waits_for,
        "wait_until": run.wait_until,
        "next_run_at": run.next_run_at,
        "deadline": run.deadline,
        "attempts": run.attempts,
        "error": _error(run.error),
        "is_parked": run.is_parked,
        "cancel_requested_by": run.cancel_by.id,
        "may_retry": view.may_retry,
        "may_cancel": view.may_cancel,
        "lease_owner": run.lease_owner,
        "lease_until": run.lease_until,
        "correlation_id": run.correlation_id,
        "started_by": run.by.name or run.by.id,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
    }


def _whole(view: RunView) -> RunWhole:
    checkpoints = [_checkpoint(c) for c in view.checkpoints]
    return RunWhole(**_shown(view), state=dict(view.run.state), checkpoints=checkpoints)


def _error(fault: Fault | None) -> ErrorView | None:
    if fault is None:
        return None
    return ErrorView(
        code=fault.code,
        step=fault.step,
        message_en=fault.message_en,
        message_ar=fault.message_ar,
        at=fault.at,
        path=list(fault.path),
    )


def _checkpoint(c: Checkpoint) -> CheckpointView:
    return CheckpointView(
        seq=c.seq,
        step=c.step,
        what=c.what,
        status=c.status.value,
        at=c.at,
        attempt=c.attempt,
        note=c.note,
        patch=dict(c.patch),
        by=c.by.name or c.by.id,
    )


def _event(event: DeadEvent) -> EventShown:
    return EventShown(
        event_id=event.id,
        channel=event.channel,
        reason=event.reason,
        size_bytes=event.size_bytes,
        received_at=event.received_at,
    )
