"""
`send_proposal`, step by step: draw up, print, ask, let go, see it arrive.

Rule 1: people agree to the paper with this hash, and to these words of the message; what changed since has
        no yes.
Rule 2: the message leaves through the same outbox and gate as every other. It carries a link: no provider carries
        our files yet.
Rule 3: a proposal is delivered when a provider has taken its message, and not before; only then the deal moves,
        and only then its value is set.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

import flows.deal as deal
from bot.actions.action import Action, Words
from bot.actions.governed import BY_DEALIX
from bot.actions.outcome import ended, says
from bot.approvals import Approvals
from bot.authority.centre import ApprovalCentre
from bot.conversation import Conversation
from bot.errors import BadRequest, NotFound
from bot.evidence.canonical import sha256_of_text
from bot.leaving import (
    ANY_DECISION,
    CHANGED,
    NO_YES,
    NOBODY_KNOWS,
    ON_ITS_WAY,
    SIMULATED,
    Leaving,
    Left,
    not_sent,
)
from bot.links import Links
from bot.outputs.room import OutputRoom
from bot.people import Human
from bot.proposals.paper import Paper
from bot.proposals.pricing import steps_for
from bot.proposals.proposal import Proposal, ProposalRows, ProposalStatus
from bot.proposals.record import record_of
from bot.proposals.room import Proposals, Wish
from bot.proposals.telling import asked_of, message_of, sheet_of
from bot.runs.flow import Flow, Next, Step, Turn, again, done, wait_for_approval
from bot.tenant import Tenant

NAME = "send_proposal"
KIND = "proposal"


class ProposalFacts(BaseModel):
    """What whoever asks for it by hand may say."""

    model_config = ConfigDict(extra="forbid")

    proposal_id: str = Field("", max_length=80)
    """One that was drawn up before; empty: the only price of the list, once."""


class DealTerms(Protocol):
    """Whoever keeps what a deal is worth."""

    async def set_terms(
        self,
        tenant_id: str,
        conversation_id: str,
        value_halalas: int | None,
        expected_on: None,
        source: str,
        by: Human,
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class ProposalWork:
    """Its steps."""

    room: Proposals
    rows: ProposalRows
    paper: Paper | None
    outputs: OutputRoom
    centre: ApprovalCentre
    leaving: Leaving
    approvals: Approvals
    links: Links
    tenants: Mapping[str, Tenant]
    terms: DealTerms | None

    def action(self) -> Action:
        """What the room of actions does under this name."""
        steps = (
            Step("draw_up", self.draw_up, self.take_back, title_en="Draw it up", title_ar="إعداد العرض"),
            Step("print", self.print, title_en="Print it", title_ar="إصدار الملف"),
            Step("ask", self.ask, title_en="Ask for the yes", title_ar="طلب الموافقة"),
            Step("let_go", self.let_go, title_en="Send the link", title_ar="إرسال الرابط"),
            Step("watch", self.watch, title_en="See it arrive", title_ar="متابعة الوصول"),
        )
        flow = Flow(NAME, 1, steps, title_en="Send a proposal", title_ar="إرسال عرض", hears=(KIND,))
        return Action(NAME, flow, asks_itself=True, facts=ProposalFacts, missing=self.missing)

    def missing(self, _tenant_id: str) -> Words | None:
        """What a proposal cannot be sent without."""
        if self.paper is None:
            return Words("nothing here can print a PDF", "لا يوجد ما يُصدر ملفات PDF في هذا النظام")
        if not self.links.can_be_made:
            return Words(
                "a proposal leaves as a link, and nobody has said where this installation is found from outside: "
                "set DEALIX_PUBLIC_URL",
                "يخرج العرض كرابط، ولم يُحدد عنوان هذا النظام من الخارج: عيّن DEALIX_PUBLIC_URL",
            )
        return None

    async def draw_up(self, turn: Turn) -> Next:
        said = str(turn.state["facts"].get("proposal_id", ""))
        conversation_id = turn.state["conversation_id"]
        try:
            if said:
                drawn = await self.room.read(turn.tenant_id, said)
            else:
                own = hashlib.sha256(turn.run_id.encode()).hexdigest()[:26]
                wish = Wish(conversation_id, self.room.only_price(turn.tenant_id))
                drawn = await self.room.draw_up(turn.tenant_id, wish, turn.by if turn.by.id else BY_DEALIX, own)
        except BadRequest as refused:  # no price list, or one that leaves a choice: a person's business
            return ended("failed", refused.message_en, refused.message_ar, code=refused.code)
        if drawn.conversation_id != conversation_id:
            return ended("failed", "this proposal is another contact's", "هذا العرض لعميل آخر")
        if drawn.status is not ProposalStatus.DRAWN_UP:
            return ended("failed", *_UNDER_WAY, proposal=drawn.id)
        return done(proposal=drawn.id)

    async def take_back(self, turn: Turn) -> None:
        """Somebody cancelled the work: nobody is asked any more, and nothing leaves that has not left."""
        drawn = await self.rows.read(turn.tenant_id, turn.state["proposal"])
        if drawn is None:
            return  # forgotten with its contact
        if not drawn.draft_id:
            await self.room.change(drawn, status=ProposalStatus.CANCELLED, reason="cancelled")
            return
        with suppress(NotFound):  # the contact is forgotten in this moment
            seen = await self.leaving.look(turn, drawn.conversation_id, drawn.draft_id, turn.now)
            if seen.left is Left.NOT_SENT:
                await self.room.change(drawn, status=ProposalStatus.NOT_SENT, reason=seen.why)

    async def print(self, turn: Turn) -> Next:
        assert self.paper is not None
        drawn = await self._proposal(turn)
        if not drawn.paper_sha256:
            content = await self.paper.print(sheet_of(drawn, self.tenants[turn.tenant_id].name))
            paper_sha256 = hashlib.sha256(content).hexdigest()
            await self.rows.keep_paper(drawn, paper_sha256, content)
            record = await self.outputs.keep(
                turn.tenant_id,
                drawn.conversation_id,
                record_of(drawn, turn.now, turn.correlation_id),
                _record_id(drawn),
            )
            await self.room.change(
                drawn, paper_sha256=paper_sha256, paper_bytes=len(content), record_id=record.id
            )
        return done()

    async def ask(self, turn: Turn) -> Next:
        drawn = await self._proposal(turn)
        message = self._message(drawn)
        title_en, title_ar, summary_en, summary_ar = asked_of(drawn, message)
        steps = steps_for(drawn.total_halalas, drawn.discount_percent)
        asked = await self.centre.ask(
            turn.tenant_id,
            kind=KIND,
            action=NAME,
            resource=drawn.resource,
            content_sha256=drawn.paper_sha256,
            recipient=drawn.conversation_id,
            title_en=title_en,
            title_ar=title_ar,
            summary_en=summary_en,
            summary_ar=summary_ar,
            requested_by=drawn.made_by,
            correlation_id=turn.correlation_id,
            steps=steps,
            risk="high" if len(steps) > 1 else "medium",
            facts={
                "proposal": drawn.id,
                "total_halalas": str(drawn.total_halalas),
                "discount_percent": str(drawn.discount_percent),
                "price_list": drawn.price_list_sha256,
                "text_sha256": sha256_of_text(message),
            },
        )
        await self.room.change(drawn, status=ProposalStatus.WAITING, approval_id=asked.id)
        return wait_for_approval(asked.id, None, ANY_DECISION, asked_for=asked.id)

    async def let_go(self, turn: Turn) -> Next:
        drawn, decision = await self._proposal(turn), turn.state["approval"]
        if decision["status"] != "approved":
            return await self._refused(drawn, str(decision["status"]))
        approval = await self.centre.read(turn.tenant_id, drawn.approval_id)
        _, content = await self.room.paper(turn.tenant_id, drawn.id)
        message = self._message(drawn)
        is_same = approval.facts.get("text_sha256") == sha256_of_text(message)
        paper_sha256 = hashlib.sha256(content).hexdigest()
        if not is_same or not await self.leaving.may(
            turn, decision, NAME, drawn.resource, paper_sha256, drawn.conversation_id
        ):
            return await self._over(drawn, ProposalStatus.NOT_SENT, "changed", *CHANGED)
        drawn = await self.room.change(
            drawn, status=ProposalStatus.APPROVED, approved_by=approval.decided_by, draft_id=_draft_id(drawn)
        )
        try:
            await self.leaving.write(turn, drawn.conversation_id, approval.decided_by, message, drawn.draft_id)
        except BadRequest as refused:
            return await self._over(
                drawn, ProposalStatus.NOT_SENT, refused.code, refused.message_en, refused.message_ar
            )
        return done(draft=drawn.draft_id, since=turn.now, **says(*ON_ITS_WAY))

    async def watch(self, turn: Turn) -> Next:
        drawn = await self._proposal(turn)
        seen = await self.leaving.look(turn, drawn.conversation_id, drawn.draft_id, turn.state["since"])
        match seen.left:
            case Left.WAITS:
                return again(seen.again_after_seconds)
            case Left.UNKNOWN:
                return ended("unknown", *NOBODY_KNOWS, proposal=drawn.id, draft=drawn.draft_id)
            case Left.SIMULATED:
                return await self._over(drawn, ProposalStatus.SIMULATED, "simulated", *SIMULATED)
            case Left.NOT_SENT:
                return await self._over(drawn, ProposalStatus.NOT_SENT, seen.why, *not_sent(seen.why))
        contact = await self.room.contact(turn.tenant_id, drawn.conversation_id)
        await self._delivered(turn, drawn, contact)
        return ended("done", proposal=drawn.id, draft=drawn.draft_id)

    async def _delivered(self, turn: Turn, drawn: Proposal, contact: Conversation) -> None:
        evidence = f"{drawn.resource} draft:{drawn.draft_id}"
        if deal.may(contact.stage, "proposal_delivered", "system"):
            with suppress(BadRequest):  # somebody moved the deal in this moment; it was delivered all the same
                await self.approvals.system_event(
                    turn.tenant_id, contact.id, "proposal_delivered", drawn.approved_by, evidence
                )
        if self.terms is not None:
            await self.terms.set_terms(
                turn.tenant_id, contact.id, drawn.total_halalas, None, "proposal", drawn.approved_by
            )
        await self.room.change(drawn, status=ProposalStatus.SENT, sent_at=drawn.sent_at or turn.now)

    async def _refused(self, drawn: Proposal, status: str) -> Next:
        reached = {"rejected": ProposalStatus.REJECTED, "expired": ProposalStatus.EXPIRED}
        await self.room.change(drawn, status=reached.get(status, ProposalStatus.CANCELLED), reason=status)
        return ended("cancelled", *NO_YES[status], proposal=drawn.id)

    async def _over(self, drawn: Proposal, status: ProposalStatus, reason: str, en: str, ar: str) -> Next:
        await self.room.change(drawn, status=status, reason=reason)
        return ended("failed", en, ar, proposal=drawn.id)

    def _message(self, drawn: Proposal) -> str:
        return message_of(drawn, self.tenants[drawn.tenant_id].name, self.room.address(drawn))

    async def _proposal(self, turn: Turn) -> Proposal:
        return await self.room.read(turn.tenant_id, turn.state["proposal"])


_UNDER_WAY = (
    "this proposal was asked for before, and is decided once; draw up a new one",
    "سبق طلب هذا العرض ويُبت فيه مرة واحدة؛ أعدّ عرضًا جديدًا",
)


def _draft_id(drawn: Proposal) -> str:
    return f"offer-{drawn.id}"


def _record_id(drawn: Proposal) -> str:
    return f"pricing-{drawn.id}"
