"""
One scan: every check once, and what it found; written once and never changed.

What a control's status is today is computed from the latest scan, the attestations that hold and the clock, so
that an attestation or a measurement that grows too old stops counting by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bot.compliance.attestations import Attestation, standing
from bot.compliance.controls import Control
from bot.compliance.findings import Finding, Status, worst
from bot.compliance.posture import Assessment, Stand


@dataclass(frozen=True, slots=True)
class Outcome:
    """One control, as a scan left it."""

    control_id: str
    status: Status
    basis: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """A control that stands worse than in the scan before."""

    control_id: str
    before: Status
    after: Status


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at everything."""

    id: str
    tenant_id: str
    trigger: str
    """`daily | on_demand`"""
    started_at: datetime
    ended_at: datetime
    by: str
    by_name: str
    edition: str
    """Which edition of the controls was asked."""
    posture: Stand
    rate: Decimal
    counts: dict[Status, int]
    outcomes: tuple[Outcome, ...]
    previous_id: str = ""
    regressions: tuple[Regression, ...] = field(default=())

    def outcome(self, control_id: str) -> Outcome | None:
        return next((o for o in self.outcomes if o.control_id == control_id), None)


class Ledger(Protocol):
    """Where scans and attestations are kept; nothing in it is ever changed."""

    async def add_scan(self, scan: Scan) -> bool:
        """False when a scan of this id is there already."""

    async def scan(self, tenant_id: str, scan_id: str) -> Scan | None: ...

    async def scans(self, tenant_id: str, limit: int) -> list[Scan]:
        """Newest first."""

    async def add_attestation(self, attestation: Attestation) -> None: ...

    async def attestations(self, tenant_id: str, control_id: str = "") -> list[Attestation]:
        """Newest first, of one control or of all."""


def assess(
    controls: Sequence[Control],
    found: Mapping[str, tuple[Finding, ...]],
    attestations: Sequence[Attestation],
    at: datetime,
) -> tuple[Assessment, ...]:
    """
    How every control stands at a time.

    Args:
        found: control id -> what its checks found last; a control that is not in it was never measured.
    """
    return tuple(_assess(c, found.get(c.id, ()), standing(attestations, c.id, at), at) for c in controls)


def _assess(
    control: Control, findings: tuple[Finding, ...], attested: Attestation | None, at: datetime
) -> Assessment:
    measured_at = min((f.measured_at for f in findings), default=None)
    is_old = measured_at is not None and at - measured_at > control.valid_for
    status = Status.NOT_ASSESSED if is_old else worst(findings)
    if status is not Status.NOT_ASSESSED:
        return Assessment(control, status, "measured", measured_at, findings)
    if attested is not None:
        return Assessment(control, attested.status, "attested", attested.at, findings, attested.id)
    note_en, note_ar = _why_unknown(control, findings, is_old)
    return Assessment(
        control, Status.NOT_ASSESSED, "none", measured_at, findings, note_en=note_en, note_ar=note_ar
    )


def _why_unknown(control: Control, findings: Sequence[Finding], is_old: bool) -> tuple[str, str]:
    if is_old:
        return (
            f"the last measurement is older than {control.valid_for.days} days; scan again",
            f"آخر قياس أقدم من {control.valid_for.days} أيام؛ أعد الفحص",
        )
    if control.is_manual:
        return "nobody has attested it, or the attestation has ended", "لا توجد شهادة سارية لهذا الضابط"
    blind = next((f for f in findings if f.status is Status.NOT_ASSESSED), None)
    if blind is not None:
        return blind.detail_en, blind.detail_ar
    return "it has not been measured yet; start a scan", "لم يُقس بعد؛ ابدأ فحصًا"
