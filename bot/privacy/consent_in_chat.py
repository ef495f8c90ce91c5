"""
What a contact's own messages do to their consents: a stop revokes everything, a wish to be back grants. Pure.

Rule 1: a stop is of every channel and every purpose. A wish to be back opens what we write here, and no
        marketing: that takes a consent that names it.
Rule 2: an event is named by its conversation and the message that caused it, so handling a message again finds
        the same event.
"""

import hashlib
from collections.abc import Sequence

from bot.conversation import Conversation, Suppression, Waiting
from bot.gather import HeardMessage
from bot.notebook import Log
from bot.privacy.consent import ALL, CHAT, GRANTED, REVOKED, ConsentEvent

REOPENED = ("service", "sales", "sales_reply")

# Enough to show what was asked; the whole message is in the timeline.
QUOTED = 300


def stopped(
    conversation: Conversation, suppression: Suppression, waiting: Sequence[Waiting], log: Log
) -> ConsentEvent:
    """Everything is revoked, by the message or the signal that caused the stop."""
    cause = next((event for event in waiting if event.key == suppression.source_key), None)
    caused_by = cause.correlation_id if cause else suppression.correlation_id
    event = _event(conversation, ALL, ALL, REVOKED, suppression.source_key, caused_by, log)
    told = {"record": event.id, "channel": ALL, "purpose": ALL, "why": suppression.reason, "source": CHAT}
    log.add("consent_revoked", caused_by, **told)
    return event


def agreed_again(conversation: Conversation, last: HeardMessage, log: Log) -> list[ConsentEvent]:
    """What the contact's own wish for messages opens on WhatsApp."""
    events = [
        _event(
            conversation,
            "whatsapp",
            purpose,
            GRANTED,
            last.key,
            last.correlation_id,
            log,
            last.message.text[:QUOTED],
        )
        for purpose in REOPENED
    ]
    for event in events:
        told = {"record": event.id, "channel": event.channel, "purpose": event.purpose, "basis": event.basis}
        log.add("consent_granted", last.correlation_id, **told, source=CHAT)
    return events


def _event(
    conversation: Conversation,
    channel: str,
    purpose: str,
    action: str,
    source_key: str,
    correlation_id: str,
    log: Log,
    text: str = "",
) -> ConsentEvent:
    stem = hashlib.sha256(source_key.encode()).hexdigest()[:16]
    return ConsentEvent(
        id=f"{conversation.id}-{action}-{purpose}-{stem}",
        tenant_id=conversation.tenant_id,
        contact_id=conversation.id,
        keys=conversation.keys,
        phone_e164=conversation.phone,
        channel=channel,
        purpose=purpose,
        action=action,
        basis="explicit_consent" if action == GRANTED else "",
        source=CHAT,
        evidence_ref=source_key,
        text=text,
        text_version="",
        actor="contact",
        at=log.at,
        recorded_at=log.at,
        correlation_id=correlation_id,
    )
