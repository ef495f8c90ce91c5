"""
What may be passed on to a partner, and how sensitive it is: data that ships with the product.

Rule 1: a category that is not in the catalogue is refused by name; nothing is taken for harmless.
Rule 2: the most sensitive category decides for the whole request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from ruamel.yaml import YAML

from bot.errors import BadRequest

FILE = Path(__file__).with_name("catalogue.yml")

Holds = Literal["nothing", "stage", "language", "name", "answers", "phone", "messages"]


class Level(StrEnum):
    """How sensitive, from little to much."""

    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


_ORDER = tuple(Level)


@dataclass(frozen=True, slots=True)
class DataCategory:
    """One kind of data."""

    id: str
    level: Level
    holds: str
    """Where Dealix has it; `nothing` when it does not."""
    title_en: str
    title_ar: str


@dataclass(frozen=True, slots=True)
class Classification:
    """What a request is about, in one word."""

    level: Level
    pdpl_applies: bool
    needs_dpo: bool
    not_held: tuple[str, ...]
    """Categories that Dealix has nothing of: their columns stay empty."""


@dataclass(frozen=True, slots=True)
class DataCatalogue:
    """Every category there is."""

    edition: str
    categories: tuple[DataCategory, ...]

    def of(self, ids: Sequence[str]) -> tuple[DataCategory, ...]:
        """The categories of these names, each once. Raises BadRequest for one that does not exist."""
        known = {category.id: category for category in self.categories}
        unknown = sorted(set(ids) - set(known))
        if unknown or not ids:
            listed = ", ".join(known)
            what = f"there is no category {', '.join(unknown)}" if unknown else "name at least one category"
            raise BadRequest(f"{what}: choose from {listed}", f"فئة بيانات غير معروفة؛ اختر من: {listed}")
        return tuple(known[i] for i in dict.fromkeys(ids))


def classify(categories: Sequence[DataCategory]) -> Classification:
    """The highest level decides."""
    level = max((c.level for c in categories), key=_ORDER.index)
    return Classification(
        level=level,
        pdpl_applies=level is not Level.INTERNAL,
        needs_dpo=level is Level.RESTRICTED,
        not_held=tuple(c.id for c in categories if c.holds == "nothing"),
    )


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")

    en: str = Field(min_length=2)
    ar: str = Field(min_length=2)


class _Category(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    level: Level
    holds: Holds
    title: _Title


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    edition: str
    owner: str
    source: str
    reviewed_on: date
    categories: tuple[_Category, ...] = Field(min_length=1)


@cache
def shipped() -> DataCatalogue:
    """The catalogue of this version."""
    read = _File.model_validate(YAML(typ="safe").load(FILE.read_text(encoding="utf-8")))
    return DataCatalogue(
        read.edition,
        tuple(DataCategory(c.id, c.level, c.holds, c.title.en, c.title.ar) for c in read.categories),
    )
