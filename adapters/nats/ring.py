"""
Rings between processes, over NATS core subjects.

    dealix.ring.<duty>.<part>   look at (tenant, conversation, when)
    dealix.changed              (tenant, conversation) is shown differently now

Rule 1: nothing here is true or lasting: a ring that is lost costs a sweep. So there is no stream, no
        acknowledgement and nothing on the broker's disk.
Rule 2: ringing never waits and never fails. What cannot be sent at once waits in a bounded line; the oldest go
        first when it is full.
Rule 3: a broker that is away is one warning, and is tried again for ever.
Rule 4: what a ring says is checked; whoever else writes on these subjects can at most make us look.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bot.bell import Name
from bot.roles import Duty, part_name
from bot.stopping import end
from bot.telemetry import measures

log = structlog.get_logger()

# A burst that outruns the broker; what falls out is found by the sweep.
WAITING_AT_MOST = 10_000

TRY_AGAIN_SECONDS = 1.0
CONNECT_SECONDS = 2

# Nobody hears from a dead connection; this long until it is noticed.
PING_SECONDS = 5

CHANGED = "dealix.changed"

Hear = Callable[[Name, datetime | None], None]


class Ring:
    """One process on the broker."""

    def __init__(
        self,
        url: str,
        credentials: str,
        hear: Hear,
        changed: Callable[[Name], None],
        *,
        shows: bool = True,
    ) -> None:
        """
        Args:
            url: `nats://`, `tls://`, with `user:password@` or `token@`; several with commas.
            credentials: a `.creds` file, empty without one.
            hear: is told of rings for this process.
            changed: is told what watchers must look at.
            shows: whether anything is shown here; each change anywhere travels to everybody who shows something.
        """
        self._servers = [part.strip() for part in url.split(",") if part.strip()]
        self._credentials = credentials
        self._hear = hear
        self._changed = changed
        self._client: Client | None = None
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=WAITING_AT_MOST)
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._always = frozenset({CHANGED}) if shows else frozenset()
        self._wanted: frozenset[str] = self._always
        self._subscribed: dict[str, Subscription] = {}
        self._changes = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_told = False
        self._is_leaving = False
        self.lost = 0
        """Rings that fell out of the line or off a broken connection."""

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.is_connected

    def ring(self, duty: Duty, part: int, name: Name, at: datetime | None) -> None:
        self._put(_subject(duty, part), orjson.dumps([*name, at.timestamp() if at else None]))

    def changed(self, name: Name) -> None:
        if self.is_open:  # watchers look by themselves every few seconds; old changes are worth nothing
            self._put(CHANGED, orjson.dumps(name))

    def listen(self, subjects: Collection[tuple[Duty, int]]) -> None:
        """Hear the rings for these parts from now on, and no others."""
        self._wanted = self._always | {_subject(duty, part) for duty, part in subjects}
        self._changes.set()

    async def start(self) -> None:
        """Begin to connect; returns at once, whether or not the broker is there."""
        for work in (self._keep_connected, self._send, self._keep_subscribed):
            self._tasks.append(asyncio.create_task(work(), name=f"ring {work.__name__}"))

    async def stop(self) -> None:
        """Send what waits, if the broker takes it within a moment, and go."""
        self._is_leaving = True
        if self.is_open:
            with suppress(TimeoutError, NatsError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await self._emptied.wait()
                    await self._client.flush()
        await end(self._tasks)
        if self._client is not None:
            with suppress(TimeoutError, NatsError, OSError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await self._client.close()

    def _lose(self) -> None:
        self.lost += 1
        measures.rang("lost")

    def _put(self, subject: str, said: bytes) -> None:
        if len(self._waiting) == WAITING_AT_MOST:
            self._lose()
        self._waiting.append((subject, said))
        self._emptied.clear()
        self._filled.set()

    async def _keep_connected(self) -> None:
        """Connect, and connect again whenever the client has given up."""
        while True:
            if self._client is None or self._client.is_closed:
                await self._connect()
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _connect(self) -> None:
        client = Client()
        try:
            async with asyncio.timeout(CONNECT_SECONDS * max(2, len(self._servers))):
                await client.connect(
                    self._servers,
                    name="dealix",
                    no_echo=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=TRY_AGAIN_SECONDS,
                    connect_timeout=CONNECT_SECONDS,
                    ping_interval=PING_SECONDS,
                    pending_size=256 * 1024,
                    user_credentials=self._credentials or None,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_away,
                    reconnected_cb=self._on_back,
                )
        except (NatsError, OSError, TimeoutError, ValueError) as away:
            await self._on_error(away)
            with suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await client.close()
            return
        self._client = client
        self._subscribed = {}
        self._changes.set()
        await self._on_back()

    async def _send(self) -> None:
        while True:
            if not self._waiting:
                self._filled.clear()
                self._emptied.set()
                await self._filled.wait()
            if not self.is_open:
                await asyncio.sleep(TRY_AGAIN_SECONDS / 5)
                continue
            subject, said = self._waiting.popleft()
            try:
                await self._client.publish(subject, said)
            except (NatsError, OSError) as lost:
                self._lose()
                log.debug("ring_lost", reason=type(lost).__name__)
            else:
                measures.rang("sent")

    async def _keep_subscribed(self) -> None:
        while True:
            self._changes.clear()
            measures.ring(self.is_open)
            if self.is_open:
                await self._subscribe(self._client)
            try:
                async with asyncio.timeout(TRY_AGAIN_SECONDS):
                    await self._changes.wait()
            except TimeoutError:
                continue

    async def _subscribe(self, client: Client) -> None:
        try:
            for subject in self._wanted - set(self._subscribed):
                self._subscribed[subject] = await client.subscribe(subject, cb=self._heard)
            for subject in set(self._subscribed) - self._wanted:
                await self._subscribed.pop(subject).unsubscribe()
        except (NatsError, OSError) as lost:
            log.debug("ring_not_subscribed", reason=type(lost).__name__)

    async def _heard(self, message: Msg) -> None:
        try:
            name, at = read(message.data)
        except (ValueError, OverflowError, OSError):  # not JSON, not a ring, not a moment
            log.warning("ring_not_understood", subject=message.subject, bytes=len(message.data))
            return
        measures.rang("heard")
        if message.subject == CHANGED:
            self._changed(name)
        else:
            self._hear(name, at)

    async def _on_away(self) -> None:
        self._say_away("disconnected")

    async def _on_error(self, fault: Exception) -> None:
        self._say_away(type(fault).__name__)

    async def _on_back(self) -> None:
        if self._is_told:
            log.info("broker_is_back")
        self._is_told = False

    def _say_away(self, reason: str) -> None:
        if not self._is_told and not self._is_leaving:
            servers = [_without_secrets(server) for server in self._servers]
            log.warning("broker_away", servers=servers, reason=reason, meanwhile="sweeps find what is due")
        self._is_told = True


def _subject(duty: Duty, part: int) -> str:
    return f"dealix.ring.{duty.value}.{part_name(part)}"


def read(data: bytes) -> tuple[Name, datetime | None]:
    """Raises ValueError for what is no ring of ours."""
    match orjson.loads(data):
        case [str() as tenant_id, str() as conversation_id]:
            return (tenant_id, conversation_id), None
        case [str() as tenant_id, str() as conversation_id, None]:
            return (tenant_id, conversation_id), None
        case [str() as tenant_id, str() as conversation_id, float() | int() as at]:
            return (tenant_id, conversation_id), datetime.fromtimestamp(at, UTC)
    raise ValueError("not a ring")


def _without_secrets(server: str) -> str:
    where = urlsplit(server)
    return f"{where.scheme}://{where.hostname}:{where.port or 4222}"
