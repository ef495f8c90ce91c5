"""
Seats: what exactly one process does at a time, and the parts of the contacts that each worker looks after.

Rule 1: who holds a seat, and until when, stands in the database and is judged by the database's clock alone; each
        change of hands raises the seat's fence.
Rule 2: a holder counts its lease from before it asked for it, by a clock that only goes on, and stops before the
        database would give the seat away. So a process that was asleep finds its seats gone and acts no more, and
        a clock that jumps does no harm.
Rule 3: a seat is a promise about who does the work, never about what is true: whatever the work writes is guarded
        by its own version or key as well.
Rule 4: whoever stops gives its seats back at once; whoever dies loses them when the lease ends.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

import structlog

from bot.logs import trail
from bot.roles import PARTS, Duty, part_name
from bot.stopping import end
from bot.telemetry import measures

log = structlog.get_logger()

# What a dead process held is free after this long; a healthy one may miss two beats and keep its seats.
LEASE_SECONDS = 6.0
BEAT_SECONDS = 1.5

# A holder stops this long before the database would give its seat away.
MARGIN_SECONDS = 1.0

Monotonic = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Held:
    """A seat that is taken now, by the database's clock."""

    name: str
    holder: str
    fence: int


class SeatRows(Protocol):
    """Where seats are kept; every answer is by the database's clock."""

    async def claim(self, holder: str, names: Sequence[str], seconds: float) -> dict[str, int]:
        """Take those of these seats that are free, or one's own again; answers their fences."""

    async def renew(self, holder: str, names: Sequence[str], seconds: float) -> set[str]:
        """Hold on to seats; answers those that are still this holder's."""

    async def give_back(self, holder: str, names: Sequence[str]) -> None:
        """Free seats of this holder at once."""

    async def taken(self) -> list[Held]:
        """Every seat that is taken now."""


Work = Callable[[], Awaitable[None]]


