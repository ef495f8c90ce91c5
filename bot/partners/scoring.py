"""
How well a partner fits, by what was declared about it and the published weights. Pure.

Rule 1: an input that nobody declared earns nothing, lowers the confidence by its weight, and is listed.
Rule 2: whose commercial registration nobody verified is held, whatever the score says.
Rule 3: the weights are data with a version (`weights.yml`); a dossier names the version it was scored by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from ruamel.yaml import YAML

from bot.outputs.partner_models import INPUTS, DossierPart, InputName, Recommendation, Why

FILE = Path(__file__).with_name("weights.yml")
WHOLE = 100

CONFIDENCE = "share_of_weights_declared/1"
PRODUCER = "partner_dossier"

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was declared; None is what nobody said."""

    sector_fit: str | None = None
    size: str | None = None
    cr_verified: bool | None = None
    references: int | None = None
    pdpl_readiness: str | None = None

    def said(self, name: InputName) -> str | None:
        """An input as the weights name it."""
        value = getattr(self, name)
        if isinstance(value, bool):
            return YES if value else NO
        return None if value is None else str(value)


class _Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weight(_Sheet):
    """What one input is worth at each level."""

    name: InputName
    title: str
    title_ar: str
    levels: Mapping[str, Annotated[int, Field(ge=0, le=WHOLE)]] = Field(min_length=2)

    @property
    def most(self) -> int:
        return max(self.levels.values())


class Weights(_Sheet):
    """The published weights."""

    version: str
    owner: str
    proceed_from: int = Field(ge=1, le=WHOLE)
    hold_from: int = Field(ge=1, le=WHOLE)
    inputs: tuple[Weight, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if tuple(weight.name for weight in self.inputs) != INPUTS:
            raise ValueError(f"the weights are for {', '.join(INPUTS)}, in this order")
        if sum(weight.most for weight in self.inputs) != WHOLE or self.hold_from >= self.proceed_from:
            raise ValueError("the weights make 100 together, and a hold begins below a proceed")
        return self

    def of(self, name: InputName) -> Weight:
        return next(weight for weight in self.inputs if weight.name == name)


@dataclass(frozen=True, slots=True)
class Score:
    """What the declared inputs come to."""

    points: int
    parts: tuple[DossierPart, ...]
    missing: tuple[InputName, ...]
    confidence: Decimal
    recommendation: Recommendation
    because: tuple[Why, ...]
    weights_version: str


@cache
def published() -> Weights:
    """The weights of this installation. Raises ValueError when they are crooked."""
    sheet = YAML(typ="safe").load(FILE.read_text("utf-8"))
    sheet["version"] = str(sheet["version"])
    return TypeAdapter(Weights).validate_python(sheet)


def score(inputs: Inputs, weights: Weights) -> Score:
    """The score of a partner, and what to do with it."""
    parts = tuple(_part(weight, inputs.said(weight.name)) for weight in weights.inputs)
    points = sum(part.points for part in parts)
    missing = tuple(part.input for part in parts if part.declared is None)
    known = sum(weight.most for weight in weights.inputs if weight.name not in missing)
    by_points, because = _by_points(points, weights)
    if inputs.cr_verified is not True:
        by_points, because = "hold", ("cr_unverified", *because)
    return Score(points, parts, missing, Decimal(known) / WHOLE, by_points, because, weights.version)


def level_of(weight: Weight, said: str) -> str:
    """The level that something said reaches; a number reaches the highest level that is not above it."""
    if said in weight.levels or not said.isdecimal():
        return said
    reached = [int(level) for level in weight.levels if int(level) <= int(said)]
    return str(max(reached))


def _part(weight: Weight, said: str | None) -> DossierPart:
    points = 0 if said is None else weight.levels[level_of(weight, said)]
    return DossierPart(input=weight.name, declared=said, points=points, most=weight.most)


def _by_points(points: int, weights: Weights) -> tuple[Literal["proceed", "hold", "reject"], tuple[Why, ...]]:
    if points >= weights.proceed_from:
        return "proceed", ("score_high",)
    return ("hold", ("score_middling",)) if points >= weights.hold_from else ("reject", ("score_low",))
