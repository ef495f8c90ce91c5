"""
What each step of a golden path does.

Rule 1: each may be begun again from its beginning: results have ids that follow from the case, the approval is
        looked for before it is asked for, a grant says which case used it up, a case has one pack.
Rule 2: what people agree to is the hash of dossier and economics; whoever changes one of them has no yes.
Rule 3: nothing that goes wrong leaves a request open that nobody waits for any more.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import Grants
from bot.authority.mandates import GrantRows
from bot.errors import AlreadyDecided, Expired, NotFound
from bot.evidence.assembly import Evidence
from bot.evidence.canonical import sha256
from bot.evidence.packs import Pack
from bot.evidence.partner_path import type_of
from bot.evidence.seals import to_the_millisecond
from bot.outputs.partner_models import EconomicsModel, PartnerDossier
from bot.outputs.provenance import Source, provenance
from bot.outputs.room import OutputRoom
from bot.outputs.stored import Stored
from bot.partners.case import ENDED_BY, Case, CaseRows, Declared
from bot.partners.economics import PRODUCER as ECONOMICS_BY
from bot.partners.economics import economics, riyals
from bot.partners.scoring import CONFIDENCE, PRODUCER, published, score
from bot.partners.summary import RECOMMENDED, summary_of

ACTION = "activate_partnership"
KIND = "partnership"
REVERSIBILITY = "partially_reversible"


class PartnerWork:
    """The steps, for one case at a time."""

    def __init__(
        self,
        *,
        rows: CaseRows,
        outputs: OutputRoom,
        centre: ApprovalCentre,
        grants: Grants,
        grant_rows: GrantRows,
        packs: Evidence,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._outputs = outputs
        self._centre = centre
        self._grants = grants
        self._grant_rows = grant_rows
        self._packs = packs
        self._audit = audit
        self._now = now

    async def case(self, tenant_id: str, case_id: str) -> Case:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, case_id)
        if found is None:
            raise NotFound(f"there is no golden path {case_id}", "لا يوجد مسار ذهبي بهذا المعرّف")
        return found

    async def make_dossier(self, case: Case) -> Stored:
        """Score what was declared."""
        stored = await self.keep_dossier(
            case.tenant_id, case.declared, f"{case.id}.dossier", case.id, case.correlation_id, case.created_at
        )
        dossier = stored.output
        assert isinstance(dossier, PartnerDossier)
        await self._rows.note(case.tenant_id, case.id, dossier_id=stored.id)
        await self._note(
            case,
            "partner_dossier_made",
            output=stored.id,
            content_sha256=stored.content_sha256,
            score=dossier.score,
            recommendation=dossier.recommendation,
        )
        return stored

    async def keep_dossier(
        self,
        tenant_id: str,
        declared: Declared,
        output_id: str,
        case_id: str,
        trace_id: str,
        declared_at: datetime,
    ) -> Stored:
        """The dossier of what was declared, kept under an id. Raises OutputChanged."""
        found = score(declared.inputs, published())
        now = to_the_millisecond(self._now())
        made = provenance(
            by=f"{PRODUCER}/{found.weights_version}",
            now=now,
            sources=(Source(kind="declaration", id=case_id or output_id, at=min(declared_at, now)),),
            trace_id=trace_id,
            confidence=found.confidence,
            confidence_method=CONFIDENCE,
        )
        dossier = PartnerDossier(
            tenant_id=tenant_id,
            golden_path_id=case_id,
            partner_name=declared.partner_name,
            partner_name_ar=declared.partner_name_ar,
            partner_type=declared.partner_type,
            cr_number=declared.cr_number,
            declared_by=declared.declared_by,
            score=found.points,
            recommendation=found.recommendation,
            because=found.because,
            parts=found.parts,
            missing=found.missing,
            weights_version=found.weights_version,
            provenance=made,
        )
        return await self._outputs.keep(tenant_id, case_id or output_id, dossier, output_id)

    async def make_economics(self, case: Case) -> Stored:
        """Reckon with what was declared."""
        found = economics(case.declared.revenue_halalas, case.declared.cost_halalas)
        now = to_the_millisecond(self._now())
        base = found.base
        model = EconomicsModel(
            tenant_id=case.tenant_id,
            golden_path_id=case.id,
            revenue_halalas=base.revenue_halalas,
            cost_halalas=base.cost_halalas,
            net_halalas=base.net_halalas,
            payback_months=base.payback_months,
            payback_reason=base.payback_reason,
            roi_pct=base.roi_pct,
            roi_reason=base.roi_reason,
            break_even_multiplier=found.break_even_multiplier,
            break_even_reason="no_revenue" if found.break_even_multiplier is None else "",
            sensitivity=found.rows,
            provenance=provenance(
                by=ECONOMICS_BY,
                now=now,
                sources=(Source(kind="declaration", id=case.id, at=min(case.created_at, now)),),
                trace_id=case.correlation_id,
            ),
        )
        stored = await self._outputs.keep(case.tenant_id, case.id, model, f"{case.id}.economics")
        await self._rows.note(case.tenant_id, case.id, economics_id=stored.id)
        await self._note(case, "partner_economics_made", output=stored.id, content_sha256=stored.content_sha256)
        return stored

    async def ask(self, case: Case, is_again: bool) -> str:
        """Ask people; answers the id of the request. `is_again`: look first whether it was asked already."""
        approval_id = await self._asked_before(case) if is_again else ""
        if not approval_id:
            approval_id = (await self._ask(case)).id
        await self._rows.note(case.tenant_id, case.id, approval_id=approval_id)
        return approval_id

    async def make_packet(self, case: Case) -> Stored:
        """Keep what was asked for, as it was asked."""
        stored = await self._outputs.approval_packet(
            case.tenant_id, case.approval_id, case.correlation_id, f"{case.id}.packet"
        )
        _ = stored.output
        await self._rows.note(case.tenant_id, case.id, packet_id=stored.id)
        return stored

    async def act(self, case: Case, decision: str, grant_id: str) -> None:
        """Remember the decision; a yes is used up, for this case and no other. Raises GrantRefused."""
        if decision == ApprovalStatus.APPROVED:
            grant = await self._grant_rows.read(case.tenant_id, grant_id)
            if grant is None or grant.used_for != case.resource:
                await self._grants.use(
                    case.tenant_id,
                    grant_id,
                    action=ACTION,
                    resource=case.resource,
                    content_sha256=await self._content_of(case),
                    recipient="",
                    now=self._now(),
                    by=case.requested_by,
                    used_for=case.resource,
                )
            await self._note(case, "partnership_activated", approval=case.approval_id, grant=grant_id)
        await self._rows.note(case.tenant_id, case.id, decision=decision)

    async def prove(self, case: Case) -> Pack | None:
        """The one pack about the decision; None while the decision is not in the audit log yet."""
        approval = await self._centre.read(case.tenant_id, case.approval_id)
        if approval.status is ApprovalStatus.PENDING:
            await self._centre.expire(case.tenant_id)
        elif not approval.is_noted:
            await self._centre.deliver(case.tenant_id)
        if not (await self._centre.read(case.tenant_id, case.approval_id)).is_noted:
            return None
        kind = type_of(case)
        pack = await self._packs.current(case.tenant_id, kind, case.id)
        if pack is None or not pack.is_complete:
            pack = await self._packs.assemble(case.tenant_id, kind, case.id, correlation_id=case.correlation_id)
        await self._rows.note(case.tenant_id, case.id, pack_id=pack.id)
        return pack

    async def close(self, case: Case) -> None:
        """Say in two sentences how it ended, and end it."""
        status = ENDED_BY[case.decision]
        dossier, model = await self.results(case)
        en, ar = summary_of(case, status, dossier, model)
        if await self._rows.end(case.tenant_id, case.id, status, en, ar, self._now()):
            await self._note(case, "golden_path_ended", status=status.value, pack=case.pack_id)

    async def withdraw(self, case: Case) -> None:
        """Take back what was asked for, and what was granted and not used; also twice, and when nothing was."""
        approval_id = case.approval_id or await self._asked_before(case)
        if not approval_id:
            return
        approval = await self._centre.read(case.tenant_id, approval_id)
        if approval.status_at(self._now()) is ApprovalStatus.PENDING:
            # Whoever decides in this moment leaves nothing that waits, and a yes is taken back below.
            with suppress(AlreadyDecided, Expired):
                await self._centre.cancel(
                    case.tenant_id, approval_id, approval.v, approval.requested_by, (), "golden_path_stopped"
                )
        await self._grants.revoke_unused(case.tenant_id, approval_id, self._now())

    async def results(self, case: Case) -> tuple[PartnerDossier | None, EconomicsModel | None]:
        """What was made of the case so far."""
        dossier = (await self._outputs.get(case.tenant_id, case.dossier_id)).output if case.dossier_id else None
        model = (await self._outputs.get(case.tenant_id, case.economics_id)).output if case.economics_id else None
        assert dossier is None or isinstance(dossier, PartnerDossier)
        assert model is None or isinstance(model, EconomicsModel)
        return dossier, model

    async def _asked_before(self, case: Case) -> str:
        asked = await self._centre.list(case.tenant_id, kind=KIND)
        return next((view.id for view in asked if view.resource == case.resource), "")

    async def _ask(self, case: Case) -> Approval:
        dossier, model = await self.results(case)
        assert dossier is not None and model is not None
        name, name_ar = case.declared.partner_name, case.declared.partner_name_ar or case.declared.partner_name
        word_en, word_ar = RECOMMENDED[dossier.recommendation]
        net = riyals(model.net_halalas)
        missing = ", ".join(dossier.missing) or "-"
        return await self._centre.ask(
            case.tenant_id,
            kind=KIND,
            action=ACTION,
            resource=case.resource,
            content_sha256=await self._content_of(case),
            recipient="",
            title_en=f"Activate the partnership with {name}"[:200],
            title_ar=f"تفعيل الشراكة مع {name_ar}"[:200],
            summary_en=f"Score {dossier.score}/100, recommended: {word_en}. Net {net} SAR a year. "
            f"Not declared: {missing}.",
            summary_ar=f"الدرجة {dossier.score}/100، والتوصية: {word_ar}. الصافي {net} ريال سنويًا. "
            f"لم يُصرَّح به: {missing}.",
            requested_by=case.requested_by,
            correlation_id=case.correlation_id,
            risk="high",
            facts={
                "golden_path": case.id,
                "partner_type": case.declared.partner_type,
                "score": str(dossier.score),
                "recommendation": dossier.recommendation,
                "confidence": str(dossier.provenance.confidence),
                "missing": missing,
                "net_halalas": str(model.net_halalas),
                "payback_months": str(model.payback_months) if model.payback_months is not None else "-",
                "reversibility": REVERSIBILITY,
            },
        )

    async def _content_of(self, case: Case) -> str:
        """The hash of exactly what is agreed to."""
        dossier = await self._outputs.get(case.tenant_id, case.dossier_id)
        model = await self._outputs.get(case.tenant_id, case.economics_id)
        return sha256({"case": case.id, "dossier": dossier.content_sha256, "economics": model.content_sha256})

    async def _note(self, case: Case, what: str, **data: object) -> None:
        """In the audit log, once, however often a step is begun."""
        await self._audit.note(
            case.tenant_id,
            what,
            case.requested_by,
            correlation_id=case.correlation_id,
            once=f"{case.tenant_id}:{case.resource}",
            request=case.id,
            **data,
        )
