"""
How likely a deal is to be won, by its stage: what a forecast multiplies values with.

Rule 1: a probability is a whole per cent from 0 to 100; a stage that is not named has what we ship.
Rule 2: what is won, lost or opted out has no probability: it has happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rules.notes import Notes
from rules.policies.fields import Fields
from rules.sheet import Sheet

KEYS = ("probabilities",)

SHIPPED: Mapping[str, int] = MappingProxyType(
    {
        "new_lead": 1,
        "qualifying": 3,
        "qualified": 10,
        "nurturing": 2,
        "meeting_booked": 20,
        "meeting_done": 30,
        "proposal_sent": 40,
        "negotiating": 50,
        "payment_requested": 80,
        "pilot_active": 90,
    }
)


@dataclass(frozen=True, slots=True)
class ForecastPolicy:
    """Per cent by stage."""

    probabilities: Mapping[str, int] = field(default_factory=lambda: SHIPPED)

    def of(self, stage: str) -> int:
        """The per cent of a stage; 0 for one that is over."""
        return self.probabilities.get(stage, 0)

    @property
    def method(self) -> str:
        """How a forecast was made, with the numbers it was made with."""
        told = ",".join(f"{stage}={percent}" for stage, percent in sorted(self.probabilities.items()))
        return f"stage_probability/1 {told}"


def read_forecast(sheets: list[Sheet], notes: dict[str, Notes]) -> ForecastPolicy:
    """Read the file and its layers; a layer replaces the probability of a stage."""
    found = dict(SHIPPED)
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file forecast.yml")
        top.need("probabilities")
        stages = top.inner("probabilities", tuple(SHIPPED))
        for stage in SHIPPED:
            if stage in stages:
                found[stage] = stages.whole(stage, found[stage], 0, 100)
    return ForecastPolicy(MappingProxyType(found))
