"""
Makes the faults of a plan, each at its time, and writes down what was broken from when to when.

Rule 1: a fault ends when the thing works again, seen from outside, not when it was told to.
Rule 2: what must not meet does not: one trouble of the database at a time.

What cannot be done to a real process from here is to set its clock; jumps of the clock are tested inside one.
"""

import asyncio
import signal
import time
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from bench.chaos.history import Fault
from bench.chaos.plan import Break, Plan
from bench.chaos.processes import Fleet, Mongod, Nats, NeverReady, Service
from bench.chaos.tenants import TENANTS
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import FakeWhatsApp

Done = tuple[str, float]
"""What was hit, and when its cause was taken away; 0 where the blow itself was all."""


@dataclass(slots=True)
class Nemesis:
    """Everything that can be broken, and who breaks it."""

    plan: Plan
    fleet: Fleet
    mongod: Mongod
    nats: Nats | None
    fakes: dict[str, FakeWhatsApp]
    telegram: FakeTelegram
    session: aiohttp.ClientSession
    faults: list[Fault] = field(default_factory=list)
    _database: asyncio.Lock = field(default_factory=asyncio.Lock)
    _hit: count = field(default_factory=count)

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
        began = time.time()
        target, released = await getattr(self, f"_{fault.kind}")(fault)
        self.faults.append(Fault(fault.kind, target, began, time.time(), fault.how, released))

    def _victim(self, role: str) -> Service:
        services = self.fleet.of(role)
        return services[next(self._hit) % len(services)]

    async def _kill(self, fault: Break) -> Done:
        victim = self._victim(fault.target)
        victim.dies()
        await self._is_back(victim)
        return victim.name, 0.0

    async def _freeze(self, fault: Break) -> Done:
        victim = self._victim(fault.target)
        victim.signals(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        victim.signals(signal.SIGCONT)
        released = time.time()
        await self._is_back(victim)
        return victim.name, released

    async def _twin(self, fault: Break) -> Done:
        """Somebody starts the same thing a second time, by mistake, and ends it after a while."""
        model = self._victim(fault.target)
        twin = Service(f"twin{next(self._hit)}", model.roles, model._folder, model._environment)
        twin.start()
        await asyncio.sleep(fault.seconds)
        twin.dies()
        return model.name, time.time()

    async def _db_kill(self, fault: Break) -> Done:
        async with self._database:
            self.mongod.dies()
            await asyncio.sleep(fault.seconds)
            self.mongod.start()
            released = time.time()
            await self.mongod.ready()
        return fault.target, released

    async def _db_freeze(self, fault: Break) -> Done:
        async with self._database:
            self.mongod.signals(signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            self.mongod.signals(signal.SIGCONT)
        return fault.target, time.time()

    async def _nats_kill(self, fault: Break) -> Done:
        if self.nats is not None and self.nats.is_alive:
            self.nats.dies()
            await asyncio.sleep(fault.seconds)
            self.nats.start()
            await self.nats.ready()
        return fault.target, time.time()

    async def _nats_wipe(self, fault: Break) -> Done:
        return await self._nats_kill(fault)

    async def _provider(self, fault: Break) -> Done:
        tenant = next(t for t in TENANTS if any(c.id == fault.target for c in t.channels))
        provider = next(c.provider for c in tenant.channels if c.id == fault.target)
        # A provider that swallows every call for seconds would keep every lane of a sender waiting; a few do.
        times = 3 if fault.how.startswith(("timeout", "slow:17")) else None
        self.fakes[tenant.id].script(provider, fault.how, times)
        await asyncio.sleep(fault.seconds)
        if times is None:
            self.fakes[tenant.id].heals(provider)
        return fault.target, time.time()

    async def _telegram(self, fault: Break) -> Done:
        method = "sendMessage" if fault.how == "drop_answer" else ""
        times = 2 if fault.how == "drop_answer" else 1_000_000
        trouble = self.telegram.has_trouble(fault.how, method=method, times=times)
        await asyncio.sleep(fault.seconds)
        trouble.times = 0
        return "telegram", time.time()

    async def _is_back(self, victim: Service) -> None:
        until = time.monotonic() + 120
        while not (victim.is_alive and await victim.is_ready(self.session)):
            if time.monotonic() > until:
                raise NeverReady(f"{victim.name} did not come back: {victim.said}")
            await asyncio.sleep(0.05)
