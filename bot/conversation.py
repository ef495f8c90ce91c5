"""
What we remember about one contact: one record, changed by one conditional write.

Rule 1: whoever changes a conversation raises its version; a write against an older version changes nothing.
Rule 2: a draft's status only moves forward (`STEPS`); an illegal step raises.
Rule 3: nothing here reads a clock or makes an id; both come in as arguments.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.events import Outcome, SendClass
from bot.knowledge.article import Source
from bot.ports import Recipient


class Status(StrEnum):
    """Where a draft is on its way."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    SIMULATED = "simulated"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


STEPS: dict[Status, frozenset[Status]] = {
    # Arrived, also while it is to be sent again: the attempt that was given up for lost has been heard of.
    Status.HELD: frozenset(
        {Status.QUEUED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED}
        | {Status.ACCEPTED, Status.DELIVERED, Status.READ}
    ),
    # Back to held: the lead wrote again, or the gate found that a human must look.
    Status.QUEUED: frozenset(
        {Status.SENDING, Status.HELD, Status.CANCELLED, Status.FAILED, Status.EXPIRED}
        | {Status.ACCEPTED, Status.DELIVERED, Status.READ}
    ),
    # Back to queued: every provider tried so far has surely not sent it.
    Status.SENDING: frozenset(
        {Status.ACCEPTED, Status.SIMULATED, Status.QUEUED, Status.FAILED, Status.UNKNOWN, Status.CANCELLED}
        | {Status.SENT, Status.DELIVERED, Status.READ}
    ),
    # Back to queued: the provider said later that it did not send, and that another may try.
    Status.ACCEPTED: frozenset(
        {Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED, Status.QUEUED, Status.UNKNOWN}
    ),
    Status.SENT: frozenset({Status.DELIVERED, Status.READ, Status.FAILED}),
    Status.DELIVERED: frozenset({Status.READ}),
    Status.READ: frozenset(),
    Status.SIMULATED: frozenset(),
    Status.FAILED: frozenset(),
    # Resolved by the provider's record, a late receipt, or a human's "it arrived" / "send again".
    Status.UNKNOWN: frozenset(
        {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED, Status.QUEUED}
        | {Status.CANCELLED}
    ),
    Status.REJECTED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.CANCELLED: frozenset(),
}

ON_THE_WAY = frozenset({Status.HELD, Status.QUEUED, Status.SENDING, Status.UNKNOWN})
"""Statuses in which something is still to be done by us or by a human."""

REACHED = frozenset({Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ})
"""Statuses in which a provider has taken the message."""


class IllegalStep(ValueError):
    """A draft was asked to go backwards or sideways; a fault of ours, never an outcome."""


class DraftKind(StrEnum):
    """Why a draft exists; the gate asks different things of each."""

    REPLY = "reply"
    """The answer to what the contact just wrote."""
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"
    """The one message allowed after an opt-out."""
    MANUAL = "manual"
    """Written by a human of the tenant."""
    FOLLOW_UP = "follow_up"
    """What we say into a silence; nobody asked for it, so it never leaves without a yes."""
    TEST = "test"
    """A test send of an operator to an allow-listed number."""
    PRIVACY_RECEIPT = "privacy_receipt"
    """That a request about personal data was recorded; leaves by itself, once per request."""
    PRIVACY_ANSWER = "privacy_answer"
    """What the law makes us answer to such a request; never leaves without a yes."""
    CAMPAIGN = "campaign"
    """One message of many with the same approved wording; agreed to as a whole, to contacts who agreed to it."""


UNASKED_FOR = frozenset({DraftKind.FOLLOW_UP, DraftKind.CAMPAIGN})
"""What nobody asked for: it needs a consent on record, and the send names the record."""

OWED = frozenset({DraftKind.OPT_OUT_CONFIRMATION, DraftKind.PRIVACY_RECEIPT, DraftKind.PRIVACY_ANSWER})
"""What we owe to a contact also after a stop, or while the use of their data is restricted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one provider: written before the call, completed after it."""

    id: str
    channel: str
    started_at: datetime
    owner: str = ""
    """The process that makes the call; another process knows from it that nobody will finish the attempt."""
    consent_id: str = ""
    """The record that allows a message nobody asked for."""
    send_class: SendClass | None = None
    """None while the call is open or was cut off by a crash."""
    ended_at: datetime | None = None
    http_status: int | None = None
    provider_code: str = ""
    detail: str = ""
    latency_ms: float = 0.0
    provider_message_ids: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        return self.send_class.outcome if self.send_class else None