class Seats:
    """The seats of one process."""

    def __init__(
        self,
        rows: SeatRows,
        holder: str,
        monotonic: Monotonic,
        unreachable: tuple[type[Exception], ...],
        *,
        lease_seconds: float = LEASE_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        """`holder` names this process and no other, not even its own next start."""
        self._rows = rows
        self._holder = holder
        self._monotonic = monotonic
        self._unreachable = unreachable
        self._lease = lease_seconds
        self._beat_every = beat_seconds
        self._margin = MARGIN_SECONDS * lease_seconds / LEASE_SECONDS
        self._until: dict[str, float] = {}
        """Seat -> until when it is surely ours, by our own clock."""
        self._fences: dict[str, int] = {}
        self._works: dict[str, Work] = {}
        self._sitting: dict[str, asyncio.Task[None]] = {}
        self._duties: frozenset[Duty] = frozenset()
        self._task: asyncio.Task[None] | None = None
        self._watched: Callable[[], None] = lambda: None
        self._nudged = asyncio.Event()
        self._losses = 0

    def sit(self, name: str, work: Work) -> None:
        """Do something while this process holds the seat `name`; cancelled when it is lost, begun anew later."""
        self._works[name] = work
        self._nudged.set()

    def share(self, duties: Collection[Duty]) -> None:
        """Look after a fair share of the contacts, for each of these duties."""
        self._duties = frozenset(duties)

    def on_change(self, heard: Callable[[], None]) -> None:
        """`heard` is called whenever a seat was won or lost."""
        self._watched = heard

    def holds(self, name: str) -> bool:
        """Whether a seat is ours at this very moment."""
        return self._until.get(name, 0.0) > self._monotonic()

    def fence(self, name: str) -> int:
        """The number of our term on a seat; each change of hands raises it. 0 when it is not ours."""
        return self._fences.get(name, 0) if self.holds(name) else 0

    def looks_after(self, duty: Duty, part: int) -> bool:
        """Whether the contacts of a part are ours for a duty."""
        return self.holds(f"{duty.value}:{part_name(part)}")

    @property
    def holder(self) -> str:
        """The name of this process among the others."""
        return self._holder

    @property
    def held(self) -> tuple[str, ...]:
        """The names of our seats now."""
        return tuple(sorted(name for name in self._until if self.holds(name)))

    @property
    def losses(self) -> int:
        """How often a seat was lost that was not given back."""
        return self._losses

    async def start(self) -> None:
        """Take what is free and go on in the background; a database that is away is tried again."""
        await self._beat_safely()
        self._task = asyncio.create_task(self._run(), name="seats")

    async def stop(self) -> None:
        """End the work of every seat, then give the seats back."""
        if self._task is not None:
            await end([self._task])
        await end(self._sitting.values())
        self._sitting.clear()
        mine = list(self._until)
        for name in mine:
            self._lose(name)
        try:
            await self._rows.give_back(self._holder, mine)
        except self._unreachable as away:
            log.warning("seats_not_given_back", reason=type(away).__name__, free_after_seconds=self._lease)

    async def beat(self) -> None:
        """Renew what is ours, and take or give what is fair. Raises what the database raises."""
        self.drop_expired()
        await self._renew()
        # Before looking around, so that two who begin together see each other.
        await self._claim([_presence(duty, self._holder) for duty in sorted(self._duties)])
        taken = await self._rows.taken()
        others = {seat.name: seat.holder for seat in taken if seat.holder != self._holder}
        wanted = [name for name in self._works if name not in others and not self._is_unwinding(name)]
        for duty in sorted(self._duties):
            wanted += await self._balanced(duty, taken, others)
        await self._claim(wanted)
        self._begin()

    def drop_expired(self) -> None:
        """Stop the work of every seat whose lease is about to end."""
        gone = [name for name in self._until if not self.holds(name)]
        for name in gone:
            self._lose(name)
        if gone:
            self._losses += len(gone)
            log.warning("seats_lost", seats=sorted(gone), reason="not renewed in time")
            self._watched()

    async def _run(self) -> None:
        watch = asyncio.create_task(self._watch(), name="seats watch")
        try:
            while True:
                await self._rest()
                await self._beat_safely()
        finally:
            await end([watch])

    async def _rest(self) -> None:
        """Until the next beat, or until there is something new to sit for."""
        self._nudged.clear()
        try:
            async with asyncio.timeout(self._beat_every):
                await self._nudged.wait()
        except TimeoutError:
            return

    async def _watch(self) -> None:
        """The beat may hang in a call to a database that is away; the end of a lease does not wait for it."""
        while True:
            await asyncio.sleep(self._margin / 4)
            self.drop_expired()

    async def _beat_safely(self) -> None:
        try:
            await self.beat()
        except self._unreachable as away:
            log.warning("seats_wait_for_database", reason=type(away).__name__)

    async def _renew(self) -> None:
        mine = list(self._until)
        if not mine:
            return
        asked = self._monotonic()
        kept = await self._rows.renew(self._holder, mine, self._lease)
        for name in mine:
            if name in kept:
                self._keep(name, asked)
            elif name in self._until:
                self._lose(name)
                self._losses += 1
                log.warning("seat_lost", seat=name, reason="somebody else holds it")

    async def _claim(self, names: Sequence[str]) -> None:
        names = [name for name in names if not self.holds(name)]
        if not names:
            return
        asked = self._monotonic()
        won = await self._rows.claim(self._holder, names, self._lease)
        for name, fence in won.items():
            self._fences[name] = fence
            self._keep(name, asked)
        if won:
            self._watched()

    def _keep(self, name: str, asked: float) -> None:
        self._until[name] = asked + self._lease - self._margin

    def _lose(self, name: str) -> None:
        self._until.pop(name, None)
        self._fences.pop(name, None)
        task = self._sitting.get(name)
        if task is not None:
            task.cancel()

    def _is_unwinding(self, name: str) -> bool:
        task = self._sitting.get(name)
        return task is not None and not task.done()

    def _begin(self) -> None:
        for name, work in self._works.items():
            if self.holds(name) and not self._is_unwinding(name):
                self._sitting[name] = asyncio.create_task(_told(name, work), name=f"seat {name}")

    async def _balanced(self, duty: Duty, taken: Sequence[Held], others: Mapping[str, str]) -> list[str]:
        """Give back what is more than a fair share of the parts; answers what to claim where it is less."""
        present = {seat.holder for seat in taken if seat.name.startswith(_presence(duty, ""))} | {self._holder}
        most = math.ceil(PARTS / len(present))
        seats = [f"{duty.value}:{part_name(part)}" for part in range(PARTS)]
        mine = [name for name in seats if self.holds(name)]
        too_many = mine[most:]
        if too_many:
            for name in too_many:
                self._lose(name)
            self._watched()
            await self._rows.give_back(self._holder, too_many)
        # Each begins elsewhere, so that two newcomers do not run after the same seats.
        start = crc32(self._holder.encode()) % len(seats)
        free = [name for name in (*seats[start:], *seats[:start]) if name not in others and name not in mine]
        return free[: max(0, most - len(mine))]


async def _told(name: str, work: Work) -> None:
    log.info("seat_taken", seat=name)
    measures.seat(name, is_held=True)
    try:
        await _safely(name, work)
    finally:
        measures.seat(name, is_held=False)
    log.info("seat_left", seat=name)


async def _safely(name: str, work: Work) -> None:
    """A fault ends the work and not the house; whoever holds the seat then begins anew."""
    try:
        await work()
    except Exception as fault:  # noqa: BLE001  (the border of what sits here)
        log.error("seat_work_failed", seat=name, **trail(fault))


def _presence(duty: Duty, holder: str) -> str:
    """The seat that only says: this process lives, and has this duty."""
    return f"present:{duty.value}:{holder}"


class Alone:
    """All seats, for a process that has its database to itself."""

    held: tuple[str, ...] = ()
    losses = 0

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = False

    def sit(self, name: str, work: Work) -> None:
        self._works[name] = work
        if self._is_open:
            self._begin(name)

    def share(self, duties: Collection[Duty]) -> None:
        """Everything is ours already."""

    def on_change(self, heard: Callable[[], None]) -> None:
        """Nothing ever changes."""

    def holds(self, _name: str) -> bool:
        return True

    def fence(self, _name: str) -> int:
        return 1

    def looks_after(self, _duty: Duty, _part: int) -> bool:
        return True

    async def start(self) -> None:
        self._is_open = True
        for name in self._works:
            self._begin(name)

    async def stop(self) -> None:
        self._is_open = False
        await end(self._tasks)

    def _begin(self, name: str) -> None:
        self._tasks.append(asyncio.create_task(_safely(name, self._works[name]), name=f"seat {name}"))
