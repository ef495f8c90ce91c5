"""
How much may leave: what a tenant has settled, what each provider takes, and how far settings may go.

Rule 1: every number has a hard maximum. A setting beyond it, or below what makes sense, stops the start.
Rule 2: what nobody asked for has limits of its own, which are tighter: nobody waits for it, and it is what
        numbers are blocked for.
Rule 3: a provider that nobody has described is paced like a linked phone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.errors import Misconfigured
from rules.policies.zones import RIYADH

# Meta lets a number without a history open 250 talks a day, and 1,000 on its first real step. Beyond that a
# tenant needs more than a number in a file.
MOST_UNASKED_FOR_A_DAY = 1_000

# Sami's policy is ten; a tenant that wants more of them without looking again has five times as many at most.
MOST_BEFORE_APPROVAL = 50

# Meta's fastest numbers carry 1,000 a second.
MOST_A_SECOND = 1_000
MOST_A_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many in any second and in any minute."""

    a_second: int
    a_minute: int


@dataclass(frozen=True, slots=True)
class ChannelPace:
    """How fast one number may send."""

    every: Rate
    """Everything that leaves it, answers too."""
    unasked_for: Rate
    """The part of it that nobody asked for."""


# Green API documents 50 sends a second; Ultramsg and Fonnte publish nothing, and are linked phones as well. All
# three put what comes faster into a queue of their own. What nobody asked for goes as a person types: a linked
# phone that writes faster than about once a second is what WhatsApp suspends.
LINKED_PHONE = ChannelPace(Rate(50, 3_000), Rate(1, 60))

PACES: Mapping[str, ChannelPace] = MappingProxyType(
    {
        # Meta's default throughput: 80 messages a second.
        "meta_cloud": ChannelPace(Rate(80, 4_800), Rate(80, 4_800)),
        "green_api": LINKED_PHONE,
        "ultramsg": LINKED_PHONE,
        "fonnte": LINKED_PHONE,
        # Nobody suspends the phone on the simulator page.
        "simulated": ChannelPace(Rate(MOST_A_SECOND, MOST_A_MINUTE), Rate(MOST_A_SECOND, MOST_A_MINUTE)),
    }
)


@dataclass(frozen=True, slots=True)
class LimitTerms:
    """What one tenant has settled."""

    unasked_for_a_day: int = 15
    """Messages a day that nobody asked for, over all numbers; a day is a day in Riyadh."""
    approval_above: int = 10
    """From the one after so many a day on, each needs a yes that was given knowing it."""
    paces: Mapping[str, ChannelPace] = field(default_factory=lambda: MappingProxyType({}))
    """Per channel."""

    def pace(self, channel: str) -> ChannelPace:
        return self.paces.get(channel, LINKED_PHONE)


def checked_number(name: str, value: int, least: int, most: int) -> int:
    """Raises Misconfigured, naming the setting and its bounds."""
    if not least <= value <= most:
        raise Misconfigured(
            f"{name} is {value}: it must be from {least} to {most}",
            f"قيمة {name} هي {value}، ويجب أن تكون بين {least} و {most}",
        )
    return value


def pace_of(
    channel: str,
    provider: str,
    *,
    a_second: int | None = None,
    a_minute: int | None = None,
    unasked_for_a_second: int | None = None,
    unasked_for_a_minute: int | None = None,
) -> ChannelPace:
    """The provider's own pace, with what somebody has set instead. Raises Misconfigured."""
    own = PACES.get(provider, LINKED_PHONE)
    every = _rate(f"{channel}: a_second", a_second, f"{channel}: a_minute", a_minute, own.every)
    unasked = _rate(
        f"{channel}: unasked_for_a_second",
        unasked_for_a_second,
        f"{channel}: unasked_for_a_minute",
        unasked_for_a_minute,
        own.unasked_for,
    )
    slower = Rate(min(unasked.a_second, every.a_second), min(unasked.a_minute, every.a_minute))
    return ChannelPace(every, slower)


def _rate(second_name: str, a_second: int | None, minute_name: str, a_minute: int | None, own: Rate) -> Rate:
    second = own.a_second if a_second is None else checked_number(second_name, a_second, 1, MOST_A_SECOND)
    # Whoever sets the second alone means the pace, and not sixty seconds of it and then a pause.
    implied = own.a_minute if a_second is None else second * 60
    minute = implied if a_minute is None else checked_number(minute_name, a_minute, 1, MOST_A_MINUTE)
    return Rate(second, minute)


def terms_of(unasked_for_a_day: int, approval_above: int, paces: Mapping[str, ChannelPace]) -> LimitTerms:
    """Raises Misconfigured."""
    return LimitTerms(
        checked_number(
            "WHATSAPP_DAILY_LIMIT (limits.unasked_for_a_day)", unasked_for_a_day, 0, MOST_UNASKED_FOR_A_DAY
        ),
        checked_number(
            "DEALIX_APPROVAL_ABOVE_A_DAY (limits.approval_above)", approval_above, 0, MOST_BEFORE_APPROVAL
        ),
        MappingProxyType(dict(paces)),
    )


def day_of(at: datetime) -> str:
    """The day in Riyadh, as it is written in rows."""
    return at.astimezone(ZoneInfo(RIYADH)).date().isoformat()


def day_ends(at: datetime) -> datetime:
    """When the next day in Riyadh begins, in the zone of `at`."""
    zone = ZoneInfo(RIYADH)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), zone).astimezone(at.tzinfo)
