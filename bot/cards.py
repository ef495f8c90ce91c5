"""
What a human sees about one draft: who, what they said, what we would answer, and because of what.

Telegram and the console draw the same card; neither decides anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.conversation import Conversation, Draft, DraftKind, Edit, ModelProposal, Reason, Said, Status
from bot.gate import QUIET_HOURS
from bot.knowledge.article import Source
from bot.phones import mask


class Action(StrEnum):
    """What a human may do with a card now."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    TAKE_OVER = "take_over"
    SNOOZE = "snooze"
    ARRIVED = "arrived"
    """For a send in doubt: the human has seen that it arrived."""
    SEND_AGAIN = "send_again"
    """For a send in doubt: the human has seen that it did not."""
    HAND_BACK = "hand_back"
    """Let the bot answer again."""
    VERIFY_PAYMENT = "verify_payment"
    """The human has seen the money."""


REJECT_REASONS = ("wrong_intent", "tone", "price", "not_now", "other")
"""Why a human may refuse a draft; feeds the analysts' report."""


@dataclass(frozen=True, slots=True)
class Card:
    """One draft as a human sees it."""

    draft_id: str
    kind: DraftKind
    rev: int
    text_version: int
    """Give it back with a decision: a decision about an older wording is refused."""
    conversation_id: str
    tenant_id: str
    contact_name: str
    phone_masked: str
    channel: str
    stage: str
    stage_after: str
    proposes: str
    intent: str
    confidence: float
    language: str
    because: tuple[Reason, ...]
    hold_reasons: tuple[str, ...]
    flags: tuple[str, ...]
    last_lines: tuple[Said, ...]
    text: str
    edits: tuple[Edit, ...]
    """Wordings this text replaced, oldest first; the last one is what the diff shows."""
    status: Status
    created_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    snoozed_until: datetime | None
    quiet_until: datetime | None
    """When quiet hours end for a draft that waits for that, agreed to by a human."""
    decided_by: str
    decided_at: datetime | None
    decision: str
    note: str
    sent_through: str
    """Channel of the last attempt, empty before the first."""
    receipts: tuple[tuple[str, datetime], ...]
    is_simulated: bool
    book_version: str
    superseded_by: str
    mode: str
    """`bot | human`: who answers this contact now."""
    actions: tuple[Action, ...]
    correlation_id: str
    source: Source | None = None
    """The article from which the text was written."""
    proposal: ModelProposal | None = None
    """What a language model proposes; it does nothing by itself."""


def card_of(conversation: Conversation, draft: Draft) -> Card:
    """Draw the card of one draft."""
    return Card(
        draft_id=draft.id,
        kind=draft.kind,
        rev=draft.rev,
        text_version=draft.text_version,
        conversation_id=conversation.id,
        tenant_id=conversation.tenant_id,
        contact_name=conversation.name,
        phone_masked=mask(conversation.phone) if conversation.phone else "",
        channel=conversation.channel,
        stage=draft.stage_before or conversation.stage,
        stage_after=draft.stage_after or conversation.stage,
        proposes=draft.proposes,
        intent=draft.intent,
        confidence=draft.confidence,
        language=draft.language,
        because=draft.because,
        hold_reasons=draft.hold_reasons,
        flags=draft.flags,
        last_lines=tuple(conversation.recent[-5:]),
        text=draft.text,
        edits=draft.edits,
        status=draft.status,
        created_at=draft.created_at,
        warn_at=draft.warn_at,
        due_at=draft.due_at,
        expires_at=draft.expires_at,
        snoozed_until=draft.snoozed_until,
        quiet_until=draft.retry_at if draft.note == QUIET_HOURS else None,
        decided_by=draft.decided_by,
        decided_at=draft.decided_at,
        decision=draft.decision,
        note=draft.note,
        sent_through=draft.last_channel,
        receipts=tuple(sorted(draft.receipts.items(), key=lambda item: item[1])),
        is_simulated=draft.status is Status.SIMULATED,
        book_version=draft.book_version,
        superseded_by=draft.superseded_by,
        mode=conversation.mode,
        actions=actions_of(conversation, draft),
        correlation_id=draft.correlation_id,
        proposal=draft.proposal,
        source=draft.source,
    )


def actions_of(conversation: Conversation, draft: Draft) -> tuple[Action, ...]:
    """What a human may do with this draft now."""
    if draft.status is Status.HELD:
        actions = [Action.APPROVE, Action.EDIT, Action.REJECT, Action.TAKE_OVER, Action.SNOOZE]
        if "verify_payment" in draft.flags and conversation.stage == "payment_requested":
            actions.append(Action.VERIFY_PAYMENT)
        return tuple(actions)
    if draft.status is Status.UNKNOWN:
        return (Action.ARRIVED, Action.SEND_AGAIN)
    if conversation.mode == "human":
        return (Action.HAND_BACK,)
    return ()


@dataclass(frozen=True, slots=True)
class ContactView:
    """One contact as `/contact` and the console show it."""

    conversation_id: str
    name: str
    phone_masked: str
    stage: str
    mode: str
    human_until: datetime | None
    human_reason: str
    is_suppressed: bool
    sends_paused: str
    language: str
    channel: str
    slots: tuple[tuple[str, str], ...]
    last_lines: tuple[Said, ...]
    drafts: tuple[Card, ...]
    window_ends_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brief:
    """The numbers of `/brief`: each with its window, none invented."""

    as_of: datetime
    since: datetime
    waiting: int
    """Held drafts now, snoozed ones included."""
    overdue: int
    """Held drafts past their due time now."""
    in_doubt: int
    """Sends whose fate is unknown now."""
    inbound: int
    """Messages received since `since`."""
    answered_by_bot: int
    """Replies that left without a human since `since`."""
    approved: int
    opted_out: int
    by_stage: tuple[tuple[str, int], ...]
    is_paused: bool
    oldest_waiting: Card | None


def oldest_first(cards: Sequence[Card]) -> list[Card]:
    """The order of the queue: due first, then oldest."""
    return sorted(cards, key=lambda card: (card.due_at or card.created_at, card.created_at))
