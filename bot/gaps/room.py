"""
Watches the channels: compares them with their providers, hears whether they deliver, tells people if not.

Rule 1: one alert for each channel and outage, silence or quiet; told again after a crash under the same key,
        which changes nothing.
Rule 2: a message that a provider took is never sent again from here, whatever is heard of it.
Rule 3: a channel that fails holds up no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.gaps import quiet, unheard
from bot.gaps.compare import Comparison, Look
from bot.gaps.watch import RECEIVED, Accepted, Watch, Watches
from bot.intake import Channel
from bot.ports import Chain, Unheard

logger = structlog.get_logger()

COMPARE_EVERY_SECONDS = 5.0
LISTEN_EVERY_SECONDS = 5.0
QUIET_EVERY_SECONDS = 20.0
TELL_EVERY_SECONDS = 5.0

# Channels that are looked at side by side.
AT_ONCE = 10

# Who must know: those who can repair a channel, and Sami, whose contacts are waiting.
AUDIENCE = ("admin", "approver")

# A receipt can be written down before the answer of the call that it is about.
_RECEIPT_FIRST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a channel took lately, newest first, and when anything was first heard of each."""

    sends: Sequence[Accepted]
    at: Mapping[str, datetime]


class Gaps:
    """The channels of all tenants, as they are watched."""

    def __init__(
        self,
        watches: Watches,
        comparison: Comparison,
        channels: Mapping[str, Channel],
        chains: Mapping[str, Chain],
        alerts: Alerts,
        now: Callable[[], datetime],
        unreachable: tuple[type[Exception], ...],
    ) -> None:
        """`unreachable`: what the database raises while it is away; the next look comes in seconds."""
        self.watches = watches
        self.channels = channels
        self.chains = chains
        self.now = now
        self._comparison = comparison
        self._alerts = alerts
        self._unreachable = unreachable
        self._awake_since: datetime | None = None

    async def compare(self) -> None:
        """Look into the record of every channel whose turn it is."""
        await self._for_each(self._compare_when_due)

    async def look(self, tenant_id: str, since: datetime | None = None, channel: str = "") -> list[Look]:
        """
        Look into the records of a tenant's channels now.

        Args:
            since: from where, instead of where the last look ended; at most seven days back.
            channel: only this one.
        """
        mine = [
            name for name, one in self.channels.items() if one.tenant_id == tenant_id and channel in ("", name)
        ]
        return [await self._look(await self.watches.begin(tenant_id, name, self.now()), since) for name in mine]

    async def listen(self) -> None:
        """Judge of every channel whether it delivers what it takes."""
        await self._for_each(self._listen)

    async def notice_quiet(self) -> None:
        """Judge of every channel whether contacts are heard on it as at this hour of other weeks."""
        self._awake_since = self._awake_since or self.now()
        await self._for_each(self._notice_quiet)

    async def tell_chains(self) -> None:
        """Let the chains of this process know which channels are silent, whoever noticed it."""
        try:
            for tenant_id, chain in self.chains.items():
                found = await self.watches.of_tenant(tenant_id)
                chain.unheard({w.channel: unheard_of(w) for w in found if w.silent_since is not None})
        except self._unreachable as away:
            logger.warning("channels_wait_for_database", reason=type(away).__name__)

    async def _for_each(self, work: Callable[[Watch], Awaitable[None]]) -> None:
        """A provider that hangs keeps the others waiting only where there are many of them."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(name: str, tenant_id: str) -> None:
            async with places:
                try:
                    await work(await self.watches.begin(tenant_id, name, self.now()))
                except self._unreachable as away:
                    logger.warning("channel_waits_for_database", channel=name, reason=type(away).__name__)

        await asyncio.gather(*(one(name, channel.tenant_id) for name, channel in self.channels.items()))

    async def _compare_when_due(self, watch: Watch) -> None:
        if watch.next_look_at is None or watch.next_look_at <= self.now():
            await self._look(watch, None)

    async def _look(self, watch: Watch, since: datetime | None) -> Look:
        look = await self._comparison.look(watch, since)
        if look.found:
            logger.warning("gaps_found", channel=watch.channel, found=look.found, repaired=look.repaired)
        after = await self.watches.begin(watch.tenant_id, watch.channel, self.now())
        if after.outage_id and not after.is_outage_told:
            await self._tell_of_gaps(after)
        return look

    async def _tell_of_gaps(self, watch: Watch) -> None:
        counted = await self.watches.count_outage(watch.tenant_id, watch.outage_id)
        span = f"{_minute(counted.first_at)} - {_minute(counted.last_at)} UTC"
        await self._alerts.tell(
            watch.tenant_id,
            "channel_gaps",
            f"{watch.channel}: messages came without a webhook and were found in the provider's record",
            f"{watch.channel}: رسائل لم يصل إشعارها ووُجدت في سجل المزوّد",
            f"found {counted.found}, repaired {counted.repaired}, could not {counted.lost}; sent {span}",
            f"gaps:{watch.channel}:{watch.outage_id}",
            audience=AUDIENCE,
            about=watch.channel,
        )
        await self.watches.outage_told(watch)

    async def _listen(self, watch: Watch) -> None:
        if watch.silent_since is not None:
            await self._listen_again(watch, watch.silent_since)
            return
        now = self.now()
        since = max([now - unheard.WINDOW, *([watch.heard_again_at] if watch.heard_again_at else [])])
        lately = await self._heard(watch, since, now, unheard.AT_MOST)
        run = unheard.run_of(lately.sends, lately.at, now)
        if run is None or not run.is_long_enough:
            return
        habit = await self._heard(watch, run.since - unheard.HABIT_WINDOW, run.since, unheard.HABIT_AT_MOST)
        if unheard.is_silent(run, habit.sends, habit.at):
            await self._fall_silent(watch, run)

    async def _heard(self, watch: Watch, since: datetime, until: datetime, limit: int) -> _Heard:
        sends = await self.watches.accepted(watch.tenant_id, watch.channel, since, until, limit)
        if not sends:
            return _Heard((), {})
        at = await self.watches.first_receipts(watch.tenant_id, sends, sends[-1].at - _RECEIPT_FIRST)
        return _Heard(sends, at)

    async def _fall_silent(self, watch: Watch, run: unheard.Run) -> None:
        await self._tell_of_silence(watch, run.since, len(run.sends))
        await self.watches.fell_silent(watch, run.since, len(run.sends))
        logger.warning("channel_fell_silent", channel=watch.channel, contacts=len(run.sends))
        await self.tell_chains()

    async def _tell_of_silence(self, watch: Watch, since: datetime, count: int) -> None:
        await self._alerts.tell(
            watch.tenant_id,
            "channel_silent",
            f"{watch.channel} takes messages and delivers none",
            f"{watch.channel} تقبل الرسائل ولا توصل شيئًا",
            f"taken for {count} contacts since {_minute(since)} UTC without any receipt; nothing was sent again",
            f"silent:{watch.channel}:{since.isoformat()}",
            audience=AUDIENCE,
            about=watch.channel,
        )

    async def _listen_again(self, watch: Watch, since: datetime) -> None:
        """Heard again is whoever reports on a message that was taken since the silence began."""
        now = self.now()
        lately = await self._heard(watch, since, now, unheard.HABIT_AT_MOST)
        if not lately.at:
            return
        await self._alerts.tell(
            watch.tenant_id,
            "channel_heard_again",
            f"{watch.channel} delivers again",
            f"{watch.channel} توصل الرسائل من جديد",
            f"receipts come again; it was silent since {_minute(since)} UTC",
            f"heard_again:{watch.channel}:{since.isoformat()}",
            audience=AUDIENCE,
            about=watch.channel,
        )
        await self.watches.was_heard(watch, now)
        await self.tell_chains()

    async def _notice_quiet(self, watch: Watch) -> None:
        last = await self.watches.last(watch.tenant_id, watch.channel, RECEIVED)
        if watch.quiet_since is not None and last is not None and last > watch.quiet_since:
            await self.watches.fell_quiet(watch, None)
            return
        now = self.now()
        if (
            last is None
            or watch.quiet_since is not None
            or now - max(last, self._awake_since or now) < quiet.QUIET_AFTER
        ):
            return
        counts = await self.counts_of_other_weeks(watch, now)
        if quiet.is_expected(counts):
            await self._tell_of_quiet(watch, last, counts)
            await self.watches.fell_quiet(watch, last)

    async def counts_of_other_weeks(self, watch: Watch, now: datetime) -> list[int]:
        """How many messages came in the same quarter of an hour of the last weeks, latest first."""
        return [
            await self.watches.inbound(watch.tenant_id, watch.channel, since, until, quiet.COUNT_AT_MOST)
            for since, until in quiet.spans(now)
        ]

    async def _tell_of_quiet(self, watch: Watch, since: datetime, counts: Sequence[int]) -> None:
        counted = ", ".join(map(str, counts))
        await self._alerts.tell(
            watch.tenant_id,
            "channel_quiet",
            f"{watch.channel}: nobody writes, though at this hour somebody always does",
            f"{watch.channel}: لا تصل رسائل مع أنها تصل دائمًا في مثل هذه الساعة",
            f"nothing since {_minute(since)} UTC; this quarter of an hour brought {counted} in the last weeks",
            f"quiet:{watch.channel}:{since.isoformat()}",
            audience=AUDIENCE,
            about=watch.channel,
        )


def unheard_of(watch: Watch) -> Unheard:
    """The silence of a channel, as a chain is told of it."""
    assert watch.silent_since is not None
    at = _minute(watch.silent_since)
    return Unheard(
        watch.silent_since,
        f"Takes messages and reports nothing of them: {watch.silent_count} contacts since {at} UTC.\n"
        f"تقبل الرسائل ولا يصل عنها شيء: {watch.silent_count} جهات اتصال منذ {at} UTC.",
    )


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "?"
