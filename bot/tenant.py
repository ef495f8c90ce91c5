"""What a tenant has settled once: who sends, how freely, how long things may wait."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.departures.limit_terms import LimitTerms


class Autonomy(StrEnum):
    """How much may leave without a human."""

    SAFE_REPLIES = "safe_replies"
    DRAFT_EVERYTHING = "draft_everything"


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds and minutes that shape a talk."""

    burst_quiet: timedelta = timedelta(seconds=2.5)
    """Quick messages are read together: we wait until the contact was quiet for this long."""
    burst_at_most: timedelta = timedelta(seconds=8)
    """... but no longer than this after the first of them."""
    late_after: timedelta = timedelta(minutes=15)
    """A message older than this when we handle it gets a draft, not an automatic reply."""
    takeover_for: timedelta = timedelta(hours=4)
    """How long the bot stays silent after a human took over, unless handed back earlier."""
    window: timedelta = timedelta(hours=23, minutes=55)
    """The service window, five minutes shorter than WhatsApp's 24 hours so that we never miss it."""
    replies_in_ten_minutes: int = 12
    """More automatic replies than this to one contact wait for a human: twice the questions we ask, and slack."""
    replies_in_a_day: int = 60
    """The same over a day."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A business using Dealix."""

    id: str
    name: str
    channels: tuple[str, ...] = ()
    """Channel ids in the order in which they are tried."""
    autonomy: Autonomy = Autonomy.SAFE_REPLIES
    may_change_number: bool = False
    """Whether a message may leave from another number than the one the contact wrote to."""
    approver_chats: tuple[int, ...] = ()
    """Telegram ids of the people who may decide, in the order in which they are asked."""
    test_numbers: tuple[str, ...] = ()
    has_public_price: bool = False
    public_price: dict[str, str] = field(default_factory=dict)
    """Per language, the sentence that states the public price."""
    city: str = ""
    """Whose prayer times count, by id or name of the quiet hours; empty for the policy's own city."""
    pace: Pace = Pace()
    limits: LimitTerms = field(default_factory=LimitTerms)
    """How much may leave, by day and by number."""
