"""
Where a result comes from.

Rule 1: a result names the records it was made of; one without a source does not exist.
Rule 2: confidence is a number only when a named method has computed it; otherwise it is null.
Rule 3: freshness is the age of the newest source at the moment of making, computed and never claimed.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.moments import Moment

HOUR_SECONDS = 3600
_CENT = Decimal("0.01")

SourceKind = Literal[
    "conversation", "answer", "approval", "evidence_pack", "declaration", "price_list", "timeline", "query"
]


UtcTime = Moment
"""A moment; one without a zone is refused, and every zone becomes UTC."""


class Frozen(BaseModel):
    """What every part of a result is: unchangeable, and without anything that is not named."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(Frozen):
    """One record that a result was made of."""

    kind: SourceKind
    id: str = Field(min_length=1)
    at: UtcTime
    """When the record was made, or changed last."""


class Provenance(Frozen):
    """By what, when and from what a result was made."""

    generated_at: UtcTime
    generated_by: str = Field(min_length=1)
    """The producer and its version: `qualification_score/1`"""
    model_provider: str | None = None
    model_id: str | None = None
    confidence: Decimal | None = Field(None, ge=0, le=1)
    confidence_method: str | None = None
    freshness_hours: Decimal = Field(ge=0)
    trace_id: str | None = None
    sources: tuple[Source, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_honest(self) -> Self:
        if (self.confidence is None) != (self.confidence_method is None):
            raise ValueError("a confidence and the method that computed it belong together")
        if (self.model_provider is None) != (self.model_id is None):
            raise ValueError("a model and its provider belong together")
        if self.freshness_hours != freshness_hours(self.generated_at, self.sources):
            raise ValueError("the freshness is not the age of the newest source")
        return self


def freshness_hours(now: datetime, sources: Sequence[Source]) -> Decimal:
    """The age of the newest source in hours, to the hundredth; a source of the future counts as new."""
    newest = max(source.at for source in sources)
    seconds = max(0.0, (now - newest).total_seconds())
    return (Decimal(str(seconds)) / HOUR_SECONDS).quantize(_CENT, ROUND_HALF_UP)


def provenance(
    *,
    by: str,
    now: datetime,
    sources: Sequence[Source],
    trace_id: str = "",
    confidence: Decimal | None = None,
    confidence_method: str | None = None,
) -> Provenance:
    """The provenance of a result that is made now."""
    return Provenance(
        generated_at=now,
        generated_by=by,
        confidence=confidence,
        confidence_method=confidence_method,
        freshness_hours=freshness_hours(now, sources),
        trace_id=trace_id or None,
        sources=tuple(sources),
    )
