"""
The room of templates: asks Meta how they stand, hears its news, and says whether one may leave.

Rule 1: where a business account is named, its list is asked for again and again; a list that cannot be read
        changes nothing.
Rule 2: what is on record here and not in the whole list is missing at Meta.
Rule 3: right before a send the answer is read afresh; only what is drafted ahead of a human's yes goes by what
        this process learned a moment ago.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.alerts import Alerts
from bot.conversation import Conversation, Draft, TemplateUse
from bot.errors import BadRequest
from bot.events import TemplateNews
from bot.intake import Channel
from bot.ports import CarriesTemplates, HistoryAway, Provider, SendResult
from bot.templates.standing import (
    APPROVED,
    TROUBLE_OF,
    Standing,
    TemplateRows,
    facts_about,
    language_for,
    trouble_at_provider,
    trouble_with_words,
)
from bot.tenant import Tenant
from rules.policies import Policies
from rules.policies.templates import Template

logger = structlog.get_logger()

# Meta answers some hundred templates in one page; a pause by Meta is also told by webhook, at once.
LOOK_EVERY_SECONDS = 300.0
# What is drafted ahead goes by this; the send itself asks the database.
LEARN_EVERY_SECONDS = 5.0

CampaignStops = Callable[[str, str], Awaitable[str]]
"""(tenant, campaign) -> why nothing more of it may leave, as a code; empty when it may."""


@dataclass(frozen=True, slots=True)
class TemplateView:
    """One template in one language, as it stands here and at one number."""

    template: Template
    language: str
    channel: str
    """Empty where no channel of this tenant carries templates."""
    standing: Standing | None
    trouble: str
    """Why it may not leave, as a code; empty when it may."""


class TemplateRoom:
    """Everything about templates that needs the store or a provider."""

    def __init__(
        self,
        *,
        rows: TemplateRows,
        channels: Mapping[str, Channel],
        tenants: Mapping[str, Tenant],
        policies_of: Callable[[str], Policies],
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._channels = channels
        self._tenants = tenants
        self._policies_of = policies_of
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now
        self._known: dict[tuple[str, str, str, str], Standing] = {}
        self.campaign_stops: CampaignStops | None = None
        """Asked about messages of campaigns; the room of campaigns puts itself here."""

    # What stands at Meta

    async def look(self) -> None:
        """Ask every account for its list."""
        for channel in self._channels.values():
            try:
                await self.look_at(channel)
            except self._unreachable as away:
                logger.warning(
                    "templates_wait_for_database", tenant=channel.tenant_id, reason=type(away).__name__
                )

    async def look_at(self, channel: Channel) -> str:
        """Ask one account for its list; answers in two lines why it could not be read, empty when it was."""
        provider = channel.provider
        if not isinstance(provider, CarriesTemplates) or not provider.account:
            return ""
        asked_at = self._now()
        listed = await provider.templates()
        if isinstance(listed, HistoryAway):
            logger.warning("templates_not_listed", channel=_name(provider), detail=listed.detail)
            return listed.detail
        mine = {(template.name, code) for template, _, code in self._ours(channel.tenant_id)}
        mine |= {
            (s.name, s.code)
            for s in await self._rows.of_tenant(channel.tenant_id)
            if s.channel == _name(provider)
        }
        found = {(row.name, row.code): row for row in listed}
        for name, code in sorted(mine):
            row = found.get((name, code))
            await self._hear(
                Standing(
                    channel.tenant_id,
                    _name(provider),
                    name,
                    code,
                    row.status if row else "missing",
                    asked_at,
                    category=row.category if row else "",
                    quality=row.quality if row else "",
                    reason=row.reason if row else "",
                    words=row.words if row else "",
                    besides=row.besides if row else (),
                )
            )
        return ""

    async def look_of(self, tenant_id: str) -> Sequence[str]:
        """Ask now for the lists of one tenant; answers what could not be read. Raises BadRequest."""
        mine = [
            channel
            for channel in self._channels.values()
            if channel.tenant_id == tenant_id
            and isinstance(channel.provider, CarriesTemplates)
            and channel.provider.account
        ]
        if not mine:
            raise BadRequest(
                "no Meta number with a business account is configured here: set WHATSAPP_WABA_ID",
                "لا يوجد رقم ميتا بحساب أعمال مهيأ هنا: عيّن WHATSAPP_WABA_ID",
            )
        return [trouble for channel in mine if (trouble := await self.look_at(channel))]

    async def hear(self, tenant_id: str, channel: str, news: TemplateNews) -> None:
        """Take what a webhook says of one template."""
        known = await self._rows.read(tenant_id, channel, news.name, news.code)
        await self._hear(
            Standing(
                tenant_id,
                channel,
                news.name,
                news.code,
                news.status or (known.status if known else "unknown"),
                news.at or self._now(),
                category=news.category,
                quality=news.quality,
                reason=news.reason,
            )
        )

    async def learn(self) -> None:
        """Bring what this process goes by up to date."""
        for tenant_id in self._tenants:
            try:
                standings = await self._rows.of_tenant(tenant_id)
            except self._unreachable as away:
                logger.warning("templates_wait_for_database", tenant=tenant_id, reason=type(away).__name__)
                continue
            self._known = {
                **{key: standing for key, standing in self._known.items() if key[0] != tenant_id},
                **{(tenant_id, s.channel, s.name, s.code): s for s in standings},
            }

    async def _hear(self, heard: Standing) -> None:
        before = await self._rows.hear(heard)
        if before is heard:
            return  # something later is known
        self._known[heard.tenant_id, heard.channel, heard.name, heard.code] = heard
        was = before.status if before else ""
        if heard.status == was:
            return
        logger.info("template_stands", channel=heard.channel, template=heard.name, status=heard.status, was=was)
        if was == APPROVED and heard.status in TROUBLE_OF:
            await self._alerts.tell(
                heard.tenant_id,
                "template_stopped",
                f"Meta no longer lets the template {heard.name} leave: {heard.status}",
                f"لم تعد ميتا تسمح بإرسال القالب {heard.name} (الحالة: {heard.status})",
                f"channel {heard.channel}; language {heard.code}; {heard.reason or 'no reason given'}",
                f"template:{heard.channel}:{heard.name}:{heard.code}:{heard.at:%Y-%m-%dT%H:%M}",
                audience=("admin", "approver"),
                about=heard.name,
            )

    # Whether one may leave

    async def trouble(self, conversation: Conversation, draft: Draft) -> str:
        """Why a draft may not leave as what it is, read afresh; empty for free text and for what may leave."""
        words = trouble_with_words(draft, self._policies_of(conversation.tenant_id).templates)
        use = draft.template
        if words or use is None:
            return words
        template = self._policies_of(conversation.tenant_id).templates.find(use.name)
        assert template is not None
        standing = await self._rows.read(conversation.tenant_id, use.channel, use.name, use.code)
        trouble = trouble_at_provider(standing, template, use.language)
        if not trouble and use.campaign and self.campaign_stops is not None:
            return await self.campaign_stops(conversation.tenant_id, use.campaign)
        return trouble

    async def trouble_of(self, tenant_id: str, channel: str, template: Template, language: str) -> str:
        """Why a template may not leave through a channel now, as a code; empty when it may."""
        if channel not in self.carriers(tenant_id):
            return "no_template_channel"
        standing = await self._rows.read(tenant_id, channel, template.name, template.code(language))
        return trouble_at_provider(standing, template, language)

    async def sent(self, tenant_id: str, provider: Provider, use: TemplateUse, result: SendResult) -> None:
        """Learn from the answer to a send what it says of the template itself."""
        status = provider.template_status(result) if isinstance(provider, CarriesTemplates) else ""
        if status:
            said = result.detail.partition("\n")[0][:200]
            await self._hear(
                Standing(tenant_id, use.channel, use.name, use.code, status, self._now(), reason=said)
            )

    def carriers(self, tenant_id: str) -> Sequence[str]:
        """The channels of a tenant that carry templates, in the tenant's order."""
        order = self._tenants[tenant_id].channels
        mine = [
            name
            for name, channel in self._channels.items()
            if channel.tenant_id == tenant_id and isinstance(channel.provider, CarriesTemplates)
        ]
        return sorted(mine, key=lambda name: order.index(name) if name in order else len(order))

    def use_for(
        self, conversation: Conversation, name: str, *, language: str = "", channel: str = "", campaign: str = ""
    ) -> tuple[TemplateUse, str] | None:
        """
        A template filled for one contact, and its exact words; None when something is not known or in the way.

        Goes by what this process learned a moment ago; the send asks again.
        """
        tenant = self._tenants[conversation.tenant_id]
        template = self._policies_of(tenant.id).templates.find(name)
        if template is None:
            return None
        said = language_for(conversation, template, language)
        values = template.values(said, facts_about(conversation, tenant))
        chosen = channel or self._channel_for(conversation, template, said)
        if values is None or not chosen:
            return None
        use = TemplateUse(name, said, template.code(said), values, template.category, chosen, campaign)
        return use, template.words(said, values)

    def _channel_for(self, conversation: Conversation, template: Template, language: str) -> str:
        """A number that may reach this contact and at which the template stands well; else empty."""
        tenant = self._tenants[conversation.tenant_id]
        for channel in self.carriers(tenant.id):
            knows = conversation.channel in ("", channel) or tenant.may_change_number
            standing = self._known.get((tenant.id, channel, template.name, template.code(language)))
            if knows and not trouble_at_provider(standing, template, language):
                return channel
        return ""

    # What people see

    async def views(self, tenant_id: str) -> Sequence[TemplateView]:
        """Every template in every language, and how it stands at each number that carries templates."""
        standings = {(s.channel, s.name, s.code): s for s in await self._rows.of_tenant(tenant_id)}
        channels = self.carriers(tenant_id) or ("",)
        found = []
        for template, language, code in self._ours(tenant_id):
            for channel in channels:
                standing = standings.get((channel, template.name, code))
                trouble = trouble_at_provider(standing, template, language) if channel else "no_template_channel"
                found.append(TemplateView(template, language, channel, standing, trouble))
        return found

    def _ours(self, tenant_id: str) -> Sequence[tuple[Template, str, str]]:
        templates = self._policies_of(tenant_id).templates.templates
        return [(one, language, one.code(language)) for one in templates for language in one.bodies]


def _name(provider: Provider | CarriesTemplates) -> str:
    assert hasattr(provider, "channel")
    return str(provider.channel)
