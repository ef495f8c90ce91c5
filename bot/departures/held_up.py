"""
Answers that wait because a provider wants its number left alone: told to people before a contact gives up on us.

Rule 1: what waits for a pause says so itself: its next try stands at the end of that pause, and its note names
        the number. Whatever may go over another number does not wait and is not counted.
Rule 2: one alert for each number and hour in which its pause ends: a pause that goes on in small steps is told
        once an hour, a long one once.
Rule 3: nothing is sent, moved or changed here.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.alerts import Alerts
from bot.conversation import UNASKED_FOR, Draft, Status
from bot.departures.pauses import Pause, PauseRows
from bot.store import Conversations
from rules.policies.zones import RIYADH

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 15.0

# Whoever writes on WhatsApp expects an answer within minutes.
TOO_LONG = timedelta(minutes=5)

# A process may have heard of a pause a moment before the row that it became.
ABOUT = timedelta(seconds=5)

AT_MOST = 1_000

ANSWERS_WAIT = "answers_wait"


class HeldUp:
    """Looks at numbers that pause, and at who waits for them."""

    def __init__(
        self,
        pauses: PauseRows,
        conversations: Conversations,
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        """`unreachable`: what the store raises while it is away; the next look comes in seconds."""
        self._pauses = pauses
        self._conversations = conversations
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now

    async def look(self) -> None:
        """Tell of every pause for which somebody has waited too long."""
        try:
            of_tenant: dict[str, list[Pause]] = defaultdict(list)
            for pause in await self._pauses.paused(self._now()):
                of_tenant[pause.tenant_id].append(pause)
            for tenant_id, pauses in of_tenant.items():
                await self._look_at(tenant_id, pauses)
        except self._unreachable as away:
            logger.warning("held_up_waits_for_database", reason=type(away).__name__)

    async def _look_at(self, tenant_id: str, pauses: Sequence[Pause]) -> None:
        queued = await self._conversations.with_drafts(tenant_id, (Status.QUEUED.value,), AT_MOST)
        drafts = [draft for conversation in queued for draft in conversation.outbox]
        for pause in pauses:
            waiting = [draft for draft in drafts if waits_for(draft, pause)]
            if any(self._now() - _since(draft) >= TOO_LONG for draft in waiting):
                await self._tell(pause, len(waiting))

    async def _tell(self, pause: Pause, several: int) -> None:
        until = f"{pause.until.astimezone(ZoneInfo(RIYADH)):%H:%M}"
        await self._alerts.tell(
            pause.tenant_id,
            ANSWERS_WAIT,
            f"{several} answers wait until {until} (Riyadh): the provider wants {pause.channel} left alone",
            f"{several} من الردود تنتظر حتى {until} بتوقيت الرياض: طلب المزود إيقاف الإرسال من {pause.channel}",
            f"{pause.channel} pauses until {pause.until:%Y-%m-%d %H:%M:%S} UTC; {several} answers wait and leave "
            "by themselves then. Who cannot wait is answered from the phone itself",
            f"pause:{pause.channel}:{pause.until:%Y-%m-%dT%H}",
            audience=("approver", "admin"),
            about=pause.channel,
        )


def waits_for(draft: Draft, pause: Pause) -> bool:
    """Whether this answer leaves when that pause ends, and not before."""
    return (
        draft.status is Status.QUEUED
        and draft.kind not in UNASKED_FOR
        and draft.retry_at is not None
        and draft.retry_at >= pause.until - ABOUT
        and f"{pause.channel}: " in draft.note
    )


def _since(draft: Draft) -> datetime:
    """Since when nothing but a number is in its way."""
    return draft.decided_at or draft.created_at
