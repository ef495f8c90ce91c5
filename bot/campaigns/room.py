"""
The room of campaigns: see whom one would reach, propose it, see how far it is, end it.

Rule 1: a campaign of another tenant does not exist.
Rule 2: only a template that stands well at Meta, from a number that carries it; only a template for campaigns.
Rule 3: a campaign that nobody could get is refused, with the reasons.
Rule 4: the engine does the work; a crash between storing a campaign and starting its run is mended by itself.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.authority.approval import ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.campaigns.audience import Judge, Judged, Wanted
from bot.campaigns.campaign import (
    CONTACTS_AT_MOST,
    KEPT_FOR,
    Audience,
    Campaign,
    CampaignContact,
    CampaignRows,
    CampaignStatus,
    ContactStatus,
    hash_of_audience,
    hash_of_words,
)
from bot.campaigns.flow import FLOW
from bot.campaigns.telling import ENDS, contact_fields, summary_of, words_of
from bot.campaigns.work import CampaignWork, words_in
from bot.departures.limits import UNASKED_FOR, Limits
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.people import Human
from bot.runs.room import Runs
from bot.templates.room import TemplateRoom
from bot.templates.telling import WHY
from bot.tenant import Tenant
from rules.policies import Policies
from rules.policies.templates import Template

PAGE_AT_MOST = 500

# Whoever stored a campaign starts its run in the same breath; after this, somebody else does.
STARTED_WITHIN = timedelta(seconds=20)

LOOK_EVERY_SECONDS = 30.0

# What stands before a campaign's answer when nobody of it was excluded for a while.
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to send to whom."""

    tenant_id: str
    name: str
    template: str
    language: str
    audience: Audience
    by: Human
    channel: str = ""
    """Empty: the tenant's first number that carries templates."""


