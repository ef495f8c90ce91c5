"""
Takes a run that is in hand one step further.

Rule 1: what a step answered is written with its checkpoint before anything else is done with the run.
Rule 2: a step that fails is tried again with growing pauses; after its last attempt, or when it gives up, a
        person is told. A database that is away costs no attempt.
Rule 3: the end of a run's time, and somebody's wish to cancel it, count between two steps, never within one.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.errors import BadRequest, DealixError
from bot.logs import trail
from bot.people import NOBODY
from bot.runs.ends import Ends
from bot.runs.flow import Again, Done, Flow, GiveUp, Next, Step, Turn, Wait
from bot.runs.grip import Grip, LeaseLost
from bot.runs.moves import moved, not_after_deadline
from bot.runs.registry import Flows
from bot.runs.run import FREE, WAITING, Fault, Hold, Run, RunStatus, remembered
from bot.runs.waiting import EXPIRED, Answer, Waits
from bot.telemetry import spans

logger = structlog.get_logger()

S = RunStatus
T = TypeVar("T")

# A kill is nobody's fault so often; more often, it is this step that kills its process.
CRASHES_AT_MOST = 10

# Long work gives way to others now and then.
HELD_AT_MOST_SECONDS = 10.0

# A database that is away is asked again after this.
AWAY_SECONDS = 1.0


class Forward:
    """One step at a time."""

    def __init__(
        self,
        *,
        flows: Flows,
        grip: Grip,
        ends: Ends,
        waits: Waits,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._flows = flows
        self._grip = grip
        self._ends = ends
        self._waits = waits
        self._unreachable = unreachable
        self._now = now

    async def drive(self, run: Run) -> None:
        """Take a run further until it is let go. Raises LeaseLost."""
        began = time.monotonic()
        while run.is_in_hand:
            if run.status is S.RUNNING and time.monotonic() - began > HELD_AT_MOST_SECONDS:
                await self._grip.save(run, lambda r: given_back(r, self._now()), FREE)
                return
            run = await self.step(run)

    async def step(self, run: Run) -> Run:
        """Do the one thing that is next; answers the run as written."""
        flow = self._flows.of(run.flow, run.version)
        if run.status is S.FAILED and not run.cancel_by.id:
            return await self._ends.tell(run)
        if run.crashes >= CRASHES_AT_MOST:
            return await self._ends.fail(run, self._fault(run, "crashed", *_CRASHED))
        if flow is None:  # claimed by a kind that is known, so this is a fault of ours, not a version of others
            return await self._ends.fail(run, self._fault(run, "no_such_flow", *_NO_SUCH_STEP))
        if run.status is S.COMPENSATING:
            return await self._undo(run, flow)
        if run.cancel_by.id:
            return await self._ends.cancel(run, flow, run.cancel_by)
        if run.version != flow.version:
            return await self._take_over(run, flow)
        if run.deadline is not None and run.deadline <= self._now():
            return await self._ends.fail(run, self._fault(run, EXPIRED, *_RUN_EXPIRED))
        try:
            return await (self._look(run, flow) if run.status in WAITING else self._do(run, flow))
        except BadRequest as refused:  # what was to be remembered cannot be
            fault = self._fault(run, refused.code, refused.message_en, refused.message_ar)
            return await self._ends.fail(run, fault)

    # Steps

    async def _do(self, run: Run, flow: Flow) -> Run:
        step = flow.step(run.step)
        if step is None:
            return await self._ends.fail(run, self._fault(run, "no_such_step", *_NO_SUCH_STEP))
        turn = self._turn(run, flow)
        answer = await self._attempt(run, step, step.work(turn))
        return answer if isinstance(answer, Run) else await self._answered(run, flow, answer)

    async def _attempt(self, run: Run, step: Step, work: Coroutine[Any, Any, T]) -> T | Run:
        """What the work answered; where it failed, the run as that was written down."""
        with spans.span(
            "run.undo" if run.status is S.COMPENSATING else "run.step",
            linked=[run.traceparent],
            is_entry=True,
            tenant=run.tenant_id,
            run=run.id,
            flow=run.flow,
            step=step.name,
            attempt=str(_attempt_of(run)),
            correlation_id=run.correlation_id,
        ) as watched:
            return await self._watched(run, step, work, watched)

    async def _watched(self, run: Run, step: Step, work: Coroutine[Any, Any, T], watched: spans.Span) -> T | Run:
        try:
            answer = await self._grip.kept(run, _within(step.timeout_seconds, work))
            watched.tag(outcome=type(answer).__name__.lower())
            return answer
        except LeaseLost:
            raise
        except GiveUp as given_up:
            watched.fail(given_up.code)
            fault = self._fault(run, given_up.code, given_up.reason_en, given_up.reason_ar, step.name)
            return await self._ends.fail(run, fault)
        except self._unreachable as away:
            logger.warning("run_waits_for_database", run=run.id, reason=type(away).__name__)
            watched.tag(outcome="database_away")
            pause = Hold(seconds=AWAY_SECONDS)
            return await self._grip.save(run, lambda r: given_back(r, self._now(), AWAY_SECONDS), pause)
        except Exception as failed:  # noqa: BLE001  (the border of the engine: the next run must go on)
            fault = self._fault_of(run, step, failed)
            watched.fail(fault.code)
            logger.warning("run_step_failed", run=run.id, flow=run.flow, step=step.name, **trail(failed))
            return await self._ends.try_again(run, fault, step.attempts)

    async def _answered(self, run: Run, flow: Flow, answer: Next) -> Run:
        if not isinstance(answer, Done | Again | Wait):
            return await self._ends.fail(run, self._fault(run, "no_answer", *_NO_ANSWER))
        state, now = remembered(run.state, answer.patch), self._now()
        calm = {"state": state, "attempts": 0, "crashes": 0, "error": None}
        match answer:
            case Again(after_seconds=pause) if pause > 0:
                at = not_after_deadline(run, now + timedelta(seconds=pause))
                return await self._grip.save(
                    run,
                    lambda r: moved(r, "again", S.PENDING, now, patch=answer.patch, next_run_at=at, **calm),
                    Hold(seconds=pause),
                )
            case Again():
                return await self._grip.save(
                    run, lambda r: moved(r, "again", S.RUNNING, now, patch=answer.patch, **calm), self._grip.hold
                )
            case Wait():
                waits = S.WAITING_APPROVAL if answer.waits_for.startswith("approval:") else S.WAITING_EVENT
                return await self._grip.save(
                    run,
                    lambda r: moved(
                        r,
                        "waits",
                        waits,
                        now,
                        patch=answer.patch,
                        note=answer.waits_for,
                        waits_for=answer.waits_for,
                        wait_until=answer.until,
                        wait_answers=answer.answers,
                        **calm,
                    ),
                    self._grip.hold,
                )
        next_step = "" if answer.is_last else flow.after(run.step)
        return await self._advance(run, "done", answer.patch, next_step, calm, answer.at)

    async def _advance(
        self, run: Run, what: str, patch: Any, next_step: str, changes: dict[str, Any], at: datetime | None = None
    ) -> Run:
        """A step is done: to the next one now or at a time, or to the end."""
        now = self._now()
        changes = {**changes, "done": (*run.done, run.step), "waits_for": "", "wait_until": None}
        if not next_step:
            changes["next_run_at"] = None
            status, hold, then = S.COMPLETED, FREE, run.step
        elif at is not None and at > now:
            changes["next_run_at"] = not_after_deadline(run, at)
            status, hold, then = S.PENDING, FREE, next_step
        else:
            changes["next_run_at"] = None
            status, hold, then = S.RUNNING, self._grip.hold, next_step

        def edit(r: Run) -> Run:
            return replace(moved(r, what, status, now, patch=patch, **changes), step=then)

        return await self._grip.save(run, edit, hold)

    # Waiting

    async def _look(self, run: Run, flow: Flow) -> Run:
        answer = await self._waits.answer(run)
        if answer is None:
            return await self._waits.go_on_waiting(run)
        if answer.status in run.wait_answers:
            return await self._met(run, flow, answer)
        if answer.status == EXPIRED:
            return await self._ends.fail(run, self._fault(run, EXPIRED, *_WAIT_EXPIRED))
        if answer.status == "missing":
            return await self._ends.fail(run, self._fault(run, "approval_missing", *_MISSING))
        fault = self._fault(run, f"approval_{answer.status}", *_REFUSED)
        return await self._ends.cancel(run, flow, NOBODY, fault)

    async def _met(self, run: Run, flow: Flow, answer: Answer) -> Run:
        changes: dict[str, Any] = {
            "state": remembered(run.state, answer.patch),
            "met": (*run.met, answer.signal_id) if answer.signal_id else run.met,
            "attempts": 0,
            "crashes": 0,
            "error": None,
        }
        return await self._advance(run, "met", answer.patch, flow.after(run.step), changes)

    # Going back, and going over

    async def _undo(self, run: Run, flow: Flow) -> Run:
        if not run.done:
            now = self._now()
            return await self._grip.save(
                run, lambda r: moved(r, "compensated", S.COMPENSATED, now, next_run_at=None), FREE
            )
        step = flow.step(run.done[-1])
        if step is not None and step.compensate is not None:
            turn = self._turn(run, flow, step.name)
            failed = await self._attempt(run, step, step.compensate(turn))
            if isinstance(failed, Run):
                return failed
        now, undone = self._now(), run.done[-1]
        return await self._grip.save(
            run,
            lambda r: moved(
                r, "undone", S.COMPENSATING, now, step=undone, done=r.done[:-1], attempts=0, crashes=0
            ),
            self._grip.hold,
        )

    async def _take_over(self, run: Run, flow: Flow) -> Run:
        try:
            step, state = flow.takes_over[run.version](run.step, run.state)
            patch = remembered({}, state)
        except Exception as failed:  # noqa: BLE001  (the border of the engine: the next run must go on)
            fault = self._fault(run, "not_taken_over", *_NOT_TAKEN_OVER, path=tuple(trail(failed)["path"]))
            return await self._ends.fail(run, fault)
        now, note = self._now(), f"version {run.version} -> {flow.version}"

        def edit(r: Run) -> Run:
            over = moved(r, "taken_over", r.status, now, note=note, patch=patch)
            return replace(over, version=flow.version, step=step, state=patch)

        return await self._grip.save(run, edit, self._grip.hold)

    # Parts

    def _turn(self, run: Run, flow: Flow, step: str = "") -> Turn:
        return Turn(
            tenant_id=run.tenant_id,
            run_id=run.id,
            flow=run.flow,
            version=flow.version,
            step=step or run.step,
            state=run.state,
            attempt=_attempt_of(run),
            now=self._now(),
            correlation_id=run.correlation_id,
            by=run.by,
        )

    def _fault(self, run: Run, code: str, en: str, ar: str, step: str = "", path: tuple[str, ...] = ()) -> Fault:
        name = step or run.step
        return Fault(code, name, en.replace("{step}", name), ar.replace("{step}", name), self._now(), path)

    def _fault_of(self, run: Run, step: Step, failed: Exception) -> Fault:
        path = tuple(trail(failed)["path"])
        if isinstance(failed, DealixError):
            return Fault(failed.code, step.name, failed.message_en, failed.message_ar, self._now(), path)
        if isinstance(failed, TimeoutError):
            return self._fault(run, "timed_out", *_TIMED_OUT, step=step.name, path=path)
        return self._fault(run, type(failed).__name__, *_BROKE, step=step.name, path=path)


_CRASHED = (
    "the process died again and again while it did the step {step}; look at its log, then retry or cancel",
    "توقف النظام مرة بعد مرة أثناء الخطوة {step}؛ راجع السجل ثم أعد المحاولة أو ألغِ المهمة",
)
_NO_SUCH_STEP = (
    "this version of the flow has no step {step}; cancel the run, or install the version that has it",
    "هذا الإصدار من مسار العمل لا يحوي الخطوة {step}؛ ألغِ المهمة أو ثبّت الإصدار الذي يحويها",
)
_NO_ANSWER = (
    "the step {step} did not say what comes next; its developer must mend it",
    "لم تحدد الخطوة {step} ما يليها؛ على مطورها إصلاحها",
)
_RUN_EXPIRED = (
    "the time for this work ended before the step {step}; retry it, or cancel it",
    "انتهت مهلة هذه المهمة قبل الخطوة {step}؛ أعد المحاولة أو ألغها",
)
_WAIT_EXPIRED = (
    "what the step {step} waited for did not come in time; retry to ask again, or cancel",
    "لم يصل ما تنتظره الخطوة {step} في الموعد؛ أعد المحاولة للسؤال مجددًا أو ألغها",
)
_MISSING = (
    "the approval that the step {step} waits for does not exist; retry to ask again, or cancel",
    "الموافقة التي تنتظرها الخطوة {step} غير موجودة؛ أعد المحاولة للسؤال مجددًا أو ألغها",
)
_REFUSED = (
    "people did not agree to what the step {step} asked for",
    "لم تتم الموافقة على ما طلبته الخطوة {step}",
)
_NOT_TAKEN_OVER = (
    "the newer version of the flow could not take this run over at the step {step}; its developer must mend it",
    "تعذّر على الإصدار الأحدث استلام هذه المهمة عند الخطوة {step}؛ على مطوره إصلاحه",
)
_TIMED_OUT = (
    "the step {step} took too long; if it stays so, look at what it depends on",
    "استغرقت الخطوة {step} وقتًا أطول من المسموح؛ إن تكرر ذلك فراجع ما تعتمد عليه",
)
_BROKE = (
    "the step {step} failed because of a fault of ours; its developer finds the place below",
    "تعطلت الخطوة {step} بسبب خلل لدينا؛ يجد مطورها موضعه أدناه",
)


def _attempt_of(run: Run) -> int:
    """The how-manieth time this step is begun, from 1."""
    return run.attempts + run.crashes + 1


async def _within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    async with asyncio.timeout(seconds):
        return await work


def given_back(run: Run, now: datetime, after_seconds: float = 0.0) -> Run:
    """Let go without having failed: somebody takes it up again, where it was."""
    status = S.PENDING if run.status is S.RUNNING else run.status
    run.check_move(status)
    return replace(run, status=status, crashes=0, next_run_at=now + timedelta(seconds=after_seconds))
