"""
Dealix as several processes on one database and one broker, and whoever shares that database for comparison.

Rule 1: every process is a real one with real roles; nothing in it knows that it is measured.
Rule 2: what the fleet needs is the sum over its processes; the broker's CPU is counted with theirs.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from adapters.mongo.driver import Door, initiate_replica_set, open_door, ping
from adapters.mongo.embedded import find_server
from bench.houses import (
    DEALIX,
    Process,
    Used,
    cpu_seconds,
    free_port,
    resident_mib,
    round_trips,
    with_green_api,
)

SET = "bench"
START_WITHIN = 60.0
LISTENING = 0.02


class Database:
    """One mongod of a replica set of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "db"
        self._folder.mkdir()
        self._port = free_port()
        self.uri = f"mongodb://127.0.0.1:{self._port}/?directConnection=true"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Answers when it takes writes."""
        self._process = _spawned(
            [
                str(find_server().binary),
                *("--dbpath", str(self._folder), "--bind_ip", "127.0.0.1", "--port", str(self._port)),
                *("--replSet", SET, "--oplogSize", "512", "--nounixsocket", "--quiet"),
            ]
        )
        await _listens(self._port)
        await initiate_replica_set(self.uri, SET, f"127.0.0.1:{self._port}")
        until = time.monotonic() + START_WITHIN
        while not ((hello := await ping(self.uri, timeout_ms=1_000)) and hello.get("isWritablePrimary")):
            if time.monotonic() > until:
                raise RuntimeError("the database never took writes")
            await asyncio.sleep(LISTENING)

    def door(self, name: str = "dealix") -> Door:
        return open_door(self.uri, name)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 60)


class Broker:
    """One nats-server."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"nats://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        binary = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
        if binary is None:
            raise RuntimeError("nats-server is not on this machine: apt-get install nats-server")
        self._process = _spawned([binary, "-a", "127.0.0.1", "-p", str(self._port)])
        await _listens(self._port)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 20)


class Fleet:
    """One process with the doors and the timers, and so many that decide and send."""

    def __init__(
        self, workers: int, provider_port: int, folder: Path, database: Database, broker: Broker, **settings: str
    ) -> None:
        common = {
            **with_green_api(folder / "data"),
            "MONGODB_URI": database.uri,
            "MONGODB_DATABASE": f"dealix{workers}",
            "DEALIX_NATS_URL": broker.url,
            **settings,
        }
        self._database, self._broker = database, broker
        self.door = database.door(f"dealix{workers}")
        names = {"web": "web,timers", **{f"worker{n}": "worker,sender" for n in range(1, workers + 1)}}
        self.members: dict[str, Process] = {}
        for name, does in names.items():
            own = folder / name
            own.mkdir()
            self.members[name] = Process(DEALIX, provider_port, own, **common, DEALIX_ROLES=does)

    @property
    def port(self) -> int:
        return self.members["web"].port

    async def start(self) -> float:
        """Start all at once; answers after how many seconds the parts of the contacts were shared out."""
        began = time.perf_counter()
        for member in self.members.values():
            member.spawn()
        await asyncio.gather(*(member.ready() for member in self.members.values()))
        await self._shared_out(len(self.members) - 1)
        return time.perf_counter() - began

    async def stop(self) -> None:
        await asyncio.gather(*(member.stop() for member in self.members.values()))
        await self.door.close()

    def used(self) -> Used:
        ours = sum(cpu_seconds(member.pid) for member in self.members.values())
        return Used(ours + cpu_seconds(self._broker.pid), cpu_seconds(self._database.pid))

    def used_by(self) -> dict[str, float]:
        """CPU seconds of each process so far."""
        return {
            **{name: cpu_seconds(member.pid) for name, member in self.members.items()},
            "broker": cpu_seconds(self._broker.pid),
            "database": cpu_seconds(self._database.pid),
        }

    def memory_mib(self) -> dict[str, float]:
        return {name: round(resident_mib(member.pid), 1) for name, member in self.members.items()}

    def complaints(self) -> list[str]:
        return [line for member in self.members.values() for line in member.complaints()]

    async def round_trips(self) -> dict[str, int]:
        return await round_trips(self.door)

    async def _shared_out(self, workers: int) -> None:
        """Until every worker holds about its share of the parts."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            rows = await self.door.collection("seats").find(
                {"_id": {"$regex": "^worker:p"}, "holder": {"$ne": ""}}
            )
            held: list[Any] = [row["holder"] for row in rows]
            counts = [held.count(holder) for holder in set(held)]
            if len(counts) == workers and sum(counts) == 32 and max(counts) - min(counts) <= workers:
                return
            await asyncio.sleep(0.2)
        raise RuntimeError(f"the parts were never shared out over {workers} worker(s)")


def textbook(provider_port: int, folder: Path, database: Database) -> Process:
    """The bot as a textbook writes it, on the same database."""
    return Process([sys.executable, "-m", "bench.textbook"], provider_port, folder, MONGODB_URI=database.uri)


def _spawned(command: list[str]) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)


async def _listens(port: int) -> None:
    until = time.monotonic() + START_WITHIN
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(LISTENING)
    raise RuntimeError(f"nobody ever listened on port {port}")
