"""
What contradicts itself about one contact: consent and stop at once, stage and payment, what they said. Pure.

Rule 1: no phone and no name stands in a find; the conversation is named, and whoever may see it opens it there.
Rule 2: a consent that was withdrawn, has ended or was undone contradicts nothing.
Rule 3: whoever is bound by a restriction or was erased is nobody's find.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.contradictions.kinds import BY_NAME
from bot.contradictions.register import Found, Side
from bot.contradictions.statements import Statement, conflicting
from bot.memory.fact import Conflict
from bot.privacy.consent import CHANNELS, PURPOSES, ConsentEvent, judge
from bot.shown_text import masked

# What a deal can be only after money came in, and what it cannot be any more afterwards.
PAID_STAGES = ("pilot_active", "closed_won")
UNPAID_STAGES = (
    *("new_lead", "qualifying", "qualified", "nurturing", "meeting_booked", "meeting_done"),
    *("proposal_sent", "negotiating", "payment_requested"),
)


@dataclass(frozen=True, slots=True)
class ContactState:
    """What is on record of one contact, as far as it can contradict itself."""

    conversation_id: str
    stage: str
    suppressed_for: str = ""
    """Why we may not write to them, empty when we may."""
    suppressed_at: datetime | None = None
    consents: tuple[ConsentEvent, ...] = ()
    payment: str = ""
    """The id of the fact that money came in, empty where nobody verified any."""
    payment_is_known: bool = False
    """Whether anybody looked for that fact."""
    statements: tuple[Statement, ...] = ()
    has_told: bool = False
    """Whether they wrote often enough to contradict themselves."""
    conflicts: tuple[Conflict, ...] = ()
    """What the memory of contacts holds of them that cannot all be so."""


def found_about(contact: ContactState, now: datetime) -> list[Found]:
    """Everything about one contact."""
    return [*_consent(contact, now), *_payment(contact), *_statements(contact)]


def _consent(contact: ContactState, now: datetime) -> Iterator[Found]:
    if not contact.suppressed_for:
        return
    granted = [
        (channel, purpose, answer.record_id)
        for channel in CHANNELS
        for purpose in PURPOSES
        if (answer := judge(contact.consents, channel, purpose, now)).is_allowed
    ]
    if not granted:
        return
    records = tuple(dict.fromkeys(record for *_, record in granted))
    what = ", ".join(dict.fromkeys(f"{channel}/{purpose}" for channel, purpose, _ in granted))
    stop = Side(f"suppression of {_name(contact)}", f"{contact.suppressed_for}: never write again")
    yes = Side(f"consent {records[0]}", f"granted for {what}")
    yield _found("consent_and_stop", yes, stop, contact, *records)


def _payment(contact: ContactState) -> Iterator[Found]:
    if not contact.payment_is_known:
        return
    stage = Side(f"stage of {_name(contact)}", contact.stage)
    if contact.stage in PAID_STAGES and not contact.payment:
        yield _found(
            "stage_and_payment",
            stage,
            Side(f"payments of {_name(contact)}", "no payment was ever verified"),
            contact,
        )
    elif contact.stage in UNPAID_STAGES and contact.payment:
        paid = Side(f"payments of {_name(contact)}", "a payment was verified")
        yield _found("stage_and_payment", stage, paid, contact, contact.payment)


def _statements(contact: ContactState) -> Iterator[Found]:
    for earlier, later in conflicting(contact.statements):
        a, b = (Side(f"{_name(contact)}, {one.topic}, {one.source}", one.quote) for one in (earlier, later))
        yield _found("statements_conflict", a, b, contact, earlier.source, later.source)
    heard = {one.topic for one, _ in conflicting(contact.statements)}
    for conflict in contact.conflicts:
        if conflict.key in heard:
            continue  # the same in the contact's own words
        pair = conflict.facts[-2:]
        a, b = (
            Side(f"{_name(contact)}, {f.key}, {f.source_message_id}", masked(f"{f.key}: {f.value}")) for f in pair
        )
        yield _found("statements_conflict", a, b, contact, *(f.source_message_id for f in pair))


def _found(detector: str, a: Side, b: Side, contact: ContactState, *evidence: str) -> Found:
    kind = BY_NAME[detector]
    return Found(detector, kind.kind, kind.severity, a, b, about=contact.conversation_id, evidence=(*evidence,))


def _name(contact: ContactState) -> str:
    return f"conversation {contact.conversation_id}" if contact.conversation_id else "a contact without a talk"


def worth_looking(contacts: Sequence[ContactState]) -> list[ContactState]:
    """Those that can contradict themselves at all."""
    return [c for c in contacts if c.suppressed_for or c.payment_is_known or len(c.statements) > 1 or c.conflicts]