@dataclass(frozen=True, slots=True)
class Grant:
    """The single-use permission that an approval creates."""

    id: str
    approver: str
    text_sha256: str
    recipient: tuple[str, ...]
    granted_at: datetime
    expires_at: datetime
    used_by_attempt: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A wording that a human replaced."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One page of the rule book that had a say, as a card shows it."""

    page: str
    title: str
    chapter: str
    file: str
    said: str
    words: tuple[str, ...] = ()
    shadow: bool = False
    title_ar: str = ""

    def called(self, language: str) -> str:
        """The title in a language; the one there is when it has no other."""
        return self.title_ar if language == "ar" and self.title_ar else self.title


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """That a draft leaves as an approved wording, and as which."""

    name: str
    language: str
    code: str
    """The provider's code of the language."""
    values: tuple[str, ...]
    """What fills the numbers, in their order."""
    category: str
    channel: str
    """The number that it leaves from; no other one can carry it."""
    campaign: str = ""
    """The campaign that it belongs to, empty when it belongs to none."""


@dataclass(frozen=True, slots=True)
class ModelProposal:
    """What a language model would make of a draft; it is shown, and does nothing."""

    intent: str = ""
    """What the message may mean, empty when it was not asked or does not know."""
    confidence: float = 0.0
    text: str = ""
    """Other words, empty when there are none."""
    flags: tuple[str, ...] = ()
    """What the claims say about those words."""
    model: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card about a draft that lies in somebody's chat."""

    chat_id: int
    message_id: int
    shown_rev: int


