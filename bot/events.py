"""
What a provider can tell us, in one shape for all providers.

Rule 1: `parse` turns one authentic body into a list of these, in the order of the body, and loses nothing:
        what we do not understand becomes `Ignored` with its reason, never an exception.
Rule 2: every event carries a `key` that is the same when the provider delivers it again, else different.
Rule 3: text is what the contact sent, unchanged. Nobody cleans it before it is stored.

Contact keys name a person at a provider, most stable first: `bsuid:US.123` (Meta), `lid:1206...` (hidden
number), `phone:966501234567` (E.164 digits). Two events that share a key belong to one contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What form a contact's message took."""

    TEXT = "text"
    BUTTON = "button"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT_CARD = "contact_card"
    REACTION = "reaction"
    EDIT = "edit"
    DELETION = "deletion"
    POLL = "poll"
    CALL = "call"
    ORDER = "order"
    UNREADABLE = "unreadable"
    """The provider says that it could not receive the content; the contact must be asked to repeat."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Media:
    """A file, a place or a card that came with a message; fetched by nobody unless a human asks."""

    mime_type: str = ""
    url: str = ""
    provider_media_id: str = ""
    file_name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    detail: str = ""
    """Place name, vcard, poll name: whatever names the thing in words."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A contact said something."""

    key: str
    """Dedupe key, unique within the channel, e.g. `7105:9665@c.us:3EB0` for Green API."""
    contact_keys: tuple[str, ...]
    kind: Kind
    text: str = ""
    """Text, caption, button title, or the emoji of a reaction; empty when there is none."""
    button_id: str = ""
    phone: str = ""
    """E.164 digits without `+`, empty when the provider hides the number."""
    profile_name: str = ""
    sent_at: datetime | None = None
    """Aware UTC, as the provider says; None when it does not say."""
    provider_message_id: str = ""
    """The id to quote, react to or mark as read."""
    stanza_id: str = ""
    """WhatsApp's own id where the provider shows it: the same when two providers see one message."""
    concerns: str = ""
    """For a reply, reaction, edit, deletion or button: the id of the message it is about."""
    media: Media | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    came_by: str = ""
    """Empty for a webhook; `history` when none came and we found it in the provider's own record."""


class DeliveryStatus(StrEnum):
    """How far a message of ours came; a rank that only rises (`bot/receipts.py`)."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """A provider says how far one of our messages came."""

    key: str
    provider_message_ids: tuple[str, ...]
    """Every id under which later receipts may name this message; Fonnte adds a second one."""
    status: DeliveryStatus
    our_reference: str = ""
    """The draft id, when the provider carries it (Ultramsg referenceId, Meta biz_opaque_callback_data)."""
    contact_keys: tuple[str, ...] = ()
    at: datetime | None = None
    send_class: "SendClass | None" = None
    """Only when status is FAILED: what that failure means for fallback."""
    provider_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutgoingEcho:
    """A message left the tenant's number; ours seen again, or a human typing on the phone."""

    key: str
    contact_keys: tuple[str, ...]
    provider_message_id: str
    by_api: bool
    """True when the provider says that it came through its API, False when it came from the phone."""
    text: str = ""
    our_reference: str = ""
    sent_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    came_by: str = ""
    """As for a message."""


@dataclass(frozen=True, slots=True)
class OptOutSignal:
    """The contact used WhatsApp's own stop button; it never passes through the classifier."""

    key: str
    contact_keys: tuple[str, ...]
    wants_messages: bool
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The provider says whether the channel can send."""

    key: str
    is_healthy: bool
    detail: str
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateNews:
    """The provider says how one of its approved wordings stands now."""

    key: str
    name: str
    code: str
    """The provider's code of the language."""
    status: str = ""
    """`approved | pending | rejected | paused | disabled | missing | unknown`; empty when that is not said."""
    category: str = ""
    quality: str = ""
    reason: str = ""
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Authentic, and on purpose without effect: groups, newsletters, unknown kinds. Counted and kept raw."""

    key: str
    reason: str
    raw: Mapping[str, Any] = field(default_factory=dict)


ProviderEvent = (
    InboundMessage | DeliveryReceipt | OutgoingEcho | OptOutSignal | ChannelState | TemplateNews | Ignored
)


class Outcome(StrEnum):
    """What became of one send attempt."""

    ACCEPTED = "accepted"
    REJECTED_RETRYABLE = "rejected_retryable"
    """Surely not sent, and not the message's fault: the next provider may try."""
    REJECTED_FINAL = "rejected_final"
    """Surely not sent, and nobody else should try."""
    AMBIGUOUS = "ambiguous"
    """May have been sent: nobody else may try until a human or the provider's own record says so."""
    NOT_CONFIGURED = "not_configured"
    SIMULATED = "simulated"
    """Shown on the simulated phone; never counted as accepted."""


class SendClass(StrEnum):
    """Why an attempt ended as it did; one table per provider maps its codes to these."""

    ACCEPTED = "accepted"
    SIMULATED = "simulated"
    NOT_SENT_FALLBACK = "not_sent_fallback"
    NOT_SENT_FIX_REQUEST = "not_sent_fix_request"
    NOT_SENT_CONFIG = "not_sent_config"
    NOT_SENT_WINDOW_CLOSED = "not_sent_window_closed"
    NOT_SENT_WAIT_PAIR_LIMIT = "not_sent_wait_pair_limit"
    NOT_SENT_DO_NOT_CIRCUMVENT = "not_sent_do_not_circumvent"
    PERMANENT_RECIPIENT = "permanent_recipient"
    PERMANENT_RECIPIENT_OPTED_OUT = "permanent_recipient_opted_out"
    NEEDS_OWNER = "needs_owner"
    AMBIGUOUS = "ambiguous"

    @property
    def outcome(self) -> Outcome:
        """The one decision the outbox takes from a class."""
        return _OUTCOME_OF[self]


_OUTCOME_OF = {
    SendClass.ACCEPTED: Outcome.ACCEPTED,
    SendClass.SIMULATED: Outcome.SIMULATED,
    SendClass.NOT_SENT_FALLBACK: Outcome.REJECTED_RETRYABLE,
    SendClass.NOT_SENT_FIX_REQUEST: Outcome.REJECTED_RETRYABLE,
    SendClass.NOT_SENT_CONFIG: Outcome.REJECTED_RETRYABLE,
    SendClass.NOT_SENT_WINDOW_CLOSED: Outcome.REJECTED_FINAL,
    SendClass.NOT_SENT_WAIT_PAIR_LIMIT: Outcome.REJECTED_RETRYABLE,
    SendClass.NOT_SENT_DO_NOT_CIRCUMVENT: Outcome.REJECTED_FINAL,
    SendClass.PERMANENT_RECIPIENT: Outcome.REJECTED_FINAL,
    SendClass.PERMANENT_RECIPIENT_OPTED_OUT: Outcome.REJECTED_FINAL,
    SendClass.NEEDS_OWNER: Outcome.REJECTED_FINAL,
    SendClass.AMBIGUOUS: Outcome.AMBIGUOUS,
}
