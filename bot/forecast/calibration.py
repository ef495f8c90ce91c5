"""
What the probabilities would be if the future were like the past: proposed, never applied by itself.

Rule 1: of the deals decided in the look-back that went through a stage, the share that was won.
Rule 2: fewer than `ENOUGH` deals through a stage propose nothing for it; the number in force stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from bot.metrics.records import Reached
from flows.deal import STAGES
from rules.policies.forecast import ForecastPolicy

LOOK_BACK = timedelta(days=365)

# With ten deals one more or less changes a proposal by ten points; with fewer it is a guess.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class StageOdds:
    """One stage, in force and as the past says."""

    stage: str
    in_force_percent: int
    sample: int
    won: int
    proposed_percent: int | None
    """None where too few deals went through it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One proposal."""

    id: str
    tenant_id: str
    at: datetime
    since: datetime
    by: str
    by_name: str
    method: str
    """Of the probabilities in force when it was made."""
    sample: int
    """Deals that were decided."""
    stages: tuple[StageOdds, ...]

    @property
    def changes(self) -> tuple[StageOdds, ...]:
        """Those in which something else than what is in force is proposed."""
        return tuple(s for s in self.stages if s.proposed_percent not in (None, s.in_force_percent))

    @property
    def policy_file(self) -> str:
        """The file that would bring it into force, for whoever edits the rules."""
        lines = [
            f"  {s.stage}: {s.in_force_percent if s.proposed_percent is None else s.proposed_percent}"
            for s in self.stages
        ]
        return "\n".join(["probabilities:", *lines]) + "\n"


class Calibrations(Protocol):
    """Where proposals are kept."""

    async def add(self, calibration: Calibration) -> None: ...

    async def latest(self, tenant_id: str, limit: int) -> Sequence[Calibration]:
        """Newest first."""


def odds(
    won: Sequence[str], lost: Sequence[str], reached: Mapping[str, Sequence[Reached]], policy: ForecastPolicy
) -> tuple[StageOdds, ...]:
    """What the past says of every stage that has a probability."""
    winners = set(won)
    through: dict[str, list[bool]] = {stage: [] for stage in policy.probabilities}
    for conversation_id in (*won, *lost):
        # Every deal begins at the first stage, and no step says so.
        for stage in {STAGES[0], *(step.stage for step in reached.get(conversation_id, ()))}:
            if stage in through:
                through[stage].append(conversation_id in winners)
    return tuple(_odds(stage, policy.of(stage), seen) for stage, seen in through.items())


def _odds(stage: str, in_force: int, seen: Sequence[bool]) -> StageOdds:
    won = sum(seen)
    if len(seen) < ENOUGH:
        return StageOdds(stage, in_force, len(seen), won, None)
    share = (Decimal(won) * 100 / len(seen)).quantize(Decimal(1), ROUND_HALF_UP)
    return StageOdds(stage, in_force, len(seen), won, int(share))