@dataclass(slots=True)
class Draft:
    """One outgoing message on its way, from birth to final status."""

    id: str
    kind: DraftKind
    status: Status
    text: str
    language: str
    correlation_id: str
    created_at: datetime
    rev: int = 1
    """Rises with every change that a card must show."""
    buttons: tuple[tuple[str, str], ...] = ()
    wording: str = ""
    template: TemplateUse | None = None
    """The approved wording that it leaves as; `text` is then exactly what the contact will read."""
    source: Source | None = None
    """The article from which it was written."""
    answers: tuple[str, ...] = ()
    """Keys of the inbound messages that this draft answers."""
    intent: str = ""
    confidence: float = 0.0
    stage_before: str = ""
    stage_after: str = ""
    proposes: str = ""
    hold_reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()
    book_version: str = ""
    warn_at: datetime | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    alerted_level: int = 0
    """How many of warn and due have been told to the approvers."""
    snoozed_until: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    decision: str = ""
    """`approved | rejected:<code> | taken_over | arrived | send_again | auto`"""
    note: str = ""
    """Why it ended as it did, for staff: the gate's refusal, the provider's words, the approver's remark."""
    edits: tuple[Edit, ...] = ()
    grant: Grant | None = None
    attempts: tuple[Attempt, ...] = ()
    provider_message_ids: tuple[str, ...] = ()
    retry_at: datetime | None = None
    """Not before this time; attempts since then belong to the present round over the channels."""
    rounds: int = 0
    """How many rounds over all channels ended with nobody taking the message."""
    lookups: int = 0
    """How often a provider's record was searched for a message in doubt."""
    receipts: dict[str, datetime] = field(default_factory=dict)
    """When each delivery status was reported."""
    request_id: str = ""
    """The request about personal data that this answers."""
    superseded_by: str = ""
    traceparent: str = ""
    """Where in a trace it was made, empty when nobody traced."""
    released_in: str = ""
    """Where in a trace a human let it go; the send goes on from there, and only points at where it was made."""
    proposal: ModelProposal | None = None
    """What a language model proposes about it, if one was asked."""
    cards: tuple[ShownCard, ...] = ()

    def step(self, status: Status, note: str = "") -> None:
        """Move forward. Raises IllegalStep when the drawing has no such arrow."""
        if status not in STEPS[self.status]:
            raise IllegalStep(f"draft {self.id}: {self.status} -> {status} is not a step")
        self.status = status
        self.rev += 1
        if note:
            self.note = note

    def card_is_due(self, chats: tuple[int, ...]) -> bool:
        """Whether one of these chats lacks a card of this draft that shows the truth."""
        if not self.wants_card:
            return False
        shown = {card.chat_id: card.shown_rev for card in self.cards}
        if any(rev < self.rev for rev in shown.values()):
            return True
        return self.status in ON_THE_WAY and any(chat not in shown for chat in chats)

    @property
    def text_version(self) -> int:
        """Which wording this is: an approval binds to it, so that a tap on an older card changes nothing."""
        return len(self.edits) + 1

    @property
    def wants_card(self) -> bool:
        """Whether a human was, is or must be asked about this draft."""
        return bool(self.cards) or self.status in (Status.HELD, Status.UNKNOWN)

    @property
    def text_sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def open_attempt(self) -> Attempt | None:
        return next((a for a in self.attempts if a.send_class is None), None)

    def show(self, chat_id: int, message_id: int, rev: int) -> None:
        """A chat shows this draft as of a revision."""
        others = tuple(card for card in self.cards if card.chat_id != chat_id)
        self.cards = (*others, ShownCard(chat_id, message_id, rev))

    def close_attempt(self, closed: Attempt) -> None:
        self.attempts = tuple(closed if a.id == closed.id else a for a in self.attempts)

    @property
    def last_channel(self) -> str:
        return self.attempts[-1].channel if self.attempts else ""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the talk, as cards and pages show it."""

    who: str
    """`contact | bot | human | phone`"""
    text: str
    at: datetime
    kind: str = "text"
    key: str = ""
    """Inbound key or draft id."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something recorded in the mailbox and not yet handled."""

    key: str
    what: str
    """`message | echo | opt_out_signal | system`"""
    channel: str
    received_at: datetime
    correlation_id: str
    data: dict[str, Any]
    is_urgent: bool = False
    """Read it at once: somebody waits for the answer, so nothing more is expected."""
    traceparent: str = ""
    """Where in a trace it was recorded, empty when nobody traced; whoever handles it goes on from there."""
    hold: str = ""
    """Why nothing that answers it may leave by itself, as a key of `hold.`; empty where the rules decide."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """We must never write to this contact again."""

    reason: str
    """`user_optout | provider_optout | complaint | manual`"""
    at: datetime
    source_key: str
    correlation_id: str = ""
    """Of the message that caused it."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One past-tense fact about a conversation, on its way to the timeline."""

    id: str
    what: str
    at: datetime
    correlation_id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the approvers must be told, without having to decide."""

    id: str
    kind: str
    """`opted_out | opt_out_suspected | complaint | human_requested | erasure_requested | access_requested |
    correction_requested | secret_pasted | answered_from_phone | wrote_to_human | send_failed | parked | flood`"""
    at: datetime
    detail: str = ""
    shown_to: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """One answered qualification question."""

    value: str
    answered_at: datetime
    source_key: str


# The reason for which what comes from an import is held.
IMPORTED = "hold.bulk"

# For so long after they wrote, what we say answers a contact.
ANSWERS_FOR = timedelta(hours=24)

# More than any cap counts in thirty days.
UNREQUESTED_KEPT = 12


@dataclass(frozen=True, slots=True)
class FollowUpPlan:
    """When to think about the next follow-up into one silence."""

    since: datetime
    """When the silence began: the time of our answer."""
    at: datetime | None
    """None when nothing more follows this silence."""


@dataclass(frozen=True, slots=True)
class DataAsk:
    """A request about personal data, as the conversation knows it; the whole of it is among the data requests."""

    id: str
    kind: str
    """`access | correction | deletion`, and what staff may ask for besides."""
    reference: str
    """The number that the contact was told."""
    asked_at: datetime
    due_at: datetime
    is_open: bool = True
    is_receipted: bool = False
    """Whether a message with its number was made."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a decision wants done beside its answer; here until its durable run is started."""

    name: str
    correlation_id: str
    at: datetime
    pages: tuple[str, ...] = ()
    """Pages of the rule book that asked for it."""
    is_by_book: bool = False
    """Whether all of them are pages that we ship, and their decision did not wait for a human."""
    hold: str = ""
    """Why nothing that comes of it may leave by itself, as a key of `hold.`; empty where the rules decide."""
    number: int | None = None
    """The one number in the contact's words, if there was just one."""


