"""
Handles one row: decides about it, and where drafts are to be made, makes one draft, held for a human.

Rule 1: a row goes the way of every message: recorded once in its contact's mailbox, decided by the rules in
        force, one draft at most. Nothing that comes of it leaves by itself.
Rule 2: who said no is left alone: an opt-out, a consent withdrawn, a restriction. The row is not even recorded.
Rule 3: broken off anywhere and handled again, a row comes to the same result: its key is claimed before it is
        recorded, and recorded once.
Rule 4: a dry run decides with the same parts on a copy, and changes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import structlog
from pydantic import TypeAdapter

from bot.ask import Ask, Reported, fields_of
from bot.bulk.job import BulkRows, Item, ItemStatus, Owner
from bot.bulk.row import Row, fault
from bot.conversation import Conversation, Waiting
from bot.decision import Decision
from bot.elsewhere import NotHandledYet
from bot.errors import MailboxFull
from bot.events import InboundMessage, Kind
from bot.gate import FOLLOW_UP_IS, IMPORTED, inbound_of
from bot.logs import trail
from bot.notebook import Log, Notebook
from bot.pipeline import Pipeline
from bot.playbook import Playbook
from bot.postures import PostureCache
from bot.privacy import consent
from bot.privacy.consent import ConsentEvent
from bot.privacy.fingerprints import Fingerprints
from bot.storable import storable, well_formed
from bot.store import Arrival
from bot.workbench.rehearsal_room import Room

logger = structlog.get_logger()

_MESSAGE = TypeAdapter(InboundMessage)

# What of a decision is kept with a row; the whole of it is in the timeline of the conversation.
KEPT = (
    *(
        "previous_stage",
        "intent_detected",
        "new_stage",
        "proposed_stage",
        "human_approval_required",
        "confidence",
    ),
    *("opt_out", "response_language", "hold_reasons", "flags", "silence_reason", "book_version"),
    *("response_message_ar", "correlation_id"),
)

# As many rows of one contact before a row are looked at again in a dry run that was broken off between them.
REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a contact stands to being written to."""

    refused: str
    """Why nobody is to write to them, empty when they may."""
    consents: tuple[ConsentEvent, ...] = ()


