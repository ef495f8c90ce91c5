"""
What happened to a conversation from outside the talk: our own message seen leaving, a human typing on the phone,
WhatsApp's own stop button. Pure.

Rule: what a human typed long ago, and we learn only now, silences the bot no longer than it would have then, and
      cancels nothing that was written since.
"""

from datetime import timedelta

from pydantic import TypeAdapter

from bot import receipts
from bot.approvals import hand_to_human
from bot.conversation import Conversation, Draft, Notice, Said, Status, Waiting
from bot.effects import opt_out
from bot.events import OptOutSignal, OutgoingEcho
from bot.notebook import Log
from bot.tenant import Tenant

_ECHO = TypeAdapter(OutgoingEcho)
_SIGNAL = TypeAdapter(OptOutSignal)

# An echo of ours comes within moments; the same words an hour later were typed by somebody.
ECHO_WITHIN = timedelta(minutes=10)

# Providers tell whole seconds, and their clocks are not ours: a draft of this moment was answered by it.
SAME_MOMENT = timedelta(seconds=60)


def take(conversation: Conversation, waiting: Waiting, tenant: Tenant, log: Log) -> None:
    """Let one such event count."""
    if waiting.what == "echo":
        _echo(conversation, waiting, tenant, log)
    elif waiting.what == "opt_out_signal":
        _signal(conversation, waiting, log)


def _echo(conversation: Conversation, waiting: Waiting, tenant: Tenant, log: Log) -> None:
    echo = _ECHO.validate_python(waiting.data)
    ours = _draft_of(conversation, echo, waiting)
    if ours is not None:
        receipts.came_back_as(conversation, ours, log.at, echo.provider_message_id, log)
        return
    if echo.by_api:
        log.add("foreign_api_message_seen", waiting.correlation_id, channel=waiting.channel)
        return
    typed_at = min(echo.sent_at or log.at, log.at)
    if typed_at + tenant.pace.takeover_for > log.at:
        hand_to_human(conversation, "answered from the phone", typed_at + tenant.pace.takeover_for)
    for draft in conversation.outbox:
        if draft.status in (Status.HELD, Status.QUEUED) and draft.created_at <= typed_at + SAME_MOMENT:
            draft.step(Status.CANCELLED, "answered_from_phone")
    if echo.text:
        conversation.said(Said("phone", echo.text, echo.sent_at or log.at, key=waiting.key))
    conversation.notices.append(Notice(f"phone:{waiting.correlation_id}", "answered_from_phone", log.at))
    log.add("answered_from_phone", waiting.correlation_id, channel=waiting.channel)
    if echo.came_by:
        log.add("gap_repaired", waiting.correlation_id, channel=waiting.channel, sent_at=echo.sent_at)


def _draft_of(conversation: Conversation, echo: OutgoingEcho, waiting: Waiting) -> Draft | None:
    """The draft whose message this is: by id, by our reference, else by the very same words just now."""
    for draft in conversation.outbox:
        if echo.our_reference and echo.our_reference == draft.id:
            return draft
        if echo.provider_message_id in draft.provider_message_ids:
            return draft
    for draft in conversation.outbox:
        if not draft.attempts or not echo.text or draft.text.strip() != echo.text.strip():
            continue
        if abs(waiting.received_at - draft.attempts[-1].started_at) <= ECHO_WITHIN:
            return draft
    return None


def _signal(conversation: Conversation, waiting: Waiting, log: Log) -> None:
    signal = _SIGNAL.validate_python(waiting.data)
    if signal.wants_messages:
        # Meta's "resume" is about marketing on its own number; only the contact's own words lift our suppression.
        log.add("provider_says_resume", waiting.correlation_id, channel=waiting.channel)
        return
    if not conversation.is_suppressed:
        opt_out(conversation, "provider_optout", waiting.key, waiting.correlation_id, log)
        conversation.notices.append(Notice(f"opt:{waiting.correlation_id}", "opted_out", log.at))