@dataclass(slots=True)
class Conversation:
    """One contact of one tenant, with everything that is decided about it."""

    id: str
    tenant_id: str
    keys: tuple[str, ...]
    created_at: datetime
    v: int = 0
    phone: str = ""
    name: str = ""
    stage: str = "new_lead"
    slots: dict[str, Slot] = field(default_factory=dict)
    asked: str = ""
    """The qualification question or check that we asked last, empty when none is open."""
    asked_times: int = 0
    expects: str = ""
    language: str = ""
    channel: str = ""
    """The channel that the contact last wrote to; replies stay on it."""
    windows: dict[str, datetime] = field(default_factory=dict)
    """Per channel, when the contact last wrote to it."""
    mode: str = "bot"
    """`bot | human`"""
    human_until: datetime | None = None
    human_reason: str = ""
    suppression: Suppression | None = None
    sends_paused: str = ""
    """Why automated sends wait (`suspected_opt_out`, `complaint`), empty when they do not."""
    confirmed_opt_out: bool = False
    """True once the one confirmation after an opt-out has been created."""
    restricted: str = ""
    """The data request because of which nothing but what we owe may be sent, empty when there is none."""
    data_asks: tuple[DataAsk, ...] = ()
    """Requests about personal data, oldest first."""
    unclear_count: int = 0
    followed_up: dict[str, datetime] = field(default_factory=dict)
    """Steps of follow-up cadences that were ever taken or passed over, and when."""
    follow_up: FollowUpPlan | None = None
    unrequested: tuple[datetime, ...] = ()
    """When messages left that the contact had not asked for, the last few."""
    automatic: tuple[datetime, ...] = ()
    """When replies left by themselves, within a day."""
    outbox: list[Draft] = field(default_factory=list)
    recent: list[Said] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    deeds: tuple[Deed, ...] = ()
    """What is to be started yet, oldest first."""
    unset: tuple[str, ...] = ()
    """Actions that were asked for and that nobody has set up here: said once, not again for each message."""
    cards_due: bool = False
    """Whether a chat of an approver lacks a card or a notice."""
    mailbox: list[Waiting] = field(default_factory=list)
    next_at: datetime | None = None
    next_duty: str = ""
    """Whose turn it is at `next_at` (`bot.roles.Duty`), empty when nothing is due."""
    updated_at: datetime | None = None

    def draft(self, draft_id: str) -> Draft | None:
        return next((d for d in self.outbox if d.id == draft_id), None)

    @property
    def recipient(self) -> Recipient:
        return Recipient(contact_keys=self.keys, phone=self.phone)

    @property
    def is_suppressed(self) -> bool:
        return self.suppression is not None

    def card_is_due(self, chats: tuple[int, ...]) -> bool:
        """Whether one of these chats must be shown something."""
        if any(set(chats) - set(notice.shown_to) for notice in self.notices):
            return True
        return any(draft.card_is_due(chats) for draft in self.outbox)

    def on_the_way(self) -> list[Draft]:
        return [d for d in self.outbox if d.status in ON_THE_WAY]

    def is_unasked_for(self, draft: Draft, at: datetime, window: timedelta = ANSWERS_FOR) -> bool:
        """Whether nobody asked for it; what comes from an import answers only who wrote lately themselves."""
        if draft.kind in UNASKED_FOR:
            return True
        is_imported = IMPORTED in draft.hold_reasons and draft.kind not in OWED
        return is_imported and not any(at - wrote < window for wrote in self.windows.values())

    def heard_from_us(self, draft: Draft, at: datetime) -> None:
        """One of our messages left, as far as anybody knows; who hears of it twice says it once."""
        if any(line.key == draft.id for line in self.recent):
            return
        if self.is_unasked_for(draft, at):
            self.unrequested = (*self.unrequested, at)[-UNREQUESTED_KEPT:]
        if draft.kind is DraftKind.REPLY and draft.decision == "auto":
            lately = tuple(left for left in self.automatic if at - left < timedelta(days=1))
            self.automatic = (*lately, at)
        who = "human" if draft.kind is DraftKind.MANUAL else "bot"
        self.said(Said(who, draft.text, at, key=draft.id))

    def said(self, line: Said, keep: int = 12) -> None:
        self.recent = [*self.recent, line][-keep:]


def with_attempt(draft: Draft, attempt: Attempt) -> None:
    """Write the intent of one provider call into a draft."""
    draft.attempts = (*draft.attempts, attempt)


def closed(attempt: Attempt, **what_happened: Any) -> Attempt:
    """An attempt, completed with what the provider said."""
    return replace(attempt, **what_happened)
