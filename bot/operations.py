"""
How the house stands now, for whoever runs it: one answer for the page and for the API.

Rule 1: every part is asked for by itself. One that cannot be answered is missing, with the reason; it is never a
        zero, and it takes no other part along.
Rule 2: a tenant's part is that tenant's alone. What is the same for all (processes, versions, disk, backup) names
        no tenant.
Rule 3: what grows with the past (the hours, the sends of a day, the size of a folder) is asked for at most every
        `KEPT_FOR`, however many people look.
"""

import asyncio
import os
import platform
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.alerts import Alert, Alerts
from bot.departures.limits import LimitsView
from bot.ports import Chain
from bot.seats import SeatRows
from bot.stored_format import FORMAT, LAST_BACKUP_NOTE
from bot.version import VERSION

T = TypeVar("T")

HOURS = 24
KEPT_FOR = timedelta(seconds=20)
ALERTS_LOOKED_AT = 200
ALERT_WINDOW = timedelta(days=7)

# A message is read when its burst is over and a worker is free: seconds. After this, nobody seems to read.
LATE_INBOUND = timedelta(minutes=2)
STALE_BACKUP = timedelta(days=2)
LITTLE_SPACE = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Inbound:
    """Events recorded and not handled yet."""

    waiting: int
    oldest_at: datetime | None
    """When the oldest of them was received; None when none waits."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft that waits, or a send whose fate nobody knows."""

    draft_id: str
    conversation_id: str
    status: str
    since: datetime
    """When it was made; for a send, when its last call to a provider began."""
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Drafts of one status."""

    count: int
    oldest: tuple[DraftRow, ...]
    """The most urgent ones, a few."""
    overdue: int = 0

    @property
    def first(self) -> DraftRow | None:
        return self.oldest[0] if self.oldest else None


@dataclass(frozen=True, slots=True)
class Sends:
    """What the calls to one channel came to in the last 24 hours."""

    channel: str
    calls: int
    accepted: int
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: str
    """The class and the provider's code: `not_sent_fallback 500`."""


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel, as this process knows its health and the records know its calls."""

    name: str
    channel: str
    state: str
    breaker: str
    detail_en: str
    detail_ar: str
    paused_until: datetime | None
    sends: Sends | None


@dataclass(frozen=True, slots=True)
class Dead:
    """What goes on only when a person says so."""

    runs: int
    events: int


@dataclass(frozen=True, slots=True)
class Process:
    """One process that holds seats now."""

    id: str
    duties: tuple[str, ...]
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    dealix: str
    data_format: int
    python: str
    database: str
    rules: str
    """The content hash of the rules in force for this tenant."""
    edition: int
    """The number of the tenant's own edition; 0 for the rules as shipped."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The data folder of this process, and the common database."""

    folder_bytes: int
    free_bytes: int
    database_bytes: int


