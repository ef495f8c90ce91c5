"""What the map shows: stages with how many stand in them, and steps with how many took them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.console.map_layout import EVERYWHERE

CAUSES = ("rules", "sami", "system")
"""Who may cause a step, in the order in which the legend names them."""


@dataclass(frozen=True, slots=True)
class Moves:
    """How often one event moved deals from one stage to another in the window."""

    event: str
    cause: str
    """One of CAUSES."""
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow."""

    before: str
    after: str
    moves: tuple[Moves, ...]
    """Every event that may cause it, also those that did not in the window."""

    @property
    def count(self) -> int:
        return sum(moves.count for moves in self.moves)

    @property
    def cause(self) -> str:
        """Who caused most of it; when nothing moved, who may."""
        by = {cause: sum(m.count for m in self.moves if m.cause == cause) for cause in CAUSES}
        able = [cause for cause in CAUSES if any(m.cause == cause for m in self.moves)]
        return max(able, key=lambda cause: by[cause]) if able else CAUSES[-1]


@dataclass(frozen=True, slots=True)
class Stop:
    """One stage."""

    stage: str
    now: int
    """Conversations that stand here at this moment."""
    waits: bool
    """True when no reply leaves from here without Sami."""
    ends: bool
    """True when a deal rests here."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The lifecycle at one moment, with the moves of a window."""

    days: int
    stops: tuple[Stop, ...]
    steps: tuple[Step, ...]

    @property
    def is_empty(self) -> bool:
        """Nobody has written yet."""
        return not any(stop.now for stop in self.stops) and not any(step.count for step in self.steps)

    @property
    def busiest(self) -> int:
        return max((step.count for step in self.steps), default=0)

    def stop(self, stage: str) -> Stop:
        return next(stop for stop in self.stops if stop.stage == stage)

    def entered(self, stage: str) -> int:
        """How many came here in the window."""
        return sum(step.count for step in self.steps if step.after == stage)

    def left(self, stage: str) -> int:
        """How many went on from here in the window, wherever to."""
        return sum(step.count for step in self.steps if step.before == stage)

    def stopped(self, stage: str) -> int:
        """How many stopped our messages here in the window."""
        return sum(step.count for step in self.steps if (step.before, step.after) == (stage, EVERYWHERE))

    def dropped(self, stage: str) -> int:
        """How many fell off the road here in the window: lost, or stopped."""
        lost = sum(step.count for step in self.steps if (step.before, step.after) == (stage, "closed_lost"))
        return lost + self.stopped(stage)

    def drop_share(self, stage: str) -> float | None:
        """Of those who left in the window, how many fell off the road; None while nobody left."""
        left = self.left(stage)
        return self.dropped(stage) / left if left else None


def arrows(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that are drawn as lines."""
    return tuple(step for step in steps if step.after != EVERYWHERE)
