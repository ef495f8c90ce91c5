"""
What one measurement says, and what several say together.

Rule 1: a finding carries the records that prove it; without a measurement there is only `not_assessed`.
Rule 2: of several findings the worst speaks for the control.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Enough to look into every case of a bad day, few enough to be read.
EVIDENCE_SHOWN = 50


class Status(StrEnum):
    """How a control stands."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    PARTIAL = "partial"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


OPEN = frozenset({Status.NON_COMPLIANT, Status.PARTIAL, Status.NOT_ASSESSED})
"""What somebody must still do something about."""

BADNESS = (
    Status.NOT_APPLICABLE,
    Status.COMPLIANT,
    Status.PARTIAL,
    Status.NOT_ASSESSED,
    Status.NON_COMPLIANT,
)
"""From good to bad: what is known to be wrong is worse than what nobody knows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    status: Status
    measured_at: datetime
    detail_en: str
    detail_ar: str
    evidence: tuple[str, ...] = ()
    """Ids of the records that prove it; the first EVIDENCE_SHOWN of them."""
    numbers: dict[str, int] = field(default_factory=dict)


def judged(
    check: str,
    at: datetime,
    *,
    violations: Sequence[str],
    looked_at: int,
    good_en: str,
    good_ar: str,
    bad_en: str,
    bad_ar: str,
    **numbers: int,
) -> Finding:
    """A check that counts what is against the rule: none is compliant, one is not."""
    counted = {"looked_at": looked_at, "violations": len(violations), **numbers}
    if violations:
        detail_en, detail_ar, status = bad_en, bad_ar, Status.NON_COMPLIANT
    elif not looked_at:
        detail_en, detail_ar = f"{good_en} (there was nothing to look at)", f"{good_ar} (لم يوجد ما يُفحص)"
        status = Status.COMPLIANT
    else:
        detail_en, detail_ar, status = good_en, good_ar, Status.COMPLIANT
    return Finding(check, status, at, detail_en, detail_ar, tuple(violations[:EVIDENCE_SHOWN]), counted)


def unknown(check: str, at: datetime, why_en: str, why_ar: str) -> Finding:
    """Nobody could measure it, and why."""
    return Finding(check, Status.NOT_ASSESSED, at, why_en, why_ar)


def worst(findings: Sequence[Finding]) -> Status:
    """What several findings mean for one control; without any, nobody knows."""
    if not findings:
        return Status.NOT_ASSESSED
    return max((f.status for f in findings), key=BADNESS.index)


def got_worse(before: Status, after: Status) -> bool:
    """Whether a control stands worse than it did."""
    return after in OPEN and BADNESS.index(after) > BADNESS.index(before)
