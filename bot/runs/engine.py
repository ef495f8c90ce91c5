"""
Finds runs that are due and takes them in hand; correct in one process and in many at once.

Rule 1: what is due stands in the database. A nudge only makes the look sooner; a lost one costs a second.
Rule 2: a run is in one pair of hands at a time, by a lease of the database's clock; the fence makes hands that
        were too slow harmless.
Rule 3: a run whose version nobody here knows is left alone. When it has waited for a while, it is parked and the
        admins are told; whoever knows its version takes it up again.
Rule 4: tenants take turns: one that starts thousands of runs does not make the others wait.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, zip_longest

import structlog

from bot.alerts import Alerts
from bot.logs import trail
from bot.runs.forward import Forward, given_back
from bot.runs.grip import Grip, LeaseLost
from bot.runs.moves import moved
from bot.runs.registry import Flows
from bot.runs.run import FREE, Fault, Run, RunName, RunRows
from bot.stopping import end

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0

# The rest is in the look itself, where a nudge ends it.
BETWEEN_LOOKS_SECONDS = 0.01

# How many runs are in hand at once; each mostly waits for a database or a provider.
LANES = 8
AT_ONCE = 200

# Leases and lost signals are exceptions: they are looked for less often than what is due.
LOOKS_PER_ROUND = 5

# While a new version is rolled out, its runs are due to processes that do not know it yet.
PARK_AFTER = timedelta(minutes=1)

# What is in hand when the process ends may come to an end for so long.
GRACE_SECONDS = 5.0


class Engine:
    """The hands of one process."""

    def __init__(
        self,
        *,
        rows: RunRows,
        flows: Flows,
        grip: Grip,
        forward: Forward,
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._flows = flows
        self._grip = grip
        self._forward = forward
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now
        self._lanes: dict[RunName, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._looks = 0

    def nudge(self) -> None:
        """Look now instead of in a second."""
        self._woken.set()

    async def work(self) -> None:
        """
        Wait for a nudge or for a second, then work until nothing is due and nothing in hand.

        Cancelled, it brings what is in hand to an end or gives it back first.
        """
        try:
            await self._rest()
            while await self.look() or self._lanes:
                await self._rest()
        finally:
            leaving = asyncio.create_task(self._leave())
            while not leaving.done():  # whoever ends us asks again and again; giving back takes its moment
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(leaving)

    async def look(self) -> int:
        """Take in hand what is due and fits; answers how many were taken."""
        try:
            names = await self._found()
        except self._unreachable as away:
            logger.warning("runs_wait_for_database", reason=type(away).__name__)
            return 0
        taken = 0
        for name in _in_turns(names):
            if len(self._lanes) >= LANES:
                break
            if name not in self._lanes:
                self._open_lane(name)
                taken += 1
        return taken

    async def carry_on(self, tenant_id: str, run_id: str) -> None:
        """Take one run further now, if it is due and nobody else has it, and wait for that."""
        name = RunName(tenant_id, run_id)
        if name not in self._lanes:
            self._open_lane(name)
        await asyncio.wait([self._lanes[name]])

    async def settle(self) -> None:
        """Work until nothing is due and nothing in hand; for tests, and for whoever must see the end."""
        while True:
            taken = await self.look()
            if self._lanes:
                await asyncio.wait(self._lanes.values())
            elif not taken:
                return

    async def _found(self) -> list[RunName]:
        kinds, is_whole_look = self._flows.kinds, self._looks % LOOKS_PER_ROUND == 0
        self._looks += 1
        if is_whole_look:
            await self._tell_signals()
            await self._park_strangers(kinds)
        names = await self._rows.due(self._now(), kinds, AT_ONCE)
        return [*names, *await self._rows.abandoned(kinds, AT_ONCE)] if is_whole_look else names

    async def _tell_signals(self) -> None:
        """Make runs look whose signal was stored by somebody who died before they were told."""
        for tenant_id, signal_id, waits_for in await self._rows.untold_signals(AT_ONCE):
            await self._rows.poke(tenant_id, waits_for, self._now())
            await self._rows.signal_told(tenant_id, signal_id)

    async def _park_strangers(self, kinds: Sequence[str]) -> None:
        for name in await self._rows.strangers(self._now() - PARK_AFTER, kinds, AT_ONCE):
            run = await self._rows.read(name.tenant_id, name.run_id)
            if run is not None and not run.is_in_hand and not run.is_parked:
                await self._park(run)

    async def _park(self, run: Run) -> None:
        fault = Fault(
            "unknown_version",
            run.step,
            f"nobody here knows {run.flow} in version {run.version}: start what does, or cancel the run",
            f"لا أحد هنا يعرف الإصدار {run.version} من {run.flow}: شغّل الإصدار الذي يعرفه أو ألغِ المهمة",
            self._now(),
        )
        await self._alerts.tell(
            run.tenant_id,
            "run_parked",
            f"Work waits for a version that nobody runs: {run.flow} {run.version}",
            f"مهمة تنتظر إصدارًا غير مشغّل: {run.flow} {run.version}",
            f"run {run.id}: {fault.code}",
            f"run:{run.id}:parked:{run.seq}",
            about=run.id,
            correlation_id=run.correlation_id,
        )
        await self._rows.file(run.last, run.about)
        now = self._now()
        parked = replace(moved(run, "parked", run.status, now, note=fault.code), error=fault, is_parked=True)
        written = await self._rows.write(run, parked, FREE)
        if written is not None:
            await self._rows.file(written.last, written.about)

    def _open_lane(self, name: RunName) -> None:
        lane = asyncio.create_task(self._drive(name), name=f"run {name.run_id}")
        self._lanes[name] = lane
        lane.add_done_callback(lambda _: self._close_lane(name))

    def _close_lane(self, name: RunName) -> None:
        del self._lanes[name]
        self._woken.set()

    async def _drive(self, name: RunName) -> None:
        """One run, with every failure ending in a later look."""
        try:
            run = await self._rows.claim(name, self._flows.kinds, self._now(), self._grip.hold)
            if run is None:
                return  # somebody else was faster
            self._grip.held[name] = run
            await self._rows.file(run.last, run.about)  # whoever had it before may have died before that
            await self._forward.drive(run)
        except LeaseLost as lost:
            logger.info("run_lost", run=name.run_id, reason=str(lost))
            self._grip.held.pop(name, None)
        except self._unreachable as away:
            logger.warning("run_waits_for_database", run=name.run_id, reason=type(away).__name__)
            self._grip.held.pop(name, None)
        except Exception as fault:  # noqa: BLE001  (the border of the engine: the next run must go on)
            logger.error("run_not_driven", run=name.run_id, **trail(fault))
            self._grip.held.pop(name, None)

    async def _rest(self) -> None:
        """Until a nudge, a run that is let go, or a second; a nudge from here on ends the next rest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._woken.wait()
        self._woken.clear()

    async def _leave(self) -> None:
        lanes = set(self._lanes.values())
        try:
            if lanes:
                await asyncio.wait(lanes, timeout=GRACE_SECONDS)
        finally:
            await end(lanes)
            for run in list(self._grip.held.values()):
                await self._grip.let_go(run, lambda r: given_back(r, self._now()))


def _in_turns(names: Iterable[RunName]) -> Iterable[RunName]:
    """One of each tenant, then the second of each, and so on."""
    of_tenant: dict[str, list[RunName]] = defaultdict(list)
    for name in names:
        of_tenant[name.tenant_id].append(name)
    rounds = zip_longest(*of_tenant.values())
    return (name for name in chain.from_iterable(rounds) if name is not None)
