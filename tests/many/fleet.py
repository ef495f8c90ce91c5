"""Dealix as several processes on one database, with a broker between them; each may be killed or paused."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.process import Product, is_busy

# Seconds on a machine of one's own; several processes on two cores that others use take minutes.
PATIENCE = 120.0


class Broker:
    """A real nats-server, on a port of its own for good."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"nats://dealix:secret@127.0.0.1:{self._port}"

    def starts(self) -> None:
        binary = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
        assert binary, "nats-server is not installed: apt-get install nats-server"
        self._process = subprocess.Popen(
            [binary, "-a", "127.0.0.1", "-p", str(self._port), "--user", "dealix", "--pass", "secret"],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            assert time.monotonic() < deadline, "the broker never listened"
            time.sleep(0.02)

    def dies(self) -> None:
        """Whatever it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Member(Product):
    """One process of the fleet."""

    boots_within = 200  # several begin at once, on two cores that others use too

    def __init__(self, name: str, fleet: "Fleet", **more: str) -> None:
        folder = fleet.folder / name
        folder.mkdir()
        super().__init__(folder, fleet.fake, **fleet.settings, **more)
        self.name = name
        self.keys = fleet.folder / "data" / "keys"
        self._fleet = fleet
        self._lived = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def boots(self) -> float:
        self._lived = len(self.said)
        return await super().boots()

    @property
    def said_in_this_life(self) -> str:
        return self.said[self._lived :]

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def sleeps(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def wakes(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def ends(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                self.wakes()
        await super().ends()

    async def contacts(self) -> list[dict[str, Any]]:
        return [row async for row in self._fleet.database["conversations"].find()]


class Fleet:
    """Processes with roles that share a database, a broker and a folder of keys."""

    def __init__(
        self, folder: Path, fake: FakeWhatsApp, mongo_uri: str, database: str, broker: Broker | None, **more: str
    ) -> None:
        self.folder = folder
        self.fake = fake
        self.broker = broker
        self._client: Any = AsyncMongoClient(mongo_uri, tz_aware=True)
        self.database = self._client[database]
        self.settings = {
            "MONGODB_URI": mongo_uri,
            "MONGODB_DATABASE": database,
            "DEALIX_DATA_DIR": str(folder / "data"),
            **({"DEALIX_NATS_URL": broker.url} if broker else {}),
            **more,
        }
        self.members: dict[str, Member] = {}

    async def starts(self, **roles: str) -> None:
        """Start a process for each name, with these roles, all at once."""
        new = {name: Member(name, self, DEALIX_ROLES=said) for name, said in roles.items()}
        self.members |= new
        await asyncio.gather(*(member.boots() for member in new.values()))

    def __getitem__(self, name: str) -> Member:
        return self.members[name]

    async def ends(self) -> None:
        await asyncio.gather(*(member.ends() for member in self.members.values()))
        await self._client.close()

    async def seats(self) -> dict[str, str]:
        """Seat -> who holds it now."""
        now = datetime.now(UTC)
        rows = [row async for row in self.database["seats"].find()]
        return {row["_id"]: row["holder"] for row in rows if row["holder"] and row["until"] > now}

    async def holders(self, kind: str) -> dict[str, int]:
        """Holder -> how many seats of a kind it has."""
        held = [holder for name, holder in (await self.seats()).items() if name.startswith(f"{kind}:p")]
        return {holder: held.count(holder) for holder in held}

    async def until(self, is_so: Any, complaint: str, within: float = PATIENCE) -> Any:
        """Wait until an async question is answered with something true; answers that."""
        deadline = time.monotonic() + within
        while True:
            answer = await is_so()
            if answer:
                return answer
            assert time.monotonic() < deadline, complaint
            await asyncio.sleep(0.1)

    async def comes_to_rest(self, within: float = PATIENCE) -> None:
        async def rests() -> bool:
            rows = [row async for row in self.database["conversations"].find()]
            return not any(is_busy(row) for row in rows)

        await self.until(rests, "never came to rest", within)

    async def facts(self, what: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """Entries of the timeline of one kind."""
        at = {"$gte": since or datetime.now(UTC) - timedelta(days=1)}
        return [row async for row in self.database["timeline"].find({"what": what, "at": at})]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
