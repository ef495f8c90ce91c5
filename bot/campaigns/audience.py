"""
Who is written to and who is left out, and why: asked before anybody agrees, and again before each message.

Rule 1: the default is no. Without a consent on record for what the template's category is, nobody is written to;
        that somebody wrote to us is no consent to a campaign.
Rule 2: the first reason in the order of `REASONS` is the one that is told: what the contact wants comes first.
Rule 3: quiet hours and the day's limit leave nobody out; they are told as a delay.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.campaigns.campaign import Audience
from bot.contacts import Contact, contact_of
from bot.conversation import Conversation, Draft, DraftKind, Status, TemplateUse
from bot.errors import NotFound
from bot.gate import purpose_of
from bot.ports import Chain
from bot.privacy import consent
from bot.privacy.consent import ConsentEvent
from bot.privacy.fingerprints import Fingerprints
from bot.store import Store
from bot.templates.standing import facts_about, language_for
from bot.tenant import Tenant
from rules.policies import Policies
from rules.policies.templates import Template

REASONS: Mapping[str, tuple[str, str]] = {
    "unknown_contact": ("there is no such contact", "لا يوجد عميل بهذا المعرّف"),
    "opted_out": ("the contact asked us to stop", "طلب العميل إيقاف الرسائل"),
    "restricted": ("the use of this contact's data is restricted", "استخدام بيانات هذا العميل مقيّد"),
    "no_consent": (
        "no consent on record for this kind of message",
        "لا توجد موافقة مسجلة على هذا النوع من الرسائل",
    ),
    "consent_revoked": ("the contact withdrew the consent", "سحب العميل موافقته"),
    "consent_expired": ("the consent has expired", "انتهت مدة الموافقة"),
    "sends_paused": ("automated sends to this contact are paused", "الإرسال التلقائي لهذا العميل موقوف"),
    "human": ("a human answers this contact now", "إنسان يتابع هذا العميل الآن"),
    "busy": ("something else to this contact is on its way", "رسالة أخرى إلى هذا العميل في الطريق"),
    "too_many": ("the contact has had enough messages lately", "وصل العميل عدد كاف من رسائلنا مؤخرًا"),
    "other_number": (
        "the contact knows another number of ours",
        "يعرف العميل رقمًا آخر من أرقامنا",
    ),
    "no_phone": ("this number of ours cannot reach the contact", "لا يستطيع هذا الرقم الوصول إلى العميل"),
    "unfilled": ("something that the template says is not known", "ينقص العميل ما يملأ القالب"),
}
"""Why somebody is left out: code -> (English, Arabic)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One contact of an audience."""

    contact: str
    reason: str = ""
    """Of REASONS; empty for who may be written to."""
    conversation: Conversation | None = None
    use: TemplateUse | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said, and from where."""

    template: Template
    language: str
    channel: str
    campaign_id: str


class Judge:
    """Judges contacts one by one."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        chains: Mapping[str, Chain],
        fingerprints: Fingerprints,
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._chains = chains
        self._fingerprints = fingerprints
        self._policies_of = policies_of
        self._now = now

    async def everybody(self, tenant_id: str, audience: Audience, limit: int) -> list[str]:
        """Who is meant, each once, those at stages first; one more than the limit when there are more."""
        found = dict.fromkeys(
            await self._store.campaigns.at_stages(tenant_id, audience.stages, limit + 1)
            if audience.stages
            else []
        )
        for named in audience.contacts:
            if len(found) > limit:
                break
            found.setdefault(await self._name_of(tenant_id, named), None)
        return list(found)

    async def judge(self, tenant_id: str, contact: str, wanted: Wanted, draft_id: str = "") -> Judged:
        """
        Whether one contact may be written to now.

        Args:
            draft_id: the message to it, when it was made already; it does not stand in its own way.
        """
        try:
            found = await contact_of(self._store, tenant_id, contact)
        except NotFound:
            return Judged(contact, "unknown_contact")
        conversation = found.conversation or Conversation(
            "", tenant_id, found.keys, self._now(), phone=found.phone
        )
        judged = Judged(contact, conversation=conversation)
        reason = await self._will(tenant_id, found, conversation, wanted)
        reason = reason or self._way(conversation, wanted, draft_id)
        if reason:
            return replace(judged, reason=reason)
        tenant = self._tenants[tenant_id]
        language = language_for(conversation, wanted.template, wanted.language)
        values = wanted.template.values(language, facts_about(conversation, tenant))
        if values is None:
            return replace(judged, reason="unfilled")
        use = TemplateUse(
            wanted.template.name,
            language,
            wanted.template.code(language),
            values,
            wanted.template.category,
            wanted.channel,
            wanted.campaign_id,
        )
        return replace(judged, use=use, words=wanted.template.words(language, values))

    async def _name_of(self, tenant_id: str, named: str) -> str:
        """The conversation's id where there is one, so that nobody is meant twice."""
        try:
            found = await contact_of(self._store, tenant_id, named)
        except NotFound:
            return named
        return found.id or found.keys[0]

    async def _will(self, tenant_id: str, found: Contact, conversation: Conversation, wanted: Wanted) -> str:
        """What the contact wants."""
        known = self._fingerprints.with_fingerprints(tenant_id, found.keys)
        if conversation.is_suppressed or await self._store.suppressions.find(tenant_id, known):
            return "opted_out"
        if conversation.restricted:
            return "restricted"
        events = await self._store.consents.of_contact(tenant_id, known)
        return consent_trouble(events, wanted.template, self._now())

    def _way(self, conversation: Conversation, wanted: Wanted, draft_id: str) -> str:
        """What stands between us and the contact."""
        tenant, now = self._tenants[conversation.tenant_id], self._now()
        if conversation.sends_paused:
            return "sends_paused"
        if conversation.mode == "human":
            return "human"
        if any(draft.id != draft_id for draft in conversation.on_the_way()):
            return "busy"
        if self._policies_of(tenant.id).follow_ups.caps.are_reached(conversation.unrequested, now):
            return "too_many"
        if not conversation.phone and not any(key.startswith(("phone:", "bsuid:")) for key in conversation.keys):
            return "no_phone"
        offered = self._chains[tenant.id].candidates(
            conversation.channel or wanted.channel, tenant.may_change_number
        )
        mine = next((c for c in offered if c.provider.channel == wanted.channel), None)
        return "other_number" if mine is None or mine.skip_code in ("other_number", "channel_gone") else ""


def consent_trouble(events: Sequence[ConsentEvent], template: Template, now: datetime) -> str:
    """Whether what is on record allows a template of this category in a campaign; a code of REASONS, or empty."""
    use = TemplateUse(template.name, "", "", (), template.category, "")
    probe = Draft("", DraftKind.CAMPAIGN, Status.HELD, "", "", "", now, template=use)
    held = consent.judge(events, *purpose_of(probe), now)
    if held.is_allowed:
        return ""
    return {"revoked": "consent_revoked", "expired": "consent_expired"}.get(held.reason, "no_consent")
