"""
May one more leave now, as far as numbers go: the day's budget, the number's pace, the calls under way.

Rule 1: an answer to somebody who wrote is never refused for a number: it waits its turn, in the order of coming.
        Only a flood of them (`floods.py`) is held for a human.
Rule 2: what nobody asked for has a place in its day before it leaves. Beyond the number that Sami allows without
        looking it is held, and leaves after a yes that was given knowing that; beyond the day's limit it waits
        for the next day.
Rule 3: a short wait is kept in memory; one that lasts longer than the sweep is patient is written down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import gate
from bot.conversation import UNASKED_FOR, Conversation, Draft, DraftKind
from bot.departures import floods
from bot.departures.in_flight import InFlight
from bot.departures.limit_terms import MOST_A_SECOND, Rate, day_ends
from bot.departures.limits import UNASKED_FOR as BUDGET
from bot.departures.limits import Limits, Spent
from bot.departures.pacing import Pacer
from bot.events import Outcome
from bot.gate import Next, Refusal
from bot.tenant import Tenant

# The codes of refusals; also the wording keys `hold.<code>` and `note.<code>`.
MANY_TODAY = "many_today"
DAY_IS_FULL = "day_is_full"
PACE = "pace"
BUSY = "channel_busy"

# Less than the sweep is patient with what is due: a wait that is not written down must be over by then.
KEPT_IN_MEMORY = timedelta(seconds=1.5)

# A contact that waits for a place at a crowded number is woken by the call that ends; this is in case nobody is.
CROWDED_LOOK = timedelta(seconds=1)
CROWDED_WAIT = timedelta(seconds=15)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Later:
    """It may leave, but not yet."""

    until: datetime
    code: str
    is_short: bool
    """Whether the wait is kept in memory."""


class Departures:
    """Asked right before an intent is written; one per process."""

    def __init__(
        self,
        limits: Limits,
        pacer: Pacer,
        in_flight: InFlight,
        tenants: Mapping[str, Tenant],
        replies_a_minute: int,
        now: Callable[[], datetime],
    ) -> None:
        """`replies_a_minute`: how many automatic replies may leave each number before a human looks."""
        self._limits = limits
        self._pacer = pacer
        self._in_flight = in_flight
        self._tenants = tenants
        self._flood = Rate(max(replies_a_minute, MOST_A_SECOND), replies_a_minute)
        self._now = now
        self._crowded: dict[str, datetime] = {}

    async def judge(self, conversation: Conversation, draft: Draft, channel: str) -> Refusal | Later | None:
        """None: it may leave now, and is counted."""
        crowded = self._crowd(conversation, channel)
        if crowded is not None:
            return crowded
        if self._is_unasked_for(conversation, draft):
            refused = await self._day(conversation, draft)
            if refused is not None:
                return refused
        later = await self._pace(conversation, draft, channel)
        if later is None and _is_counted(draft):
            return await self._flooded(conversation.tenant_id, channel)
        return later

    async def unsent(self, conversation: Conversation, draft: Draft) -> None:
        """A draft will not leave any more: its places are given back, unless it may have left after all."""
        maybe = (None, Outcome.ACCEPTED, Outcome.AMBIGUOUS, Outcome.SIMULATED)
        if not gate.wants_consent(draft) or any(attempt.outcome in maybe for attempt in draft.attempts):
            return
        times = {attempt.started_at for attempt in draft.attempts} | {self._now()}
        for at in times:
            await self._limits.give_back(conversation.tenant_id, BUDGET, draft.id, at)

    def not_now(self, tenant_id: str, channel: str) -> None:
        """What was let through last does not leave after all."""
        self._pacer.give_back(tenant_id, channel)

    def _is_unasked_for(self, conversation: Conversation, draft: Draft) -> bool:
        """What comes from an import answers somebody only where they wrote lately themselves."""
        if draft.kind in UNASKED_FOR:
            return True
        tenant = self._tenants[conversation.tenant_id]
        return gate.wants_consent(draft) and not gate.in_window(conversation, tenant, self._now())

    def _crowd(self, conversation: Conversation, channel: str) -> Later | None:
        now = self._now()
        if not self._in_flight.is_crowded(channel):
            self._crowded.pop(conversation.id, None)
            return None
        self._in_flight.waits(channel, (conversation.tenant_id, conversation.id))
        if len(self._crowded) > MOST_REMEMBERED:
            self._crowded.clear()  # who was cancelled meanwhile never comes back to be forgotten
        since = self._crowded.setdefault(conversation.id, now)
        if now - since < KEPT_IN_MEMORY:
            return Later(now + CROWDED_LOOK, BUSY, is_short=True)
        self._crowded.pop(conversation.id, None)
        return Later(now + CROWDED_WAIT, BUSY, is_short=False)

    async def _day(self, conversation: Conversation, draft: Draft) -> Refusal | None:
        now, terms = self._now(), self._tenants[conversation.tenant_id].limits
        is_known = f"hold.{MANY_TODAY}" in draft.hold_reasons
        up_to = None if is_known else terms.approval_above
        answer = await self._limits.reserve(conversation.tenant_id, BUDGET, draft.id, now, up_to=up_to)
        if not isinstance(answer, Spent):
            return None
        if is_known or await self._limits.is_full(conversation.tenant_id, BUDGET, now):
            return Refusal(DAY_IS_FULL, Next.WAIT, day_ends(now))
        return Refusal(MANY_TODAY, Next.HOLD)

    async def _pace(self, conversation: Conversation, draft: Draft, channel: str) -> Later | None:
        tenant_id, pace = conversation.tenant_id, self._tenants[conversation.tenant_id].limits.pace(channel)
        is_unasked_for = self._is_unasked_for(conversation, draft)
        keys = [(f"{channel}:unasked_for", pace.unasked_for)] if is_unasked_for else []
        taken: list[str] = []
        for key, rate in [*keys, (channel, pace.every)]:
            until = await self._pacer.take(tenant_id, key, rate, conversation.id)
            if until is not None:
                for other in taken:
                    self._pacer.give_back(tenant_id, other)
                return Later(until, PACE, is_short=until - self._now() < KEPT_IN_MEMORY)
            taken.append(key)
        return None

    async def _flooded(self, tenant_id: str, channel: str) -> Refusal | None:
        if await self._pacer.is_let_through(tenant_id, f"{channel}:replies", self._flood):
            return None
        self._pacer.give_back(tenant_id, channel)
        return Refusal(floods.CODE, Next.HOLD)


def _is_counted(draft: Draft) -> bool:
    return draft.kind is DraftKind.REPLY and draft.decision == "auto"
