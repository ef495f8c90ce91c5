"""
The room of compliance: scans by day and on demand, their history, attestations, and who is told what got worse.

Rule 1: a scan is stored before anybody is told about it, and what it must tell is told again until it was.
Rule 2: a check that breaks makes its control `not_assessed`, and the scan goes on; a database that is away ends
        it.
Rule 3: every scan and attestation is in the audit log.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.alerts import Alerts
from bot.audit import Audit
from bot.compliance.asked import Asked, Check
from bot.compliance.attestations import Attestation, checked
from bot.compliance.controls import Catalogue, Control
from bot.compliance.findings import Finding, Status, got_worse, unknown
from bot.compliance.posture import Assessment, Cell, Posture, heat_map, posture_of
from bot.compliance.scans import Ledger, Outcome, Regression, Scan, assess
from bot.compliance.sources import Route, Sources
from bot.errors import NotFound
from bot.logs import trail
from bot.people import NOBODY, Human

logger = structlog.get_logger()

RIYADH = ZoneInfo("Asia/Riyadh")

# Asking costs one small read; this often finds soon that a day has passed.
LOOK_EVERY_SECONDS = 300.0
SCAN_EVERY = timedelta(hours=24)

# Who must know when something got worse.
TOLD = ("admin", "dpo", "approver")

HISTORY_SHOWN = 100

# The table of doors exists only where the doors are open.
SEEN_FROM_INSIDE = ("routes_ask_who_calls",)


@dataclass(frozen=True, slots=True)
class Detail:
    """One control with everything that is known about it."""

    assessment: Assessment
    attestations: tuple[Attestation, ...]
    history: tuple[tuple[datetime, Status], ...]
    """What past scans said, newest first."""


class Compliance:
    """Measures, remembers and tells."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        checks: Mapping[str, Check],
        sources: Sources,
        ledger: Ledger,
        audit: Audit,
        alerts: Alerts,
        tenants: Sequence[str],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        unreachable: tuple[type[Exception], ...] = (),
    ) -> None:
        """
        Args:
            unreachable: what a read raises while the database is away: then nothing is found, and nothing stored.
        """
        self.catalogue = catalogue
        self._checks = checks
        self._sources = sources
        self._ledger = ledger
        self._audit = audit
        self._alerts = alerts
        self._tenants = tenants
        self._now = now
        self._new_id = new_id
        self._unreachable = unreachable
        self._has_opened = False

    def sees(self, routes: Callable[[], Sequence[Route]]) -> None:
        """Learn the table of doors, which exists only once the web application does."""
        self._sources = replace(self._sources, routes=routes)

    async def scan(self, tenant_id: str, by: Human, trigger: str = "on_demand") -> Scan:
        """Measure everything now, remember it, and tell what got worse."""
        started = self._now()
        before = next(iter(await self._ledger.scans(tenant_id, 1)), None)
        asked = Asked(tenant_id, started, self._sources)
        found = {control.id: await self._found(control, asked, before) for control in self.catalogue.controls}
        attestations = await self._ledger.attestations(tenant_id)
        assessments = assess(self.catalogue.controls, found, attestations, started)
        scan = self._scan(tenant_id, trigger, started, by, assessments, before)
        if not await self._ledger.add_scan(scan):
            return await self._known(tenant_id, scan.id)  # another process has just made today's
        await self._audit.note(
            tenant_id,
            "compliance_scanned",
            by,
            scan=scan.id,
            trigger=trigger,
            posture=scan.posture.value,
            rate=str(scan.rate),
            regressions=[r.control_id for r in scan.regressions],
        )
        await self._tell(scan)
        return scan

    async def look_daily(self) -> None:
        """
        Scan every tenant whose last scan is a day old, and tell again what a crash may have kept.

        The first look of a process does nothing: its doors are not all open yet.
        """
        if not self._has_opened:
            self._has_opened = True
            return
        for tenant_id in self._tenants:
            try:
                await self._look(tenant_id)
            except self._unreachable as away:
                logger.warning("compliance_waits_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def _look(self, tenant_id: str) -> None:
        latest = next(iter(await self._ledger.scans(tenant_id, 1)), None)
        if latest is None or self._now() - latest.started_at >= SCAN_EVERY:
            await self.scan(tenant_id, NOBODY, "daily")
        else:
            await self._tell(latest)

    async def matrix(self, tenant_id: str) -> tuple[Assessment, ...]:
        """Every control as it stands now."""
        latest = next(iter(await self._ledger.scans(tenant_id, 1)), None)
        found = {o.control_id: o.findings for o in latest.outcomes} if latest else {}
        return assess(self.catalogue.controls, found, await self._ledger.attestations(tenant_id), self._now())

    async def posture(self, tenant_id: str) -> Posture:
        return posture_of(await self.matrix(tenant_id))

    async def risk_heat_map(self, tenant_id: str) -> tuple[Cell, ...]:
        return heat_map(await self.matrix(tenant_id))

    async def control(self, tenant_id: str, control_id: str) -> Detail:
        """One control. Raises NotFound."""
        self._control(control_id)
        (assessment,) = [a for a in await self.matrix(tenant_id) if a.control.id == control_id]
        scans = await self._ledger.scans(tenant_id, HISTORY_SHOWN)
        past = [(scan.started_at, outcome.status) for scan in scans if (outcome := scan.outcome(control_id))]
        return Detail(assessment, tuple(await self._ledger.attestations(tenant_id, control_id)), tuple(past))

    async def scans(self, tenant_id: str, limit: int = HISTORY_SHOWN) -> list[Scan]:
        """Newest first."""
        return await self._ledger.scans(tenant_id, limit)

    async def past_scan(self, tenant_id: str, scan_id: str) -> Scan:
        """One scan. Raises NotFound."""
        return await self._known(tenant_id, scan_id)

    async def attest(
        self,
        tenant_id: str,
        control_id: str,
        by: Human,
        *,
        status: Status,
        statement: str,
        file_ref: str,
        expires_at: datetime,
        file_sha256: str = "",
    ) -> Attestation:
        """Vouch for a control. Raises NotFound, BadRequest."""
        now = self._now()
        checked(self._control(control_id), status, expires_at, now)
        attestation = Attestation(
            id=self._new_id(),
            tenant_id=tenant_id,
            control_id=control_id,
            status=status,
            statement=statement,
            file_ref=file_ref,
            file_sha256=file_sha256,
            by=by.id,
            by_name=by.name,
            at=now,
            expires_at=expires_at,
        )
        await self._ledger.add_attestation(attestation)
        await self._audit.note(
            tenant_id,
            "compliance_attested",
            by,
            attestation=attestation.id,
            control=control_id,
            status=status.value,
            file_ref=file_ref,
            file_sha256=file_sha256,
            expires_at=expires_at,
        )
        return attestation

    async def _found(self, control: Control, asked: Asked, before: Scan | None) -> tuple[Finding, ...]:
        findings = [await self._measured(name, self._checks[name], asked) for name in control.checks]
        if self._sources.routes is not None:
            return tuple(findings)
        earlier = before.outcome(control.id) if before else None
        return tuple(_as_seen_last(finding, earlier) for finding in findings)

    async def _measured(self, name: str, check: Callable[[Asked], Awaitable[Finding]], asked: Asked) -> Finding:
        try:
            return await check(asked)
        except self._unreachable:
            raise
        except Exception as fault:  # noqa: BLE001  (the border of a scan: one broken check must not hide the others)
            logger.error("compliance_check_failed", check=name, **trail(fault))
            return unknown(
                name,
                asked.at,
                f"the check broke ({type(fault).__name__}); the log of the service says where",
                f"تعطل الفحص ({type(fault).__name__})؛ سجل الخدمة يبيّن الموضع",
            )

    def _scan(
        self,
        tenant_id: str,
        trigger: str,
        started: datetime,
        by: Human,
        assessments: Sequence[Assessment],
        before: Scan | None,
    ) -> Scan:
        posture = posture_of(assessments)
        day = started.astimezone(RIYADH).date().isoformat()
        return Scan(
            id=f"daily-{day}" if trigger == "daily" else self._new_id(),
            tenant_id=tenant_id,
            trigger=trigger,
            started_at=started,
            ended_at=self._now(),
            by=by.id,
            by_name=by.name,
            edition=self.catalogue.edition,
            posture=posture.posture,
            rate=posture.rate,
            counts=posture.counts,
            outcomes=tuple(Outcome(a.control.id, a.status, a.basis, a.findings) for a in assessments),
            previous_id=before.id if before else "",
            regressions=tuple(_regressions(assessments, before)),
        )

    async def _tell(self, scan: Scan) -> None:
        """Say what got worse; the same scan and control are told once, however often this is asked."""
        for worse in scan.regressions:
            control = self.catalogue.get(worse.control_id)
            if control is None:
                continue  # told by the version that knew it
            await self._alerts.tell(
                scan.tenant_id,
                "compliance_regressed",
                f"{control.id} got worse: {control.title_en}",
                f"تراجع الضابط {control.id}: {control.title_ar}",
                f"{worse.before.value} -> {worse.after.value} (scan {scan.id})",
                f"compliance:{scan.id}:{control.id}",
                audience=TOLD,
                about=scan.id,
            )

    def _control(self, control_id: str) -> Control:
        control = self.catalogue.get(control_id)
        if control is None:
            raise NotFound(f"there is no compliance control {control_id}", "لا يوجد ضابط امتثال بهذا المعرّف")
        return control

    async def _known(self, tenant_id: str, scan_id: str) -> Scan:
        scan = await self._ledger.scan(tenant_id, scan_id)
        if scan is None:
            raise NotFound(f"there is no compliance scan {scan_id}", "لا يوجد فحص امتثال بهذا المعرّف")
        return scan


def _as_seen_last(finding: Finding, earlier: Outcome | None) -> Finding:
    """What only a running service sees, a scan from the command line takes from the last that saw it."""
    if finding.check not in SEEN_FROM_INSIDE or earlier is None:
        return finding
    return next((f for f in earlier.findings if f.check == finding.check), finding)


def _regressions(assessments: Sequence[Assessment], before: Scan | None) -> list[Regression]:
    """What stands worse than in the scan before; a first scan has nothing to compare with."""
    found = []
    for assessment in assessments:
        earlier = before.outcome(assessment.control.id) if before else None
        if earlier is not None and got_worse(earlier.status, assessment.status):
            found.append(Regression(assessment.control.id, earlier.status, assessment.status))
    return found
