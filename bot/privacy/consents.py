"""
The book of consents: who may grant and revoke in it, and the one question that everybody asks it.

Rule 1: events are added and never changed. What holds now is computed from them, by `bot.privacy.consent`.
Rule 2: a grant names its basis and its evidence, or it is none. Marketing takes what the contact did on purpose.
Rule 3: a revocation acts at once: what was going to be sent unasked is cancelled with it, and a send that is
        being prepared meanwhile finds its conversation changed.
Rule 4: whoever asked us to stop, or to restrict the use of their data, may not be written to, whatever else is
        granted.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.audit import Audit
from bot.contacts import Contact, contact_of
from bot.conversation import UNASKED_FOR, Conversation
from bot.errors import BadRequest, NotFound
from bot.follow_ups import cancel_waiting
from bot.gate import inbound_of
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.privacy.consent import (
    ALL,
    BASES,
    CHANNELS,
    EXPLICIT,
    GRANTED,
    PURPOSES,
    REVOKED,
    Allowance,
    ConsentEvent,
    a_year_after,
    judge,
)
from bot.privacy.fingerprints import Fingerprints
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """A consent that somebody wants recorded."""

    channel: str
    purpose: str
    basis: str
    evidence_ref: str
    text: str = ""
    text_version: str = ""
    at: datetime | None = None
    """When the contact agreed; now when it is not said."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about the consents of one contact."""

    contact_id: str
    keys: tuple[str, ...]
    phone: str
    events: tuple[ConsentEvent, ...]
    now: tuple[tuple[str, str, Allowance], ...]
    """(channel, purpose, what holds) for each of them."""


@dataclass(frozen=True, slots=True)
class BareSend:
    """A message that nobody asked for, sent without a consent on record. There must be none."""

    conversation_id: str
    draft_id: str
    attempt_id: str
    at: datetime


