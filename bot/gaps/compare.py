"""
One look into a provider's record: what no webhook brought goes into the mailbox that it should have come to.

Rule 1: only what a webhook could not bring any more is a gap: the last two minutes are left to the webhooks.
Rule 2: it is recorded under the webhook's own key, oldest first; whoever is faster, the other changes nothing.
Rule 3: the phone's life before we watched it, and a contact who was erased since, stay where they are.
Rule 4: never further back than the mailbox remembers what it has seen, or old messages would look new.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.events import InboundMessage, OutgoingEcho
from bot.gaps.watch import Gap, Watch, Watches, Words, gap_id
from bot.intake import Intake, waiting_key
from bot.ports import HistoryAway, NoHistory, Remembered

Event = InboundMessage | OutgoingEcho

# Green API tries a webhook again after a minute, and its journal is up to two minutes behind.
SETTLES = timedelta(minutes=2)

# Looks overlap: a row that reached the provider's record late is met by a later look.
OVERLAP = timedelta(minutes=10)

# How often a channel is compared: a lost message is in its mailbox within about five minutes.
LOOK_EVERY = timedelta(minutes=3)

# Seen ids are kept for eight days (`adapters/mongo/conversations.py`).
FURTHEST = timedelta(days=7)

# A provider without a record may be exchanged; until then there is nothing to ask.
NOTHING_TO_ASK = timedelta(hours=1)

# After a failure: one minute, two, four, and so on up to this.
LONGEST_PAUSE = timedelta(minutes=15)

# Gaps that are found within this time of the last ones belong to the same outage.
OUTAGE_GOES_ON = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look came to."""

    tenant_id: str
    channel: str
    since: datetime
    until: datetime
    compared: int = 0
    found: int = 0
    repaired: int = 0
    lost: int = 0
    unreadable: int = 0
    not_asked: int = 0
    is_whole: bool = True
    """False when the record could not be read, or not to its end; the mark stays and the span is asked again."""
    has_record: bool = True
    reason: Words = ("", "")


