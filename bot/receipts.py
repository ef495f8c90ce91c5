"""
How far a message of ours came, as its provider tells it, late, twice and out of order.

Rule 1: a delivery status is a rank that only rises: read never goes back to delivered.
Rule 2: a failure counts only while nobody has said that the message arrived.
Rule 3: a failure counts only for the attempt that it is about: told again after another provider took the
        message, it must not send it a third time.
Rule 4: whether another provider may try after a late failure is decided by the same table as at once.
"""

from datetime import datetime

from bot.conversation import Conversation, Draft, Notice, Status
from bot.events import DeliveryReceipt, DeliveryStatus, Outcome
from bot.notebook import Log

_RANK = {
    Status.SENDING: 0,
    Status.UNKNOWN: 0,
    Status.ACCEPTED: 1,
    Status.SENT: 2,
    Status.DELIVERED: 3,
    Status.READ: 4,
}
_SAYS = {
    DeliveryStatus.SENT: Status.SENT,
    DeliveryStatus.DELIVERED: Status.DELIVERED,
    DeliveryStatus.READ: Status.READ,
}


def find(conversation: Conversation, receipt: DeliveryReceipt) -> Draft | None:
    """The draft that a receipt is about."""
    for draft in conversation.outbox:
        if receipt.our_reference and receipt.our_reference == draft.id:
            return draft
        if set(receipt.provider_message_ids) & set(draft.provider_message_ids):
            return draft
    return None


def apply(conversation: Conversation, draft: Draft, receipt: DeliveryReceipt, log: Log) -> bool:
    """Let one receipt count; answers whether it changed anything."""
    if receipt.status is DeliveryStatus.FAILED and not _is_about_the_last_attempt(draft, receipt):
        log.add("old_failure_repeated", draft.correlation_id, draft=draft.id, code=receipt.provider_code)
        return False
    known = set(draft.provider_message_ids)
    more = tuple(i for i in receipt.provider_message_ids if i not in known)
    draft.provider_message_ids = (*draft.provider_message_ids, *more)
    if receipt.status is DeliveryStatus.FAILED:
        return _failed(conversation, draft, receipt, log) or bool(more)
    if not _rise(draft, _SAYS[receipt.status], receipt, log):
        return bool(more)
    conversation.heard_from_us(draft, log.at)
    return True


def _is_about_the_last_attempt(draft: Draft, receipt: DeliveryReceipt) -> bool:
    """An id that nobody has named yet can only belong to an attempt whose own id is not known."""
    if not draft.attempts:
        return True
    ids = set(receipt.provider_message_ids)
    earlier = {i for attempt in draft.attempts[:-1] for i in attempt.provider_message_ids}
    if ids & (set(draft.provider_message_ids) - earlier):
        return True
    return not draft.attempts[-1].provider_message_ids and not ids & earlier


def _rise(draft: Draft, status: Status, receipt: DeliveryReceipt, log: Log) -> bool:
    at = receipt.at or log.at
    if receipt.status.value not in draft.receipts:
        draft.receipts = {**draft.receipts, receipt.status.value: at}
    if _is_to_be_sent_again(draft) and status in (Status.DELIVERED, Status.READ):
        draft.step(status)  # it has arrived: nobody wants it twice
        log.add(f"message_{status}", draft.correlation_id, draft=draft.id, channel=draft.last_channel, at=at)
        return True
    if draft.status not in _RANK or _RANK[draft.status] >= _RANK[status]:
        return False
    draft.step(status)
    log.add(f"message_{status}", draft.correlation_id, draft=draft.id, channel=draft.last_channel, at=at)
    return True


def _is_to_be_sent_again(draft: Draft) -> bool:
    """Whether an attempt was made already, and another one is wanted."""
    return bool(draft.attempts) and draft.status in (Status.QUEUED, Status.HELD)


def _failed(conversation: Conversation, draft: Draft, receipt: DeliveryReceipt, log: Log) -> bool:
    if draft.status not in (Status.ACCEPTED, Status.UNKNOWN, Status.SENDING, Status.SENT):
        return False
    draft.receipts = {**draft.receipts, "failed": receipt.at or log.at}
    reason = f"{draft.last_channel}: {receipt.provider_code or 'failed'}"
    log.add("message_failed_later", draft.correlation_id, draft=draft.id, code=receipt.provider_code)
    may_try_again = (
        receipt.send_class is not None
        and receipt.send_class.outcome is Outcome.REJECTED_RETRYABLE
        and draft.status is Status.ACCEPTED
    )
    if may_try_again:
        draft.step(Status.QUEUED, reason)
        return True
    if draft.status is Status.SENDING:
        return False  # the call is still open: its answer will count
    draft.step(Status.FAILED, reason)
    conversation.notices.append(Notice(f"failed:{draft.id}", "send_failed", log.at, reason))
    return True


def came_back_as(
    conversation: Conversation, draft: Draft, at: datetime, provider_message_id: str, log: Log
) -> bool:
    """Our own message was seen leaving the tenant's number: it was accepted, whatever the call said."""
    if provider_message_id and provider_message_id not in draft.provider_message_ids:
        draft.provider_message_ids = (*draft.provider_message_ids, provider_message_id)
    if draft.status is not Status.UNKNOWN:
        return False
    draft.step(Status.ACCEPTED, "seen_leaving")
    conversation.heard_from_us(draft, at)
    log.add("doubt_resolved", draft.correlation_id, draft=draft.id, arrived=True, by="echo", at=at)
    return True
