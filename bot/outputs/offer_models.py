"""
Typed results about what is offered: how a price was found, and how a day of a pilot went.

Rule 1: a total is the sum of its lines less the discount, or it is none.
Rule 2: a number that nothing was measured for is null, never nought.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.outputs.provenance import Frozen, Provenance, UtcTime

_Halalas = Annotated[int, Field(ge=0)]
_Count = Annotated[int, Field(ge=0)]
_Seconds = Annotated[int, Field(ge=0)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PricedLine(Frozen):
    """One price of the list, so many times."""

    price_id: str = Field(min_length=1)
    name_ar: str
    name_en: str
    quantity: int = Field(ge=1)
    unit_halalas: _Halalas
    amount_halalas: _Halalas


class PricingDecisionRecord(Frozen):
    """Which price was found, from which list, with which discount, and by whom."""

    kind: Literal["pricing_decision_record"] = "pricing_decision_record"
    schema_version: Literal[1] = 1
    tenant_id: str
    conversation_id: str
    proposal_id: str
    currency: Literal["SAR"] = "SAR"
    price_list_sha256: _Hash
    book_version: str = Field(min_length=1)
    lines: tuple[PricedLine, ...] = Field(min_length=1)
    subtotal_halalas: _Halalas
    discount_percent: int = Field(ge=0, le=100)
    discount_halalas: _Halalas
    discount_reason: str
    total_halalas: _Halalas
    priced_by: str = Field(min_length=1)
    """Who put the lines together, and took off the discount."""
    needs_yes_of: tuple[str, ...] = Field(min_length=1)
    """Roles, one yes each."""
    valid_until: UtcTime
    provenance: Provenance

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if any(line.amount_halalas != line.quantity * line.unit_halalas for line in self.lines):
            raise ValueError("a line is not its quantity times its price")
        if self.subtotal_halalas != sum(line.amount_halalas for line in self.lines):
            raise ValueError("the subtotal is not the sum of the lines")
        if self.discount_halalas != self.subtotal_halalas * self.discount_percent // 100:
            raise ValueError("the discount is not its share of the subtotal")
        if self.total_halalas != self.subtotal_halalas - self.discount_halalas:
            raise ValueError("the total is not the subtotal less the discount")
        if self.discount_percent and not self.discount_reason:
            raise ValueError("a discount has a reason")
        return self


class DailyPilotReport(Frozen):
    """One day of one pilot, counted from what happened."""

    kind: Literal["daily_pilot_report"] = "daily_pilot_report"
    schema_version: Literal[1] = 1
    tenant_id: str
    conversation_id: str
    day: date
    """In Riyadh."""
    pilot_began_on: date
    pilot_day: int = Field(ge=1)
    """1 for the day on which it began."""
    messages_received: _Count
    messages_sent: _Count
    messages_failed: _Count
    answered: _Count
    """Times that the contact wrote and was answered within the day."""
    waits_for_an_answer: bool
    """Whether the contact's last words of the day had no answer when it ended."""
    median_response_seconds: _Seconds | None
    longest_response_seconds: _Seconds | None
    bookings: _Count
    meetings_held: _Count
    no_shows: _Count
    cancellations: _Count
    human_decisions: _Count
    """Drafts that people approved, edited or rejected."""
    onboarding_done: _Count | None
    onboarding_items: _Count | None
    """Null while there is no list."""
    provenance: Provenance

    @model_validator(mode="after")
    def _is_one_day(self) -> Self:
        if (self.day - self.pilot_began_on).days + 1 != self.pilot_day:
            raise ValueError("the day of the pilot does not follow from its beginning")
        if (self.answered > 0) != (self.median_response_seconds is not None):
            raise ValueError("a response time belongs to an answer")
        return self
