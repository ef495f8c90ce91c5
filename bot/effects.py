"""
What a verdict's flags do to a conversation, beside moving its stage and answering. Pure.

Rule 1: an opt-out wins over everything: the stage, every waiting draft and every automated send. Only what
        the law makes us answer is still owed.
Rule 2: doubt about an opt-out pauses automated sends until the contact or a human says otherwise.
"""

from datetime import datetime

from bot.actions import deeds
from bot.approvals import hand_to_bot, hand_to_human
from bot.conversation import OWED, Conversation, Notice, Status, Suppression
from bot.notebook import Log
from bot.privacy.data_asks import kinds_asked
from bot.tenant import Tenant
from flows import deal

_NOTICE_OF = {
    "suspect_opt_out": "opt_out_suspected",
    "complaint": "complaint",
    "hand_to_human": "human_requested",
    "erasure_request": "erasure_requested",
    "secret": "secret_pasted",
}


def take_effect(
    conversation: Conversation,
    flags: tuple[str, ...],
    source_key: str,
    correlation_id: str,
    tenant: Tenant,
    log: Log,
) -> None:
    """Let the flags of one verdict count."""
    if "opt_out" in flags:
        opt_out(conversation, "user_optout", source_key, correlation_id, log)
        _tell(conversation, "opted_out", correlation_id, log.at)
        # Whoever stops us in anger, or with a request about their data, leaves somebody something to do.
        for flag in ("erasure_request", "complaint"):
            if flag in flags:
                _tell(conversation, _NOTICE_OF[flag], correlation_id, log.at)
        return
    if "resume_consent" in flags:
        _resume(conversation, correlation_id, log)
    if "suspect_opt_out" in flags:
        conversation.sends_paused = "suspected_opt_out"
    if "complaint" in flags:
        conversation.sends_paused = "complaint"
    if "hand_to_human" in flags:
        reason = "complaint" if "complaint" in flags else "asked for a human"
        hand_to_human(conversation, reason, log.at + tenant.pace.takeover_for)
    for flag, kind in _NOTICE_OF.items():
        if flag in flags and not _is_told_otherwise(flag, flags):
            _tell(conversation, kind, correlation_id, log.at)


def _is_told_otherwise(flag: str, flags: tuple[str, ...]) -> bool:
    """A complaint brings a human by itself; who asks to see or correct data is told as that."""
    if flag == "hand_to_human":
        return "complaint" in flags
    return flag == "erasure_request" and "deletion" not in kinds_asked(flags)


def opt_out(conversation: Conversation, reason: str, source_key: str, correlation_id: str, log: Log) -> None:
    """Never write to this contact again, and drop everything that was going to."""
    conversation.suppression = Suppression(reason, log.at, source_key, correlation_id)
    conversation.sends_paused = ""
    conversation.expects = conversation.asked = ""
    hand_to_bot(conversation)
    before = conversation.stage
    if deal.may(before, "opted_out", "system"):
        conversation.stage = deal.advance(before, "opted_out", source="system")
    cancelled = 0
    for draft in conversation.outbox:
        if draft.status in (Status.HELD, Status.QUEUED) and draft.kind not in OWED:
            draft.step(Status.CANCELLED, "opted_out")
            cancelled += 1
    deeds.stop(conversation, correlation_id, log)
    log.add(
        "opted_out",
        correlation_id,
        before=before,
        after=conversation.stage,
        reason=reason,
        drafts_cancelled=cancelled,
    )


def _resume(conversation: Conversation, correlation_id: str, log: Log) -> None:
    """The contact itself asked for messages again."""
    was = conversation.sends_paused or (conversation.suppression.reason if conversation.suppression else "")
    conversation.sends_paused = ""
    conversation.suppression = None
    conversation.confirmed_opt_out = False
    if deal.may(conversation.stage, "consent_renewed", "system"):
        conversation.stage = deal.advance(conversation.stage, "consent_renewed", source="system")
    log.add("consent_renewed", correlation_id, was=was)


def _tell(conversation: Conversation, kind: str, correlation_id: str, at: datetime) -> None:
    conversation.notices.append(Notice(f"{kind}:{correlation_id}", kind, at))
