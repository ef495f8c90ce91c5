"""
The service as a process of its own, measured from outside: nothing in it knows that it is watched.

Rule: CPU and memory come from /proc, round trips from the database's own counters.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.mongo.driver import Door, open_door, ping
from bot.access import Keyring
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp.accounts import ACCOUNTS

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_SECONDS = 60.0

# The commands by which a service reads and writes; the rest (hello, ping, ...) keeps connections alive.
COUNTED = ("find", "getMore", "aggregate", "count", "insert", "update", "delete", "findAndModify")


@dataclass(frozen=True, slots=True)
class Started:
    """How a start went; seconds since the command was given."""

    database_ready: float
    service_ready: float

    @property
    def after_database(self) -> float:
        return self.service_ready - self.database_ready


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds so far."""

    service: float
    database: float

    def since(self, earlier: "Used") -> "Used":
        return Used(self.service - earlier.service, self.database - earlier.database)


class Process:
    """One server of ours on a free port."""

    def __init__(self, command: list[str], provider_port: int, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.command = command
        self._log = folder / "log"
        self._environment = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")},
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "GREEN_API_URL": f"http://127.0.0.1:{provider_port}",
            "DEALIX_PORT": str(self.port),
            **settings,
        }
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def spawn(self) -> float:
        """Answers when."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=self._environment, cwd=self._folder, stdout=log, stderr=log
            )
        return time.perf_counter()

    async def ready(self) -> float:
        """Wait until /readyz says so; answers when."""
        deadline = time.perf_counter() + START_TIMEOUT_SECONDS
        while time.perf_counter() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"the service stopped at once:\n{self._log.read_text()[-2000:]}")
            if await asyncio.to_thread(_answers, f"http://127.0.0.1:{self.port}/readyz"):
                return time.perf_counter()
            await asyncio.sleep(0.01)
        raise RuntimeError(f"not ready after {START_TIMEOUT_SECONDS} s:\n{self._log.read_text()[-2000:]}")

    async def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 60)

    def used(self) -> Used:
        return Used(cpu_seconds(self.pid), 0.0)

    def complaints(self) -> list[str]:
        """What the service wrote of level warning or worse."""
        lines = self._log.read_text().splitlines()
        levels = ('"level": "warning"', '"level": "error"', '"level": "critical"', "Traceback")
        return [line for line in lines if any(level in line for level in levels)]


DEALIX = [str(Path(sys.executable).with_name("dealix")), "up"]


def with_green_api(data: Path) -> dict[str, str]:
    """The settings of every Dealix that is measured: Green API alone, and no waiting on purpose."""
    return {
        "DEALIX_DATA_DIR": str(data),
        "DEALIX_BURST_SECONDS": "0",
        "DEALIX_CHANNEL_REPLIES_A_MINUTE": "1000000",
        "WHATSAPP_RATE_LIMIT_PER_SECOND": "1000",
        "GREEN_API_INSTANCE_ID": ACCOUNTS.green_instance,
        "GREEN_API_TOKEN": ACCOUNTS.green_token,
        "GREEN_API_WEBHOOK_TOKEN": ACCOUNTS.green_webhook_token,
    }


class Dealix(Process):
    """`dealix up` with its embedded database, and Green API as its only provider."""

    def __init__(self, provider_port: int, folder: Path, **settings: str) -> None:
        super().__init__(DEALIX, provider_port, folder, **with_green_api(folder / "data"), **settings)
        self._door: Door | None = None
        self._mongod = 0

    async def start(self) -> Started:
        """Start and say how long the database and the service took."""
        spawned = self.spawn()
        database, service = await asyncio.gather(self._database_ready(), self.ready())
        status = await self.door.command("serverStatus")
        self._mongod = int(status["pid"])
        return Started(database - spawned, service - spawned)

    async def stop(self) -> None:
        await self.door.close()
        self._door = None
        await super().stop()

    @property
    def door(self) -> Door:
        if self._door is None:
            self._door = open_door(self.uri, "dealix")
        return self._door

    @property
    def uri(self) -> str:
        """Of the database that it keeps for itself."""
        port = (self._folder / "data" / "mongo" / "port").read_text()
        return f"mongodb://127.0.0.1:{port}/?directConnection=true"

    def speaks_as(self, role: str) -> dict[str, str]:
        """The header with which somebody of this role asks."""
        keyring = Keyring(self._folder / "data" / "keys")
        token = keyring.issue(DEFAULT_TENANT, role, datetime.now(UTC), timedelta(days=1), "bench")
        return {"authorization": f"Bearer {token}"}

    def used(self) -> Used:
        return Used(cpu_seconds(self.pid), cpu_seconds(self._mongod))

    def memory_mib(self) -> tuple[float, float]:
        """Resident memory of the service and of the database."""
        return resident_mib(self.pid), resident_mib(self._mongod)

    async def round_trips(self) -> dict[str, int]:
        """What the database was asked so far, by command."""
        return await round_trips(self.door)

    async def _database_ready(self) -> float:
        kept = self._folder / "data" / "mongo" / "port"
        while True:
            hello = None
            if kept.exists() and (port := kept.read_text()):
                hello = await ping(f"mongodb://127.0.0.1:{port}/", timeout_ms=200)
            if hello and hello.get("isWritablePrimary"):
                return time.perf_counter()
            await asyncio.sleep(0.02)


async def round_trips(door: Door) -> dict[str, int]:
    """What a database was asked so far, by command."""
    commands = (await door.command("serverStatus"))["metrics"]["commands"]
    return {name: int(commands[name]["total"]) for name in COUNTED}


def simplest(provider_port: int, folder: Path) -> Process:
    """The handler that Dealix is compared with."""
    return Process([sys.executable, "-m", "bench.simplest"], provider_port, folder)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(json.load(answer))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
