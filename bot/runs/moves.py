"""How a run moves: the run as it is to be written next, with the checkpoint that says so. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.people import NOBODY, Human
from bot.runs.run import Checkpoint, Run, RunStatus

# The first pause is for what passes by itself; after the tenth failure the pause is five minutes.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0


def moved(
    run: Run,
    what: str,
    status: RunStatus,
    now: datetime,
    *,
    step: str = "",
    patch: Mapping[str, Any] | None = None,
    note: str = "",
    by: Human = NOBODY,
    **changes: Any,
) -> Run:
    """
    The run after something happened to it.

    Args:
        step: which step it happened to, where that is not the run's.
        changes: fields of the run that are others now.

    Raises ImpossibleMove.
    """
    run.check_move(status)
    last = Checkpoint(
        tenant_id=run.tenant_id,
        run_id=run.id,
        seq=run.seq + 1,
        step=step or run.step,
        what=what,
        status=status,
        at=now,
        patch=patch or {},
        note=note,
        attempt=run.attempts + run.crashes + 1,
        by=by,
    )
    return replace(run, status=status, last=last, updated_at=now, **changes)


def pause_seconds(run: Run, failures: int) -> float:
    """
    How long to wait after a failure: twice as long each time, and a little different for every run.

    What differs is computed from the run, so that many that failed together do not come back together, and a test
    sees the same pause every time.
    """
    longest = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 20), LONGEST_PAUSE_SECONDS)
    drawn = sha256(f"{run.tenant_id}:{run.id}:{run.step}:{failures}".encode()).digest()
    return longest * (0.5 + 0.5 * int.from_bytes(drawn[:4], "big") / 2**32)


def not_after_deadline(run: Run, at: datetime) -> datetime:
    """When a run is looked at that has nothing to do before a time: its own end comes first."""
    return min(at, run.deadline) if run.deadline else at
