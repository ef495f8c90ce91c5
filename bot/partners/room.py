"""
Golden paths: started, looked at, and kept from leaving a request open that nobody waits for.

Rule 1: the same id is the same golden path; the same id with another declaration is refused.
Rule 2: how one stands is worked out from its run while it goes on, and written once when it has ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.audit import Audit
from bot.authority.approval_view import ApprovalView
from bot.authority.centre import ApprovalCentre
from bot.errors import AlreadyDecided, NotFound
from bot.evidence.assembly import Evidence
from bot.evidence.packs import Pack
from bot.outputs.room import OutputRoom
from bot.outputs.stored import Stored
from bot.partners.case import Case, CaseRows, CaseStatus, Declared
from bot.partners.economics import economics
from bot.partners.flow import FLOW
from bot.partners.summary import summary_of
from bot.partners.work import PartnerWork
from bot.people import Human
from bot.rounds import for_each
from bot.runs.opening import RunsRoom
from bot.runs.run import RunStatus
from bot.runs.view import RunView
from bot.tenant import Tenant

LOOK_EVERY_SECONDS = 15.0

# Younger than this, whoever started it is still at it.
CUT_OFF_AFTER = timedelta(seconds=10)

LISTED_AT_MOST = 200
OPEN_AT_MOST = 1_000

_OF_A_RUN: Mapping[RunStatus, CaseStatus] = {
    RunStatus.WAITING_APPROVAL: CaseStatus.WAITING_APPROVAL,
    RunStatus.FAILED: CaseStatus.FAILED,
    RunStatus.CANCELLED: CaseStatus.CANCELLED,
    RunStatus.COMPENSATED: CaseStatus.CANCELLED,
}


_GOES_ON = (CaseStatus.RUNNING, CaseStatus.WAITING_APPROVAL)


@dataclass(frozen=True, slots=True)
class Line:
    """One golden path in a list."""

    case: Case
    status: CaseStatus


@dataclass(frozen=True, slots=True)
class Chain:
    """One golden path with everything that was made of it."""

    case: Case
    status: CaseStatus
    summary_en: str
    summary_ar: str
    run: RunView | None
    """None when it is forgotten, long after its end."""
    dossier: Stored | None
    economics: Stored | None
    packet: Stored | None
    approval: ApprovalView | None
    pack: Pack | None


class GoldenPaths:
    """The golden paths of all tenants."""

    def __init__(
        self,
        *,
        rows: CaseRows,
        work: PartnerWork,
        runs_room: RunsRoom,
        outputs: OutputRoom,
        centre: ApprovalCentre,
        packs: Evidence,
        audit: Audit,
        tenants: Mapping[str, Tenant],
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._work = work
        self._runs_room = runs_room
        self._outputs = outputs
        self._centre = centre
        self._packs = packs
        self._audit = audit
        self._tenants = tenants
        self._unreachable = unreachable
        self._now = now
        self._new_id = new_id

    async def run(self, tenant_id: str, declared: Declared, by: Human, case_id: str = "") -> Chain:
        """
        Start one, and take it as far as it goes by itself.

        Raises BadRequest (amounts), AlreadyDecided (another declaration, or other work, under the same id).
        """
        economics(declared.revenue_halalas, declared.cost_halalas)  # refused now, not in a step
        wanted = Case(case_id or self._new_id(), tenant_id, declared, self._new_id(), by, self._now())
        run = await self._run_of(wanted)
        if run is not None and run.run.flow != FLOW:
            raise AlreadyDecided(
                f"the id {wanted.id} belongs to other work; take another id",
                f"المعرّف {wanted.id} لمهمة أخرى؛ استخدم معرّفًا آخر",
            )
        if not await self._rows.add(wanted):
            there = await self._work.case(tenant_id, wanted.id)
            if there.declared != declared:
                raise AlreadyDecided(
                    f"the golden path {wanted.id} was started with another declaration; take another id",
                    f"بدأ المسار {wanted.id} ببيانات أخرى؛ استخدم معرّفًا آخر",
                )
            wanted = there
        await self._adopt(wanted)
        await self._runs_room.engine.carry_on(tenant_id, wanted.id)
        return await self.get(tenant_id, wanted.id)

    async def dossier(self, tenant_id: str, declared: Declared, by: Human, output_id: str = "") -> Stored:
        """A dossier by itself: nobody is asked, and nothing follows."""
        output_id = f"dossier.{output_id or self._new_id()}"
        correlation_id = self._new_id()
        stored = await self._work.keep_dossier(tenant_id, declared, output_id, "", correlation_id, self._now())
        await self._audit.note(
            tenant_id,
            "partner_dossier_made",
            by,
            correlation_id=correlation_id,
            once=f"{tenant_id}:{output_id}",
            output=stored.id,
            content_sha256=stored.content_sha256,
        )
        return stored

    async def get(self, tenant_id: str, case_id: str) -> Chain:
        """Raises NotFound, OutputChanged."""
        case = await self._work.case(tenant_id, case_id)
        run = await self._run_of(case)
        status = _status(case, run)
        dossier, model = await self._work.results(case)
        en, ar = (case.summary_en, case.summary_ar)
        if not en:
            en, ar = summary_of(case, status, dossier, model)
        return Chain(
            case,
            status,
            en,
            ar,
            run,
            await self._made(tenant_id, case.dossier_id),
            await self._made(tenant_id, case.economics_id),
            await self._made(tenant_id, case.packet_id),
            await self._centre.get(tenant_id, case.approval_id) if case.approval_id else None,
            await self._packs.get(tenant_id, case.pack_id) if case.pack_id else None,
        )

    async def list(self, tenant_id: str, status: str = "", limit: int = 50) -> "list[Line]":
        """Newest first; with a status, those among the latest that stand so."""
        found = await self._rows.latest(tenant_id, LISTED_AT_MOST if status else limit)
        lines = [Line(case, _status(case, None if case.status else await self._run_of(case))) for case in found]
        return [line for line in lines if not status or line.status == status][:limit]

    async def under_way(self, tenant_id: str) -> "list[Case]":
        """Those that go on or wait for a decision, oldest first, however many came after them."""
        found = await self._rows.open(tenant_id, OPEN_AT_MOST)
        return [case for case in found if _status(case, await self._run_of(case)) in _GOES_ON]

    async def look(self) -> None:
        """Take up what a crash left without a run; take back what a run that stopped still asks for."""
        await for_each("golden_paths", self._tenants, self._look, self._unreachable)

    async def _look(self, tenant_id: str) -> None:
        for case in await self._rows.open(tenant_id, OPEN_AT_MOST):
            run = await self._run_of(case)
            if run is None and case.created_at + CUT_OFF_AFTER <= self._now():
                await self._adopt(case)
            elif run is not None and _status(case, run) in (CaseStatus.FAILED, CaseStatus.CANCELLED):
                await self._tidy(case, run)

    async def _tidy(self, case: Case, run: RunView) -> None:
        if not case.decision:
            await self._work.withdraw(case)
        if run.run.is_over:
            dossier, model = await self._work.results(case)
            en, ar = summary_of(case, CaseStatus.CANCELLED, dossier, model)
            await self._rows.end(case.tenant_id, case.id, CaseStatus.CANCELLED, en, ar, self._now())

    async def _adopt(self, case: Case) -> None:
        """See to it that a case has its run; one that has it keeps it."""
        await self._audit.note(
            case.tenant_id,
            "golden_path_started",
            case.requested_by,
            correlation_id=case.correlation_id,
            once=f"{case.tenant_id}:{case.resource}",
            request=case.id,
        )
        await self._runs_room.runs.start_run(
            case.tenant_id,
            FLOW,
            run_id=case.id,
            state={"case": case.id},
            correlation_id=case.correlation_id,
            by=case.requested_by,
        )

    async def _run_of(self, case: Case) -> RunView | None:
        try:
            return await self._runs_room.runs.get(case.tenant_id, case.id)
        except NotFound:
            return None

    async def _made(self, tenant_id: str, output_id: str) -> Stored | None:
        return await self._outputs.get(tenant_id, output_id) if output_id else None


def _status(case: Case, run: RunView | None) -> CaseStatus:
    if case.status:
        return CaseStatus(case.status)
    return _OF_A_RUN.get(run.run.status, CaseStatus.RUNNING) if run else CaseStatus.RUNNING
