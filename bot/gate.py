"""
May this message leave now? The one gate on every way to a phone.

Pure: it judges the conversation as it was just read; the caller proves freshness by writing its intent against
the same version before it calls anybody.

Rule 1: the default is no. A message needs a grant for exactly this text and this contact, or every one of the
        conditions of an automatic reply.
Rule 2: suppression is asked last, so that nothing can come between the answer and the send.
Rule 3: a refusal says what happens next: cancel for good, hold for a human, or wait: for what is unread, or until
        a time.
Rule 4: what nobody asked for meets more conditions than a yes: the service window, a contact who may be written
        to, a consent on record, the caps, and quiet hours, which only delay it.
Rule 5: an answer to what was imported wants what the law wants: an open service window that nobody revoked, or a
        consent on record. A yes to the words alone does not open a door that is shut. Where the contact has not
        written lately, it counts towards the caps and is held to them like all that nobody asked for.
Rule 6: what leaves as a template needs no open window, and everything else: the words as they were agreed to, a
        template that stands well at its provider, and a consent on record for what its category is.
Rule 7: while the use of a contact's data is restricted, nothing leaves but what we owe them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.conversation import IMPORTED, OWED, UNASKED_FOR, Conversation, Draft, DraftKind, Status
from bot.departures import floods
from bot.privacy import consent
from bot.privacy.consent import Allowance, ConsentEvent, Inbound
from bot.store import Posture
from bot.tenant import Autonomy, Tenant
from flows.deal import APPROVAL_STAGES
from rules.policies import Policies


class Next(StrEnum):
    """What a refusal asks for."""

    CANCEL = "cancel"
    HOLD = "hold"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message may not leave."""

    code: str
    """Also the wording key of its sentence, `note.<code>` and `hold.<code>`."""
    next: Next
    until: datetime | None = None
    """When to ask again, where only time is in the way."""


# Why an approved message waits for a time; also the note of the draft meanwhile.
QUIET_HOURS = "quiet_hours"

# What a follow-up is for, as consents name it: it goes on with what the contact wrote about.
FOLLOW_UP_IS = ("whatsapp", "sales_reply")

# What a message that leaves as a template is for, as consents name it.
MARKETING_IS = ("whatsapp", "marketing")
CAMPAIGN_IS = ("whatsapp", "service")

# How often one contact may hear unasked in 24 hours; in 30 days as the policy on follow-ups says, three at most.
A_CONTACT_A_DAY = 1
A_DAY = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# What may still be said by itself while automated sends are paused: the question whether to stop.
CHECK_WORDING = "opt_out_check"


# What holds for a book without policies: quiet nights, and the product's own caps.
CAREFUL = Policies()


def refusal(
    conversation: Conversation,
    draft: Draft,
    tenant: Tenant,
    posture: Posture,
    now: datetime,
    policies: Policies = CAREFUL,
    consents: Sequence[ConsentEvent] = (),
    trouble: str = "",
) -> Refusal | None:
    """
    None when the message may leave.

    Args:
        consents: what this contact ever granted and revoked, for a message that nobody asked for.
        trouble: why it may not leave as the template that it is, or with the words of the article that it quotes,
            as a code; empty when it may.
    """
    return (
        _unread(conversation)
        or _destination(conversation)
        or _expiry(draft, now)
        or _permission(conversation, draft, tenant, posture, now)
        or _troubled(draft, trouble)
        or _unasked_for(conversation, draft, tenant, policies, consents, now)
        or _imported(conversation, draft, tenant, policies, consents, now)
        or _restriction(conversation, draft)
        or _suppression(conversation, draft)
    )


def wants_consent(draft: Draft) -> bool:
    """Whether the send must name the record that allows it: what nobody asked for, and what was imported."""
    if draft.kind in UNASKED_FOR or draft.template is not None:
        return True
    return IMPORTED in draft.hold_reasons and draft.kind not in OWED


def purpose_of(draft: Draft) -> tuple[str, str]:
    """The channel and the purpose for which a contact must have agreed."""
    if draft.template is not None and draft.template.category == "marketing":
        return MARKETING_IS
    return CAMPAIGN_IS if draft.kind is DraftKind.CAMPAIGN else FOLLOW_UP_IS


