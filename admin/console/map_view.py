"""What the map shows: stages with how many stand in them, and steps with how many took them. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from admin.console.map_layout import EVERYWHERE
from bot.workbench.lifecycle_map import LifecycleMap, Stage

CAUSES = ("rules", "approver", "system")
"""Who may cause a step, in the order in which the legend names them."""


@dataclass(frozen=True, slots=True)
class Moves:
    """How often one event moved deals from one stage to another in the window."""

    event: str
    name: str
    """The event in the language of the page."""
    by: tuple[str, ...]
    """Who may cause it, of CAUSES."""
    counts: tuple[tuple[str, int], ...]
    """Who did, and how often."""
    pages: tuple[str, ...]
    """Rule pages that cause or propose it."""

    @property
    def count(self) -> int:
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow: everything that leads from one stage to another."""

    before: str
    after: str
    moves: tuple[Moves, ...]

    @property
    def count(self) -> int:
        return sum(moves.count for moves in self.moves)

    @property
    def causes(self) -> tuple[tuple[str, int], ...]:
        """Who caused it how often; those who may and did not stand there with 0."""
        able = {cause: 0 for cause in CAUSES if any(cause in moves.by for moves in self.moves)}
        for moves in self.moves:
            for cause, count in moves.counts:
                able[cause] = able.get(cause, 0) + count
        return tuple(able.items())

    @property
    def cause(self) -> str:
        """Who caused most of it; when nothing moved, who may."""
        return max(self.causes, key=lambda cause: cause[1])[0]


@dataclass(frozen=True, slots=True)
class Picture:
    """The lifecycle at one moment, with the moves of a window."""

    days: int
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    stuck_days: int
    other_moves: int
    """Moves that the lifecycle of today does not know."""
    # Two pictures with the same numbers are equal: what did not change is not drawn anew under somebody's hands.
    since: datetime = field(compare=False)
    until: datetime = field(compare=False)

    @property
    def has_data(self) -> bool:
        """False when there is no contact and nothing moved."""
        return self.busiest > 0 or any(stage.now or stage.entered for stage in self.stages)

    @property
    def is_quiet(self) -> bool:
        """Somebody wrote once, and nothing moved in the window."""
        return self.has_data and self.busiest == 0

    def stage(self, stage: str) -> Stage:
        return next(one for one in self.stages if one.id == stage)

    @property
    def busiest(self) -> int:
        return max((step.count for step in self.steps), default=0)

    def lost(self, stage: str) -> int:
        """How many moves led from here to a lost deal or to an opt-out."""
        return sum(step.count for step in self.steps if step.before == stage and step.after in ENDS_BADLY)

    def into(self, stage: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.after == stage)

    def out_of(self, stage: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.before == stage)


ENDS_BADLY = ("closed_lost", EVERYWHERE)


def picture_of(drawn: LifecycleMap, days: int, language: str) -> Picture:
    """Put the arrows of one pair of stages together."""
    grouped: dict[tuple[str, str], list[Moves]] = {}
    for arrow in drawn.arrows:
        name = arrow.ar if language == "ar" else arrow.en
        moves = Moves(arrow.event, name, arrow.by, arrow.counts, arrow.pages)
        grouped.setdefault((arrow.source, arrow.target), []).append(moves)
    steps = tuple(Step(before, after, tuple(moves)) for (before, after), moves in grouped.items())
    return Picture(
        days, drawn.stages, steps, drawn.stuck_after.days, drawn.other_moves, since=drawn.since, until=drawn.until
    )


def lines(picture: Picture) -> tuple[Step, ...]:
    """The steps that are drawn as lines."""
    return tuple(step for step in picture.steps if step.after != EVERYWHERE)
