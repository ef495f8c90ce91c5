"""A mongod that asks everybody for a name and a password, for databases that tenants have of their own."""

import asyncio
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from adapters.mongo.embedded import find_server

READY_WITHIN_SECONDS = 60
OWN_ROLES = ("readWrite", "dbAdmin")


class LockedMongo:
    """A server of its own, with an administrator and users that reach one database each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._root = token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> "LockedMongo":
        key = self.folder / "key"
        key.write_text(token_urlsafe(64).replace("-", "a").replace("_", "b"))
        key.chmod(0o600)
        self._spawn()
        async with self._client("") as unlocked:  # until there is a user, this machine is let in
            await _once(lambda: unlocked.admin.command("ping"))
            member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
            await unlocked.admin.command(
                "replSetInitiate",
                {"_id": "locked", "members": [member], "settings": {"electionTimeoutMillis": 1_000}},
            )
            await _once(lambda: unlocked.admin.command("createUser", "root", pwd=self._root, roles=["root"]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dies()

    def dies(self) -> None:
        """Without a word, as when its machine goes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def comes_back(self) -> None:
        """On the same port; somebody else's connection may hold it for a moment."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            process = self._spawn()
            while process.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
                time.sleep(0.05)
            assert time.monotonic() < deadline, "the server did not come back; its port is taken"
            time.sleep(0.5)

    async def user(self, name: str, database: str, roles: tuple[str, ...] = OWN_ROLES) -> str:
        """Make a user who may work in one database; answers the address with the password."""
        password = token_urlsafe(12)
        granted = [{"role": role, "db": database} for role in roles]
        async with self.root() as root:
            await root.admin.command("createUser", name, pwd=password, roles=granted)
        return self._address(f"{name}:{password}@")

    def root(self) -> AsyncMongoClient[Any]:
        """Somebody who sees everything."""
        return self._client(f"root:{self._root}@")

    def _client(self, user: str) -> AsyncMongoClient[Any]:
        return AsyncMongoClient(self._address(user), serverSelectionTimeoutMS=2_000)

    def _address(self, user: str) -> str:
        return f"mongodb://{user}127.0.0.1:{self.port}/?directConnection=true&authSource=admin"

    def _spawn(self) -> subprocess.Popen[bytes]:
        data = self.folder / "db"
        data.mkdir(exist_ok=True)
        self._process = process = subprocess.Popen(
            [
                str(find_server().binary),
                *("--dbpath", str(data), "--logpath", str(self.folder / "log"), "--logappend"),
                *("--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"),
                *("--replSet", "locked", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"),
                *("--auth", "--keyFile", str(self.folder / "key"), "--noscripting"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return process


async def _once(ask: Any) -> None:
    """Wait until the server is so far."""
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_SECONDS
    while True:
        try:
            await ask()
        except PyMongoError:
            assert asyncio.get_running_loop().time() < deadline, "the server never became ready"
            await asyncio.sleep(0.1)
        else:
            return
