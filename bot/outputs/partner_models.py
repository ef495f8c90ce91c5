"""What is known and reckoned about a partner before somebody decides: the dossier, and the economics."""

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field

from bot.outputs.provenance import Frozen, Provenance

InputName = Literal["sector_fit", "size", "cr_verified", "references", "pdpl_readiness"]
INPUTS: tuple[InputName, ...] = get_args(InputName)

Recommendation = Literal["proceed", "hold", "reject"]
Why = Literal["cr_unverified", "score_high", "score_middling", "score_low"]
ScenarioName = Literal["base", "revenue_plus_30", "revenue_minus_30", "cost_plus_20", "combined_worst"]

_Points = Annotated[int, Field(ge=0, le=100)]
_Halalas = Annotated[int, Field(ge=0)]


class DossierPart(Frozen):
    """What one declared input is worth."""

    input: InputName
    declared: str | None
    """As it was declared; null when nobody said it."""
    points: _Points
    most: _Points


class PartnerDossier(Frozen):
    """How well a partner fits, by what was declared about it."""

    kind: Literal["partner_dossier"] = "partner_dossier"
    schema_version: Literal[1] = 1
    tenant_id: str
    golden_path_id: str
    """The golden path that it belongs to; empty for a dossier by itself."""
    partner_name: str
    partner_name_ar: str
    partner_type: str
    cr_number: str
    declared_by: str
    score: _Points
    recommendation: Recommendation
    because: tuple[Why, ...] = Field(min_length=1)
    parts: tuple[DossierPart, ...] = Field(min_length=len(INPUTS), max_length=len(INPUTS))
    missing: tuple[InputName, ...]
    weights_version: str
    provenance: Provenance


class Scenario(Frozen):
    """What comes out when revenue and cost are other than declared."""

    name: ScenarioName
    revenue_x: Decimal
    cost_x: Decimal
    revenue_halalas: _Halalas
    cost_halalas: _Halalas
    net_halalas: int
    payback_months: Decimal | None
    payback_reason: Literal["", "no_monthly_upside"]
    roi_pct: Decimal | None
    roi_reason: Literal["", "no_cost"]


class EconomicsModel(Frozen):
    """What a partnership brings and costs in a year, and when it stops paying."""

    kind: Literal["economics_model"] = "economics_model"
    schema_version: Literal[1] = 1
    tenant_id: str
    golden_path_id: str
    revenue_halalas: _Halalas
    cost_halalas: _Halalas
    net_halalas: int
    payback_months: Decimal | None
    payback_reason: Literal["", "no_monthly_upside"]
    roi_pct: Decimal | None
    roi_reason: Literal["", "no_cost"]
    break_even_multiplier: Decimal | None
    """The share of the declared revenue at which nothing is left; null when no revenue was declared."""
    break_even_reason: Literal["", "no_revenue"]
    sensitivity: tuple[Scenario, ...] = Field(min_length=5, max_length=5)
    provenance: Provenance
