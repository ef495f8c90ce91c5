"""One run as people see it: which steps are done, what it waits for, how far it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.runs.flow import Flow
from bot.runs.run import INCOMPLETE, WAITING, Checkpoint, Run, RunStatus

S = RunStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the step in hand is, as it says itself."""

    done: int
    total: int
    note_en: str = ""
    note_ar: str = ""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a run."""

    name: str
    title_en: str
    title_ar: str
    state: str
    """`done | current | waiting | failed | undone | to_do`"""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, its steps and what happened to it."""

    run: Run
    title_en: str
    title_ar: str
    steps: tuple[StepView, ...]
    progress: Progress | None
    percent: int
    checkpoints: tuple[Checkpoint, ...] = ()

    @property
    def is_dead(self) -> bool:
        """Whether it goes on only when a person says so."""
        return self.run.status is S.FAILED or self.run.is_parked

    @property
    def may_retry(self) -> bool:
        return self.run.status is S.FAILED

    @property
    def may_cancel(self) -> bool:
        going = self.run.status in INCOMPLETE and self.run.status is not S.COMPENSATING
        return (going or self.run.status is S.FAILED) and not self.run.cancel_by.id


def view_of(run: Run, flow: Flow | None, checkpoints: Sequence[Checkpoint] = ()) -> RunView:
    """The view of a run; `flow` is None where its version is not known here."""
    names = [step.name for step in flow.steps] if flow else list(dict.fromkeys((*run.done, run.step)))
    steps = tuple(_step(run, flow, name) for name in names if name)
    progress = progress_of(run.state)
    return RunView(
        run=run,
        title_en=(flow.title_en if flow else "") or run.flow.replace("_", " "),
        title_ar=(flow.title_ar if flow else "") or run.flow.replace("_", " "),
        steps=steps,
        progress=progress,
        percent=_percent(run, len(steps), progress),
        checkpoints=tuple(checkpoints),
    )


def progress_of(state: Mapping[str, Any]) -> Progress | None:
    """What a step keeps under `progress`; None when it keeps nothing readable there."""
    said = state.get("progress")
    if not isinstance(said, Mapping):
        return None
    done, total = said.get("done"), said.get("total")
    if not isinstance(done, int) or not isinstance(total, int) or total < 1:
        return None
    return Progress(min(max(done, 0), total), total, str(said.get("note_en", "")), str(said.get("note_ar", "")))


def _step(run: Run, flow: Flow | None, name: str) -> StepView:
    step = flow.step(name) if flow else None
    readable = name.replace("_", " ")
    title_en, title_ar = (step.title_en, step.title_ar) if step else ("", "")
    return StepView(name, title_en or readable, title_ar or readable, _state(run, name))


def _state(run: Run, name: str) -> str:
    if name in run.done:
        return "done"
    if run.is_undoing:
        return "undone"
    if name != run.step or run.status in (S.COMPLETED, S.CANCELLED):
        return "to_do"
    if run.status is S.FAILED:
        return "failed"
    return "waiting" if run.status in WAITING else "current"


def _percent(run: Run, steps: int, progress: Progress | None) -> int:
    if run.status is S.COMPLETED:
        return 100
    part = progress.done / progress.total if progress else 0.0
    if not steps:
        return int(100 * part)
    is_in_step = run.step not in run.done and not run.is_undoing
    return min(99, int(100 * (len(run.done) + (part if is_in_step else 0.0)) / steps))
