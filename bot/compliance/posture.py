"""
What all controls mean together: the rate, the posture, the map of what is open. Pure.

Rule 1: rate = compliant / (total - not applicable), in per cent with one decimal; what is not assessed counts as
        not compliant, and is shown beside it.
Rule 2: the posture is `at_risk` when a critical control is non-compliant or not assessed; `partial` when anything
        else is open; else `compliant`.
Rule 3: the map counts open controls only, and names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from bot.compliance.controls import Category, Control, Risk
from bot.compliance.findings import OPEN, Finding, Status


class Stand(StrEnum):
    """How the installation stands as a whole."""

    COMPLIANT = "compliant"
    PARTIAL = "partial"
    AT_RISK = "at_risk"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One control as it stands now."""

    control: Control
    status: Status
    basis: str
    """`measured | attested | none`"""
    measured_at: datetime | None
    findings: tuple[Finding, ...] = ()
    attestation_id: str = ""
    note_en: str = ""
    note_ar: str = ""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Posture:
    """All controls in one sentence."""

    posture: Stand
    rate: Decimal
    total: int
    counts: dict[Status, int]
    unassessed: tuple[str, ...]
    measured_at: datetime | None
    """When the oldest of the measurements behind it was made; None when there is none."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Open controls of one category and risk."""

    category: Category
    risk: Risk
    controls: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.controls)


def posture_of(assessments: Sequence[Assessment]) -> Posture:
    """Judge all controls together."""
    counts = {status: sum(a.status is status for a in assessments) for status in Status}
    measured = [a.measured_at for a in assessments if a.measured_at is not None]
    return Posture(
        posture=_stand(assessments),
        rate=rate_of(counts[Status.COMPLIANT], len(assessments) - counts[Status.NOT_APPLICABLE]),
        total=len(assessments),
        counts=counts,
        unassessed=tuple(a.control.id for a in assessments if a.status is Status.NOT_ASSESSED),
        measured_at=min(measured, default=None),
    )


def rate_of(compliant: int, applicable: int) -> Decimal:
    """Per cent with one decimal; 0.0 where nothing applies, because nothing is proved."""
    if applicable <= 0:
        return Decimal("0.0")
    return (Decimal(compliant * 100) / applicable).quantize(Decimal("0.1"), ROUND_HALF_UP)


def heat_map(assessments: Sequence[Assessment]) -> tuple[Cell, ...]:
    """Every category against every risk, with the open controls of each."""
    return tuple(
        Cell(
            category,
            risk,
            tuple(
                a.control.id
                for a in assessments
                if a.is_open and a.control.category is category and a.control.risk is risk
            ),
        )
        for category in Category
        for risk in Risk
    )


def _stand(assessments: Sequence[Assessment]) -> Stand:
    dangerous = (Status.NON_COMPLIANT, Status.NOT_ASSESSED)
    if any(a.control.risk is Risk.CRITICAL and a.status in dangerous for a in assessments):
        return Stand.AT_RISK
    return Stand.PARTIAL if any(a.is_open for a in assessments) else Stand.COMPLIANT
