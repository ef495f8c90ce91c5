"""Runs of tasks: one row each; a step forward is one conditional write."""

from types import MappingProxyType

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.authority.task_runs import Run, RunStatus, RunStep
from bot.people import Human

SHELF = Shelf(
    "task_runs",
    "what programs and people asked the service to do, and what became of it",
    ("tenant_id", "task", "status", "correlation_id", "created_at"),
    (
        Index("what was run lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        Index(
            "what was begun and has not ended?",
            (("tenant_id", 1), ("status", 1), ("approval_id", 1)),
            (("name", "by_status"),),
        ),
        Index(
            "what belongs to this?",
            (("tenant_id", 1), ("correlation_id", 1)),
            (("name", "by_correlation"),),
        ),
    ),
    contact_field="recipient",
    on_erasure=Erasure.DELETE,
)


class MongoTaskRuns:
    """`bot.authority.task_runs.TaskRuns` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, run: Run) -> None:
        await self._rows.of(run.tenant_id).insert_one(_row(run))

    async def read(self, tenant_id: str, run_id: str) -> Run | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{run_id}"})
        return _run(row) if row else None

    async def move(self, run: Run, was: RunStatus) -> bool:
        row = _row(run)
        query = {"_id": row.pop("_id"), "status": was.value}
        return bool(await self._rows.of(run.tenant_id).update_one(query, {"$set": row}))

    async def unfinished(self, tenant_id: str, limit: int) -> list[Run]:
        running = {"status": RunStatus.RUNNING.value}
        unasked = {"status": RunStatus.WAITING.value, "approval_id": ""}
        found = await self._rows.of(tenant_id).find({"$or": [running, unasked]}, limit=limit)
        return [_run(row) for row in found]

    async def latest(self, tenant_id: str, limit: int) -> list[Run]:
        found = await self._rows.of(tenant_id).find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_run(row) for row in found]


def _row(run: Run) -> Document:
    return {
        "_id": f"{run.tenant_id}:{run.id}",
        "id": run.id,
        "task": run.task,
        "action": run.action,
        "action_class": run.action_class,
        "by": run.by.id,
        "by_name": run.by.name,
        "correlation_id": run.correlation_id,
        "content_sha256": run.content_sha256,
        "payload": dict(run.payload),
        "status": run.status.value,
        "created_at": run.created_at,
        "code": run.code,
        "message_en": run.message_en,
        "message_ar": run.message_ar,
        "held_payload": run.held_payload,
        "recipient": run.recipient,
        "evidence": run.evidence,
        "is_over_budget": run.is_over_budget,
        "approval_id": run.approval_id,
        "approver": run.approver.id,
        "approver_name": run.approver.name,
        "result": dict(run.result),
        "cost_halalas": run.cost_halalas,
        "budget_day": run.budget_day,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "steps": [{"name": step.name, "outcome": step.outcome, "at": step.at} for step in run.steps],
    }


def _run(row: Document) -> Run:
    return Run(
        id=row["id"],
        tenant_id=row["tenant_id"],
        task=row["task"],
        action=row["action"],
        action_class=row["action_class"],
        by=Human(row["by"], row["by_name"]),
        correlation_id=row["correlation_id"],
        content_sha256=row["content_sha256"],
        payload=MappingProxyType(row["payload"]),
        status=RunStatus(row["status"]),
        created_at=row["created_at"],
        code=row["code"],
        message_en=row["message_en"],
        message_ar=row["message_ar"],
        held_payload=row["held_payload"],
        recipient=row["recipient"],
        evidence=row["evidence"],
        is_over_budget=row["is_over_budget"],
        approval_id=row["approval_id"],
        approver=Human(row["approver"], row["approver_name"]),
        result=MappingProxyType(row["result"]),
        cost_halalas=row["cost_halalas"],
        budget_day=row["budget_day"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        steps=tuple(RunStep(s["name"], s["outcome"], s["at"]) for s in row["steps"]),
    )