def allowance(
    conversation: Conversation, draft: Draft, tenant: Tenant, consents: Sequence[ConsentEvent], now: datetime
) -> Allowance:
    """By which record a message that nobody asked for may be sent now, or why it may not."""
    assert wants_consent(draft), f"draft {draft.id} answers somebody"
    # A campaign goes to who agreed on purpose: that somebody wrote to us opens an answer, not that.
    inbound = None if draft.kind is DraftKind.CAMPAIGN else inbound_of(conversation, tenant)
    return consent.judge(consents, *purpose_of(draft), now, inbound)


def inbound_of(conversation: Conversation, tenant: Tenant) -> Inbound | None:
    """That the contact wrote last, and how long that opens an answer; None when they never wrote."""
    wrote = max(conversation.windows.values(), default=None)
    return Inbound(conversation.id, wrote, wrote + tenant.pace.window) if wrote else None


def _unread(conversation: Conversation) -> Refusal | None:
    if conversation.mailbox:
        return Refusal("unread", Next.WAIT)
    return None


def _destination(conversation: Conversation) -> Refusal | None:
    if not conversation.keys:
        return Refusal("no_recipient", Next.CANCEL)
    return None


def _expiry(draft: Draft, now: datetime) -> Refusal | None:
    if draft.expires_at is not None and draft.expires_at <= now:
        return Refusal("expired", Next.CANCEL)
    return None


def _permission(
    conversation: Conversation, draft: Draft, tenant: Tenant, posture: Posture, now: datetime
) -> Refusal | None:
    if draft.grant is not None:
        return _grant(conversation, draft, now)
    if draft.kind is DraftKind.OPT_OUT_CONFIRMATION:
        return _confirmation(conversation, tenant, posture, now)
    if draft.kind is DraftKind.PRIVACY_RECEIPT:
        return _receipt(conversation, draft, tenant, posture, now)
    return _automatic(conversation, draft, tenant, posture, now)


def _grant(conversation: Conversation, draft: Draft, now: datetime) -> Refusal | None:
    grant = draft.grant
    assert grant is not None
    if grant.text_sha256 != draft.text_sha256:
        return Refusal("other_text", Next.HOLD)
    if not set(grant.recipient) & set(conversation.keys):
        return Refusal("other_recipient", Next.HOLD)
    if grant.expires_at <= now:
        return Refusal("grant_expired", Next.HOLD)
    return None


def _confirmation(conversation: Conversation, tenant: Tenant, posture: Posture, now: datetime) -> Refusal | None:
    """One sentence after an opt-out, inside the window; a second one can never exist."""
    if not conversation.is_suppressed:
        return Refusal("no_opt_out", Next.CANCEL)
    if not in_window(conversation, tenant, now):
        return Refusal("window_closed", Next.CANCEL)
    if posture.is_paused or posture.autonomy is Autonomy.DRAFT_EVERYTHING:
        return Refusal("not_automatic", Next.HOLD)
    return None


def _receipt(
    conversation: Conversation, draft: Draft, tenant: Tenant, posture: Posture, now: datetime
) -> Refusal | None:
    """That a request about personal data was recorded: inside the window, also where all else waits."""
    if not any(ask.id == draft.request_id and ask.is_open for ask in conversation.data_asks):
        return Refusal("no_request", Next.CANCEL)
    if not in_window(conversation, tenant, now):
        return Refusal("window_closed", Next.CANCEL)
    if posture.is_paused or posture.autonomy is Autonomy.DRAFT_EVERYTHING:
        return Refusal("not_automatic", Next.HOLD)
    return None


def _automatic(
    conversation: Conversation, draft: Draft, tenant: Tenant, posture: Posture, now: datetime
) -> Refusal | None:
    if draft.kind is not DraftKind.REPLY or draft.decision != "auto":
        return Refusal("no_approval", Next.HOLD)
    if posture.is_paused:
        return Refusal("paused", Next.HOLD)
    if posture.autonomy is not Autonomy.SAFE_REPLIES:
        return Refusal("not_automatic", Next.HOLD)
    if conversation.stage in APPROVAL_STAGES:
        return Refusal("stage", Next.HOLD)
    if conversation.mode == "human" and "hand_to_human" not in draft.flags:
        return Refusal("human", Next.CANCEL)
    if conversation.sends_paused and not _may_speak_while_paused(draft):
        return Refusal("sends_paused", Next.HOLD)
    if not in_window(conversation, tenant, now):
        return Refusal("window_closed", Next.HOLD)
    if floods.is_spent(conversation.automatic, tenant.pace, now):
        return Refusal(floods.CODE, Next.HOLD)
    return None


