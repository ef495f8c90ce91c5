"""
How much the bot may say by itself before a human looks: per contact, and per channel.

Rule 1: a budget that is spent holds the next reply for a human; it never silences anybody, and what we owe
        (the confirmation of a stop, the receipt of a request about data) is not counted against it.
Rule 2: a contact's budget is read from the conversation, a channel's is counted in slices (`pacing.py`), so all
        processes together let out what one would.
Rule 3: whoever approves is told once about a flood, not once per message.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation import Conversation, Notice
from bot.tenant import Pace

CODE = "flood"
"""Of the gate's refusal: the wording keys are `hold.flood` and `note.flood`."""

BURST = timedelta(minutes=10)
DAY = timedelta(days=1)

# One flood is one matter, however long it lasts.
TOLD_AGAIN_AFTER = timedelta(hours=1)


def is_spent(sent: Sequence[datetime], pace: Pace, now: datetime) -> bool:
    """Whether a contact has had as many automatic replies as may leave without a human."""
    in_burst = sum(now - at < BURST for at in sent)
    in_day = sum(now - at < DAY for at in sent)
    return in_burst >= pace.replies_in_ten_minutes or in_day >= pace.replies_in_a_day


def tell(conversation: Conversation, at: datetime) -> None:
    """Leave one notice about a flood of this contact."""
    told = [notice for notice in conversation.notices if notice.kind == CODE]
    if not told or at - told[-1].at >= TOLD_AGAIN_AFTER:
        conversation.notices.append(Notice(f"{CODE}:{at:%Y%m%dT%H%M%S}", CODE, at))


def matter(tenant_id: str, channel: str, at: datetime) -> str:
    """The name under which one flood of a channel is told once, whichever process met it."""
    return f"{tenant_id}:{channel}:{int(at.timestamp() // TOLD_AGAIN_AFTER.total_seconds())}"
