"""
How much the bot may say by itself before a human looks: per contact, and per channel.

Rule 1: a budget that is spent holds the next reply for a human; it never silences anybody, and what we owe
        (the confirmation of a stop, the receipt of a request about data) is not counted against it.
Rule 2: a contact's budget is read from the conversation, so every process counts the same; a channel's is counted
        by each process for itself, so that no message waits for a counter: n processes may let n budgets out.
Rule 3: whoever approves is told once about a flood, not once per message.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation import Conversation, Notice
from bot.tenant import Pace

CODE = "flood"
"""Of the gate's refusal: the wording keys are `hold.flood` and `note.flood`."""

BURST = timedelta(minutes=10)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

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


class ChannelBudget:
    """How many automatic replies this process let out of each channel in the last minute."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._left: dict[str, deque[datetime]] = {}
        self._told: dict[str, datetime] = {}

    def is_spent(self, channel: str, now: datetime) -> bool:
        left = self._left.get(channel, ())
        return len(left) >= self._a_minute and now - left[0] < MINUTE

    def count(self, channel: str, now: datetime) -> None:
        """One automatic reply leaves."""
        self._left.setdefault(channel, deque(maxlen=self._a_minute)).append(now)

    def is_news(self, channel: str, now: datetime) -> bool:
        """True once for each flood of a channel."""
        told = self._told.get(channel)
        if told is not None and now - told < TOLD_AGAIN_AFTER:
            return False
        self._told[channel] = now
        return True
