"""
May we write to this person for this purpose on this channel? Answered from what was granted and revoked. Pure.

Rule 1: the default is no. Nothing is granted by silence, by time, or for another purpose, channel or person.
Rule 2: the answer depends on the events alone, in whatever order they were learned.
Rule 3: a grant holds for twelve calendar months unless it says less or more, and not before its own time.
Rule 4: a revocation holds until the contact grants explicitly, later than it; what is imported never undoes one.
Rule 5: who writes to us opens one thing, for as long as the service window is open: an answer to what they wrote.
        Never marketing.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

CHANNELS = ("whatsapp", "email", "sms", "phone")
PURPOSES = (
    *("marketing", "sales", "service", "analytics", "sales_reply"),
    *("data_sharing", "data_transfer_abroad"),  # passing data on to a partner, and out of the country
)
ALL = "all"
"""A revocation may be of every channel or every purpose; a grant names one of each."""

GRANTED, REVOKED = "granted", "revoked"

EXPLICIT = frozenset({"explicit_consent", "form_submission"})
"""What a contact did on purpose to hear from us; only this opens marketing, and only this undoes a revocation."""

BASES = ("explicit_consent", "form_submission", "positive_reply", "confirmed_booking", "existing_client")
"""Why somebody may be written to; each needs evidence that can be looked up."""

IMPORTED = "import"
CHAT = "chat"

LASTS_MONTHS = 12

OPENED_BY_WRITING = ("service", "sales_reply")

REASONS = {
    "granted": ("the contact agreed to it", "وافق العميل على ذلك"),
    "inbound_service": (
        "the contact wrote to us, and the service window is open",
        "العميل راسلنا ونافذة الخدمة مفتوحة",
    ),
    "none": (
        "nobody has recorded a consent of this contact for this purpose and channel",
        "لا توجد موافقة مسجلة من هذا العميل لهذا الغرض على هذه القناة",
    ),
    "revoked": ("the contact withdrew the consent", "سحب العميل موافقته"),
    "expired": ("the consent has expired", "انتهت مدة الموافقة"),
    "not_yet_valid": ("the consent begins later", "الموافقة لم تبدأ بعد"),
    "opted_out": ("the contact asked us to stop", "طلب العميل إيقاف الرسائل"),
    "restricted": (
        "the use of this contact's data is restricted",
        "استخدام بيانات هذا العميل مقيّد",
    ),
}
"""Why an answer is as it is: (English, Arabic)."""


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """Something granted or revoked, once and for good."""

    id: str
    tenant_id: str
    contact_id: str
    """The conversation, empty for somebody who has never written."""
    keys: tuple[str, ...]
    """The contact's keys, such as `phone:966501234567`; their fingerprints once the contact was erased."""
    phone_e164: str
    channel: str
    purpose: str
    action: str
    """`granted | revoked`"""
    basis: str
    """Of BASES; empty for a revocation."""
    source: str
    """How we know: `chat | api | cli | console | telegram | import`."""
    evidence_ref: str
    """Where it can be looked up: the id of a message, a form, a booking."""
    text: str
    """What the contact agreed to, or said."""
    text_version: str
    actor: str
    at: datetime
    """When the contact did it."""
    recorded_at: datetime
    """When we learned of it."""
    expires_at: datetime | None = None
    correlation_id: str = ""
    """Of the message that caused it, else its own id."""

    def is_about(self, channel: str, purpose: str) -> bool:
        return self.channel in (channel, ALL) and self.purpose in (purpose, ALL)

    @property
    def is_the_contacts_own(self) -> bool:
        """Whether it can undo a revocation: explicit, and not out of somebody's list."""
        return self.basis in EXPLICIT and self.source != IMPORTED


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether we may, why, and the record that says so."""

    is_allowed: bool
    reason: str
    """Of REASONS."""
    record_id: str = ""
    """The event that decided, or `inbound_service:<conversation>:<moment>`; empty when there is none."""
    expires_at: datetime | None = None

    @property
    def reason_en(self) -> str:
        return REASONS[self.reason][0]

    @property
    def reason_ar(self) -> str:
        return REASONS[self.reason][1]


@dataclass(frozen=True, slots=True)
class Inbound:
    """That a contact wrote, and until when we may answer."""

    conversation_id: str
    wrote_at: datetime
    closes_at: datetime

    @property
    def record_id(self) -> str:
        return f"inbound_service:{self.conversation_id}:{self.wrote_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


class ConsentRows(Protocol):
    """Where events are kept."""

    async def add(self, events: Sequence[ConsentEvent]) -> int: ...

    async def of_contact(self, tenant_id: str, keys: Sequence[str]) -> list[ConsentEvent]: ...


def a_year_after(at: datetime, months: int = LASTS_MONTHS) -> datetime:
    """The same day so many calendar months later; the last day of a month that is too short."""
    year, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + year, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def judge(
    events: Sequence[ConsentEvent], channel: str, purpose: str, at: datetime, inbound: Inbound | None = None
) -> Allowance:
    """
    Fold the events of one contact of one tenant into an answer for a moment.

    Args:
        inbound: that the contact wrote, if they did; opens an answer on WhatsApp and nothing else.
    """
    about = [event for event in events if event.is_about(channel, purpose)]
    revoked = _latest([e for e in about if e.action == REVOKED and e.at <= at])
    grants = [e for e in about if e.action == GRANTED and not _is_undone(e, about, at)]
    begun = [e for e in grants if e.at <= at]
    living = [e for e in begun if at < _end(e)]
    if living:
        longest = max(living, key=lambda e: (_end(e), e.at, e.id))
        return Allowance(True, "granted", longest.id, _end(longest))
    if revoked is not None and (not begun or revoked.at >= max(e.at for e in begun)):
        return Allowance(False, "revoked", revoked.id)
    if inbound is not None and _is_answer(channel, purpose) and inbound.wrote_at <= at < inbound.closes_at:
        return Allowance(True, "inbound_service", inbound.record_id, inbound.closes_at)
    if begun:
        last = max(begun, key=lambda e: (_end(e), e.id))
        return Allowance(False, "expired", last.id, _end(last))
    later = min((e for e in grants if e.at > at), key=lambda e: (e.at, e.id), default=None)
    if later is not None:
        return Allowance(False, "not_yet_valid", later.id, _end(later))
    return Allowance(False, "none")


def _is_answer(channel: str, purpose: str) -> bool:
    return channel == "whatsapp" and purpose in OPENED_BY_WRITING


def _is_undone(grant: ConsentEvent, about: Sequence[ConsentEvent], at: datetime) -> bool:
    """
    Whether a revocation stands against it: the contact's own later grant survives, nothing else does.

    Later by both clocks: what was on record when the contact withdrew is withdrawn, whatever day it names.
    """
    return any(
        e.action == REVOKED
        and e.at <= at
        and not (grant.is_the_contacts_own and grant.at > e.at and grant.recorded_at > e.at)
        for e in about
    )


def _latest(events: Sequence[ConsentEvent]) -> ConsentEvent | None:
    return max(events, key=lambda e: (e.at, e.id), default=None)


def _end(grant: ConsentEvent) -> datetime:
    return grant.expires_at or a_year_after(grant.at)
