"""
Where data may go, as the law and the legal department say.

Rule 1: the default is no. A country that nobody listed, or whose listing was not reviewed in time, is any other.
Rule 2: the list is configuration with an owner, a source and a date; the product asserts no law.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import Misconfigured

FILE = Path(__file__).with_name("countries.yml")

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Zone(StrEnum):
    """What a country means for a transfer."""

    HOME = "home"
    """Approval."""
    ADEQUATE = "adequate"
    """Approval and a signed agreement."""
    OTHER = "other"
    """No, unless every contact agreed to it, the DPO does, and the transfer was assessed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One country that the legal department holds adequate."""

    country: str
    source: str
    reviewed_on: date
    review_by: date


@dataclass(frozen=True, slots=True)
class CountryRules:
    """Which country is what."""

    edition: str
    source: str
    home: str
    adequate: Mapping[str, Listing]

    def zone(self, country: str, today: date) -> Zone:
        """What a country means today."""
        if country == self.home:
            return Zone.HOME
        listing = self.adequate.get(country)
        return Zone.ADEQUATE if listing and today <= listing.review_by else Zone.OTHER


class _Listing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    country: CountryCode
    source: str = Field(min_length=5)
    reviewed_on: date
    review_by: date


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    edition: str = Field(min_length=1)
    owner: str = Field(min_length=2)
    source: str = Field(min_length=5)
    reviewed_on: date
    home: CountryCode
    adequate: tuple[_Listing, ...] = ()


def rules_of(file: Path | None) -> CountryRules:
    """The rules of this installation: a file of the legal department, or what we ship. Raises Misconfigured."""
    path = file or FILE
    try:
        read = _File.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except (OSError, YAMLError, ValidationError) as refused:
        if isinstance(refused, ValidationError):
            errors = refused.errors(include_input=False)
            why = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors)
        else:
            why = " ".join(str(refused).split())
        raise Misconfigured(
            f"DEALIX_TRANSFER_RULES_FILE: {path.name} cannot be used: {why}",
            f"تعذّر استخدام الملف {path.name} في DEALIX_TRANSFER_RULES_FILE: {why}",
        ) from refused
    listed = {item.country: Listing(**item.model_dump()) for item in read.adequate}
    return CountryRules(read.edition, read.source, read.home, listed)
