"""
One run from beginning to end: start, talk, break, heal, wait until all is quiet, gather, judge.

Rule 1: whatever happens, every process that was started is ended.
Rule 2: the plan comes from the seed; what the run adds is only when things really happened.
"""

import asyncio
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from bench.chaos import gathering, plan
from bench.chaos.gathering import Records
from bench.chaos.history import History, Setup
from bench.chaos.leads import Postmen
from bench.chaos.nemesis import Nemesis
from bench.chaos.people import People
from bench.chaos.processes import SHAPES, Fleet, Mongod, Nats, OwnMongod, Service
from bench.chaos.tenants import TENANTS, tenants_file
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import FakeWhatsApp

DATABASE = "chaos"
ROOT = Path(__file__).parents[2]

# After everything is whole: the lease of a call that a kill cut off, and a round over the channels, fit in here;
# for each second of talk so much more, because Telegram takes one card a second.
QUIET_WITHIN = 240.0
QUIET_PER_SECOND = 0.6
# Sami decides what lies before him at the end, and then puts the phone away.
LAST_TAPS = 6.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be run."""

    seed: int
    shape: str
    conversations: int
    seconds: float
    kills: int
    only: tuple[str, ...] = ()
    product: Path = ROOT
    """The checkout whose product is run."""
    keep: Path | None = None
    """Where logs and data are kept; a temporary folder when nobody says."""


Say = Callable[[str], None]


async def run(wish: Wish, say: Say = lambda line: None) -> History:
    """Carry one plan out, and come back with what was seen."""
    made = plan.make(wish.seed, wish.shape, wish.conversations, wish.seconds, wish.kills, wish.only)
    say(
        f"seed {wish.seed}, {wish.shape}: {len(made.leads)} conversations, {made.messages} messages, "
        f"{sum(b.kind == 'kill' for b in made.breaks)} kills, {len(made.breaks)} faults, {wish.seconds:.0f} s"
    )
    async with AsyncExitStack() as stack:
        folder = wish.keep or Path(stack.enter_context(TemporaryDirectory(prefix="dealix-chaos-")))
        folder.mkdir(parents=True, exist_ok=True)
        return await _Run(wish, made, folder, stack, say).go()


class _Run:
    """The parts of one run."""

    def __init__(self, wish: Wish, made: plan.Plan, folder: Path, stack: AsyncExitStack, say: Say) -> None:
        self._wish, self._plan, self._folder, self._stack, self._say = wish, made, folder, stack, say
        self._notes: list[str] = []

    async def go(self) -> History:
        await self._start()
        began = time.time()
        talking = asyncio.create_task(self._postmen.run())
        deciding = asyncio.create_task(self._people.run())
        try:
            await asyncio.gather(talking, self._nemesis.run())
            await self._nemesis.heal()
            healed = time.time()
            self._say(f"everything is whole again after {healed - began:.0f} s")
            quiet = await self._comes_to_rest(deciding)
        finally:
            deciding.cancel()
            talking.cancel()
            await asyncio.gather(deciding, talking, return_exceptions=True)
            await self._postmen.stop()
        self._say("counting")
        return await self._gather(began, healed, quiet)

    async def _start(self) -> None:
        enter = self._stack.enter_async_context
        self._session = await enter(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)))
        self._fakes = {tenant.id: await enter(FakeWhatsApp(tenant.accounts, record=None)) for tenant in TENANTS}
        self._telegram = await enter(FakeTelegram())
        is_alone = self._wish.shape == "alone"
        own, shared = OwnMongod(self._folder / "data"), Mongod(self._folder / "mongo")
        self._mongod: Mongod | OwnMongod = own if is_alone else shared
        if not is_alone:
            shared.start()
        self._stack.push_async_callback(self._mongod.ends)
        self._nats = Nats(self._folder) if self._wish.shape == "many" else None
        if self._nats is not None:
            self._nats.start()
            self._stack.push_async_callback(self._nats.ends)
            await self._nats.ready()
        if not is_alone:
            await shared.ready()
        self._environment = self._settings({} if is_alone else {"MONGODB_URI": shared.uri})
        services = [
            Service(name, roles, self._folder, self._environment) for name, roles in SHAPES[self._wish.shape]
        ]
        self._fleet = Fleet(services, self._session)
        self._stack.push_async_callback(self._fleet.stop)
        took = await self._fleet.start()
        self._records = Records(self._mongod.uri, DATABASE)
        self._postmen = Postmen(self._plan, self._fakes, lambda: self._fleet.doors, self._session)
        self._people = People(self._plan.seed, self._telegram, self._arrived)
        self._nemesis = Nemesis(
            self._plan,
            self._fleet,
            self._mongod,
            self._nats,
            self._fakes,
            self._telegram,
            self._session,
            self._records,
        )
        self._notes.append(f"cold start of all processes: {took:.1f} s")
        self._say(f"{len(services)} process(es) ready after {took:.1f} s")

    def _settings(self, database: dict[str, str]) -> dict[str, str]:
        file = tenants_file(self._folder / "tenants.yml", self._fakes)
        more = {"DEALIX_NATS_URL": self._nats.url} if self._nats is not None else {}
        return {
            **gathering.environment_without_secrets(),
            "HOME": str(self._folder),
            "PYTHONPATH": str(self._wish.product),
            "DEALIX_DATA_DIR": str(self._folder / "data"),
            "DEALIX_TENANTS_FILE": str(file),
            "DEALIX_BURST_SECONDS": "0.3",
            "MONGODB_DATABASE": DATABASE,
            "TELEGRAM_API_URL": self._telegram.url,
            "TELEGRAM_BOT_TOKEN": self._telegram.token,
            "TELEGRAM_APPROVER_IDS": str(TENANTS[0].people[0]),
            **database,
            **more,
        }

    def _arrived(self, tenant: str, draft: str) -> bool:
        """What a lead's phone shows; where a provider names no draft, somebody has to look at the words."""
        entries = self._fakes[tenant].ledger
        if any(entry.reference == draft for entry in entries):
            return True
        shown = [
            m
            for p in self._telegram.world.chats.values()
            for m in p.messages
            if any(draft in button.get("callback_data", "") for button in m.buttons)
        ]
        text = "\n".join(m.text for m in shown)
        return any(entry.text.strip() in text for entry in entries if not entry.reference)

    async def _comes_to_rest(self, deciding: asyncio.Task[None]) -> float:
        """Wait until nothing is left to do; 0 when that did not come in time."""
        await self._postmen.settle(60)
        until = time.monotonic() + QUIET_WITHIN + QUIET_PER_SECOND * self._plan.seconds
        if not await self._is_quiet(until):
            return 0.0
        await asyncio.sleep(LAST_TAPS)
        deciding.cancel()
        self._postmen.is_over = True
        while await self._is_quiet(until):
            if await self._is_sealed(until):
                # What waits for a later round may wake up at any moment: nobody moves while we count.
                self._fleet.freeze()
                await asyncio.sleep(0.3)
                if not await self._records.is_quiet() and await self._records.is_sealed():
                    return time.time()
                self._fleet.thaw()
        return 0.0

    async def _is_sealed(self, until: float) -> bool:
        while not await self._records.is_sealed():
            if time.monotonic() > until:
                self._notes.append("not everything was sealed in time")
                return False
            await asyncio.sleep(0.5)
        return True

    async def _is_quiet(self, until: float) -> bool:
        still, left = 0, ""
        while still < 3:
            left = await self._records.is_quiet()
            if self._telegram.world.updates:
                left = left or "updates of Telegram"
            still = 0 if left else still + 1
            if time.monotonic() > until:
                self._notes.append(f"never quiet: {left}")
                return False
            await asyncio.sleep(0.7)
        return True

    async def _gather(self, began: float, healed: float, quiet: float) -> History:
        rows, strays = await self._records.strays()
        chains = await gathering.verify(self._folder, self._environment, self._records)
        facts, contacts = await self._records.facts(), await self._records.contacts()
        if self._postmen.given_up:
            self._notes.append(f"{len(self._postmen.given_up)} webhooks were given up by their provider")
        setup = Setup(
            seed=self._wish.seed,
            shape=self._wish.shape,
            command=command_of(self._wish),
            began=began,
            healed=healed,
            quiet=quiet,
            machine=machine(),
            commit=commit(self._wish.product),
            tenants={tenant.id: tenant.people for tenant in TENANTS},
            rows=rows,
            notes=tuple(self._notes),
        )
        return History(
            setup=setup,
            scripted=self._postmen.scripted,
            posts=list(self._postmen.posts),
            calls=gathering.calls(self._fakes),
            taken=gathering.taken(self._fakes),
            facts=facts,
            contacts=contacts,
            cards=self._people.cards(),
            taps=list(self._people.taps),
            faults=sorted(self._nemesis.faults, key=lambda fault: fault.began),
            strays=strays,
            chains=chains,
        )


def command_of(wish: Wish) -> str:
    """With which the same plan is run again."""
    only = f" --only {','.join(wish.only)}" if wish.only else ""
    return (
        f"python -m bench.chaos --seed {wish.seed} --conversations {wish.conversations} "
        f"--minutes {wish.seconds / 60:g} --kills {wish.kills} --shape {wish.shape}{only}"
    )


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"


def commit(folder: Path) -> str:
    """Which code it was; says so when it had changes that nobody committed."""
    git = ["git", "-C", str(folder)]
    found = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if found.returncode:
        return "unknown"
    dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return found.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")
