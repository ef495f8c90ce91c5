"""
Does a campaign, a few messages at a time: asks for the yes, makes messages, watches what becomes of them, ends.

Rule 1: each contact is judged again when it is its turn; the gate judges once more right before the call.
Rule 2: a message is made in the same write that says so in its conversation, under an id that follows from the
        campaign and the contact: broken off anywhere and begun again, each contact gets one at most.
Rule 3: only a few messages wait at the gate at a time, so that a stop has little to take back.
Rule 4: it stops by itself when the template does not stand well any more, when too many contacts do not want it,
        and when the yes is old.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.audit import Audit
from bot.authority.approval import ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import GrantRefused, Grants
from bot.authority.mandates import GrantRows
from bot.campaigns.audience import Judge, Judged, Wanted
from bot.campaigns.campaign import (
    AGREED_FOR,
    Campaign,
    CampaignContact,
    CampaignRows,
    CampaignStatus,
    ContactStatus,
    draft_id_of,
    hash_of_words,
)
from bot.campaigns.telling import ACTION, question_of
from bot.conversation import ON_THE_WAY, REACHED, Conversation, Draft, DraftKind, Grant, Status, Waiting
from bot.departures.limits import UNASKED_FOR, Limits
from bot.errors import NotFound
from bot.notebook import Log, Notebook
from bot.risks import FORBIDDEN, risks_of
from bot.store import Arrival
from bot.templates.room import TemplateRoom
from rules.policies import Policies
from rules.policies.templates import Template

# Messages of one campaign that wait at the gate or are on their way at the same time.
AT_ONCE = 20

SOON_SECONDS = 1.0
LATER_SECONDS = 30.0

# What Meta answers when somebody has blocked us, stopped our marketing or had enough of it.
UNWANTED_CODES = frozenset({"131026", "131049", "131050", "130472"})

MAX_RACES = 20


@dataclass(frozen=True, slots=True)
class Went:
    """How far a campaign is after a look."""

    done: int
    total: int
    is_over: bool
    after_seconds: float = 0.0


class CampaignWork:
    """What the steps of a campaign do; each may be called again at any moment."""

    def __init__(
        self,
        *,
        rows: CampaignRows,
        notebook: Notebook,
        judge: Judge,
        templates: TemplateRoom,
        centre: ApprovalCentre,
        grants: Grants,
        grant_rows: GrantRows,
        limits: Limits,
        audit: Audit,
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._notebook = notebook
        self._judge = judge
        self._templates = templates
        self._centre = centre
        self._grants = grants
        self._grant_rows = grant_rows
        self._limits = limits
        self._audit = audit
        self._policies_of = policies_of
        self._now = now
        self._new_id = new_id

    async def campaign(self, tenant_id: str, campaign_id: str) -> Campaign:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, campaign_id)
        if found is None:
            raise NotFound(f"there is no campaign {campaign_id} here", "لا توجد حملة بهذا المعرّف هنا")
        return found

    async def agreement(self, campaign: Campaign) -> str:
        """Ask for the yes to the whole of it; answers the id of the approval."""
        template = self._template(campaign)
        words = words_in(template, campaign.language) if template else {}
        counts = await self._rows.counts(campaign.tenant_id, campaign.id)
        left_out = counts.get(ContactStatus.EXCLUDED, 0)
        approval = await self._centre.ask(campaign.tenant_id, **question_of(campaign, words, left_out))
        await self.change(campaign, lambda c: replace(c, status=CampaignStatus.WAITING, approval_id=approval.id))
        return approval.id

    async def begin(self, campaign: Campaign) -> Campaign:
        """Use the yes up; without one the campaign is over, and nothing was sent."""
        if campaign.is_over or campaign.status is CampaignStatus.RUNNING:
            return campaign
        approval = await self._centre.read(campaign.tenant_id, campaign.approval_id)
        if approval.status is not ApprovalStatus.APPROVED:
            how = "expired" if approval.status is ApprovalStatus.EXPIRED else "rejected"
            return await self.end(campaign, CampaignStatus.REJECTED, how)
        if approval.content_sha256 != campaign.content_sha256 or not await self._use(campaign, approval.grant_id):
            return await self.end(campaign, CampaignStatus.STOPPED, "not_permitted")
        return await self.change(
            campaign,
            lambda c: replace(
                c,
                status=CampaignStatus.RUNNING,
                decided_by=approval.decided_by,
                agreed_at=approval.decided_at,
                grant_id=approval.grant_id,
            ),
        )

    async def go_on(self, campaign: Campaign) -> Went:
        """Look at what is on its way, stop where that must be, make some more messages."""
        await self._watch(campaign)
        campaign = await self.campaign(campaign.tenant_id, campaign.id)
        if not campaign.is_over and (reason := await self.stops_because(campaign)):
            campaign = await self.end(campaign, CampaignStatus.STOPPED, reason)
        waiting = await self._rows.in_status(campaign.tenant_id, campaign.id, ContactStatus.QUEUED, AT_ONCE)
        if campaign.is_over:
            await self._take_back(campaign, waiting)
            return await self._went(campaign, is_over=not waiting, after_seconds=SOON_SECONDS)
        room = AT_ONCE - len(waiting)
        pending = await self._rows.in_status(campaign.tenant_id, campaign.id, ContactStatus.PENDING, max(room, 1))
        if not pending and not waiting:
            return await self._went(campaign, is_over=True)
        pause = await self._pause(campaign)
        if pause or not pending or room <= 0:
            return await self._went(campaign, after_seconds=pause or SOON_SECONDS)
        for contact in pending[:room]:
            await self._write_to(campaign, contact)
        return await self._went(campaign, after_seconds=SOON_SECONDS)

    async def stops_because(self, campaign: Campaign) -> str:
        """Why a running campaign must stop now, as a code; empty when it may go on."""
        template = self._template(campaign)
        if template is None or hash_of_words(words_in(template, campaign.language)) != campaign.words_sha256:
            return "template_changed"
        for language in words_in(template, campaign.language):
            trouble = await self._templates.trouble_of(campaign.tenant_id, campaign.channel, template, language)
            if trouble:
                return trouble
        if campaign.agreed_at is not None and campaign.agreed_at + AGREED_FOR <= self._now():
            return "agreement_too_old"
        brakes = self._policies_of(campaign.tenant_id).templates.brakes
        counts = await self._rows.counts(campaign.tenant_id, campaign.id)
        ended = sum(counts.get(status, 0) for status in (ContactStatus.SENT, ContactStatus.FAILED))
        bad = await self._rows.bad(campaign.tenant_id, campaign.id)
        return "complaints" if ended >= brakes.after_messages and 100 * bad >= brakes.bad_percent * ended else ""

    async def end(self, campaign: Campaign, status: CampaignStatus, reason: str = "", by: str = "") -> Campaign:
        """Nothing more is made of it, and what waits at the gate is taken back."""
        now = self._now()
        ended = await self.change(
            campaign,
            lambda c: c if c.is_over else replace(c, status=status, ended_at=now, end_reason=reason, ended_by=by),
        )
        await self._rows.cancel_pending(campaign.tenant_id, campaign.id)
        waiting = await self._rows.in_status(campaign.tenant_id, campaign.id, ContactStatus.QUEUED, AT_ONCE)
        await self._take_back(ended, waiting)
        if ended.status is status and not campaign.is_over:
            counts = await self._rows.counts(campaign.tenant_id, campaign.id)
            told = {"campaign": campaign.id, "reason": reason, **counts}
            await self._audit.note(
                campaign.tenant_id,
                f"campaign_{status.value}",
                campaign.by,
                correlation_id=campaign.run_id,
                **told,
            )
        return ended

    async def change(self, campaign: Campaign, edit: Callable[[Campaign], Campaign]) -> Campaign:
        """Change one that is not over, against whatever races."""
        for _ in range(MAX_RACES):
            stored = await self.campaign(campaign.tenant_id, campaign.id)
            changed = stored if stored.is_over else edit(stored)
            if changed == stored:
                return stored
            if await self._rows.write(changed):
                return replace(changed, v=stored.v + 1)
        raise RuntimeError(f"the campaign {campaign.id} changed {MAX_RACES} times while we wrote it")

    def wanted(self, campaign: Campaign, template: Template) -> Wanted:
        return Wanted(template, campaign.language, campaign.channel, campaign.id)

    def _template(self, campaign: Campaign) -> Template | None:
        return self._policies_of(campaign.tenant_id).templates.find(campaign.template)

    async def _use(self, campaign: Campaign, grant_id: str) -> bool:
        """Whether the approval permits it; a grant that this campaign used up before a crash counts."""
        try:
            await self._grants.use(
                campaign.tenant_id,
                grant_id,
                action=ACTION,
                resource=campaign.resource,
                content_sha256=campaign.content_sha256,
                recipient="",
                now=self._now(),
                used_for=campaign.run_id,
            )
        except GrantRefused as refused:
            grant = await self._grant_rows.read(campaign.tenant_id, grant_id) if grant_id else None
            return refused.code == "grant_used" and grant is not None and grant.used_for == campaign.run_id
        return True

    async def _pause(self, campaign: Campaign) -> float:
        """How long nothing new is made: in quiet hours, and when the day is full."""
        now, tenant = self._now(), self._notebook.tenants[campaign.tenant_id]
        quiet = self._policies_of(tenant.id).quiet_hours.allows(now, tenant.city)
        is_full = await self._limits.is_full(tenant.id, UNASKED_FOR, now)
        return LATER_SECONDS if quiet is not None or is_full else 0.0

    async def _write_to(self, campaign: Campaign, contact: CampaignContact) -> None:
        """Make the message to one contact, or write down why not."""
        template = self._template(campaign)
        if template is None:
            return
        draft_id = draft_id_of(campaign.id, contact.contact)
        judged = await self._judge.judge(
            campaign.tenant_id, contact.contact, self.wanted(campaign, template), draft_id
        )
        conversation_id = judged.conversation.id if judged.conversation else ""
        made = judged.conversation.draft(draft_id) if judged.conversation else None
        if made is None and judged.reason:
            refused = replace(contact, status=ContactStatus.REFUSED, reason=judged.reason)
            await self._rows.settle(replace(refused, conversation_id=conversation_id), ContactStatus.PENDING)
            return
        if not conversation_id:
            conversation_id = await self._open(campaign, contact, judged)
        if not await self._make(campaign, conversation_id, judged, draft_id):
            refused = replace(contact, status=ContactStatus.REFUSED, reason="campaign_over")
            await self._rows.settle(refused, ContactStatus.PENDING)
            return
        queued = replace(contact, status=ContactStatus.QUEUED, conversation_id=conversation_id, draft_id=draft_id)
        await self._rows.settle(queued, ContactStatus.PENDING)

    async def _open(self, campaign: Campaign, contact: CampaignContact, judged: Judged) -> str:
        """Somebody who agreed and has never written becomes a contact, once."""
        assert judged.conversation is not None
        now = self._now()
        event = Waiting(f"campaign|{campaign.id}", "opened", "", now, campaign.run_id, {}, is_urgent=True)
        arrival = Arrival(
            campaign.tenant_id, event, judged.conversation.keys, judged.conversation.phone, "", wake_at=now
        )
        recorded = await self._notebook.store.conversations.record(arrival, now, self._new_id())
        self._notebook.bell.ring(campaign.tenant_id, recorded.conversation_id, now)
        return recorded.conversation_id

    async def _make(self, campaign: Campaign, conversation_id: str, judged: Judged, draft_id: str) -> bool:
        """Put the message into the conversation, once ever; False when it may not be made after all."""
        tenant, policies = self._notebook.tenants[campaign.tenant_id], self._policies_of(campaign.tenant_id)
        mark = campaign.resource
        agreed_at = campaign.agreed_at or self._now()

        def edit(conversation: Conversation, log: Log) -> bool:
            if mark in conversation.followed_up:
                return True  # made before a crash; what became of it stands in its draft
            if judged.use is None or FORBIDDEN in risks_of(
                judged.words, judged.use.language, tenant, policies, log.at
            ):
                return False
            draft = Draft(
                id=draft_id,
                kind=DraftKind.CAMPAIGN,
                status=Status.QUEUED,
                text=judged.words,
                language=judged.use.language,
                correlation_id=campaign.run_id,
                created_at=log.at,
                template=judged.use,
                stage_before=conversation.stage,
                stage_after=conversation.stage,
                # Whoever agreed to the whole of it knew how many it is.
                hold_reasons=("hold.campaign", "hold.many_today"),
                decided_by=campaign.decided_by.name,
                decided_at=agreed_at,
                decision="approved",
                expires_at=agreed_at + AGREED_FOR,
            )
            draft.grant = Grant(
                id=f"{campaign.grant_id}:{draft_id}",
                approver=campaign.decided_by.id,
                text_sha256=draft.text_sha256,
                recipient=conversation.keys,
                granted_at=agreed_at,
                expires_at=agreed_at + AGREED_FOR,
            )
            conversation.outbox.append(draft)
            conversation.followed_up[mark] = log.at
            log.add(
                "draft_approved",
                draft.correlation_id,
                draft=draft.id,
                by=campaign.decided_by.id,
                grant=draft.grant.id,
                text_sha256=draft.text_sha256,
                campaign=campaign.id,
                template=judged.use.name,
                approval=campaign.approval_id,
            )
            return True

        _, is_made = await self._notebook.change(campaign.tenant_id, conversation_id, edit)
        return is_made

    async def _watch(self, campaign: Campaign) -> None:
        """Write down what became of messages on their way, and who of those that got one does not want it."""
        after = -1
        while True:
            page = await self._rows.page(campaign.tenant_id, campaign.id, ContactStatus.QUEUED, after, AT_ONCE)
            for contact in page:
                await self._look_at(contact)
            if len(page) < AT_ONCE:
                break
            after = page[-1].index
        await self._listen(campaign)

    async def _look_at(self, contact: CampaignContact) -> None:
        conversation = await self._notebook.store.conversations.read(contact.tenant_id, contact.conversation_id)
        draft = conversation.draft(contact.draft_id) if conversation else None
        if conversation is None or draft is None:
            gone = replace(contact, status=ContactStatus.UNKNOWN, reason="unknown_contact")
            await self._rows.settle(gone, ContactStatus.QUEUED)
            return
        ended = became_of(draft)
        if ended is None:
            return
        is_bad = _is_unwanted(conversation, draft)
        told = replace(contact, status=ended[0], reason=ended[1], is_bad=is_bad)
        await self._rows.settle(told, ContactStatus.QUEUED)

    async def _listen(self, campaign: Campaign) -> None:
        """Whoever stops us, or is found to have blocked us, after the message arrived."""
        after = -1
        while True:
            page = await self._rows.page(campaign.tenant_id, campaign.id, ContactStatus.SENT, after, 200)
            for contact in page:
                if contact.is_bad:
                    continue
                conversation = await self._notebook.store.conversations.read(
                    contact.tenant_id, contact.conversation_id
                )
                draft = conversation.draft(contact.draft_id) if conversation else None
                if conversation is not None and draft is not None and _is_unwanted(conversation, draft):
                    await self._rows.spoiled(contact.tenant_id, contact.campaign_id, contact.index)
            if len(page) < 200:
                return
            after = page[-1].index

    async def _take_back(self, campaign: Campaign, waiting: list[CampaignContact]) -> None:
        """Messages that wait at the gate are cancelled; one whose call is under way ends by itself."""
        for contact in waiting:

            def edit(conversation: Conversation, log: Log, draft_id: str = contact.draft_id) -> None:
                draft = conversation.draft(draft_id)
                if draft is not None and draft.status in (Status.HELD, Status.QUEUED):
                    draft.step(Status.CANCELLED, "campaign_over")
                    log.add("draft_cancelled", draft.correlation_id, draft=draft.id, reason="campaign_over")

            with suppress(NotFound):  # the contact was forgotten meanwhile, and the message with it
                await self._notebook.change(contact.tenant_id, contact.conversation_id, edit)
            await self._look_at(contact)

    async def _went(self, campaign: Campaign, *, is_over: bool = False, after_seconds: float = 0.0) -> Went:
        counts = await self._rows.counts(campaign.tenant_id, campaign.id)
        total = sum(counts.values()) - counts.get(ContactStatus.EXCLUDED, 0)
        waiting = counts.get(ContactStatus.PENDING, 0) + counts.get(ContactStatus.QUEUED, 0)
        return Went(total - waiting, total, is_over, after_seconds)


def words_in(template: Template, language: str) -> Mapping[str, str]:
    """The words that a campaign may say, by language, with their numbers."""
    chosen = [language] if language else list(template.bodies)
    return {one: template.pattern(one) for one in chosen}


def became_of(draft: Draft) -> tuple[ContactStatus, str] | None:
    """What a message came to, and why; None while it is still on its way."""
    if draft.status in REACHED:
        return ContactStatus.SENT, ""
    if draft.status is Status.UNKNOWN:
        return ContactStatus.UNKNOWN, ""
    if draft.status in ON_THE_WAY:
        return None
    if draft.status is Status.FAILED:
        return ContactStatus.FAILED, draft.attempts[-1].provider_code if draft.attempts else ""
    if draft.note == "campaign_over":
        return ContactStatus.CANCELLED, ""
    return ContactStatus.REFUSED, draft.note


def _is_unwanted(conversation: Conversation, draft: Draft) -> bool:
    codes = {attempt.provider_code for attempt in draft.attempts}
    made_at = draft.created_at
    stopped = conversation.suppression is not None and conversation.suppression.at >= made_at
    left = bool(draft.attempts)
    return bool(codes & UNWANTED_CODES) or (left and (stopped or conversation.sends_paused == "complaint"))
