"""
The product, its database and its broker as processes of their own, to be killed, frozen, and started again.

Rule 1: whoever dies is started again by a supervisor that knows nothing, as an operator's would.
Rule 2: every process is ended by its own id, and none is left behind.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from adapters.mongo.driver import initiate_replica_set, ping
from adapters.mongo.embedded import find_server

START_WITHIN = 90.0
PR_SET_PDEATHSIG = 1  # of linux/prctl.h
RESTART_AFTER = 0.4
"""What a supervisor waits before it starts a dead process again."""


class NeverReady(RuntimeError):
    """Something was started and did not come up."""


class Process:
    """One command that is started again and again."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self._command = command
        self._folder = folder
        self._environment = environment
        self._log = folder / f"{name}.log"
        self._running: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_dies_with_us,
            )
        self.starts += 1

    @property
    def is_alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def signals(self, number: int) -> None:
        if self._running is not None:
            with suppress(ProcessLookupError):
                os.kill(self._running.pid, number)

    def dies(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signals(signal.SIGKILL)
        if self._running is not None:
            self._running.wait()

    async def ends(self) -> None:
        """Ask it to go, then make it."""
        if not self.is_alive:
            return
        self.signals(signal.SIGCONT)
        self.signals(signal.SIGTERM)
        until = time.monotonic() + 25
        while self.is_alive and time.monotonic() < until:
            await asyncio.sleep(0.05)
        self.dies()

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-3_000:] if self._log.exists() else ""


class Mongod(Process):
    """A database of our own, on the same port and folder in every life."""

    def __init__(self, folder: Path) -> None:
        data = folder / "db"
        data.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        command = [
            str(find_server().binary),
            *("--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"),
            *("--replSet", "chaos", "--oplogSize", "512", "--wiredTigerCacheSizeGB", "0.5"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false", "--quiet"),
        ]
        super().__init__("mongod", command, folder, {"PATH": os.environ["PATH"]})

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    async def ready(self) -> None:
        """Wait until it takes writes."""
        until, asked = time.monotonic() + START_WITHIN, False
        while time.monotonic() < until:
            hello = await ping(self.uri, timeout_ms=1_000) if _listens(self.port) else None
            if hello and hello.get("isWritablePrimary"):
                return
            if hello and not asked and not hello.get("setName"):
                await initiate_replica_set(self.uri, "chaos", f"127.0.0.1:{self.port}")
                asked = True
            await asyncio.sleep(0.05)
        raise NeverReady(self.said)


class OwnMongod:
    """The database that one process keeps for itself: killed by its id, started again by nobody but its owner."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "mongo"

    @property
    def uri(self) -> str:
        port = (self._folder / "port").read_text().strip()
        return f"mongodb://127.0.0.1:{port}/?directConnection=true"

    def signals(self, number: int) -> None:
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            pid = int((self._folder / "db" / "mongod.lock").read_text())
            # An id may have gone on to somebody else's process.
            if str(self._folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, number)

    def dies(self) -> None:
        self.signals(signal.SIGKILL)

    def start(self) -> None:
        """Its owner does."""

    async def ready(self) -> None:
        """Wait until it takes writes again."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            hello = await ping(self.uri, timeout_ms=1_000)
            if hello and hello.get("isWritablePrimary"):
                return
            await asyncio.sleep(0.1)
        raise NeverReady(f"nobody started the database in {self._folder} again")

    async def ends(self) -> None:
        self.signals(signal.SIGCONT)
        self.dies()


class Nats(Process):
    """The broker; it remembers nothing, so wiping it is to leave it away for a while."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
        if binary is None:
            raise NeverReady("nats-server is not on this machine: apt-get install nats-server")
        self.port = free_port()
        super().__init__(
            "nats", [binary, "-a", "127.0.0.1", "-p", str(self.port)], folder, {"PATH": os.environ["PATH"]}
        )

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def ready(self) -> None:
        until = time.monotonic() + START_WITHIN
        while not _listens(self.port):
            if time.monotonic() > until:
                raise NeverReady(self.said)
            await asyncio.sleep(0.02)


class Service(Process):
    """One process of the product."""

    def __init__(self, name: str, roles: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.roles = roles
        command = [sys.executable, "-c", "from bot.cli import main; main()", "up", "--port", str(self.port)]
        for role in roles:
            command += ["--role", role]
        super().__init__(name, command, folder, environment)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


SHAPES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "alone": (("all", ()),),
    "one": (("all", ()),),
    "many": (
        ("web1", ("web",)),
        ("web2", ("web",)),
        ("worker1", ("worker",)),
        ("worker2", ("worker",)),
        ("sender1", ("sender",)),
        ("sender2", ("sender",)),
        ("bot1", ("bot",)),
        ("timers1", ("timers",)),
        ("timers2", ("timers",)),
    ),
}
"""The processes of each shape, by name and roles; no role means all of them. `alone` keeps its own database."""


@dataclass(slots=True)
class Fleet:
    """All processes of the product, and who starts them again."""

    services: list[Service]
    session: aiohttp.ClientSession
    _held: set[str] = field(default_factory=set)
    _keeping: asyncio.Task[None] | None = None

    async def start(self) -> float:
        """Start everything; answers how many seconds it took until all were ready."""
        began = time.monotonic()
        for service in self.services:
            service.start()
        self._keeping = asyncio.create_task(self._keep(), name="supervisor")
        await self.ready()
        return time.monotonic() - began

    async def ready(self) -> None:
        until = time.monotonic() + START_WITHIN
        waiting = list(self.services)
        while waiting:
            waiting = [service for service in waiting if not await service.is_ready(self.session)]
            if waiting and time.monotonic() > until:
                raise NeverReady(f"{[s.name for s in waiting]} never ready: {waiting[0].said}")
            await asyncio.sleep(0.05)

    async def _keep(self) -> None:
        while True:
            for service in self.services:
                if not service.is_alive and service.name not in self._held:
                    await asyncio.sleep(RESTART_AFTER)
                    service.start()
            await asyncio.sleep(0.05)

    def of(self, role: str) -> list[Service]:
        """Who does this; in one process that is the one."""
        return [service for service in self.services if not service.roles or role in service.roles]

    @property
    def doors(self) -> list[str]:
        """Where webhooks may be posted."""
        return [service.url for service in self.of("web")]

    def freeze(self) -> None:
        """Nobody of the product does anything while somebody counts."""
        for service in self.services:
            service.signals(signal.SIGSTOP)

    def thaw(self) -> None:
        for service in self.services:
            service.signals(signal.SIGCONT)

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await asyncio.gather(*(service.ends() for service in self.services))


def _dies_with_us() -> None:
    """Whatever ends this bench, also a SIGKILL, ends what it started (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
