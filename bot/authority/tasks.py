"""
The one way in for programs: a named task, judged by the policy, done by its handler, written down.

Rule 1: callers name a task, never an action; what it does and which class it is in is declared with the task.
Rule 2: policy first, then the budget, then a human where one is needed, then the handler. Each is in the run.
Rule 3: what waits for a human is done when he agrees, by using up the grant of exactly this payload; it is begun
        once. What was begun and cut off is never begun again by itself: nobody knows how far it came.
Rule 4: nothing of a payload is kept but what its task names as harmless, and the hash of all of it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalStatus
from bot.authority.budgets import Budgets, Reservation
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import GrantRefused, Grants
from bot.authority.policy import Asking, Outcome, Policy, Ruling
from bot.authority.task import Order, Task, checked_by
from bot.authority.task_runs import Run, RunStatus, RunStep, TaskRuns, redacted
from bot.errors import DealixError, NotFound
from bot.evidence.canonical import sha256
from bot.logs import trail
from bot.people import NOBODY, Human

logger = structlog.get_logger()

# Asking takes milliseconds; who has not asked by then died before.
ASKED_WITHIN = timedelta(minutes=1)

LOOK_EVERY_SECONDS = 30.0

# Nothing here takes longer; a run that did was cut off with its process.
RUNS_AT_MOST = timedelta(minutes=5)

ANY_TASK = "task"
MOST_RUNS = 200
_RESOURCE = "task_run:"


class StillRunning(DealixError):
    """Another process is at it; asked again later, it is done."""

    code, status = "still_running", 409


class Tasks:
    """Knows the tasks, and runs them."""

    def __init__(
        self,
        *,
        rows: TaskRuns,
        policy: Policy,
        centre: ApprovalCentre,
        grants: Grants,
        budgets: Budgets,
        alerts: Alerts,
        audit: Audit,
        tenants: Mapping[str, object],
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._tenants = tenants
        self._unreachable = unreachable
        self._rows = rows
        self._policy = policy
        self._centre = centre
        self._grants = grants
        self._budgets = budgets
        self._alerts = alerts
        self._audit = audit
        self._now = now
        self._new_id = new_id
        self._tasks: dict[str, Task] = {}
        self._kinds: set[str] = set()

    def register(self, task: Task) -> None:
        """Make a task known. Raises ValueError for a name taken, or an action that is none or is forbidden."""
        action = self._policy.table.find(task.action)
        if task.name in self._tasks or action is None or not action.roles:
            raise ValueError(f"the task {task.name!r} cannot be registered for the action {task.action!r}")
        self._tasks[task.name] = task
        kind = _kind(action.kind)
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._centre.when_decided(kind, self._decided)

    def known(self) -> Sequence[Task]:
        """Every task, by name."""
        return [self._tasks[name] for name in sorted(self._tasks)]

    def action_class(self, task: Task) -> str:
        """`A`, `B` or `B+`."""
        action = self._policy.table.find(task.action)
        assert action is not None
        return action.shown_class

    async def run(
        self,
        tenant_id: str,
        name: str,
        payload: Mapping[str, Any],
        *,
        by: Human,
        roles: Sequence[str],
        correlation_id: str = "",
        evidence: str = "",
    ) -> Run:
        """
        Do a task, or ask a human whether it may be done: then the run waits, and names the approval.

        Raises NotFound, BadRequest (the payload), PolicyRefused, and what the handler raises.
        """
        task = await self._named(tenant_id, name, by, correlation_id)
        checked = checked_by(task, payload)
        plain = checked.model_dump(mode="json")
        asking = Asking(tenant_id, task.action, by, tuple(roles), correlation_id.strip(), evidence)
        ruling = await self._policy.judge(asking)
        run = self._new_run(task, plain, asking, ruling)
        if ruling.outcome is Outcome.BLOCK:
            await self._rows.add(replace(run, status=RunStatus.BLOCKED, ended_at=run.created_at))
            raise self._policy.refusal(ruling)
        cost = run.cost_halalas
        reserved = await self._budgets.reserve(tenant_id, run.id, cost) if cost else None
        if run.cost_halalas and reserved is None and ruling.is_allowed:
            asking = replace(asking, is_over_budget=True)
            ruling = await self._policy.judge(asking)
            run = replace(run, steps=(*run.steps, RunStep("budget", ruling.code, self._now())))
        if ruling.outcome is Outcome.NEEDS_APPROVAL:
            waiting = replace(
                run,
                held_payload=json.dumps(plain, ensure_ascii=True),
                evidence=evidence,
                is_over_budget=bool(cost) and reserved is None,
            )
            await self._rows.add(waiting)
            return await self._ask(task, waiting)
        started = replace(run, status=RunStatus.RUNNING, started_at=run.created_at)
        await self._rows.add(started)
        return await self._execute(task, checked, started, NOBODY)

    async def get(self, tenant_id: str, run_id: str) -> Run:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, run_id)
        if found is None:
            raise NotFound(f"there is no run {run_id}", "لا توجد عملية بهذا المعرّف")
        return found

    async def latest(self, tenant_id: str, limit: int = MOST_RUNS) -> Sequence[Run]:
        """Newest first."""
        return await self._rows.latest(tenant_id, limit)

    async def _named(self, tenant_id: str, name: str, by: Human, correlation_id: str) -> Task:
        if name in self._tasks:
            return self._tasks[name]
        # Somebody who names no task may name something forbidden; the policy says so, and tells the admins.
        await self._policy.judge(Asking(tenant_id, name, by, correlation_id=correlation_id))
        raise NotFound(
            f"there is no task {name[:60]!r}; GET /api/v1/tasks lists them",
            "لا توجد مهمة بهذا الاسم؛ راجع القائمة في ‎/api/v1/tasks",
        )

    def _new_run(self, task: Task, plain: Mapping[str, Any], asking: Asking, ruling: Ruling) -> Run:
        now = self._now()
        return Run(
            id=self._new_id(),
            tenant_id=asking.tenant_id,
            task=task.name,
            action=ruling.action,
            action_class=ruling.action_class,
            by=asking.by,
            # A class A task begins here; class B was refused without one.
            correlation_id=asking.correlation_id or self._new_id(),
            content_sha256=sha256({"task": task.name, "payload": plain}),
            payload=MappingProxyType(redacted(plain, task.shown)),
            status=RunStatus.WAITING,
            created_at=now,
            code="" if ruling.is_allowed else ruling.code,
            message_en="" if ruling.is_allowed else ruling.message_en,
            message_ar="" if ruling.is_allowed else ruling.message_ar,
            recipient=str(plain.get(task.recipient, "")) if task.recipient else "",
            cost_halalas=ruling.cost_halalas,
            budget_day=self._budgets.day(),
            steps=(RunStep("policy_gate", ruling.code, now),),
        )

    async def look(self) -> None:
        """Finish what a crash left behind, for every tenant."""
        for tenant_id in tuple(self._tenants):
            with suppress(*self._unreachable):
                await self.look_at(tenant_id)

    async def look_at(self, tenant_id: str) -> None:
        """Ask for what waits and was never asked; say of what was cut off that nobody knows how far it came."""
        now = self._now()
        for run in await self._rows.unfinished(tenant_id, MOST_RUNS):
            task = self._tasks.get(run.task)
            if run.status is RunStatus.RUNNING:
                if run.started_at is None or now - run.started_at >= RUNS_AT_MOST:
                    await self._interrupted(run)
            elif task is not None and now - run.created_at >= ASKED_WITHIN:
                with suppress(DealixError):  # the run has ended as failed, and says why
                    await self._ask(task, run)

    async def _ask(self, task: Task, run: Run) -> Run:
        """Ask a human about a run that waits; asking twice is asking once."""
        action = self._policy.table.find(task.action)
        assert action is not None
        said = str(json.loads(run.held_payload)[task.preview]) if task.preview else ""
        facts = {
            "task": task.name,
            "side_effects": ", ".join(task.side_effects),
            "cost_halalas": str(run.cost_halalas),
            "over_budget": "yes" if run.is_over_budget else "no",
            **({"evidence": run.evidence} if run.evidence else {}),
        }
        try:
            approval = await self._centre.ask(
                run.tenant_id,
                kind=_kind(action.kind),
                action=run.action,
                resource=f"{_RESOURCE}{run.id}",
                content_sha256=run.content_sha256,
                recipient=run.recipient,
                title_en=task.title_en,
                title_ar=task.title_ar,
                summary_en=said,
                summary_ar=said,
                requested_by=run.by,
                correlation_id=run.correlation_id,
                risk="high" if action.needs_evidence else "medium",
                facts=facts,
                evidence=run.evidence,
            )
        except DealixError as refused:
            await self._end(run, RunStatus.FAILED, refused.code, refused.message_en, refused.message_ar, {})
            raise
        steps = (*run.steps, RunStep("approval", "asked", self._now()))
        asked = replace(run, approval_id=approval.id, steps=steps)
        await self._rows.move(asked, RunStatus.WAITING)
        return asked

    async def _decided(self, approval: Approval) -> None:
        """A human said something about a run that waits, or time did."""
        if not approval.resource.startswith(_RESOURCE):
            return
        run = await self._rows.read(approval.tenant_id, approval.resource.removeprefix(_RESOURCE))
        if run is None:
            return
        if run.status is RunStatus.RUNNING:
            await self._found_running(run)
        if run.status is not RunStatus.WAITING:
            return
        if approval.status is ApprovalStatus.APPROVED:
            await self._go_on(run, approval)
        else:
            await self._refused(run, approval)

    async def _go_on(self, run: Run, approval: Approval) -> None:
        task = self._tasks.get(run.task)
        if task is None:
            raise NotFound(f"the task {run.task} is not registered here", "المهمة غير مسجلة هنا")
        now = self._now()
        started = replace(
            run,
            status=RunStatus.RUNNING,
            code="",
            message_en="",
            message_ar="",
            held_payload="",
            approval_id=approval.id,
            approver=approval.decided_by,
            started_at=now,
            steps=(*run.steps, RunStep("approval", "approved", now)),
        )
        if not await self._rows.move(started, RunStatus.WAITING):
            raise StillRunning("somebody else has begun this run", "بدأ تنفيذ هذه العملية في مكان آخر")
        try:
            checked = task.payload.model_validate_json(run.held_payload)
            content = sha256({"task": task.name, "payload": checked.model_dump(mode="json")})
            await self._grants.use(
                run.tenant_id,
                approval.grant_id,
                action=run.action,
                resource=approval.resource,
                content_sha256=content,
                recipient=run.recipient,
                now=now,
                by=run.by,
                used_for=f"{_RESOURCE}{run.id}",
            )
        except (GrantRefused, ValidationError) as refused:
            code = refused.code if isinstance(refused, GrantRefused) else "payload_changed"
            await self._end(started, RunStatus.REFUSED, code, "what was agreed to is not what waits", "", {})
            return
        if started.cost_halalas:
            # Agreed to, so it is counted however much is left; what was reserved before is not counted again.
            await self._budgets.again(_reservation(started))
        try:
            await self._execute(task, checked, started, approval.decided_by)
        except DealixError as failed:
            logger.info("task_failed", run=run.id, task=run.task, reason=failed.code)

    async def _execute(self, task: Task, checked: BaseModel, run: Run, approver: Human) -> Run:
        order = Order(run.id, run.tenant_id, checked, run.by, approver, run.correlation_id)
        try:
            result = dict(await task.handler(order))
        except DealixError as failed:
            await self._end(run, RunStatus.FAILED, failed.code, failed.message_en, failed.message_ar, {})
            raise
        except Exception as fault:
            logger.error("task_broke", run=run.id, task=run.task, **trail(fault))
            await self._end(run, RunStatus.FAILED, "internal", "something of ours broke", "حدث خلل لدينا", {})
            raise
        kept = {name: value for name, value in result.items() if name in task.remembers}
        ended = await self._end(run, RunStatus.COMPLETED, "", "", "", kept)
        return replace(ended, result=MappingProxyType(result))

    async def _end(
        self, run: Run, status: RunStatus, code: str, en: str, ar: str, result: Mapping[str, Any]
    ) -> Run:
        now = self._now()
        ended = replace(
            run,
            status=status,
            code=code,
            message_en=en,
            message_ar=ar or en,
            held_payload="",
            result=MappingProxyType(dict(result)),
            ended_at=now,
            steps=(*run.steps, RunStep("execution", code or status.value, now)),
        )
        await self._rows.move(ended, run.status)
        if run.cost_halalas:
            done = status in (RunStatus.COMPLETED, RunStatus.INTERRUPTED)
            settle = self._budgets.settle if done else self._budgets.release
            await settle(_reservation(run))
        await self._audit.note(
            run.tenant_id,
            f"task_{status}",
            run.by,
            correlation_id=run.correlation_id,
            run=run.id,
            task=run.task,
            action=run.action,
            approval=run.approval_id,
            reason=code,
        )
        return ended

    async def _refused(self, run: Run, approval: Approval) -> None:
        await self._end(
            replace(run, approver=approval.decided_by),
            RunStatus.REFUSED,
            f"approval_{approval.status}",
            f"nobody agreed: {approval.status}",
            "لم تتم الموافقة على هذه العملية",
            {},
        )

    async def _found_running(self, run: Run) -> None:
        """Begun, and not ended: either somebody is at it, or its process died."""
        assert run.started_at is not None
        if self._now() - run.started_at < RUNS_AT_MOST:
            raise StillRunning("this run is under way", "هذه العملية قيد التنفيذ")
        await self._interrupted(run)

    async def _interrupted(self, run: Run) -> None:
        en, ar = "it was cut off; look whether it happened", "انقطع التنفيذ؛ تحقق مما تم"
        await self._end(run, RunStatus.INTERRUPTED, "interrupted", en, ar, {})
        await self._alerts.tell(
            run.tenant_id,
            "task_interrupted",
            f"{run.task}: cut off while it ran; look whether it happened",
            f"{run.task}: انقطع التنفيذ؛ تحقق مما تم",
            f"run {run.id}",
            f"run:{run.id}:interrupted",
            about=run.id,
            correlation_id=run.correlation_id,
        )


def _kind(kind: str) -> str:
    """What has no deadlines of its own waits like a task."""
    return ANY_TASK if kind == "request" else kind


def _reservation(run: Run) -> Reservation:
    return Reservation(run.tenant_id, run.budget_day, run.id, run.cost_halalas)
