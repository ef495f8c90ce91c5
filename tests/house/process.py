"""Dealix as a process of its own, to be killed without warning; its providers live elsewhere and survive it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pymongo import AsyncMongoClient

from bot.access import Keyring
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS, Entry, FakeWhatsApp
from tests.fakes.whatsapp.bodies import Webhook

BOOT_SECONDS = 60


class Product:
    """`dealix up` on a data folder."""

    boots_within = BOOT_SECONDS

    def __init__(self, folder: Path, fake: FakeWhatsApp, **more: str) -> None:
        self.folder = folder
        self.fake = fake
        self.keys = folder / "data" / "keys"
        self.port = _free_port()
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None
        self._said = folder / "said.log"

    async def boots(self) -> float:
        """Start, and answer how many seconds it took until the doors were open."""
        began = time.monotonic()
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from bot.cli import main; main()", "up", "--port", str(self.port)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        while time.monotonic() - began < self.boots_within:
            assert self._process.poll() is None, self.said[-3_000:]
            with suppress(httpx.TransportError):
                if (await self.http.get("/readyz")).status_code == 200:
                    return time.monotonic() - began
            await asyncio.sleep(0.02)
        raise AssertionError(f"never ready: {self.said[-3_000:]}")

    def dies(self, *, with_its_database: bool = False) -> None:
        """SIGKILL, to the process alone or to its database in the same moment."""
        assert self._process is not None
        if with_its_database:
            with suppress(ProcessLookupError):
                os.kill(self._database_pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    async def reboots(self, *, with_its_database: bool = False) -> float:
        self.dies(with_its_database=with_its_database)
        return await self.boots()

    async def stops(self) -> int:
        """SIGTERM, as an operator would; answers the exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, 40)

    async def ends(self) -> None:
        """Whatever still runs is stopped for good."""
        await self.http.aclose()
        if self._process is not None and self._process.poll() is None:
            await self.stops()
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(self._database_pid, signal.SIGKILL)

    @property
    def said(self) -> str:
        """Everything that all lives of this process wrote."""
        return self._said.read_text("utf-8", "replace") if self._said.exists() else ""

    async def is_told(self, provider: str, webhook: Webhook) -> httpx.Response:
        return await self.http.post(
            f"/webhooks/{provider}", content=webhook.body, headers=webhook.headers, params=webhook.query
        )

    async def asks(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Speak to the API as Sami."""
        keyring = Keyring(self.keys)
        token = keyring.issue(DEFAULT_TENANT, "approver", datetime.now(UTC), timedelta(days=1), "sami")
        headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}
        return await self.http.request(method, f"/api/v1/{path}", json=body or None, headers=headers)

    async def queue(self) -> list[dict[str, Any]]:
        return list((await self.asks("GET", "drafts")).json()["drafts"])

    def arrived(self, phone: str) -> list[Entry]:
        """What any provider took for a phone."""
        return [e for e in self.fake.ledger if re.sub(r"\D", "", e.recipient.split("@")[0]) == phone]

    async def contacts(self) -> list[dict[str, Any]]:
        """Every stored contact, read past the product with a client of the test's own."""
        port = (self.folder / "data" / "mongo" / "port").read_text()
        async with AsyncMongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            return [row async for row in client["dealix"]["conversations"].find()]

    async def contact(self, phone: str) -> dict[str, Any]:
        return next((row for row in await self.contacts() if row.get("phone") == phone), {})

    async def comes_to_rest(self, within: float = 40) -> None:
        """Wait until no contact has anything unread, unsent or under way."""
        deadline = time.monotonic() + within
        while True:
            busy = [row for row in await self.contacts() if is_busy(row)]
            if not busy:
                return
            assert time.monotonic() < deadline, f"never came to rest: {[_in_short(row) for row in busy]}"
            await asyncio.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        account, url = ACCOUNTS, self.fake.url
        root = str(Path(__file__).parents[2])
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": root,
            "DEALIX_DATA_DIR": str(self.folder / "data"),
            "DEALIX_BURST_SECONDS": "0.05",
            "GREEN_API_URL": url,
            "GREEN_API_INSTANCE_ID": account.green_instance,
            "GREEN_API_TOKEN": account.green_token,
            "GREEN_API_WEBHOOK_TOKEN": account.green_webhook_token,
            "ULTRAMSG_URL": url,
            "ULTRAMSG_INSTANCE_ID": account.ultramsg_instance,
            "ULTRAMSG_TOKEN": account.ultramsg_token,
            "ULTRAMSG_WEBHOOK_SECRET": account.ultramsg_secret,
            "FONNTE_URL": url,
            "FONNTE_TOKEN": account.fonnte_token,
            "FONNTE_WEBHOOK_SECRET": account.fonnte_secret,
            "WHATSAPP_GRAPH_URL": url,
            "WHATSAPP_PHONE_NUMBER_ID": account.meta_phone_number_id,
            "WHATSAPP_API_TOKEN": account.meta_token,
            "WHATSAPP_APP_SECRET": account.meta_app_secret,
            "WHATSAPP_VERIFY_TOKEN": account.meta_verify_token,
            **self._more,
        }

    @property
    def _database_pid(self) -> int:
        return int((self.folder / "data" / "mongo" / "db" / "mongod.lock").read_text())


def is_busy(row: dict[str, Any]) -> bool:
    """Whether something is unread, or could be sent now; what waits for its next round is at rest."""
    now = datetime.now(UTC)
    sending = any(draft["status"] == "sending" for draft in row.get("outbox", ()))
    queued = [draft["retry_at"] for draft in row.get("outbox", ()) if draft["status"] == "queued"]
    return bool(row.get("mailbox")) or sending or any(at is None or _aware(at) <= now for at in queued)


def _aware(at: datetime) -> datetime:
    """Clients differ in whether they say that a stored time is UTC; every one is."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    drafts = [(d["status"], d["retry_at"], len(d["attempts"])) for d in row.get("outbox", ())]
    last = [entry["what"] for entry in row.get("log", ())[-6:]]
    waiting = [waits["received_at"] for waits in row.get("mailbox", ())]
    return {"next_at": row.get("next_at"), "drafts": drafts, "mailbox": waiting, "last": last}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
