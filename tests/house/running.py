"""One Dealix, served over HTTP from a port of its own, with its providers faked."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from pymongo import AsyncMongoClient

from bot.bootstrap import House, Installation, application
from bot.conversation import Conversation
from bot.events import ChannelState, SendClass
from bot.ports import SendResult
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp
from tests.fakes.whatsapp.bodies import Webhook
from tests.house.clock import Clock

# A loaded machine needs seconds for what takes milliseconds.
PATIENCE = 20.0


def settings_for(fake_url: str, mongo_uri: str, database: str, data_dir: Path, **more: Any) -> Settings:
    """Every provider configured and faked, no pause after a message, nothing from the machine's environment."""
    account = ACCOUNTS
    values = {
        "DEALIX_DATA_DIR": data_dir,
        "DEALIX_BURST_SECONDS": 0,
        "MONGODB_URI": mongo_uri,
        "MONGODB_DATABASE": database,
        "GREEN_API_URL": fake_url,
        "GREEN_API_INSTANCE_ID": account.green_instance,
        "GREEN_API_TOKEN": account.green_token,
        "GREEN_API_WEBHOOK_TOKEN": account.green_webhook_token,
        "ULTRAMSG_URL": fake_url,
        "ULTRAMSG_INSTANCE_ID": account.ultramsg_instance,
        "ULTRAMSG_TOKEN": account.ultramsg_token,
        "ULTRAMSG_WEBHOOK_SECRET": account.ultramsg_secret,
        "FONNTE_URL": fake_url,
        "FONNTE_TOKEN": account.fonnte_token,
        "FONNTE_WEBHOOK_SECRET": account.fonnte_secret,
        "WHATSAPP_GRAPH_URL": fake_url,
        "WHATSAPP_PHONE_NUMBER_ID": account.meta_phone_number_id,
        "WHATSAPP_API_TOKEN": account.meta_token,
        "WHATSAPP_APP_SECRET": account.meta_app_secret,
        "WHATSAPP_VERIFY_TOKEN": account.meta_verify_token,
        "WHATSAPP_WABA_ID": account.meta_account,
    }
    return Settings(_env_file=None, **{**values, **more})


class _Server(uvicorn.Server):
    """A server inside a test, where signals belong to the test runner."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class RunningHouse:
    """Everything real but the providers and the passing of hours."""

    def __init__(self, settings: Settings, fake: FakeWhatsApp, clock: Clock) -> None:
        self.settings = settings
        self.fake = fake
        self.clock = clock
        self.installation = Installation(settings, clock)
        self.http = httpx.AsyncClient(timeout=PATIENCE, event_hooks={"request": [with_a_key]})
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def inside(self) -> House:
        """The parts themselves, for looking; acting goes over HTTP."""
        assert self.installation.house is not None
        return self.installation.house

    async def start(self) -> None:
        self.app = application(self.installation)
        config = uvicorn.Config(self.app, host="127.0.0.1", port=0, access_log=False, log_level="error")
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(), name="house")
        await eventually(lambda: self._server.started or self._serving.done())
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.http.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        await eventually(lambda: self.installation.is_prepared or self._serving.done())
        assert self.installation.refused is None, self.installation.refused
        # The providers have been asked once, and are not asked again before a minute has passed.
        await eventually(lambda: all(r.state != "unknown" for r in self.inside.chains[DEFAULT_TENANT].report()))

    async def stop(self) -> None:
        await self.http.aclose()
        if self._server is not None:
            self._server.should_exit = True
            await self._serving

    async def is_told(self, provider: str, webhook: Webhook) -> httpx.Response:
        """A provider posts to us."""
        return await self.http.post(
            f"/webhooks/{provider}", content=webhook.body, headers=webhook.headers, params=webhook.query
        )

    def token(self, role: str, subject: str = "") -> dict[str, str]:
        """The header of somebody with this role."""
        valid_for = timedelta(days=1)
        token = self.inside.keyring.issue(DEFAULT_TENANT, role, datetime.now(UTC), valid_for, subject)
        return {"authorization": f"Bearer {token}"}

    async def settles(self) -> None:
        """Wait until nothing is in hand and nothing is due."""
        await eventually(lambda: self.inside.worker.is_idle)

    async def moves(self, **by: float) -> None:
        """Let hours pass at once, and everything happen that was due meanwhile."""
        self.clock.moves(timedelta(**by))
        self.inside.bell.ring(DEFAULT_TENANT, "nobody")  # whoever sleeps until a time looks at the clock again
        await self.settles()

    async def remembers(self, key: str) -> Conversation | None:
        """What is stored about a contact key such as `phone:9665…`."""
        return await self.inside.store.conversations.by_key(DEFAULT_TENANT, key)

    async def history(self, conversation: Conversation) -> list[tuple[str, dict[str, Any]]]:
        """What happened with a contact, oldest first: (what, data)."""
        await self.inside.relay.flush()
        entries = await self.inside.store.timeline.of_conversation(DEFAULT_TENANT, conversation.id, 1_000)
        return [(entry.what, entry.data) for entry in sorted(entries, key=lambda e: (e.at, e.id))]

    async def everything_stored(self) -> dict[str, list[str]]:
        """Every document of every collection, as text; seen from outside, with a client of the test's own."""
        async with AsyncMongoClient(self.settings.mongodb_uri.get_secret_value()) as client:
            database = client[self.settings.mongodb_database]
            names = await database.list_collection_names()
            return {name: sorted([repr(row) async for row in database[name].find()]) for name in sorted(names)}

    def heals(self) -> None:
        """Every provider works and is believed to."""
        self.fake.clear()
        for chain in self.inside.chains.values():
            for report in chain.report():
                chain.note(report.channel, SendResult(SendClass.ACCEPTED))
                chain.note_state(report.channel, ChannelState("healed", is_healthy=True, detail=""))

    async def forgets(self, conversation: Conversation) -> None:
        await self.inside.store.conversations.forget(conversation.tenant_id, conversation.id)


@asynccontextmanager
async def running(settings: Settings, fake: FakeWhatsApp, clock: Clock) -> Any:
    """A house that is started and stopped."""
    house = RunningHouse(settings, fake, clock)
    try:
        await house.start()
        yield house
    finally:
        await house.stop()


async def with_a_key(request: httpx.Request) -> None:
    """Like every good client of `/api/v1`, name each request that changes something."""
    if request.method in ("POST", "PUT", "PATCH") and request.url.path.startswith("/api/v1/"):
        request.headers.setdefault("idempotency-key", uuid4().hex)


async def eventually(is_so: Callable[[], object], within: float = PATIENCE, complaint: str = "") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, complaint or "it never happened"
        await asyncio.sleep(0.003)