class Comparison:
    """Looks into the records of providers."""

    def __init__(
        self,
        watches: Watches,
        intake: Intake,
        was_erased: Callable[[str, Sequence[str], datetime], Awaitable[bool]],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """
        Args:
            was_erased: whether this tenant's contact was forgotten after a time; what they wrote before stays so.
        """
        self._watches = watches
        self._intake = intake
        self._was_erased = was_erased
        self._now = now
        self._new_id = new_id

    async def look(self, watch: Watch, since: datetime | None = None) -> Look:
        """
        Compare one channel, from its mark or from a time that somebody names.

        Raises what the database raises; nothing is marked as known then.
        """
        now = self._now()
        start = max(_start(watch, since, now), now - FURTHEST)
        until = now - SETTLES
        look = Look(watch.tenant_id, watch.channel, start, until)
        if until <= start:
            return look
        answer = await self._intake.channel(watch.channel).provider.history(start, until)
        match answer:
            case NoHistory():
                reason = (answer.reason_en, answer.reason_ar)
                await self._watches.cannot_look(watch, now + NOTHING_TO_ASK, reason)
                return replace(look, is_whole=False, has_record=False, reason=reason)
            case HistoryAway():
                return await self._put_off(watch, look, answer, now)
            case Remembered():
                return await self._repair(watch, look, answer, now)

    async def _repair(self, watch: Watch, look: Look, record: Remembered, now: datetime) -> Look:
        by_key = {waiting_key(watch.channel, event): event for event in record.events}
        known_as = [(key, event.contact_keys) for key, event in by_key.items()]
        unknown = await self._watches.unknown(watch.tenant_id, known_as)
        missing = [
            (key, event)
            for key, event in by_key.items()
            if key in unknown and not await self._is_forgotten(watch.tenant_id, event)
        ]
        await self._finish_what_a_crash_left(watch, by_key, unknown, now)
        lost = await self._take_in(watch, missing, now) if missing else 0
        look = replace(
            look,
            compared=len(by_key),
            found=len(missing),
            repaired=len(missing) - lost,
            lost=lost,
            unreadable=record.unreadable,
            not_asked=record.not_asked,
        )
        if record.broken is not None:
            return await self._put_off(watch, look, record.broken, now)
        left_out = _left_out(watch, look, record)
        await self._watches.looked(watch, now, look.since, look.until, now + LOOK_EVERY, left_out)
        return replace(look, reason=left_out)

    async def _take_in(self, watch: Watch, missing: Sequence[tuple[str, Event]], now: datetime) -> int:
        """Write the gaps down, then put each into its mailbox; answers how many could not be placed."""
        goes_on = watch.outage_found_at is not None and now - watch.outage_found_at <= OUTAGE_GOES_ON
        outage_id = watch.outage_id if goes_on and watch.outage_id else self._new_id()
        outage_id = await self._watches.in_outage(watch, outage_id, now)
        await self._watches.found([_gap(watch, outage_id, key, event, now) for key, event in missing])
        lost = 0
        for key, event in missing:
            recorded = await self._intake.take_found(watch.channel, event)
            if recorded is None:
                lost += 1
                await self._watches.lost(watch.tenant_id, gap_id(key))
            else:
                await self._watches.repaired(watch.tenant_id, gap_id(key), recorded.conversation_id, now)
        return lost

    async def _finish_what_a_crash_left(
        self, watch: Watch, by_key: dict[str, Event], unknown: set[str], now: datetime
    ) -> None:
        """What was recorded a moment before a crash is in its mailbox and not yet noted as repaired."""
        left = await self._watches.unrepaired(watch.tenant_id, watch.channel, now - FURTHEST)
        for key, event in by_key.items():
            if gap_id(key) in left and key not in unknown:
                recorded = await self._intake.take_found(watch.channel, event)
                if recorded is not None:  # seen already: it only says where
                    await self._watches.repaired(watch.tenant_id, gap_id(key), recorded.conversation_id, now)

    async def _is_forgotten(self, tenant_id: str, event: Event) -> bool:
        assert event.sent_at is not None  # a row without a time is not read
        return await self._was_erased(tenant_id, event.contact_keys, event.sent_at)

    async def _put_off(self, watch: Watch, look: Look, why: HistoryAway, now: datetime) -> Look:
        english, _, arabic = why.detail.partition("\n")
        pause = min(timedelta(minutes=1) * 2 ** min(watch.tries, 10), LONGEST_PAUSE)
        if why.retry_after_seconds is not None:
            pause = max(pause, timedelta(seconds=why.retry_after_seconds))
        reason = (english, arabic or english)
        await self._watches.put_off(watch, now, now + pause, reason)
        return replace(look, is_whole=False, reason=reason)


def _start(watch: Watch, since: datetime | None, now: datetime) -> datetime:
    """From where a look begins: by itself never before the channel was watched."""
    if since is not None:
        return since
    return max((watch.looked_until or now) - OVERLAP, watch.began_at)


def _left_out(watch: Watch, look: Look, record: Remembered) -> Words:
    """What this look could not compare, in words; empty when it compared everything."""
    parts: list[Words] = []
    if watch.looked_until is not None and watch.looked_until < look.since:
        span = f"{watch.looked_until:%Y-%m-%d %H:%M} - {look.since:%Y-%m-%d %H:%M} UTC"
        parts.append((f"too long ago to be compared: {span}", f"أقدم من أن يُقارن: {span}"))
    if record.not_asked:
        parts.append((f"{record.not_asked} chats were not asked", f"لم تُسأل {record.not_asked} محادثة"))
    if record.unreadable:
        parts.append((f"{record.unreadable} rows could not be read", f"تعذرت قراءة {record.unreadable} سطرًا"))
    return "; ".join(p[0] for p in parts), "؛ ".join(p[1] for p in parts)


def _gap(watch: Watch, outage_id: str, key: str, event: Event, now: datetime) -> Gap:
    what = "message" if isinstance(event, InboundMessage) else "answered_from_phone"
    assert event.sent_at is not None
    return Gap(gap_id(key), watch.tenant_id, watch.channel, outage_id, what, event.sent_at, now)
