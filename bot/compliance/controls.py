"""
What is asked of an installation: one control each, as data that ships with the product.

Rule 1: a tenant cannot edit a control; who owns it, where it comes from and when it was reviewed stand beside it.
Rule 2: a check that does not exist stops the start, never a scan.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from ruamel.yaml import YAML

from bot.errors import Misconfigured

FILE = Path(__file__).with_name("controls.yml")

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
_ControlId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}-C[0-9]{2}$")]


class Category(StrEnum):
    """Whose rule it is."""

    PDPL = "pdpl"
    ZATCA = "zatca"
    SDAIA = "sdaia"
    NCA = "nca"
    SECTOR_SPECIFIC = "sector_specific"


class Risk(StrEnum):
    """How bad it is when the control is open."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that must be so."""

    id: str
    category: Category
    risk: Risk
    title_en: str
    title_ar: str
    owner: str
    """The role that answers for it."""
    source: str
    reviewed_on: date
    checks: tuple[str, ...] = ()
    """Names of the measurements; empty for what only a human can attest."""
    valid_for: timedelta = timedelta(days=3)
    """How long a measurement says something about today."""

    @property
    def is_manual(self) -> bool:
        return not self.checks


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All controls of one edition."""

    edition: str
    controls: tuple[Control, ...]

    def get(self, control_id: str) -> Control | None:
        return next((c for c in self.controls if c.id == control_id), None)


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")

    en: str = Field(min_length=5, max_length=120)
    ar: str = Field(min_length=5, max_length=120)


class _Control(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: _ControlId
    category: Category
    risk: Risk
    title: _Title
    owner: str = Field(min_length=2)
    source: str = Field(min_length=5)
    reviewed_on: date
    valid_days: int = Field(ge=1, le=366)
    checks: tuple[_Name, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    edition: str = Field(min_length=1)
    controls: tuple[_Control, ...] = Field(min_length=1)


def shipped(known_checks: Collection[str]) -> Catalogue:
    """The controls of this version. Raises Misconfigured when one names a check that does not exist."""
    return catalogue_of(FILE.read_text(encoding="utf-8"), known_checks)


def catalogue_of(text: str, known_checks: Collection[str]) -> Catalogue:
    """The controls of one file. Raises ValidationError, Misconfigured."""
    read = _File.model_validate(YAML(typ="safe").load(text))
    ids = [control.id for control in read.controls]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    unknown = sorted({name for c in read.controls for name in c.checks} - set(known_checks))
    if twice or unknown:
        what = f"stands twice: {', '.join(twice)}" if twice else f"names no check of ours: {', '.join(unknown)}"
        raise Misconfigured(
            f"a compliance control {what}; correct controls.yml",
            f"ضابط امتثال غير صحيح ({', '.join(twice or unknown)})؛ صحّح الملف controls.yml",
        )
    return Catalogue(read.edition, tuple(_control(c) for c in read.controls))


def _control(read: _Control) -> Control:
    return Control(
        id=read.id,
        category=read.category,
        risk=read.risk,
        title_en=read.title.en,
        title_ar=read.title.ar,
        owner=read.owner,
        source=read.source,
        reviewed_on=read.reviewed_on,
        checks=read.checks,
        valid_for=timedelta(days=read.valid_days),
    )
