"""
What time alone does to a conversation: reminders, expiry, the end of a snooze and of a takeover.

Deadlines are stored when a draft is made; nothing here counts. Each reminder is written before it is told, so it
is told once.
"""

from bot.conversation import Conversation, Draft, Status
from bot.notebook import Log


def keep_deadlines(conversation: Conversation, log: Log) -> bool:
    """Let everything happen whose time has come; answers whether anything did."""
    changed = _end_takeover(conversation, log)
    for draft in conversation.outbox:
        if draft.status is Status.HELD:
            changed = _expire(draft, log) or _end_snooze(draft, log) or _remind(draft, log) or changed
    return changed


def _end_takeover(conversation: Conversation, log: Log) -> bool:
    if conversation.mode != "human" or conversation.human_until is None or conversation.human_until > log.at:
        return False
    conversation.mode, conversation.human_until, conversation.human_reason = "bot", None, ""
    log.add("takeover_ended", "")
    return True


def _expire(draft: Draft, log: Log) -> bool:
    if draft.expires_at is None or draft.expires_at > log.at:
        return False
    draft.step(Status.EXPIRED, "nobody_decided")
    log.add("draft_expired", draft.correlation_id, draft=draft.id)
    return True


def _end_snooze(draft: Draft, log: Log) -> bool:
    if draft.snoozed_until is None or draft.snoozed_until > log.at:
        return False
    draft.snoozed_until = None
    draft.rev += 1
    log.add("snooze_ended", draft.correlation_id, draft=draft.id)
    return True


def _remind(draft: Draft, log: Log) -> bool:
    level = sum(1 for at in (draft.warn_at, draft.due_at) if at is not None and at <= log.at)
    if level <= draft.alerted_level:
        return False
    draft.alerted_level = level
    draft.rev += 1
    log.add("draft_waits_too_long", draft.correlation_id, draft=draft.id, level=level)
    return True
