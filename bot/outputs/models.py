"""
The results that something here makes and uses; others are not described before somebody makes them.

Rule 1: every choice is one of a closed list, every model says its version, nothing may be added to one.
Rule 2: money is whole halalas; a moment is aware and in UTC.

Those of a partner stand in `partner_models.py`.
Those about what is offered stand in `offer_models.py`.
The week of executives stands in `weekly.py`.
Left out for good in this version: everything about mergers and acquisitions (DDPlan, ICMemo, ValuationMemo, ...).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from bot.outputs.offer_models import DailyPilotReport, PricingDecisionRecord
from bot.outputs.partner_models import EconomicsModel, PartnerDossier
from bot.outputs.provenance import Frozen, Provenance, UtcTime
from bot.outputs.weekly import ExecWeeklyPack

Points = Annotated[int, Field(ge=0, le=100)]
Halalas = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

AnswerName = Literal["monthly_leads", "follow_up_problem", "has_sales_team", "monthly_budget_sar", "start_date"]


class Part(Frozen):
    """What one answer is worth."""

    answer: AnswerName
    points: Points
    most: Points
    reason: Literal["not_asked", "unknown", "below_threshold", "meets_threshold", "answered", "no"]


class LeadScoreCard(Frozen):
    """How well a lead fits, by what it has answered."""

    kind: Literal["lead_score_card"] = "lead_score_card"
    schema_version: Literal[1] = 1
    tenant_id: str
    conversation_id: str
    score: Points
    tier: Literal["hot", "warm", "cold"]
    recommendation: Literal["qualify", "nurture", "disqualify"]
    result: Literal["qualified", "not_qualified", "incomplete"]
    """What the published thresholds say, which decide; the score only orders."""
    parts: tuple[Part, ...] = Field(min_length=5, max_length=5)
    monthly_budget_halalas: Halalas | None
    minimum_monthly_budget_halalas: Halalas
    minimum_monthly_leads: int = Field(ge=0)
    provenance: Provenance


class PacketStep(Frozen):
    """One yes that was needed."""

    role: str
    by: str
    at: UtcTime | None


class ApprovalPacket(Frozen):
    """One request for a human's yes, as it stood: what was asked, and what was decided."""

    kind: Literal["approval_packet"] = "approval_packet"
    schema_version: Literal[1] = 1
    tenant_id: str
    approval_id: str
    source: Literal["centre", "conversation"]
    about: str
    """The kind of request: `proposal`, `discount`, `reply`, ..."""
    action: str
    action_class: Literal["", "A", "B", "C"]
    resource: str
    content_sha256: str
    risk: Literal["none", "low", "medium", "high", "critical"]
    status: Literal["pending", "approved", "rejected", "expired", "cancelled", "superseded"]
    level: int = Field(ge=0, le=3)
    requested_by: str
    created_at: UtcTime
    due_at: UtcTime | None
    expires_at: UtcTime | None
    steps: tuple[PacketStep, ...]
    decided_by: str
    decided_at: UtcTime | None
    correlation_id: str
    provenance: Provenance


class PackItem(Frozen):
    """One item of a pack, by its hash."""

    type: str
    source: str
    sha256: Sha256


class EvidencePack(Frozen):
    """What an evidence pack is, without what is in it: enough to name it, and to recognise it."""

    kind: Literal["evidence_pack"] = "evidence_pack"
    schema_version: Literal[1] = 1
    tenant_id: str
    pack_id: str
    pack_type: Literal[
        "deal_closure",
        "compliance_audit",
        "incident_response",
        "golden_path",
        "decision_record",
        "weekly_pack",
        "quarterly_review",
        "board_report",
    ]
    entity_type: str
    entity_id: str
    seq: int = Field(ge=1)
    revision: int = Field(ge=1)
    status: Literal["incomplete", "ready", "reviewed", "superseded"]
    missing: tuple[str, ...]
    items: tuple[PackItem, ...]
    sha256: Sha256
    prev_sha256: Sha256
    key_id: str
    signature: str
    is_valid: bool
    """What a check of the pack and its chain said at this moment."""
    provenance: Provenance


Output = Annotated[
    LeadScoreCard
    | ApprovalPacket
    | EvidencePack
    | PartnerDossier
    | EconomicsModel
    | PricingDecisionRecord
    | DailyPilotReport
    | ExecWeeklyPack,
    Field(discriminator="kind"),
]

KINDS: Mapping[str, type[Frozen]] = MappingProxyType(
    {
        "lead_score_card": LeadScoreCard,
        "approval_packet": ApprovalPacket,
        "evidence_pack": EvidencePack,
        "partner_dossier": PartnerDossier,
        "economics_model": EconomicsModel,
        "pricing_decision_record": PricingDecisionRecord,
        "daily_pilot_report": DailyPilotReport,
        "exec_weekly_pack": ExecWeeklyPack,
    }
)
