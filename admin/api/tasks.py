"""
Tasks over HTTP: the one way in for programs.

Rule 1: tenant, person and roles come from the credential; the task is named in the address, the action by nobody.
Rule 2: a correlation id comes in the header or in the body. Two that differ are a conflict, not a choice of ours.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.authority.task import Task
from bot.authority.task_runs import Run, RunStatus
from bot.authority.tasks import Tasks
from bot.errors import NotAllowed
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

ANYBODY = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")
"""Who may ask at all; the policy says who may ask for what."""
READERS = ("admin", "approver", "dpo", "executive")


class CorrelationConflict(NotAllowed):
    """Two correlation ids for one request."""

    code, status = "correlation_conflict", 409


class Wanted(BaseModel):
    """What a task is to be done with."""

    model_config = ConfigDict(extra="forbid")

    payload: dict[str, Any] = Field(default_factory=dict, max_length=50)
    correlation_id: str = Field("", max_length=200, description="What this belongs to; or in X-Correlation-Id.")
    evidence: str = Field("", max_length=200, description="For class B+: the id of what proves it.")


def router(tasks: Tasks, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])

    Caller = caller_of(callers)

    @routes.get("")
    async def known(caller: Caller) -> dict[str, Any]:
        """What may be asked for, with the class and the effects of each."""
        caller.require(*ANYBODY)
        return {"tasks": [_task(tasks, task) for task in tasks.known()]}

    @routes.get("/runs")
    async def latest(caller: Caller) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await tasks.latest(caller.tenant_id)
        return {"runs": [_run(run) for run in found], "total": len(found)}

    @routes.get("/runs/{run_id}")
    async def one(run_id: str, caller: Caller) -> dict[str, Any]:
        """How a run stands, for whoever wanted it and for those who answer for it."""
        caller.require(*ANYBODY)
        return _run(await tasks.get(caller.tenant_id, run_id))

    @routes.post("/{name}", dependencies=[acts])
    async def run(
        name: str,
        body: Wanted,
        caller: Caller,
        answer: Response,
        x_correlation_id: Annotated[str, Header(max_length=200)] = "",
    ) -> dict[str, Any]:
        """Do it, or ask a human first: then 202, and the approval that it waits for."""
        caller.require(*ANYBODY)
        done = await tasks.run(
            caller.tenant_id,
            name,
            body.payload,
            by=caller.human,
            roles=tuple(caller.roles),
            correlation_id=_one_of(x_correlation_id.strip(), body.correlation_id.strip()),
            evidence=body.evidence,
        )
        if done.status is RunStatus.WAITING:
            answer.status_code = 202
        return _run(done)

    return routes


def _one_of(header: str, body: str) -> str:
    if header and body and header != body:
        raise CorrelationConflict(
            "X-Correlation-Id and correlation_id differ; send one of them",
            "معرّف الارتباط في الترويسة يخالف ما في المحتوى؛ أرسل واحدًا منهما",
        )
    return header or body


def _task(tasks: Tasks, task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "action": task.action,
        "class": tasks.action_class(task),
        "title_en": task.title_en,
        "title_ar": task.title_ar,
        "side_effects": list(task.side_effects),
        "payload": task.payload.model_json_schema(),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "task": run.task,
        "action": run.action,
        "class": run.action_class,
        "status": run.status.value,
        "code": run.code,
        "message_en": run.message_en,
        "message_ar": run.message_ar,
        "correlation_id": run.correlation_id,
        "content_sha256": run.content_sha256,
        "payload": dict(run.payload),
        "result": dict(run.result),
        "approval_id": run.approval_id,
        "cost_halalas": run.cost_halalas,
        "by": {"id": run.by.id, "name": run.by.name},
        "approver": {"id": run.approver.id, "name": run.approver.name},
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "steps": [{"name": step.name, "outcome": step.outcome, "at": step.at} for step in run.steps],
    }
