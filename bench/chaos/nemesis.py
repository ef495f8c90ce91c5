"""
Makes the faults of a plan, each at its time, and writes down what was broken from when to when.

Rule 1: a fault ends when the thing works again, seen from outside, not when it was told to.
Rule 2: what must not meet does not: one trouble of the database at a time.

What cannot be done to a real process from here is to set its clock; jumps of the clock are tested inside one.
For a contact a day passes by moving what the database says of their talk a day into the past.
"""

import asyncio
import signal
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import aiohttp

from bench.chaos.gathering import Records
from bench.chaos.history import Fault
from bench.chaos.plan import Break, Plan
from bench.chaos.processes import Fleet, Mongod, Nats, NeverReady, OwnMongod, Service
from bench.chaos.tenants import TENANTS
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import FakeWhatsApp

# The first follow-up is due after 20 hours, and must leave before the service window closes after 24.
SILENT_FOR = timedelta(hours=21)

# Nobody is hit twice before it had time to do something: a process that only ever starts proves nothing.
BREATH = 2.5

Done = tuple[str, float, float]
"""What was hit, when, and when the cause was taken away; 0 where the blow itself was all."""


@dataclass(slots=True)
class Nemesis:
    """Everything that can be broken, and who breaks it."""

    plan: Plan
    fleet: Fleet
    mongod: Mongod | OwnMongod
    nats: Nats | None
    fakes: dict[str, FakeWhatsApp]
    telegram: FakeTelegram
    session: aiohttp.ClientSession
    records: Records
    faults: list[Fault] = field(default_factory=list)
    _database: asyncio.Lock = field(default_factory=asyncio.Lock)
    _hit: count = field(default_factory=count)
    _up_since: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Break everything of the plan, and come back when all of it is whole again."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in self.plan.breaks:
                await asyncio.sleep(max(0.0, fault.at - (time.monotonic() - began)))
                group.create_task(self._make(fault))

    async def heal(self) -> None:
        """Whatever still misbehaves stops doing so."""
        for tenant in TENANTS:
            for channel in tenant.channels:
                self.fakes[tenant.id].heals(channel.provider)
        self.telegram.comes_back()
        await self.fleet.ready()

    async def _make(self, fault: Break) -> None:
        target, began, released = await getattr(self, f"_{fault.kind}")(fault)
        self.faults.append(Fault(fault.kind, target, began, time.time(), fault.how, released))

    async def _victim(self, role: str) -> Service:
        """Somebody of a role who has been up for a breath; else anybody who has."""
        while True:
            found = [s for s in (*self.fleet.of(role), *self.fleet.services) if self._is_up(s)]
            mine = [s for s in found if s in self.fleet.of(role)]
            if found:
                victim = (mine or found)[next(self._hit) % len(mine or found)]
                self._up_since[victim.name] = float("inf")
                return victim
            await asyncio.sleep(0.1)

    def _is_up(self, service: Service) -> bool:
        return time.monotonic() - self._up_since.get(service.name, 0.0) > BREATH

    async def _kill(self, fault: Break) -> Done:
        victim = await self._victim(fault.target)
        began = time.time()
        victim.dies()
        await self._is_back(victim)
        return victim.name, began, 0.0

    async def _freeze(self, fault: Break) -> Done:
        victim = await self._victim(fault.target)
        began = time.time()
        victim.signals(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        victim.signals(signal.SIGCONT)
        released = time.time()
        await self._is_back(victim)
        return victim.name, began, released

    async def _twin(self, fault: Break) -> Done:
        """Somebody starts the same thing a second time, by mistake, and ends it after a while."""
        model = self.fleet.of(fault.target)[0]
        twin = Service(f"twin{next(self._hit)}", model.roles, model._folder, model._environment)
        began = time.time()
        twin.start()
        await asyncio.sleep(fault.seconds)
        twin.dies()
        return model.name, began, time.time()

    async def _db_kill(self, fault: Break) -> Done:
        async with self._database:
            began = time.time()
            self.mongod.dies()
            await asyncio.sleep(fault.seconds)
            self.mongod.start()
            released = time.time()
            await self.mongod.ready()
        return fault.target, began, released

    async def _db_freeze(self, fault: Break) -> Done:
        async with self._database:
            began = time.time()
            self.mongod.signals(signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            self.mongod.signals(signal.SIGCONT)
        return fault.target, began, time.time()

    async def _nats_kill(self, fault: Break) -> Done:
        began = time.time()
        if self.nats is not None and self.nats.is_alive:
            self.nats.dies()
            await asyncio.sleep(fault.seconds)
            self.nats.start()
            await self.nats.ready()
        return fault.target, began, time.time()

    async def _nats_wipe(self, fault: Break) -> Done:
        return await self._nats_kill(fault)

    async def _provider(self, fault: Break) -> Done:
        tenant = next(t for t in TENANTS if any(c.id == fault.target for c in t.channels))
        provider = next(c.provider for c in tenant.channels if c.id == fault.target)
        # A provider that swallows every call for seconds would keep every lane of a sender waiting; a few do.
        times = 3 if fault.how.startswith(("timeout", "slow:17")) else None
        began = time.time()
        self.fakes[tenant.id].script(provider, fault.how, times)
        await asyncio.sleep(fault.seconds)
        if times is None:
            self.fakes[tenant.id].heals(provider)
        return fault.target, began, time.time()

    async def _telegram(self, fault: Break) -> Done:
        began = time.time()
        method = "sendMessage" if fault.how == "drop_answer" else ""
        times = 2 if fault.how == "drop_answer" else 1_000_000
        trouble = self.telegram.has_trouble(fault.how, method=method, times=times)
        await asyncio.sleep(fault.seconds)
        trouble.times = 0
        return "telegram", began, time.time()

    async def _silence(self, fault: Break) -> Done:
        """Let a day pass for some contacts who were answered, so that a follow-up is due in their silence."""
        async with self._database:
            began = time.time()
            moved = await self.records.moves_back(SILENT_FOR, int(fault.how.split()[0]))
        return f"{moved} contacts", began, time.time()

    async def _is_back(self, victim: Service) -> None:
        until = time.monotonic() + 120
        while not (victim.is_alive and await victim.is_ready(self.session)):
            if time.monotonic() > until:
                raise NeverReady(f"{victim.name} did not come back: {victim.said}")
            await asyncio.sleep(0.05)
        self._up_since[victim.name] = time.monotonic()