class Handling:
    """What a row comes to."""

    def __init__(
        self,
        *,
        rows: BulkRows,
        notebook: Notebook,
        ask: Ask,
        playbook_of: Callable[[str], Playbook],
        fingerprints: Fingerprints,
        consents_of: Callable[[Conversation], Awaitable[Sequence[ConsentEvent]]],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._notebook = notebook
        self._store = notebook.store
        self._ask = ask
        self._fingerprints = fingerprints
        self._consents_of = consents_of
        self._now = now
        self._new_id = new_id
        air = Room(Conversation("", "", (), now()))
        self._pipeline = Pipeline(air, notebook.tenants, playbook_of, PostureCache(air, now), new_id)

    async def create(self, item: Item, owner: Owner | None) -> Item | None:
        """
        Make what is to be made of a row; answers its result, None when it must be looked at again later.

        Safe to call again for the same row.

        Args:
            owner: who had claimed its key when somebody last looked.
        """
        row, mine = item.as_row(), Owner(item.job_id, item.index)
        contact = await self.contact_of(item, row)
        if contact is None:
            return _failed(item, "unknown_contact", "lead_id")
        standing = await self._standing(contact)
        if owner is None:
            if standing.refused:
                return replace(
                    item, status=ItemStatus.SUPPRESSED, reason=standing.refused, conversation_id=contact.id
                )
            owner = await self._rows.claim(item.tenant_id, item.key, mine, item.expires_at)
        if owner != mine:
            return replace(item, status=ItemStatus.DUPLICATE, reason="imported_before", of_job=owner.job_id)
        try:
            if not item.says:
                return await self._noted(item, row, contact)
            return await self._answered(item, row, contact, standing)
        except MailboxFull:
            await self._rows.release(item.tenant_id, item.key, mine)
            return _failed(item, "contact_full", "")
        except NotHandledYet:
            return None

    async def rehearse(
        self, item: Item, contact: Conversation | None, owner: Owner | None = None
    ) -> tuple[Item, Conversation | None]:
        """What `create` would come to, on a copy; answers the contact as it would be afterwards."""
        row = item.as_row()
        if contact is None:
            contact = await self.contact_of(item, row)
        if contact is None:
            return _failed(item, "unknown_contact", "lead_id"), None
        if owner is not None:
            known = replace(item, status=ItemStatus.DUPLICATE, reason="imported_before", of_job=owner.job_id)
            return known, contact
        standing = await self._standing(contact)
        if standing.refused:
            return replace(item, status=ItemStatus.SUPPRESSED, reason=standing.refused), contact
        if not item.says:
            return replace(item, status=ItemStatus.OK, decision=_ONLY_NAMED), contact
        return await self._decided(item, row, deepcopy(contact), standing)

    async def contact_of(self, item: Item, row: Row) -> Conversation | None:
        """Who it is about, as stored, or somebody new; None for an id that nobody has here."""
        conversations = self._store.conversations
        if not row.phone:
            return await conversations.read(item.tenant_id, row.lead_id)
        known = await conversations.by_key(item.tenant_id, item.contact)
        return known or Conversation("", item.tenant_id, (item.contact,), self._now(), phone=row.phone)

    async def said_no(self, contact: Conversation) -> str:
        """Why nobody is to be written to about this, empty when they may."""
        return (await self._standing(contact)).refused

    async def _standing(self, contact: Conversation) -> _Standing:
        if contact.suppression is not None:
            return _Standing("opted_out")
        if contact.restricted:
            return _Standing("restricted")
        known = self._fingerprints.with_fingerprints(contact.tenant_id, contact.keys)
        if await self._store.suppressions.find(contact.tenant_id, known):
            return _Standing("opted_out")
        events = await self._consents_of(contact)
        held = consent.judge(events, *FOLLOW_UP_IS, self._now())
        return _Standing("consent_revoked" if held.reason == "revoked" else "", tuple(events))

    def _can_be_sent(self, contact: Conversation, row: Row, standing: _Standing) -> bool:
        """Whether an answer that a human agrees to could leave now: the window is open, or a consent is there."""
        tenant, now = self._notebook.tenants[contact.tenant_id], self._now()
        inbound = inbound_of(self._opened_by(contact, row), tenant)
        return consent.judge(standing.consents, *FOLLOW_UP_IS, now, inbound).is_allowed

    def _opened_by(self, contact: Conversation, row: Row) -> Conversation:
        """The contact with the service window that a row opens, as the mailbox would."""
        if row.source != "whatsapp_inbound" or row.sent_at is None:
            return contact
        channels = self._notebook.tenants[contact.tenant_id].channels
        channel, wrote = channels[0] if channels else "", min(row.sent_at, self._now())
        windows = {**contact.windows, channel: max(contact.windows.get(channel, wrote), wrote)}
        return replace(contact, windows=windows)

    async def _answered(self, item: Item, row: Row, contact: Conversation, standing: _Standing) -> Item:
        """A message: reported like any other event, with everything that answers it held."""
        told = await self._ask.act(item.tenant_id, _reported(item, row))
        done = replace(item, status=ItemStatus.OK, conversation_id=told["lead_id"])
        if "intent_detected" not in told:
            stored = await self._store.conversations.read(item.tenant_id, told["lead_id"])
            assert stored is not None
            return await self._not_decided(done, stored)
        decision = {name: told[name] for name in KEPT if name in told}
        draft_id = told["execution"]["draft_id"] or ""
        if draft_id:
            decision["can_be_sent"] = self._can_be_sent(contact, row, standing)
        return replace(done, decision=decision, draft_id=draft_id)

    async def _not_decided(self, item: Item, stored: Conversation) -> Item:
        """It was recorded, and nothing was decided about it: the same was heard before, or it was parked."""
        if any(waiting.what == "message" for waiting in stored.mailbox):
            raise NotHandledYet("it waits in the mailbox")
        entries = await self._store.conversations.log_of(item.tenant_id, item.conversation_id)
        if any(entry.what == "event_parked" for entry in entries[-20:]):
            return _failed(item, "not_handled", "")
        return replace(item, status=ItemStatus.DUPLICATE, reason="heard_before")

    async def _noted(self, item: Item, row: Row, contact: Conversation) -> Item:
        """A lead of whom nothing else is known: there is a contact then, and nothing to say."""
        now = self._now()
        event = Waiting(f"bulk|{item.key[:32]}", "opened", "", now, self._new_id(), {}, is_urgent=True)
        name = well_formed(row.name or row.company)[:100]
        arrival = Arrival(
            item.tenant_id, event, contact.keys, contact.phone, "" if contact.name else name, wake_at=now
        )
        recorded = await self._store.conversations.record(arrival, now, self._new_id())
        self._notebook.bell.ring(item.tenant_id, recorded.conversation_id, now)
        return replace(item, status=ItemStatus.OK, decision=_ONLY_NAMED, conversation_id=recorded.conversation_id)

    async def _decided(
        self, item: Item, row: Row, copy: Conversation, standing: _Standing
    ) -> tuple[Item, Conversation | None]:
        now, copy = self._now(), self._opened_by(copy, row)
        before = {draft.id for draft in copy.outbox}
        try:
            decision = await self._pipeline.handle(copy, [_waiting(item, row, copy.keys, now)], Log(now))
        except Exception as failed:  # noqa: BLE001  (the border of a job: the next row must go on)
            logger.error("bulk_row_failed", job=item.job_id, line=item.line, **trail(failed))
            return _failed(item, "not_handled", ""), None
        if decision is None:
            return replace(item, status=ItemStatus.DUPLICATE, reason="heard_before"), copy
        told: dict[str, Any] = _told(decision)
        told["human_approval_required"] = bool({draft.id for draft in copy.outbox} - before)
        if told["human_approval_required"]:
            told["can_be_sent"] = self._can_be_sent(copy, row, standing)
        return replace(item, status=ItemStatus.OK, decision=told), copy


_ONLY_NAMED: Mapping[str, Any] = MappingProxyType({"silence_reason": "nothing_was_said"})


def _told(decision: Decision) -> dict[str, Any]:
    fields = fields_of(decision.facts(hidden="•••"))
    said = decision.rendered.text if decision.rendered else ""
    return {**{name: fields[name] for name in KEPT if name in fields}, "response_message_ar": said}


def _reported(item: Item, row: Row) -> Reported:
    return Reported(
        lead_id="" if row.phone else row.lead_id,
        phone=row.phone,
        name=well_formed(row.name or row.company),
        text=row.message,
        button_id=row.button_id,
        is_from_whatsapp=row.source == "whatsapp_inbound" and row.sent_at is not None,
        source=row.source,
        event_id=f"bulk:{item.key}",
        sent_at=row.sent_at,
        hold=IMPORTED,
    )


def _waiting(item: Item, row: Row, keys: tuple[str, ...], now: datetime) -> Waiting:
    message = InboundMessage(
        key=item.key[:32],
        contact_keys=keys,
        kind=Kind.BUTTON if row.button_id else Kind.TEXT,
        text=row.message,
        button_id=row.button_id,
        phone=row.phone,
        profile_name=row.name,
        sent_at=row.sent_at,
    )
    data = storable({**_MESSAGE.dump_python(message), "raw": {}})
    return Waiting(f"api|{message.key}", "message", "", now, item.key[:26], data, is_urgent=True, hold=IMPORTED)


def _failed(item: Item, code: str, field: str) -> Item:
    return replace(item, status=ItemStatus.ERROR, faults=(fault(code, field),))
