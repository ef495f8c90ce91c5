"""
The room of sharing: asks for a yes, makes the file, hands it out once, deletes it.

Rule 1: a request is stored before anything follows from it; what a crash cut off, its run goes on with.
Rule 2: every outcome is in the audit log and proved by a signed pack, the blocked ones too.
Rule 3: everything is judged again when the file is made: a consent that was withdrawn meanwhile counts.
Rule 4: a file is made with the grant of the approval, once; it is fetched once, with a key that expires; it is
        deleted when it is too old, fetched or not.
Rule 5: content never reaches a log or the audit log; its hash does.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.authority.approval import Approval, ApprovalStatus
from bot.authority.grants import GrantRefused, GrantRows, Grants
from bot.authority.policy import PolicyRefused
from bot.conversation import Conversation
from bot.errors import BadRequest, NotFound
from bot.people import NOBODY, Human, person_of
from bot.privacy.consent import CHANNELS, Allowance
from bot.sharing.asking import ACTION, KIND, Centre, question_of
from bot.sharing.catalogue import Classification, DataCatalogue, classify
from bot.sharing.countries import CountryRules
from bot.sharing.files import LARGEST_BYTES, columns_of, file_of
from bot.sharing.handing_out import HandingOut
from bot.sharing.judge import POLICIES, ContactConsent, Judgement, Terms, judge
from bot.sharing.ledger import SharingLedger
from bot.sharing.partner_desk import Partners
from bot.sharing.partners import Partner
from bot.sharing.request import (
    HOLDS_A_FILE,
    PROVED,
    UNFINISHED,
    ExportedFile,
    SharingRequest,
    SharingRows,
    SharingStatus,
    Wish,
)

logger = structlog.get_logger()

RIYADH = ZoneInfo("Asia/Riyadh")

# Whoever asked for a file fetches it within days, or has forgotten it.
FILE_LASTS = timedelta(days=7)

CONTACTS_AT_MOST = 500
ROUND_EVERY_SECONDS = 20.0
ONE_ROUND = 200

# What the contact must have agreed to: that a partner learns about them, and that it happens abroad.
SHARING_PURPOSE = "data_sharing"
ABROAD_PURPOSE = "data_transfer_abroad"


class ConsentDesk(Protocol):
    """`bot.privacy.consents.Consents`, as far as this room asks it."""

    async def check(
        self, tenant_id: str, contact: str, channel: str, purpose: str, at: datetime | None = None
    ) -> Allowance: ...


ReadContact = Callable[[str, str], Awaitable[Conversation | None]]
WithRun = Callable[[SharingRequest], Awaitable[None]]
"""Does something with the run of a request (`flow.py`)."""


class Sharing:
    """Passes data on, or says why not."""

    def __init__(
        self,
        *,
        rows: SharingRows,
        partners: Partners,
        catalogue: DataCatalogue,
        countries: CountryRules,
        consents: ConsentDesk,
        contact: ReadContact,
        centre: Centre,
        grants: Grants,
        grant_rows: GrantRows,
        ledger: SharingLedger,
        handing_out: HandingOut,
        adopt: WithRun,
        carry_on: WithRun,
        tenants: Sequence[str],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.catalogue = catalogue
        self.partners = partners
        self._rows = rows
        self._countries = countries
        self._consents = consents
        self._contact = contact
        self._centre = centre
        self._grants = grants
        self._grant_rows = grant_rows
        self._ledger = ledger
        self._adopt = adopt
        self._carry_on = carry_on
        self.handing_out = handing_out
        self._tenants = tenants
        self._now = now
        self._new_id = new_id
        centre.when_decided(KIND, self.decided)

    # Asking

    async def ask(
        self, tenant_id: str, wish: Wish, by: Human, *, correlation_id: str = "", effect_id: str = ""
    ) -> SharingRequest:
        """
        Ask to pass data on; answers the request as it stands then: waiting for a yes, or blocked.

        Args:
            effect_id: the same for the same call made again: it is one request then.

        Raises NotFound (partner, contact), BadRequest (category, policy, channel).
        """
        self._check(wish)
        partner = await self.partners.get(tenant_id, wish.partner_id)
        wish = replace(
            wish,
            categories=tuple(c.id for c in self.catalogue.of(wish.categories)),
            contact_ids=tuple(dict.fromkeys(wish.contact_ids)),
        )
        await self._known_contacts(tenant_id, wish.contact_ids)
        request = self._request(tenant_id, wish, partner, by, correlation_id, effect_id)
        if await self._rows.add(request):
            await self._ledger.note("sharing_requested", request, by)
        else:
            request = await self._ledger.get(tenant_id, request.id)
        await self._adopt(request)
        return await self._begin(request) if request.status is SharingStatus.REQUESTED else request

    async def get(self, tenant_id: str, request_id: str) -> SharingRequest:
        """Raises NotFound."""
        return await self._ledger.get(tenant_id, request_id)

    async def find(self, tenant_id: str, request_id: str) -> SharingRequest | None:
        return await self._rows.read(tenant_id, request_id)

    async def latest(self, tenant_id: str, status: str = "", limit: int = 100) -> list[SharingRequest]:
        """Newest first."""
        return await self._rows.latest(tenant_id, status, limit)

    async def _begin(self, request: SharingRequest) -> SharingRequest:
        """From requested to waiting for a yes, or to blocked. Broken off, it begins again and asks once."""
        partner = await self.partners.get(request.tenant_id, request.wish.partner_id)
        judgement = await self._judge(request, partner)
        judged = replace(
            request,
            zone=judgement.zone.value,
            steps=judgement.steps,
            consents=(*judgement.included, *judgement.excluded),
        )
        if judgement.is_blocked:
            return await self._block(judged, judgement.code)
        try:
            approval = await self._centre.ask(request.tenant_id, **question_of(judged, partner, judgement))
        except PolicyRefused:
            return await self._block(judged, "blocked_by_policy")
        # The last yes may already have been said while a crash kept us from writing this down.
        waiting = replace(judged, approval_id=approval.id)
        return await self._ledger.step(waiting, SharingStatus.PENDING_APPROVAL)

    # Deciding

    async def decided(self, approval: Approval) -> None:
        """What the centre calls with every final decision, until it worked; twice is as good as once."""
        request_id = approval.resource.removeprefix("sharing:")
        request = await self._rows.read(approval.tenant_id, request_id)
        if request is None or approval.status is ApprovalStatus.SUPERSEDED:
            return
        if request.status is SharingStatus.REQUESTED:
            request = await self._begin(request)
        if request.status is SharingStatus.PENDING_APPROVAL and request.approval_id == approval.id:
            request = await self._take_decision(request, approval)
        if request.status is SharingStatus.APPROVED:
            await self._export(request)

    async def _take_decision(self, request: SharingRequest, approval: Approval) -> SharingRequest:
        people = tuple(step.by.id for step in approval.steps if step.by.id)
        decided = replace(
            request,
            approved_by=people,
            grant_id=approval.grant_id,
            decided_at=approval.decided_at or self._now(),
            decision_note=approval.decision_note,
        )
        if approval.status is ApprovalStatus.APPROVED:
            if (
                len({person_of(one) for one in people}) < len(request.steps)
                or approval.content_sha256 != request.content_sha256
            ):
                return await self._block(decided, "blocked_not_permitted")
            return await self._ledger.step(decided, SharingStatus.APPROVED)
        refused = SharingStatus.REJECTED if approval.status is ApprovalStatus.REJECTED else SharingStatus.EXPIRED
        await self._ledger.note(f"sharing_{refused}", decided, approval.decided_by)
        return await self._ledger.step(decided, refused)

    # Exporting

    async def _export(self, request: SharingRequest) -> SharingRequest:
        """Judge again, make the file, use the grant up, and only then say that it is there."""
        partner = await self.partners.get(request.tenant_id, request.wish.partner_id)
        judgement = await self._judge(request, partner)
        is_other = bool(set(judgement.steps) - set(request.steps)) or partner.facts.country != request.country
        if judgement.is_blocked or is_other:
            return await self._block(request, judgement.code or "blocked_not_permitted")
        categories = self.catalogue.of(request.wish.categories)
        contacts = await self._read(request.tenant_id, [c.contact_id for c in judgement.included])
        content = file_of(contacts, categories, request.wish.file_format)
        if len(content) > LARGEST_BYTES:
            return await self._block(request, "blocked_too_large")
        if not await self._use_grant(request):
            return await self._block(request, "blocked_not_permitted")
        now = self._now()
        made = ExportedFile(
            sha256=sha256(content).hexdigest(),
            size_bytes=len(content),
            rows=len(contacts),
            columns=columns_of(categories),
            made_at=now,
            expires_at=now + FILE_LASTS,
            consents=judgement.included,
            left_out=judgement.excluded,
        )
        ids = [c.id for c in contacts]
        await self._rows.keep_file(request, made, content, ids)
        exported = replace(request, file=made)
        await self._ledger.note("sharing_exported", exported, NOBODY)
        return await self._ledger.step(exported, SharingStatus.EXPORTED)

    async def _use_grant(self, request: SharingRequest) -> bool:
        """Whether the approval permits this file; a grant that this request used up before a crash counts."""
        try:
            await self._grants.use(
                request.tenant_id,
                request.grant_id,
                action=ACTION,
                resource=request.resource,
                content_sha256=request.content_sha256,
                recipient=request.wish.partner_id,
                now=self._now(),
                used_for=request.id,
            )
        except GrantRefused as refused:
            grant = await self._grant_rows.read(request.tenant_id, request.grant_id) if request.grant_id else None
            return refused.code == "grant_used" and grant is not None and grant.used_for == request.id
        return True

    # What happens by itself

    async def run(self) -> None:
        """The job: see to it that what is not finished has its run, and delete what is too old."""
        for tenant_id in self._tenants:
            try:
                await self._round(tenant_id)
            except self._ledger.unreachable as away:
                logger.warning("sharing_waits_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def _round(self, tenant_id: str) -> None:
        # Whoever stored one may have died before its run was started; those of older versions have none.
        for request in await self._rows.unfinished(tenant_id, UNFINISHED, ONE_ROUND):
            await self._carry_on(request)
        for request in await self._rows.unproved(tenant_id, PROVED, ONE_ROUND):
            await self._carry_on(request)
        for request in await self._rows.unfinished(tenant_id, HOLDS_A_FILE, ONE_ROUND):
            if request.file is not None and request.file.expires_at <= self._now():
                await self._delete(request)

    async def go_on(self, request: SharingRequest) -> SharingRequest:
        """What a crash cut off: the next thing that follows; nothing when nothing does."""
        if request.status is SharingStatus.REQUESTED:
            return await self._begin(request)
        if request.status is SharingStatus.PENDING_APPROVAL:
            await self.decided(await self._centre.read(request.tenant_id, request.approval_id))
        if request.status is SharingStatus.APPROVED:
            await self._export(request)
        return await self._ledger.get(request.tenant_id, request.id)

    async def prove(self, request: SharingRequest) -> None:
        """Prove an outcome that nothing proves yet."""
        await self._ledger.prove(request)

    async def _delete(self, request: SharingRequest) -> None:
        await self._rows.delete_files(request.tenant_id, request.id)
        deleted = replace(request, deleted_at=self._now(), link=None)
        await self._ledger.note("sharing_file_deleted", deleted, NOBODY)
        await self._ledger.try_step(deleted, SharingStatus.DELETED)

    # Parts

    def _check(self, wish: Wish) -> None:
        if wish.consent_policy not in POLICIES:
            known = ", ".join(POLICIES)
            raise BadRequest(f"consent_policy is one of {known}", f"قيمة consent_policy من: {known}")
        if wish.channel not in CHANNELS:
            known = ", ".join(CHANNELS)
            raise BadRequest(f"channel is one of {known}", f"القناة من: {known}")
        if not 1 <= len(set(wish.contact_ids)) <= CONTACTS_AT_MOST:
            raise BadRequest(
                f"name 1 to {CONTACTS_AT_MOST} contacts", f"حدد من عميل واحد إلى {CONTACTS_AT_MOST} عميل"
            )

    async def _known_contacts(self, tenant_id: str, ids: Sequence[str]) -> None:
        for contact_id in ids:
            if await self._contact(tenant_id, contact_id) is None:
                raise NotFound(f"there is no contact {contact_id}", "لا يوجد عميل بهذا المعرّف")

    async def _read(self, tenant_id: str, ids: Sequence[str]) -> list[Conversation]:
        found = [await self._contact(tenant_id, contact_id) for contact_id in ids]
        return [contact for contact in found if contact is not None]

    def _classified(self, wish: Wish) -> Classification:
        return classify(self.catalogue.of(wish.categories))

    async def _judge(self, request: SharingRequest, partner: Partner) -> Judgement:
        now, wish = self._now(), request.wish
        consents = [await self._consent(request, contact_id, now) for contact_id in wish.contact_ids]
        terms = Terms(self._classified(wish), wish.consent_policy, wish.transfer_assessment_ref)
        return judge(terms, partner, consents, self._countries, now.astimezone(RIYADH).date())

    async def _consent(self, request: SharingRequest, contact_id: str, at: datetime) -> ContactConsent:
        """What a contact has agreed to; one who was forgotten meanwhile has agreed to nothing."""
        tenant_id, channel = request.tenant_id, request.wish.channel
        share = await self._consents.check(tenant_id, contact_id, channel, SHARING_PURPOSE, at)
        abroad = await self._consents.check(tenant_id, contact_id, channel, ABROAD_PURPOSE, at)
        records = tuple(a.record_id for a in (share, abroad) if a.is_allowed and a.record_id)
        reason = "" if share.is_allowed else share.reason
        return ContactConsent(contact_id, share.is_allowed, abroad.is_allowed, reason, records)

    def _request(
        self, tenant_id: str, wish: Wish, partner: Partner, by: Human, correlation_id: str, effect_id: str
    ) -> SharingRequest:
        now, request_id = self._now(), effect_id or self._new_id()
        classification = self._classified(wish)
        return SharingRequest(
            id=request_id,
            tenant_id=tenant_id,
            wish=wish,
            partner_name=partner.facts.name,
            country=partner.facts.country,
            level=classification.level,
            pdpl_applies=classification.pdpl_applies,
            needs_dpo=classification.needs_dpo,
            not_held=classification.not_held,
            requested_by=by,
            requested_at=now,
            correlation_id=correlation_id or request_id,
            updated_at=now,
        )

    async def _block(self, request: SharingRequest, code: str) -> SharingRequest:
        blocked = replace(request, blocked_code=code, decided_at=self._now())
        if request.grant_id:
            await self._grants.revoke_unused(request.tenant_id, request.approval_id, self._now())
            # A crash may have come between the file and the word that it is there.
            await self._rows.delete_files(request.tenant_id, request.id)
        await self._ledger.note("sharing_blocked", blocked, NOBODY)
        return await self._ledger.step(blocked, SharingStatus.BLOCKED)