class Campaigns:
    """What the API and the command line ask."""

    def __init__(
        self,
        *,
        rows: CampaignRows,
        work: CampaignWork,
        judge: Judge,
        templates: TemplateRoom,
        runs: Runs,
        centre: ApprovalCentre,
        limits: Limits,
        tenants: Mapping[str, Tenant],
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._work = work
        self._judge = judge
        self._templates = templates
        self._runs = runs
        self._centre = centre
        self._limits = limits
        self._tenants = tenants
        self._policies_of = policies_of
        self._now = now
        self._new_id = new_id

    async def preview(self, proposal: Proposal) -> dict[str, Any]:
        """Whom it would reach, who is left out and why, what delays it; nothing is stored. Raises BadRequest."""
        template, channel = await self._checked(proposal)
        campaign, judged = await self._judged(proposal, template, channel, "preview")
        reasons = Counter(one.reason for one in judged if one.reason)
        return {
            "name": proposal.name,
            "template": template.name,
            "category": template.category,
            "channel": channel,
            "words": dict(words_in(template, proposal.language)),
            "count": campaign.total,
            "excluded": [{**words_of(code), "count": count} for code, count in sorted(reasons.items())],
            "examples": [one.words for one in judged if not one.reason][:EXAMPLES],
            "content_sha256": campaign.content_sha256,
            "audience_sha256": campaign.audience_sha256,
            **await self._delays(proposal.tenant_id, campaign.total),
        }

    async def propose(self, proposal: Proposal, campaign_id: str = "") -> dict[str, Any]:
        """
        Store a campaign and ask for the yes to the whole of it. Raises BadRequest.

        Args:
            campaign_id: the same when a request is repeated, so that there is one.
        """
        campaign_id = campaign_id or self._new_id()
        if await self._rows.read(proposal.tenant_id, campaign_id) is None:
            template, channel = await self._checked(proposal)
            campaign, judged = await self._judged(proposal, template, channel, campaign_id)
            if not campaign.total:
                why = ", ".join(sorted({one.reason for one in judged})) or "the audience is empty"
                raise BadRequest(
                    f"nobody may be written to with this template: {why}",
                    "لا توجد جهة اتصال يجوز مراسلتها بهذا القالب؛ راجع الموافقات المسجلة",
                )
            await self._rows.add(campaign, _contacts(campaign, judged))
        stored = await self._work.campaign(proposal.tenant_id, campaign_id)
        await self._start(stored)
        return {
            **await self.get(proposal.tenant_id, campaign_id),
            **await self._delays(stored.tenant_id, stored.total),
        }

    async def list(self, tenant_id: str, limit: int = 100) -> Sequence[dict[str, Any]]:
        """Newest first."""
        return [await self._view(campaign) for campaign in await self._rows.latest(tenant_id, limit)]

    async def get(self, tenant_id: str, campaign_id: str) -> dict[str, Any]:
        """Raises NotFound."""
        return await self._view(await self._work.campaign(tenant_id, campaign_id))

    async def items(
        self, tenant_id: str, campaign_id: str, *, status: str = "", after: int = -1, limit: int = 100
    ) -> Sequence[dict[str, Any]]:
        """A page of contacts in the order of the list. Raises NotFound."""
        await self._work.campaign(tenant_id, campaign_id)
        page = await self._rows.page(tenant_id, campaign_id, status, after, min(max(limit, 1), PAGE_AT_MOST))
        return [contact_fields(contact) for contact in page]

    async def cancel(self, tenant_id: str, campaign_id: str, by: Human) -> dict[str, Any]:
        """End it at once: nothing more leaves of it. Raises NotFound, AlreadyDecided."""
        campaign = await self._work.campaign(tenant_id, campaign_id)
        if campaign.is_over:
            raise AlreadyDecided(
                f"this campaign is {campaign.status.value} already",
                f"انتهت الحملة بالفعل وحالتها {campaign.status.value}",
            )
        ended = await self._work.end(campaign, CampaignStatus.CANCELLED, "cancelled", by.id)
        await self._withdraw(ended)
        return await self.get(tenant_id, campaign_id)

    async def stops(self, tenant_id: str, campaign_id: str) -> str:
        """For the gate: why nothing of a campaign may leave, as a code; empty when it may."""
        campaign = await self._rows.read(tenant_id, campaign_id)
        return "" if campaign is not None and campaign.status is CampaignStatus.RUNNING else "campaign_over"

    async def look(self) -> None:
        """Start what was stored and not started."""
        before = self._now() - STARTED_WITHIN
        for tenant_id in self._tenants:
            for campaign in await self._rows.with_status(tenant_id, CampaignStatus.QUEUED, before, 100):
                await self._start(campaign)

    async def _checked(self, proposal: Proposal) -> tuple[Template, str]:
        """The template and the number, if this can be a campaign. Raises BadRequest."""
        templates = self._policies_of(proposal.tenant_id).templates
        template = templates.find(proposal.template)
        if template is None or not template.is_for("campaign"):
            known = ", ".join(one.name for one in templates.used_for("campaign")) or "none"
            raise BadRequest(
                f"{proposal.template!r} is no template for campaigns; there are: {known}",
                f"لا يوجد قالب حملات بهذا الاسم؛ الموجود: {known}",
            )
        if proposal.language and proposal.language not in template.bodies:
            said = ", ".join(template.bodies)
            raise BadRequest(
                f"{template.name} has no words in {proposal.language!r}: choose {said}, or leave language out",
                f"لا نص لهذا القالب بهذه اللغة؛ اختر من: {said}",
            )
        carriers = self._templates.carriers(proposal.tenant_id)
        channel = proposal.channel or next(iter(carriers), "")
        for language in words_in(template, proposal.language):
            trouble = await self._templates.trouble_of(proposal.tenant_id, channel, template, language)
            if trouble:
                en, ar = WHY[trouble]
                raise BadRequest(
                    f"{template.name} ({language}) cannot leave: {en}", f"لا يمكن إرسال القالب: {ar}"
                )
        return template, channel

    async def _judged(
        self, proposal: Proposal, template: Template, channel: str, campaign_id: str
    ) -> tuple[Campaign, Sequence[Judged]]:
        everybody = await self._judge.everybody(proposal.tenant_id, proposal.audience, CONTACTS_AT_MOST)
        if len(everybody) > CONTACTS_AT_MOST:
            raise BadRequest(
                f"a campaign has at most {CONTACTS_AT_MOST} contacts; make several",
                f"الحد {CONTACTS_AT_MOST} جهة اتصال لكل حملة؛ قسّمها",
            )
        wanted = Wanted(template, proposal.language, channel, campaign_id)
        judged = [await self._judge.judge(proposal.tenant_id, contact, wanted) for contact in everybody]
        chosen = [one.contact for one in judged if not one.reason]
        now = self._now()
        campaign = Campaign(
            id=campaign_id,
            tenant_id=proposal.tenant_id,
            name=proposal.name,
            template=template.name,
            language=proposal.language,
            channel=channel,
            category=template.category,
            words_sha256=hash_of_words(words_in(template, proposal.language)),
            audience_sha256=hash_of_audience(chosen),
            by=proposal.by,
            created_at=now,
            expires_at=now + KEPT_FOR,
            total=len(chosen),
        )
        return campaign, judged

    async def _delays(self, tenant_id: str, count: int) -> dict[str, Any]:
        """What does not leave anybody out, and makes it last."""
        tenant, now = self._tenants[tenant_id], self._now()
        quiet = self._policies_of(tenant_id).quiet_hours.allows(now, tenant.city)
        budgets = (await self._limits.view(tenant_id)).budgets
        day = next(budget for budget in budgets if budget.name == UNASKED_FOR)
        days = -(-max(0, count - day.left) // day.limit) if day.limit else None
        return {
            "quiet_until": quiet.until if quiet else None,
            "left_today": day.left,
            "days_more": days,
        }

    async def _view(self, campaign: Campaign) -> dict[str, Any]:
        counts = await self._rows.counts(campaign.tenant_id, campaign.id)
        excluded = await self._rows.reasons(campaign.tenant_id, campaign.id, ContactStatus.EXCLUDED)
        template = self._policies_of(campaign.tenant_id).templates.find(campaign.template)
        known = template is not None and set([campaign.language] if campaign.language else ()) <= set(
            template.bodies
        )
        words = words_in(template, campaign.language) if template and known else {}
        bad = await self._rows.bad(campaign.tenant_id, campaign.id)
        try:
            run_status = (await self._runs.get(campaign.tenant_id, campaign.run_id)).run.status.value
        except NotFound:
            run_status = ""
        return summary_of(campaign, counts, excluded, words=words, bad=bad, run_status=run_status)

    async def _start(self, campaign: Campaign) -> None:
        await self._runs.start_run(
            campaign.tenant_id,
            FLOW,
            run_id=campaign.run_id,
            state={"campaign": campaign.id},
            correlation_id=campaign.run_id,
            by=campaign.by,
        )

    async def _withdraw(self, campaign: Campaign) -> None:
        """Nobody needs to decide about it any more."""
        if not campaign.approval_id:
            return
        approval = await self._centre.read(campaign.tenant_id, campaign.approval_id)
        if approval.status_at(self._now()) is not ApprovalStatus.PENDING:
            return
        with suppress(AlreadyDecided):  # somebody decided in this moment; the campaign is over all the same
            await self._centre.cancel(
                campaign.tenant_id, approval.id, approval.v, approval.requested_by, (), ENDS["cancelled"][0]
            )


def _contacts(campaign: Campaign, judged: Sequence[Judged]) -> list[CampaignContact]:
    return [
        CampaignContact(
            campaign.tenant_id,
            campaign.id,
            index,
            one.contact,
            ContactStatus.EXCLUDED if one.reason else ContactStatus.PENDING,
            campaign.expires_at,
            reason=one.reason,
            conversation_id=one.conversation.id if one.conversation else "",
        )
        for index, one in enumerate(judged)
    ]
