"""
The weekly pack of executives as a typed result: what it says, and from which questions it was made.

Rule: a number stands here as it was computed then; what came later is a restatement in a later pack.
"""

from typing import Annotated, Literal

from pydantic import Field

from bot.outputs.provenance import Frozen, Provenance, UtcTime

Status = Literal["ok", "no_data", "stale", "error"]
Colour = Literal["green", "amber", "red", "grey"]
Value = int | str | None
"""A whole number; a per cent as text with one decimal, for signed JSON holds no fractions."""


class PackedNumber(Frozen):
    """One number, and how it changed."""

    definition_id: str
    value: Value
    unit: Literal["halalas", "count", "percent", "seconds"]
    window: str
    status: Status
    source_query_id: str
    as_of: UtcTime
    before: Value
    """The same of the week before, as it is known now; null where it is not known."""
    change: Value
    is_headline: bool


class PackedLine(Frozen):
    """One line that gives the whole its colour."""

    line: str
    title_en: str
    title_ar: str
    definition_id: str
    value: Value
    colour: Colour
    needed: bool


class PackedCount(Frozen):
    """Something that was done, or is planned."""

    what: str
    title_en: str
    title_ar: str
    value: Value
    unit: Literal["halalas", "count", "percent", "seconds"]


class PackedSentence(Frozen):
    """Something that stands in the way."""

    line: str
    severity: Literal["critical", "high", "medium"]
    count: Value
    sentence_en: str
    sentence_ar: str


class PackedDecision(Frozen):
    """Something that waits for a person; by its id, never by what is in it."""

    approval_id: str
    kind: str
    action_class: str
    risk: str
    level: int
    due_at: UtcTime | None


class PackedForecast(Frozen):
    """What came in against what was forecast and targeted for the month."""

    period: str
    actual_halalas: int | None
    basis: Literal["verified", "unverified", "none"]
    forecast_halalas: int | None
    forecast_at_start_halalas: int | None
    target_halalas: int | None
    health: Literal["no_data", "on_track", "at_risk", "off_track"]
    accuracy_status: Literal["ok", "insufficient_data", "no_data"]
    accuracy: str | None
    closed_periods: int


class Restatement(Frozen):
    """A number of an earlier pack that later records have changed; that pack stays as it is."""

    week_of: str
    definition_id: str
    told: Value
    now: Value
    told_in: str
    """The id of the pack that told it."""


class ExecWeeklyPack(Frozen):
    """One week, for executives."""

    kind: Literal["exec_weekly_pack"] = "exec_weekly_pack"
    schema_version: Literal[1] = 1
    tenant_id: str
    week_of: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    """Its Sunday."""
    first_day: str
    last_day: str
    iso_week: str
    version: Annotated[int, Field(ge=1)]
    as_of: UtcTime
    overall_rag: Colour
    rag: tuple[PackedLine, ...]
    numbers: tuple[PackedNumber, ...]
    completed_this_week: tuple[PackedCount, ...]
    planned_next_week: tuple[PackedCount, ...]
    blockers: tuple[PackedSentence, ...]
    risk_summary: tuple[PackedSentence, ...]
    decisions_pending: tuple[PackedDecision, ...]
    decisions_pending_total: Annotated[int, Field(ge=0)]
    forecast: PackedForecast
    restatements: tuple[Restatement, ...]
    provenance: Provenance
