"""
A real MongoDB in a subprocess, for whoever configured none.

Rule 1: the order is `mongod` on the PATH, then the one that a wheel carries, then SecantusDB with
        `--sync-on-commit`; without that flag it loses acknowledged writes, so we never start it without.
Rule 2: the server keeps its port across restarts; a one-node replica set on another port never elects itself.
Rule 3: a server that dies is started again, on the same port and folder; whoever waits for it goes on.
Rule 4: one Dealix per data folder (a lock that dies with its holder). A server that outlived a killed Dealix is
        taken over, not started twice.
"""

import asyncio
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from adapters.mongo.driver import initiate_replica_set, ping, shut_down
from bot.errors import Misconfigured

REPLICA_SET = "dealix"

# A cold mongod answers after 1 to 2 s here; recovery after a kill under load took at most 7 s.
START_TIMEOUT_SECONDS = 45


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server we know how to start."""

    name: str
    binary: Path
    is_mongod: bool


class EmbeddedMongo:
    """One local server on one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = ""
        self.server: Server | None = None

    async def start(self) -> str:
        """Start or take over the server; answers its URI. Raises Misconfigured with what to do."""
        self.hold_folder()
        await self.launch()
        return await self.ready()

    def hold_folder(self) -> None:
        """Make sure that nobody else works in this folder."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (self._folder / "lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            self._lock.close()
            raise Misconfigured(
                f"another Dealix is running on {self._folder}: stop it, or set DEALIX_DATA_DIR to another folder",
                f"نسخة أخرى من Dealix تعمل على المجلد {self._folder}: أوقفها أو عيّن DEALIX_DATA_DIR لمجلد آخر",
            ) from held

    async def join(self) -> str:
        """The URI of the server that a running Dealix keeps here; empty when none answers."""
        if not (self._folder / "port").exists():
            return ""
        self.uri = f"mongodb://127.0.0.1:{self._port()}/?directConnection=true"
        return self.uri if await self._is_ours() else ""

    async def launch(self) -> None:
        """Spawn the server unless one is already answering on our port."""
        port = self._port()
        self.uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        self.server = find_server()
        if await self._is_ours():
            return
        self._process = _spawn(_command(self.server, self._folder, port))

    async def revive(self) -> bool:
        """Start the server again when it is gone; answers whether it was. A frozen one is left alone."""
        is_running = self._process is not None and self._process.poll() is None
        if self.server is None or is_running or await self._listens():
            return False
        self._process = _spawn(_command(self.server, self._folder, self._port()))
        return True

    async def ready(self) -> str:
        """Wait until the server accepts writes; answers its URI."""
        deadline = asyncio.get_running_loop().time() + START_TIMEOUT_SECONDS
        initiated = False
        while asyncio.get_running_loop().time() < deadline:
            self._raise_if_it_died()
            hello = await ping(self.uri, timeout_ms=5_000) if await self._listens() else None
            if hello and hello.get("isWritablePrimary"):
                return self.uri
            if hello and not initiated and self.server and self.server.is_mongod:
                await initiate_replica_set(self.uri, REPLICA_SET, f"127.0.0.1:{self._port()}")
                initiated = True
            await asyncio.sleep(0.05)
        raise Misconfigured(
            f"the embedded database did not become ready in {START_TIMEOUT_SECONDS} s: see {self._log}",
            f"قاعدة البيانات المدمجة لم تجهز خلال {START_TIMEOUT_SECONDS} ثانية: انظر {self._log}",
        )

    async def stop(self) -> None:
        """Stop the server cleanly and give the folder back."""
        if self.uri:
            await shut_down(self.uri)
        if self._process:
            await asyncio.to_thread(self._process.wait, 30)
        if self._lock:
            self._lock.close()

    @property
    def description(self) -> str:
        """What runs, in words for the start message."""
        name = self.server.name if self.server else "no server"
        return f"{name}, single node on {self._folder}, not for production"

    @property
    def _log(self) -> Path:
        return self._folder / "mongod.log"

    def _port(self) -> int:
        kept = self._folder / "port"
        if kept.exists():
            return int(kept.read_text())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        kept.write_text(str(port))
        return port

    async def _listens(self) -> bool:
        """Whether somebody takes connections; the driver leaves a socket behind for each that nobody takes."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port())
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def _is_ours(self) -> bool:
        is_there = (self._folder / "db").exists() and await self._listens()
        hello = await ping(self.uri, timeout_ms=1_000) if is_there else None
        return bool(hello) and (hello.get("setName") == REPLICA_SET or hello.get("setName") == "secantus")

    def _raise_if_it_died(self) -> None:
        if self._process and self._process.poll() is not None:
            raise Misconfigured(
                f"the embedded database stopped with code {self._process.returncode}: see {self._log}",
                f"توقفت قاعدة البيانات المدمجة برمز {self._process.returncode}: انظر {self._log}",
            )


def find_server() -> Server:
    """The first server that this machine has. Raises Misconfigured when there is none."""
    on_path = shutil.which("mongod")
    if on_path:
        return Server("mongod from the PATH", Path(on_path), is_mongod=True)
    wheel = _mongod_of_wheel()
    if wheel:
        return Server("mongod from its wheel", wheel, is_mongod=True)
    secantus = shutil.which("secantusd-py") or shutil.which("secantusd-py", path=str(Path(sys.executable).parent))
    if secantus:
        return Server("SecantusDB with sync on commit", Path(secantus), is_mongod=False)
    raise Misconfigured(
        "no database: set MONGODB_URI, or install mongod, or `pip install 'dealix[secantus]'`",
        "لا توجد قاعدة بيانات: عيّن MONGODB_URI أو ثبّت mongod أو نفّذ pip install 'dealix[secantus]'",
    )


def _mongod_of_wheel() -> Path | None:
    spec = find_spec("fiftyone")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.exists():
            if not os.access(binary, os.X_OK):
                binary.chmod(0o755)
            return binary
    return None


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (the command is ours, word by word)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C stops us first; we stop the server after the last write
    )


def _command(server: Server, folder: Path, port: int) -> Sequence[str]:
    data = folder / "db"
    data.mkdir(exist_ok=True)
    if not server.is_mongod:
        return [
            str(server.binary),
            *("--host", "127.0.0.1", "--port", str(port), "--storage-path", str(data), "--sync-on-commit"),
        ]
    return [
        str(server.binary),
        *("--dbpath", str(data), "--logpath", str(folder / "mongod.log"), "--logappend"),
        *("--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
        *("--replSet", REPLICA_SET, "--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.5"),
        # zlib off: 6.0.5 predates the fix for CVE-2025-14847 (memory disclosure through zlib headers).
        *("--networkMessageCompressors", "snappy,zstd", "--noscripting"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # Nobody reads the past here. With the default of five minutes a dropped collection keeps its files open
        # that long.
        *("--setParameter", "minSnapshotHistoryWindowInSeconds=0"),
    ]
