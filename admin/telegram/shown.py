"""
What one chat still lacks of one conversation: pure questions about drafts, cards and notices.

Rule 1: a draft gets a new card only while it needs a human; a card that lies in a chat is kept true for good.
"""

from datetime import datetime

from bot.conversation import Conversation, Draft, Notice, ShownCard, Status

NEEDS_A_HUMAN = frozenset({Status.HELD, Status.UNKNOWN})


def card_in(draft: Draft, chat_id: int) -> ShownCard | None:
    return next((card for card in draft.cards if card.chat_id == chat_id), None)


def lacks_card(draft: Draft, chat_id: int) -> bool:
    """Whether this chat must be shown this draft, for the first time or again."""
    card = card_in(draft, chat_id)
    if card is None:
        return draft.status in NEEDS_A_HUMAN and not draft.superseded_by
    return card.shown_rev < draft.rev


def lacking_drafts(conversation: Conversation, chat_id: int) -> list[Draft]:
    """Changed cards first: a wrong card misleads, a missing one only waits."""
    lacking = [draft for draft in conversation.outbox if lacks_card(draft, chat_id)]
    return sorted(lacking, key=lambda draft: (card_in(draft, chat_id) is None, draft.created_at))


def unseen_notices(conversation: Conversation, chat_id: int) -> list[Notice]:
    return [notice for notice in conversation.notices if chat_id not in notice.shown_to]


def is_urgent(conversation: Conversation, chat_id: int) -> bool:
    """Whether a card that lies in this chat says something that is no longer true."""
    return any(card_in(draft, chat_id) and lacks_card(draft, chat_id) for draft in conversation.outbox)


def foreign_chats(conversation: Conversation, chats: tuple[int, ...]) -> list[tuple[Draft, ShownCard]]:
    """Outdated cards in chats of people who may no longer decide."""
    return [
        (draft, card)
        for draft in conversation.outbox
        for card in draft.cards
        if card.chat_id not in chats and card.shown_rev < draft.rev
    ]


def predecessor_card(conversation: Conversation, draft: Draft, chat_id: int) -> ShownCard | None:
    """The card of the draft that this one replaces, so that the new card points at it."""
    replaced = (other for other in conversation.outbox if other.superseded_by == draft.id)
    return next((card for other in replaced if (card := card_in(other, chat_id))), None)


def snooze_ended(draft: Draft, told_until: datetime | None, now: datetime) -> bool:
    """Whether a chat that was told of a snooze must hear that it is over."""
    return draft.status is Status.HELD and told_until is not None and not _is_snoozed(draft, now)


def _is_snoozed(draft: Draft, now: datetime) -> bool:
    return draft.snoozed_until is not None and draft.snoozed_until > now
