"""
`sync_crm`, step by step: may we, the contact, the deal.

Rule 1: a contact without a lawful basis, or one who stopped us, does not go to the records.
Rule 2: what stands there already is not written again; a contact is written when they changed, a deal when it
        did, and whose it is once.
Rule 3: a wish to wait is obeyed; a key that is not known is told to the admins, once for each key.
Rule 4: one run writes about a contact at a time, in the order in which they were asked for.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.actions.action import Action, Watcher, Words
from bot.actions.outcome import ended, says
from bot.alerts import Alerts
from bot.conversation import Conversation
from bot.crm.crm import ContactCard, Crm, CrmDesks, CrmLink, CrmLinks, DealCard, NotWritten, Trouble, Written
from bot.evidence.canonical import sha256
from bot.privacy.consent import Allowance
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, again, done
from bot.runs.room import Runs
from bot.runs.run import RunStatus
from bot.store import Store

NAME = "sync_crm"
STEPS = ("contact", "deal")
CONNECTOR = "hubspot"

# For what a tenant may keep a contact in its records: any of these, on the channel that they write on.
PURPOSES = ("sales", "service", "sales_reply", "marketing")

AGAIN_AFTER_SECONDS = 30.0

# Whoever is behind another run about the same contact looks again after this; so many runs are looked at.
BEHIND_SECONDS = 2.0
LOOKED_AT = 50
# A service that is away for half a day is a person's business.
TRIES = 40


class Consents(Protocol):
    """Whoever knows what a contact agreed to."""

    async def check(
        self, tenant_id: str, contact: str, channel: str, purpose: str, at: datetime | None = None
    ) -> Allowance: ...


class Valued(Protocol):
    """The terms of a deal."""

    @property
    def value_halalas(self) -> int | None: ...


class Terms(Protocol):
    """Whoever keeps what a deal is worth."""

    async def of(self, tenant_id: str, conversation_id: str) -> Valued: ...


@dataclass(frozen=True, slots=True)
class CrmWork:
    """Its steps."""

    store: Store
    rows: CrmLinks
    desks: CrmDesks | None
    consents: Consents
    terms: Terms | None
    alerts: Alerts
    runs: Runs
    watcher: Watcher | None
    now: Callable[[], datetime]

    def action(self) -> Action:
        """What the room of actions does under this name."""
        steps = (
            Step(STEPS[0], self.contact, title_en="The contact", title_ar="سجل العميل"),
            Step(STEPS[1], self.deal, title_en="The deal", title_ar="سجل الصفقة"),
        )
        flow = Flow(
            NAME, 1, steps, title_en="Write to the customer records", title_ar="المزامنة مع سجلات العملاء"
        )
        return Action(
            NAME,
            flow,
            reaches_contact=False,
            missing=self.missing,
            connector=CONNECTOR,
            follows_moves=True,
            carries_newest=True,
        )

    def missing(self, tenant_id: str) -> Words | None:
        """What it cannot be done without."""
        if self._crm(tenant_id) is not None:
            return None
        return Words(
            "no customer records are configured here: set HUBSPOT_TOKEN",
            "لا توجد سجلات عملاء مهيأة هنا: عيّن HUBSPOT_TOKEN",
        )

    async def contact(self, turn: Turn) -> Next:
        found = await self._welcome(turn)
        if not isinstance(found, Conversation):
            return found
        if await self._is_somebody_ahead(turn):
            return again(BEHIND_SECONDS, **says(*_BEHIND))
        if not await self._has_basis(turn.tenant_id, found.id):
            return ended("cancelled", *_NO_BASIS)
        crm, known = self._required(turn.tenant_id), await self.rows.read(turn.tenant_id, found.id)
        card = contact_card(found)
        if known is not None and known.contact_ref and known.contact_sha256 == _hash_of(card):
            if known.deal_ref and known.deal_sha256 == _hash_of(await self._deal_card(found)):
                return ended("done", contact=known.contact_ref, deal=known.deal_ref, unchanged=True)
            return done(contact_ref=known.contact_ref)
        if known is None:
            known = CrmLink(turn.tenant_id, found.id, crm.name, "", "", self.now())
            await self.rows.keep(known)
            # Whoever is forgotten from here on finds the row; whoever was a moment ago is seen now.
            if not isinstance(stopped := await self._welcome(turn), Conversation):
                await self.rows.drop(turn.tenant_id, found.id)
                return stopped
        answer = await crm.contacts([card])
        after = await self._written(turn, crm, answer, found.id, "contact_ref")
        if ref := str(after.patch.get("contact_ref", "")):
            deal_ref = known.deal_ref if ref == known.contact_ref else ""  # another record has no deal yet
            fresh = replace(known, contact_ref=ref, deal_ref=deal_ref, contact_sha256=_hash_of(card))
            await self.rows.keep(replace(fresh, synced_at=self.now()))
        return after

    async def deal(self, turn: Turn) -> Next:
        found = await self._welcome(turn)
        if not isinstance(found, Conversation):
            return found
        crm, contact_ref = self._required(turn.tenant_id), str(turn.state["contact_ref"])
        card, known = await self._deal_card(found), await self.rows.read(turn.tenant_id, found.id)
        after = await self._written(turn, crm, await crm.deals([card]), found.id, "deal_ref")
        deal_ref = str(after.patch.get("deal_ref", ""))
        if not deal_ref:
            return after
        if known is None or known.deal_ref != deal_ref:
            unjoined = await crm.join(deal_ref, contact_ref)
            if unjoined is not None:
                return await self._not_written(turn, crm, unjoined)
        known = known or CrmLink(turn.tenant_id, found.id, crm.name, contact_ref, deal_ref, self.now())
        fresh = replace(known, deal_ref=deal_ref, deal_sha256=_hash_of(card), synced_at=self.now())
        await self.rows.keep(fresh)
        return ended("done", contact=contact_ref, deal=deal_ref)

    async def _welcome(self, turn: Turn) -> Conversation | Next:
        """The contact, if they may go to the records now; else how this ends."""
        found = await self.store.conversations.read(turn.tenant_id, turn.state["conversation_id"])
        is_closed = found is None or found.is_suppressed or bool(found.restricted)
        return ended("cancelled", *_CLOSED) if found is None or is_closed else found

    async def _is_somebody_ahead(self, turn: Turn) -> bool:
        """
        Whether an earlier run about this contact is at it: two at once could leave there what the slower one saw.
        """
        views = await self.runs.concerning(turn.tenant_id, turn.state["conversation_id"], LOOKED_AT)
        mine = next((view.run for view in views if view.run.id == turn.run_id), None)
        return mine is not None and any(
            view.run.flow == NAME
            and view.run.step in STEPS
            and view.run.status in (RunStatus.PENDING, RunStatus.RUNNING)
            and not view.run.is_parked
            and (view.run.created_at, view.run.id) < (mine.created_at, mine.id)
            for view in views
        )

    async def _written(
        self, turn: Turn, crm: Crm, answer: Written | NotWritten, our_id: str, remember_as: str
    ) -> Next:
        if isinstance(answer, NotWritten):
            return await self._not_written(turn, crm, answer)
        ref = answer.refs.get(our_id)
        if ref is None:
            code = answer.refused.get(our_id, "not_answered")
            await self._saw(turn, "refused", answer.latency_ms)
            raise GiveUp(*_refused(code), code=code)
        await self._saw(turn, "ok", answer.latency_ms)
        return done(tries=0, **{remember_as: ref})

    async def _not_written(self, turn: Turn, crm: Crm, answer: NotWritten) -> Next:
        await self._saw(turn, _SEEN[answer.trouble], answer.latency_ms)
        if answer.trouble is Trouble.AUTH_FAILED:
            await self.alerts.tell(
                turn.tenant_id,
                "crm_auth_failed",
                "The customer records refuse our key",
                "سجلات العملاء ترفض مفتاحنا",
                f"{crm.name}: {answer.code}",
                f"crm_auth_failed:{crm.name}:{crm.key_id}",
                about=crm.name,
            )
            raise GiveUp(*_AUTH_FAILED, code="auth_failed")
        tries = int(turn.state.get("tries", 0)) + 1
        if answer.trouble is Trouble.REFUSED or tries > TRIES:
            raise GiveUp(*_refused(answer.code), code=answer.code)
        pause = answer.retry_after_seconds
        return again(AGAIN_AFTER_SECONDS if pause is None else max(pause, 1.0), tries=tries, **says(*_AWAY))

    async def _saw(self, turn: Turn, outcome: str, latency_ms: float) -> None:
        if self.watcher is not None:
            await self.watcher.saw(turn.tenant_id, CONNECTOR, outcome, latency_ms)  # type: ignore[arg-type]

    async def _has_basis(self, tenant_id: str, conversation_id: str) -> bool:
        for purpose in PURPOSES:
            if (await self.consents.check(tenant_id, conversation_id, "whatsapp", purpose)).is_allowed:
                return True
        return False

    async def _value(self, found: Conversation) -> int | None:
        return (await self.terms.of(found.tenant_id, found.id)).value_halalas if self.terms else None

    async def _deal_card(self, found: Conversation) -> DealCard:
        return deal_card(found, await self._value(found))

    def _crm(self, tenant_id: str) -> Crm | None:
        return self.desks.of(tenant_id) if self.desks else None

    def _required(self, tenant_id: str) -> Crm:
        crm = self._crm(tenant_id)
        if crm is None:
            missing = self.missing(tenant_id)
            assert missing is not None
            raise GiveUp(missing.en, missing.ar, code="not_configured")
        return crm


def contact_card(found: Conversation) -> ContactCard:
    """Who a contact is; not a word of what they wrote."""
    return ContactCard(found.id, found.name, found.phone)


def deal_card(found: Conversation, value_halalas: int | None) -> DealCard:
    """Where their deal stands."""
    return DealCard(found.id, found.name or f"WhatsApp {found.id[-6:]}", found.stage, value_halalas)


def _hash_of(card: ContactCard | DealCard) -> str:
    """What tells what would be written from what was."""
    return sha256(asdict(card))


def _refused(code: str) -> tuple[str, str]:
    return (
        f"the customer records refused this ({code}): look whether the unique property exists there, then retry",
        f"رفضت سجلات العملاء هذا ({code}): تأكد من وجود الخاصية الفريدة هناك ثم أعد المحاولة",
    )


_SEEN = {
    Trouble.AUTH_FAILED: "auth_failed",
    Trouble.BUSY: "refused",
    Trouble.AWAY: "timeout",
    Trouble.REFUSED: "refused",
}
_CLOSED = (
    "this contact stopped us, restricted the use of their data, or is not here any more",
    "أوقف هذا العميل مراسلتنا أو قيّد استعمال بياناته أو لم يعد موجودًا لدينا",
)
_NO_BASIS = (
    "there is no lawful basis to keep this contact in other records: no consent on record, and they have not "
    "written lately",
    "لا أساس نظامي لحفظ هذا العميل في سجلات أخرى: لا موافقة مسجلة ولم يراسلنا مؤخرًا",
)
_BEHIND = (
    "an earlier one about this contact is at it; this one follows",
    "تجري مزامنة سابقة لهذا العميل، وتليها هذه",
)
_AWAY = ("the customer records do not answer; they are asked again", "سجلات العملاء لا تستجيب؛ ستُعاد المحاولة")
_AUTH_FAILED = (
    "the customer records refuse our key: set HUBSPOT_TOKEN anew, then retry",
    "سجلات العملاء ترفض مفتاحنا: عيّن HUBSPOT_TOKEN من جديد ثم أعد المحاولة",
)
