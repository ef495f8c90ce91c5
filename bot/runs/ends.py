"""
How a run ends otherwise than well: it failed and waits for a person, or it is cancelled and undone.

Rule 1: a failure is told to the admins before the run is let go; a crash in between tells it once more, never
        twice.
Rule 2: undoing goes backwards over what is done, one step after the other, each remembered; it never forgets one.
Rule 3: what cannot be undone after all attempts fails like every other step; a retry goes on undoing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerts import Alerts
from bot.audit import Audit
from bot.people import Human
from bot.runs.flow import Flow
from bot.runs.grip import Grip
from bot.runs.moves import moved, pause_seconds
from bot.runs.run import FREE, WAITING, Fault, Hold, Run, RunStatus

S = RunStatus


class Ends:
    """Fails, tells, cancels and undoes."""

    def __init__(self, grip: Grip, alerts: Alerts, audit: Audit, now: Callable[[], datetime]) -> None:
        self._grip = grip
        self._alerts = alerts
        self._audit = audit
        self._now = now

    async def fail(self, run: Run, fault: Fault) -> Run:
        """Nobody tries again by himself; it stays in hand until it is told."""
        now = self._now()
        return await self._grip.save(
            run,
            lambda r: moved(
                r, "failed", S.FAILED, now, note=fault.code, error=fault, next_run_at=now, waits_for=""
            ),
            self._grip.hold,
        )

    async def try_again(self, run: Run, fault: Fault, attempts: int) -> Run:
        """After a pause, or never when that was often enough."""
        failures = run.attempts + 1
        if failures >= attempts:
            return await self.fail(run, fault)
        now, pause = self._now(), pause_seconds(run, failures)
        status = S.COMPENSATING if run.status is S.COMPENSATING else S.PENDING
        return await self._grip.save(
            run,
            lambda r: moved(
                r,
                "failed_attempt",
                status,
                now,
                note=fault.code,
                attempts=failures,
                error=fault,
                next_run_at=now + timedelta(seconds=pause),
            ),
            Hold(seconds=pause),
        )

    async def tell(self, run: Run) -> Run:
        """Let the admins know that a run failed, then let it go."""
        fault = run.error
        assert fault is not None
        await self._audit.note(
            run.tenant_id,
            "run_failed",
            correlation_id=run.correlation_id,
            once=f"{run.id}:{run.seq}",
            run=run.id,
            flow=run.flow,
            step=fault.step,
            code=fault.code,
        )
        await self._alerts.tell(
            run.tenant_id,
            "run_failed",
            f"Work stopped and waits for you: {run.flow}, step {fault.step or '-'}",
            f"توقفت مهمة وتنتظر قرارك: {run.flow}، الخطوة {fault.step or '-'}",
            f"run {run.id}: {fault.code}; retry or cancel it on the page of runs",
            f"run:{run.id}:failed:{run.seq}",
            about=run.id,
            correlation_id=run.correlation_id,
        )
        return await self._grip.save(run, lambda r: _told(r, self._now()), FREE)

    async def cancel(self, run: Run, flow: Flow, by: Human, fault: Fault | None = None) -> Run:
        """Begin to undo what is done, or end at once when nothing can be undone."""
        now = self._now()
        hold = FREE if is_nothing_to_undo(run, flow) else self._grip.hold
        return await self._grip.save(run, lambda r: cancelled(r, flow, by, now, fault), hold)


def cancelled(run: Run, flow: Flow | None, by: Human, now: datetime, fault: Fault | None = None) -> Run:
    """
    The run with its end begun.

    A step that waits has done its work and is undone too; one that failed has not, and is not.
    """
    if flow is None or is_nothing_to_undo(run, flow):
        ended = moved(run, "cancelled", S.CANCELLED, now, by=by)
        return replace(ended, error=fault, next_run_at=None, waits_for="", is_parked=False)
    begun = moved(run, "cancelled", S.COMPENSATING, now, by=by, attempts=0, crashes=0, is_parked=False)
    return replace(
        begun, error=fault, done=_to_undo(run), is_undoing=True, next_run_at=now, waits_for="", wait_until=None
    )


def is_nothing_to_undo(run: Run, flow: Flow) -> bool:
    steps = (flow.step(name) for name in _to_undo(run))
    return all(step is None or step.compensate is None for step in steps)


def _to_undo(run: Run) -> tuple[str, ...]:
    return (*run.done, run.step) if run.status in WAITING else run.done


def _told(run: Run, now: datetime) -> Run:
    run.check_move(S.FAILED)
    return replace(run, next_run_at=None, updated_at=now)