class Consents:
    """Grants, revokes, answers."""

    def __init__(
        self,
        notebook: Notebook,
        fingerprints: Fingerprints,
        audit: Audit,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._notebook = notebook
        self._store = notebook.store
        self._fingerprints = fingerprints
        self._audit = audit
        self._now = now
        self._new_id = new_id

    async def check(
        self, tenant_id: str, contact: str, channel: str, purpose: str, at: datetime | None = None
    ) -> Allowance:
        """
        Whether a tenant may use a channel for a purpose with a contact, at a moment; the default is no.

        Args:
            contact: the id of a conversation, a contact key, or a phone.
        """
        try:
            found = await contact_of(self._store, tenant_id, contact)
        except NotFound:
            return Allowance(False, "none")
        return (await self._answers(tenant_id, found, [(channel, purpose)], at or self._now()))[0]

    async def show(self, tenant_id: str, contact: str) -> Shown:
        """Every event of a contact, and what holds now. Raises NotFound."""
        found = await contact_of(self._store, tenant_id, contact)
        wanted = [(channel, purpose) for channel in CHANNELS for purpose in PURPOSES]
        answers = await self._answers(tenant_id, found, wanted, self._now())
        held = tuple((*pair, answer) for pair, answer in zip(wanted, answers, strict=True))
        return Shown(found.id, found.keys, found.phone, tuple(await self._events(tenant_id, found.keys)), held)

    async def grant(
        self, tenant_id: str, contact: str, wanted: Wanted, by: Human, source: str, event_id: str = ""
    ) -> ConsentEvent:
        """
        Record a consent, for good. Raises BadRequest, NotFound.

        Args:
            event_id: the same when a request is repeated, so that it is recorded once.
        """
        found = await contact_of(self._store, tenant_id, contact)
        event = self._granted(tenant_id, found, wanted, by, source)
        event = replace(event, id=event_id) if event_id else event
        if not await self._store.consents.add([event]):
            return event
        await self._audit.note(
            tenant_id,
            "consent_granted",
            by,
            conversation_id=found.id,
            record=event.id,
            channel=event.channel,
            purpose=event.purpose,
            basis=event.basis,
            source=source,
            expires_at=event.expires_at,
        )
        return event

    async def import_grants(
        self, tenant_id: str, wanted: Sequence[tuple[str, Wanted]], by: Human
    ) -> list[ConsentEvent]:
        """Record what a list of (phone, consent) says; nothing of it undoes a revocation. Raises BadRequest."""
        events = []
        for phone, one in wanted:
            found = await contact_of(self._store, tenant_id, phone)
            events.append(self._granted(tenant_id, found, one, by, "import"))
        await self._store.consents.add(events)
        ids = [event.id for event in events]
        await self._audit.note(tenant_id, "consents_imported", by, count=len(ids), records=ids[:1_000])
        return events

    async def revoke(
        self,
        tenant_id: str,
        contact: str,
        by: Human,
        source: str,
        *,
        channel: str = ALL,
        purpose: str = ALL,
        evidence_ref: str = "",
        at: datetime | None = None,
        event_id: str = "",
    ) -> ConsentEvent:
        """Withdraw a consent, or all of them, at once. Raises BadRequest, NotFound."""
        _one_of("channel", channel, (*CHANNELS, ALL))
        _one_of("purpose", purpose, (*PURPOSES, ALL))
        found = await contact_of(self._store, tenant_id, contact)
        event = self._event(tenant_id, found, channel, purpose, REVOKED, by, source, evidence_ref, at)
        event = replace(event, id=event_id) if event_id else event
        await self._store.consents.add([event])
        told = {"record": event.id, "channel": channel, "purpose": purpose, "source": source}
        if found.conversation is None:
            await self._audit.note(tenant_id, "consent_revoked", by, **told)
            return event

        def edit(conversation: Conversation, log: Log) -> None:
            cancel_waiting(conversation, log, "no_consent")
            log.add("consent_revoked", "", by=by.id, by_name=by.name, **told)

        await self._notebook.change(tenant_id, found.id, edit)
        return event

    async def bare_sends(self, tenant_id: str, since: datetime, until: datetime) -> list[BareSend]:
        """Messages that nobody asked for and no consent allowed."""
        kinds = {kind.value for kind in UNASKED_FOR}
        return [
            BareSend(item.conversation_id, item.entry.data["draft"], item.entry.data["attempt"], item.entry.at)
            async for item in self._store.timeline.each(tenant_id, ("attempt_started",), since, until)
            if item.entry.data.get("kind") in kinds and not item.entry.data.get("consent")
        ]

    async def _answers(
        self, tenant_id: str, found: Contact, wanted: Sequence[tuple[str, str]], at: datetime
    ) -> list[Allowance]:
        reason = await self._refused_altogether(tenant_id, found)
        if reason:
            return [Allowance(False, reason) for _ in wanted]
        events = await self._events(tenant_id, found.keys)
        inbound = None
        if found.conversation is not None:
            inbound = inbound_of(found.conversation, self._notebook.tenants[tenant_id])
        return [judge(events, channel, purpose, at, inbound) for channel, purpose in wanted]

    async def _refused_altogether(self, tenant_id: str, found: Contact) -> str:
        if found.conversation is not None and found.conversation.restricted:
            return "restricted"
        if found.conversation is not None and found.conversation.is_suppressed:
            return "opted_out"
        keys = self._fingerprints.with_fingerprints(tenant_id, found.keys)
        return "opted_out" if await self._store.suppressions.find(tenant_id, keys) else ""

    async def _events(self, tenant_id: str, keys: Sequence[str]) -> list[ConsentEvent]:
        known = self._fingerprints.with_fingerprints(tenant_id, keys)
        return await self._store.consents.of_contact(tenant_id, known)

    def _granted(self, tenant_id: str, found: Contact, wanted: Wanted, by: Human, source: str) -> ConsentEvent:
        check_wanted(wanted, self._now())
        at = wanted.at or self._now()
        return self._event(
            tenant_id,
            found,
            wanted.channel,
            wanted.purpose,
            GRANTED,
            by,
            source,
            wanted.evidence_ref.strip(),
            at,
            wanted=wanted,
        )

    def _event(
        self,
        tenant_id: str,
        found: Contact,
        channel: str,
        purpose: str,
        action: str,
        by: Human,
        source: str,
        evidence_ref: str,
        at: datetime | None,
        *,
        wanted: Wanted | None = None,
    ) -> ConsentEvent:
        now = self._now()
        at, event_id = at or now, self._new_id()
        return ConsentEvent(
            id=event_id,
            tenant_id=tenant_id,
            contact_id=found.id,
            keys=found.keys,
            phone_e164=found.phone,
            channel=channel,
            purpose=purpose,
            action=action,
            basis=wanted.basis if wanted else "",
            source=source,
            evidence_ref=evidence_ref,
            text=wanted.text if wanted else "",
            text_version=wanted.text_version if wanted else "",
            actor=by.id,
            at=at,
            recorded_at=now,
            expires_at=(wanted.expires_at or a_year_after(at)) if wanted else None,
            correlation_id=event_id,
        )


def reader(
    store: Store, fingerprints: Fingerprints
) -> Callable[[Conversation], Awaitable[Sequence[ConsentEvent]]]:
    """What the gate asks for before a message that nobody asked for."""

    async def events_of(conversation: Conversation) -> Sequence[ConsentEvent]:
        known = fingerprints.with_fingerprints(conversation.tenant_id, conversation.keys)
        return await store.consents.of_contact(conversation.tenant_id, known)

    return events_of


def check_wanted(wanted: Wanted, now: datetime) -> None:
    """Raises BadRequest when this could never be a consent."""
    _one_of("channel", wanted.channel, CHANNELS)
    _one_of("purpose", wanted.purpose, PURPOSES)
    _one_of("basis", wanted.basis, BASES)
    if not wanted.evidence_ref.strip():
        raise BadRequest(
            "a consent needs evidence: the id of the form, booking, message or contract that shows it",
            "الموافقة تحتاج دليلًا: معرّف النموذج أو الحجز أو الرسالة أو العقد الذي يثبتها",
        )
    if wanted.purpose == "marketing" and wanted.basis not in EXPLICIT:
        raise BadRequest(
            f"marketing needs an explicit consent ({' or '.join(sorted(EXPLICIT))}); {wanted.basis} is none",
            "التسويق يحتاج موافقة صريحة من العميل (explicit_consent أو form_submission)",
        )
    if wanted.expires_at is not None and wanted.expires_at <= (wanted.at or now):
        raise BadRequest(
            "a consent must expire after it begins; change expires_at",
            "يجب أن تنتهي الموافقة بعد بدايتها؛ عدّل expires_at",
        )


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise BadRequest(
            f"{value!r} is no {what}: choose one of {', '.join(known)}",
            f"قيمة غير معروفة ({what})؛ اختر من: {', '.join(known)}",
        )


def fields_of(event: ConsentEvent) -> Mapping[str, object]:
    """An event as a caller may see it: without keys, which name the person a second time."""
    names = (
        *("id", "contact_id", "channel", "purpose", "action", "basis", "source", "evidence_ref", "text"),
        *("text_version", "actor", "at", "recorded_at", "expires_at"),
    )
    return {name: getattr(event, name) for name in names}