def _may_speak_while_paused(draft: Draft) -> bool:
    return draft.wording == CHECK_WORDING or "hand_to_human" in draft.flags


def _troubled(draft: Draft, trouble: str) -> Refusal | None:
    if not trouble:
        return None
    return Refusal(trouble, Next.CANCEL if draft.kind in UNASKED_FOR else Next.HOLD)


def _unasked_for(
    conversation: Conversation,
    draft: Draft,
    tenant: Tenant,
    policies: Policies,
    consents: Sequence[ConsentEvent],
    now: datetime,
) -> Refusal | None:
    """What stands between an approved follow-up and the contact."""
    if draft.kind not in UNASKED_FOR:
        return None
    if conversation.sends_paused:
        return Refusal("sends_paused", Next.CANCEL)
    if conversation.mode == "human":
        return Refusal("human", Next.CANCEL)
    if draft.template is None and not in_window(conversation, tenant, now):
        return Refusal("window_closed", Next.CANCEL)
    if not allowance(conversation, draft, tenant, consents, now).is_allowed:
        return Refusal("no_consent", Next.CANCEL)
    return _too_often(conversation, draft, tenant, policies, now) or _quiet(tenant, policies, now)


def _too_often(
    conversation: Conversation, draft: Draft, tenant: Tenant, policies: Policies, now: datetime
) -> Refusal | None:
    """The caps of one contact, over everything that nobody asked for and that left, of whatever kind."""
    if policies.follow_ups.caps.are_reached(conversation.unrequested, now):
        return Refusal("too_many", Next.CANCEL)
    soonest = _last_unasked_for(conversation, draft, tenant) + A_DAY
    return Refusal("too_soon", Next.WAIT, soonest) if soonest > now else None


def _quiet(tenant: Tenant, policies: Policies, now: datetime) -> Refusal | None:
    quiet = policies.quiet_hours.allows(now, tenant.city)
    return Refusal(QUIET_HOURS, Next.WAIT, quiet.until) if quiet else None


def _last_unasked_for(conversation: Conversation, draft: Draft, tenant: Tenant) -> datetime:
    """When this contact last heard, or may have heard, something that nobody asked for."""
    maybe = [
        other.attempts[-1].started_at
        for other in conversation.outbox
        if other.id != draft.id
        and other.attempts
        and other.status in (Status.SENDING, Status.UNKNOWN)
        and conversation.is_unasked_for(other, other.attempts[-1].started_at, tenant.pace.window)
    ]
    return max([*conversation.unrequested, *maybe], default=LONG_AGO)


def _imported(
    conversation: Conversation,
    draft: Draft,
    tenant: Tenant,
    policies: Policies,
    consents: Sequence[ConsentEvent],
    now: datetime,
) -> Refusal | None:
    if draft.kind in UNASKED_FOR or not wants_consent(draft):
        return None
    if not allowance(conversation, draft, tenant, consents, now).is_allowed:
        return Refusal("no_consent", Next.CANCEL)
    if not conversation.is_unasked_for(draft, now, tenant.pace.window):
        return None
    return _too_often(conversation, draft, tenant, policies, now)


def _restriction(conversation: Conversation, draft: Draft) -> Refusal | None:
    if conversation.restricted and draft.kind not in OWED:
        return Refusal("restricted", Next.CANCEL)
    return None


def _suppression(conversation: Conversation, draft: Draft) -> Refusal | None:
    if conversation.suppression and draft.kind not in OWED:
        return Refusal("opted_out", Next.CANCEL)
    return None


def in_window(conversation: Conversation, tenant: Tenant, now: datetime) -> bool:
    """Whether the contact wrote recently enough, to any of the tenant's numbers."""
    return any(now - opened < tenant.pace.window for opened in conversation.windows.values())
