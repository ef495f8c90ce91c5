"""
A provider asks us to wait: its number is left alone by every process, for as long as it said.

Rule 1: a pause is written down and survives a restart; a longer one replaces a shorter one, never the other way
        round.
Rule 2: whoever was told acts at once, every other process within about a second. A message that one sends in this
        second is refused by the provider once more, and nothing worse.
Rule 3: a pause that a provider did not measure begins short and doubles while it goes on being asked for.
Rule 4: a clock that was set back lengthens no pause: each process lets it end as long after hearing of it as it
        could last at most.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.ports import Chain, SendResult

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0

# Providers drop what waited a day; nobody pauses longer because of one answer.
LONGEST_SECONDS = 24 * 3_600.0

# What a provider did not measure doubles up to here.
LONGEST_GUESS_SECONDS = 300.0

# Asked again so soon after the last pause, it is the same trouble going on.
SAME_TROUBLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pause:
    """One number that is left alone."""

    tenant_id: str
    channel: str
    until: datetime
    seconds: float
    said_at: datetime
    reason: str
    """Two lines for staff, English and Arabic."""
    times: int = 1
    """The how-manieth in a row."""


class PauseRows(Protocol):
    """Where pauses are kept."""

    async def pause(self, pause: Pause) -> None:
        """Write it down unless a longer one stands."""

    async def paused(self, now: datetime) -> list[Pause]:
        """Those of all tenants that have not ended."""

    async def last_pause(self, tenant_id: str, channel: str) -> Pause | None:
        """The latest of one number, over or not."""


class ChannelPauses:
    """Hears what providers ask for, and tells the chains of this process."""

    def __init__(
        self,
        rows: PauseRows,
        chains: Mapping[str, Chain],
        now: Callable[[], datetime],
        unreachable: tuple[type[Exception], ...] = (),
    ) -> None:
        """`unreachable`: what the store raises while it is away."""
        self._unreachable = unreachable
        self._rows = rows
        self._chains = chains
        self._now = now

    async def note(self, tenant_id: str, channel: str, result: SendResult) -> None:
        """Take what one send came to. Raises what the store raises while it is away."""
        if not result.pause_seconds:
            return
        now = _as_stored(self._now())
        pause = Pause(tenant_id, channel, now, 0.0, now, result.detail)
        if result.retry_after_seconds is not None:
            pause = _lasting(pause, min(result.retry_after_seconds, LONGEST_SECONDS))
        else:
            pause = _doubled(pause, result.pause_seconds, await self._rows.last_pause(tenant_id, channel))
        self._tell(pause)
        logger.info("channel_paused", tenant=tenant_id, channel=channel, seconds=round(pause.seconds, 1))
        await self._rows.pause(pause)

    async def look(self) -> None:
        """Learn what other processes were told, and what was said before a restart."""
        try:
            for pause in await self._rows.paused(self._now()):
                self._tell(pause)
        except self._unreachable as away:  # what is known here holds on
            logger.warning("pauses_wait_for_database", reason=type(away).__name__)

    def _tell(self, pause: Pause) -> None:
        chain = self._chains.get(pause.tenant_id)
        if chain is not None:
            until = min(pause.until, self._now() + timedelta(seconds=pause.seconds))
            chain.pause(pause.channel, until, pause.said_at, pause.reason)


def _as_stored(at: datetime) -> datetime:
    """The database keeps milliseconds; so the same request is known again when it comes back from there."""
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)


def _lasting(pause: Pause, seconds: float) -> Pause:
    return replace(pause, until=pause.said_at + timedelta(seconds=seconds), seconds=seconds)


def _doubled(pause: Pause, seconds: float, last: Pause | None) -> Pause:
    """As long as the provider's kind asks for, doubled for each time in a row."""
    if last is None or pause.said_at - last.until >= SAME_TROUBLE or last.said_at > pause.said_at:
        return _lasting(pause, seconds)
    # Calls that were under way together are refused together: that is one time, not several.
    times = last.times if last.until > pause.said_at else last.times + 1
    longest = max(seconds, LONGEST_GUESS_SECONDS)
    return _lasting(replace(pause, times=times), min(seconds * 2 ** min(times - 1, 10), longest))