@dataclass(frozen=True, slots=True)
class Backup:
    """The last one that `dealix backup` made."""

    at: datetime | None
    rows: int = 0
    size_bytes: int = 0
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour held."""

    at: datetime
    received: int = 0
    accepted: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything; a part that is None stands in `missing` with the reason."""

    at: datetime
    inbound: Inbound | None = None
    held: Waiting | None = None
    doubtful: Waiting | None = None
    outgoing: Waiting | None = None
    channels: tuple[ChannelLine, ...] | None = None
    dead: Dead | None = None
    processes: tuple[Process, ...] | None = None
    versions: Versions | None = None
    disk: Disk | None = None
    backup: Backup | None = None
    limits: LimitsView | None = None
    alerts: tuple[Alert, ...] | None = None
    hours: tuple[Hour, ...] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries of one kind an hour holds."""

    at: datetime
    what: str
    send_class: str
    count: int


class OperationRows(Protocol):
    """The questions to the records; each is asked of one tenant."""

    async def inbound(self, tenant_id: str, now: datetime) -> Inbound: ...

    async def waiting(
        self, tenant_id: str, statuses: Sequence[str], now: datetime, limit: int
    ) -> Mapping[str, Waiting]:
        """By status, the most urgent first: what is due soonest, then what is oldest."""

    async def sends(self, tenant_id: str, since: datetime) -> Sequence[Sends]: ...

    async def hours(self, tenant_id: str, since: datetime) -> Sequence[Counted]: ...

    async def database(self) -> tuple[str, int]:
        """Its version, and how many bytes it takes on its disk."""


class Marks(Protocol):
    """`bot.store.Marks`, as far as this asks it."""

    async def read(self, name: str) -> Any: ...


class Heads(Protocol):
    """`bot.workbench.editions.Rulebooks`, as far as this asks it."""

    async def heads(self) -> Sequence[tuple[str, int]]: ...


class DeadList(Protocol):
    """`bot.runs.dead.DeadView`, as far as this counts it."""

    @property
    def runs(self) -> Sequence[Any]: ...

    @property
    def events(self) -> Sequence[Any]: ...


class DeadOnes(Protocol):
    """`bot.runs.dead.DeadLetters`, as far as this asks it; it needs what imports the store, which imports us."""

    async def list(self, tenant_id: str) -> DeadList: ...


ROWS_SHOWN = 8


class Operations:
    """Asks everything, each part by itself."""

    def __init__(
        self,
        *,
        rows: OperationRows,
        seats: SeatRows,
        marks: Marks,
        editions: Heads,
        chains: Mapping[str, Chain],
        dead: DeadOnes,
        alerts: Alerts,
        limits: Callable[[str], Awaitable[LimitsView]],
        rules_version: Callable[[str], str],
        folder: Path,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._seats = seats
        self._marks = marks
        self._editions = editions
        self._chains = chains
        self._dead = dead
        self._alerts = alerts
        self._limits = limits
        self._rules_version = rules_version
        self._folder = folder
        self._unreachable = unreachable
        self._now = now
        self._kept: dict[tuple[str, str], tuple[datetime, Any]] = {}

    async def look(self, tenant_id: str) -> Standing:
        """How this tenant stands, and the installation around it. Raises nothing for a database that is away."""
        now = self._now()
        parts: Mapping[str, Awaitable[Any]] = {
            "inbound": self._rows.inbound(tenant_id, now),
            "drafts": self._rows.waiting(tenant_id, ("held", "unknown", "queued", "sending"), now, ROWS_SHOWN),
            "channels": self._channels(tenant_id, now),
            "dead": self._dead_of(tenant_id),
            "processes": self._processes(),
            "versions": self._versions(tenant_id),
            "disk": self._keep("", "disk", now, self._disk),
            "backup": self._backup(),
            "limits": self._limits(tenant_id),
            "alerts": self._alerts_of(tenant_id, now),
            "hours": self._keep(tenant_id, "hours", now, lambda: self._hours(tenant_id, now)),
        }
        answers = await asyncio.gather(*(self._asked(part) for part in parts.values()))
        found = dict(zip(parts, answers, strict=True))
        missing = {name: str(answer[1]) for name, answer in found.items() if answer[1]}
        given = {name: answer[0] for name, answer in found.items()}
        drafts = given.pop("drafts")
        if drafts is not None:
            outgoing = _together([drafts[s] for s in ("queued", "sending") if s in drafts])
            none = Waiting(0, ())
            given |= {
                "held": drafts.get("held", none),
                "doubtful": drafts.get("unknown", none),
                "outgoing": outgoing,
            }
        return Standing(at=now, missing=missing, **given)

    async def _asked(self, part: Awaitable[T]) -> tuple[T | None, str]:
        try:
            return await part, ""
        except self._unreachable as away:
            return None, type(away).__name__

    async def _keep(self, tenant_id: str, name: str, now: datetime, ask: Callable[[], Awaitable[T]]) -> T:
        known = self._kept.get((tenant_id, name))
        if known is None or not timedelta(0) <= now - known[0] < KEPT_FOR:
            known = self._kept[tenant_id, name] = (now, await ask())
        return known[1]

    async def _channels(self, tenant_id: str, now: datetime) -> tuple[ChannelLine, ...]:
        since = now - timedelta(hours=24)
        found = await self._keep(tenant_id, "sends", now, lambda: self._rows.sends(tenant_id, since))
        sends = {one.channel: one for one in found}
        chain = self._chains.get(tenant_id)
        return tuple(
            ChannelLine(
                report.name,
                report.channel,
                report.state,
                report.breaker,
                report.detail_en,
                report.detail_ar,
                report.paused_until,
                sends.get(report.channel),
            )
            for report in (chain.report() if chain else ())
            if report.channel
        )

    async def _dead_of(self, tenant_id: str) -> Dead:
        view = await self._dead.list(tenant_id)
        return Dead(len(view.runs), len(view.events))

    async def _processes(self) -> tuple[Process, ...]:
        held: dict[str, list[str]] = {}
        for seat in await self._seats.taken():
            held.setdefault(seat.holder, []).append(seat.name)
        return tuple(
            Process(
                holder,
                tuple(sorted(n.split(":")[1] for n in names if n.startswith("present:"))),
                tuple(sorted(n for n in names if not n.startswith("present:"))),
            )
            for holder, names in sorted(held.items())
        )

    async def _versions(self, tenant_id: str) -> Versions:
        database, _ = await self._rows.database()
        numbers = dict(await self._editions.heads())
        return Versions(
            VERSION,
            FORMAT,
            platform.python_version(),
            database,
            self._rules_version(tenant_id),
            numbers.get(tenant_id, 0),
        )

    async def _disk(self) -> Disk:
        _, database = await self._rows.database()
        used = await asyncio.to_thread(_size_of, self._folder)
        return Disk(used, shutil.disk_usage(self._folder).free, database)

    async def _backup(self) -> Backup:
        note = await self._marks.read(LAST_BACKUP_NOTE)
        if not note:
            return Backup(None)
        at = note["at"] if note["at"].tzinfo else note["at"].replace(tzinfo=UTC)
        return Backup(at, int(note["rows"]), int(note["size"]), bool(note["is_sealed"]))

    async def _alerts_of(self, tenant_id: str, now: datetime) -> tuple[Alert, ...]:
        """Those of the last week that an admin must know and nobody has seen, newest first."""
        latest = await self._alerts.latest(tenant_id, ALERTS_LOOKED_AT)
        return tuple(
            one for one in latest if now - one.at <= ALERT_WINDOW and not one.seen_by and "admin" in one.audience
        )

    async def _hours(self, tenant_id: str, now: datetime) -> tuple[Hour, ...]:
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        first = this_hour - timedelta(hours=HOURS - 1)
        counts: dict[datetime, dict[str, int]] = {first + timedelta(hours=n): {} for n in range(HOURS)}
        for one in await self._rows.hours(tenant_id, first):
            of_hour = counts.get(one.at)
            if of_hour is not None:
                name = _column(one)
                of_hour[name] = of_hour.get(name, 0) + one.count
        return tuple(Hour(at, **columns) for at, columns in counts.items())


def _column(one: Counted) -> str:
    if one.what == "message_received":
        return "received"
    return "accepted" if one.send_class in ("accepted", "simulated") else "failed"


def _together(parts: Sequence[Waiting]) -> Waiting:
    rows = sorted((row for part in parts for row in part.oldest), key=lambda row: row.since)
    return Waiting(sum(part.count for part in parts), tuple(rows[:ROWS_SHOWN]))


def _size_of(folder: Path) -> int:
    """What lies in a folder; files that go while we look are not counted."""
    total = 0
    for place, _, names in os.walk(folder, onerror=lambda _: None):
        for name in names:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total
