"""
What needs a person: runs that failed or that nobody can go on with, and what came in and could not be handled.

Rule 1: putting something back goes through the same intake as everything else: what was recorded meanwhile is not
        recorded twice, and putting back twice puts back once.
Rule 2: what is set aside is closed, never deleted by hand: it is forgotten a month later like every noise.
Rule 3: a body is not shown: it is what somebody wrote. Its length and why it waits are.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.audit import Audit
from bot.errors import AlreadyDecided, BadRequest, NotFound, UnreadableBody
from bot.people import Human
from bot.runs.room import Runs
from bot.runs.view import RunView
from bot.store import Quarantine, Raw

AT_MOST = 200

PUT_BACK = "put_back"
SET_ASIDE = "set_aside"

_PREFIX = "event_"


class TakesAgain(Protocol):
    """`bot.intake.Intake`, as far as this room asks it."""

    async def take_again(self, raw: Raw) -> int: ...


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """Something that came in and waits for a person."""

    id: str
    channel: str
    reason: str
    size_bytes: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeadView:
    """Everything that waits for a person, newest first."""

    runs: tuple[RunView, ...]
    events: tuple[DeadEvent, ...]

    @property
    def total(self) -> int:
        return len(self.runs) + len(self.events)


class StillUnreadable(BadRequest):
    """It was read again, and nobody understands it yet."""

    code = "still_unreadable"


class DeadLetters:
    """Shows them, and carries out what a person decides."""

    def __init__(
        self, runs: Runs, quarantine: Quarantine, intake: TakesAgain, audit: Audit, now: Callable[[], datetime]
    ) -> None:
        self._runs = runs
        self._quarantine = quarantine
        self._intake = intake
        self._audit = audit
        self._now = now

    async def list(self, tenant_id: str) -> DeadView:
        """Everything that waits for a person."""
        failed = await self._runs.list(tenant_id, status="failed", limit=AT_MOST)
        parked = await self._runs.parked(tenant_id, AT_MOST)
        events = await self._quarantine.waiting(tenant_id, AT_MOST)
        return DeadView((*parked, *failed), tuple(_event(raw) for raw in events))

    async def put_back(self, tenant_id: str, event_id: str, by: Human) -> int:
        """
        Take it in once more; answers how much of it was new.

        Raises NotFound, AlreadyDecided, StillUnreadable.
        """
        raw = await self._read(tenant_id, event_id)

        async def work() -> int:
            try:
                return await self._intake.take_again(raw)
            except UnreadableBody as unreadable:
                raise StillUnreadable(
                    f"this version still cannot read it ({unreadable}); set it aside, or wait for one that can",
                    "ما زال هذا الإصدار لا يفهم هذه الرسالة؛ نحّها جانبًا أو انتظر إصدارًا يفهمها",
                ) from unreadable

        return await self._end(raw, PUT_BACK, by, work)

    async def set_aside(self, tenant_id: str, event_id: str, by: Human) -> None:
        """Close it without an effect. Raises NotFound, AlreadyDecided."""
        raw = await self._read(tenant_id, event_id)

        async def work() -> int:
            return 0

        await self._end(raw, SET_ASIDE, by, work)

    async def _end(self, raw: Raw, how: str, by: Human, work: Callable[[], Awaitable[int]]) -> int:
        if raw.ended:
            raise AlreadyDecided(f"this was {raw.ended.replace('_', ' ')} already", "سبق البت في هذه الرسالة")
        done = await work()
        # Whoever was faster has put back the same thing under the same keys.
        if await self._quarantine.end(raw.tenant_id, raw.id, how, by.id, self._now()):
            await self._audit.note(
                raw.tenant_id, f"event_{how}", by, event=raw.id, channel=raw.channel, why=raw.reason, new=done
            )
        return done

    async def _read(self, tenant_id: str, event_id: str) -> Raw:
        raw = await self._quarantine.read(tenant_id, _named(event_id))
        if raw is None or raw.is_noise:
            raise NotFound("there is no such event", "لا توجد رسالة بهذا المعرّف")
        return raw


def _event(raw: Raw) -> DeadEvent:
    # Ids of providers hold any sign; an address holds few.
    shown = _PREFIX + urlsafe_b64encode(raw.id.encode()).decode().rstrip("=")
    return DeadEvent(shown, raw.channel, raw.reason, len(raw.body), raw.received_at)


def _named(event_id: str) -> str:
    """The id behind the shown one; one that is none names nothing."""
    coded = event_id.removeprefix(_PREFIX)
    try:
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except (BadBase64, ValueError):
        return ""
