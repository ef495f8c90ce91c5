"""
What a run waits for: people who decide, or something that happens.

Rule 1: what is stored decides: the approval as its centre knows it, the signal as it was written down. Whoever
        calls only makes the run look sooner.
Rule 2: a signal counts whether it came before the run waited or after, once for each run.
Rule 3: the end of waiting is an answer like every other, `expired`; a step that did not ask for it ends the run.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.errors import NotFound
from bot.runs.grip import Grip
from bot.runs.moves import not_after_deadline
from bot.runs.run import FREE, Run, RunRows

# A decision is heard of at once; where that call was lost, this is the longest that a run does not know.
LOOK_AT_APPROVAL = timedelta(seconds=5)
LOOK_AT_OLD_APPROVAL = timedelta(minutes=1)

# Events are told; this only says when a run looks that waits without an end.
LOOK_AT_EVENT = timedelta(hours=1)

EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Decision:
    """How an approval stands, as a run needs to know it."""

    status: str
    facts: Mapping[str, Any]


ReadDecision = Callable[[str, str], Awaitable[Decision | None]]
"""(tenant, approval id) -> the decision, None while it waits. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What ended a wait."""

    status: str
    patch: Mapping[str, Any]
    signal_id: str = ""


class Waits:
    """Looks whether a wait has ended."""

    def __init__(self, rows: RunRows, grip: Grip, decision: ReadDecision, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._grip = grip
        self._decision = decision
        self._now = now

    async def answer(self, run: Run) -> Answer | None:
        """What ended the wait of this run; None while nothing has."""
        what, _, about = run.waits_for.partition(":")
        found = await (self._approval(run, about) if what == "approval" else self._event(run))
        if found is None and run.wait_until is not None and run.wait_until <= self._now():
            return Answer(EXPIRED, {what: {"status": EXPIRED}} if what == "approval" else {what: None})
        return found

    async def go_on_waiting(self, run: Run) -> Run:
        """Let the run go until it is to be looked at again; when it was called meanwhile, it stays in hand."""
        at = self._next_look(run)
        return await self._grip.save(run, lambda r: replace(r, next_run_at=at, crashes=0), FREE, is_judged=True)

    async def _approval(self, run: Run, approval_id: str) -> Answer | None:
        try:
            decision = await self._decision(run.tenant_id, approval_id)
        except NotFound:
            return Answer("missing", {})
        if decision is None:
            return None
        answer = {"id": approval_id, "status": decision.status, **decision.facts}
        return Answer(decision.status, {"approval": answer})

    async def _event(self, run: Run) -> Answer | None:
        signal = await self._rows.signal(run.tenant_id, run.waits_for, run.met)
        if signal is None:
            return None
        return Answer("happened", {"event": dict(signal.facts)}, signal.id)

    def _next_look(self, run: Run) -> datetime:
        now = self._now()
        if run.waits_for.startswith("approval:"):
            age = now - run.last.at
            pause = min(max(LOOK_AT_APPROVAL, age / 10), LOOK_AT_OLD_APPROVAL)
        else:
            pause = LOOK_AT_EVENT
        at = now + pause
        return not_after_deadline(run, min(at, run.wait_until) if run.wait_until else at)
