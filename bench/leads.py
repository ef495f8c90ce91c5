"""
People who write and the provider who carries it: one process, one clock, apart from the service.

Rule 1: a message counts when the provider has received its answer, and not before.
Rule 2: a lead writes again only after the answer to its last message, so every message has one answer of its own.
Rule 3: what was sent and what was answered is counted per lead: nothing may be lost, nothing doubled.
"""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.wire import Clients, Server, post
from tests.fakes.whatsapp import bodies

# A lead who asks, answers the qualification and thanks: each of these is answered by the bot alone.
WORDS = (
    "السلام عليكم",
    "كم السعر؟",
    "300 تقريبا",
    "الرد على العملاء بطيء",
    "نعم عندنا فريق",
    "5000 ريال",
)

# Nobody reads an answer and types the next message faster than this; without it, every message would race with
# the write of what the provider answered to the one before, which no real lead does.
READING_SECONDS = 0.2

# An answer that has not come by then will not come.
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Seen:
    """What one phase looked like from outside; seconds."""

    webhook: list[float] = field(default_factory=list)
    """From the first byte of the webhook to its answer."""
    provider: list[float] = field(default_factory=list)
    """From the first byte of the webhook to the call of the provider."""
    seconds: float = 0.0
    refused: int = 0
    """Webhooks not answered with 200."""
    unanswered: int = 0

    @property
    def messages(self) -> int:
        return len(self.provider)


class World:
    """All leads, and the provider between them and the service."""

    def __init__(self) -> None:
        self.port = 0
        self.wrote: Counter[str] = Counter()
        self.got: Counter[str] = Counter()
        self.texts: dict[str, list[str]] = {}
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._server: asyncio.Server | None = None
        self._next_lead = 0
        self._last_webhook: dict[str, bytes] = {}

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Server(self._carry), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def new_leads(self, count: int) -> list[str]:
        first, self._next_lead = self._next_lead, self._next_lead + count
        return [f"9665{number:08d}" for number in range(first, first + count)]

    @property
    def lost(self) -> int:
        return sum((self.wrote - self.got).values())

    @property
    def doubled(self) -> int:
        return sum((self.got - self.wrote).values())

    def _carry(self, method: str, path: str, body: bytes) -> bytes:
        """Be Green API: take a message, or say that the phone is linked."""
        at = time.perf_counter()
        if method != "POST":
            return b'{"stateInstance":"authorized"}'
        message = json.loads(body)
        lead = message["chatId"].partition("@")[0]
        self.got[lead] += 1
        self.texts.setdefault(lead, []).append(message["message"])
        waiting = self._waiting.get(lead)
        if waiting is not None and not waiting.done():
            waiting.set_result(at)
        return f'{{"idMessage":"BAE5{self.got[lead]:04d}{lead}"}}'.encode()

    async def write(self, clients: Clients, lead: str, words: str, seen: Seen) -> bool:
        """Let a lead write once and wait for the answer; False when none came."""
        number = self.wrote[lead]
        hook = bodies.text(
            "green_api", words, phone=lead, message_id=f"3EB0{lead}{number:04d}", at=datetime.now(UTC)
        )
        request = post("/webhooks/green_api", hook.headers, hook.body)
        self._last_webhook[lead] = request
        answered = self._waiting[lead] = asyncio.get_running_loop().create_future()
        self.wrote[lead] += 1
        started = time.perf_counter()
        status, _ = await clients.ask(request)
        seen.webhook.append(time.perf_counter() - started)
        if status != 200:
            seen.refused += 1
            return False
        try:
            at = await asyncio.wait_for(answered, PATIENCE_SECONDS)
        except TimeoutError:
            seen.unanswered += 1
            return False
        seen.provider.append(at - started)
        return True

    def remember(self, lead: str, said: int) -> None:
        """A lead who wrote so many messages before this world began, and got so many answers."""
        self.wrote[lead] = self.got[lead] = said

    async def say(self, clients: Clients, lead: str, seen: Seen) -> bool:
        """Let a lead say what comes next in the talk."""
        return await self.write(clients, lead, WORDS[self.wrote[lead] % len(WORDS)], seen)

    async def talk(self, clients: Clients, lead: str, messages: int, seen: Seen) -> None:
        """One conversation; a lead who got no answer stops talking."""
        for _ in range(messages):
            if not await self.say(clients, lead, seen):
                return
            await asyncio.sleep(READING_SECONDS)

    async def crowd(self, clients: Clients, leads: Iterable[str], messages: int, concurrency: int) -> Seen:
        """Many conversations, so many at once; as fast as the service answers."""
        seen, left = Seen(), iter(leads)

        async def seat() -> None:
            for lead in left:
                await self.talk(clients, lead, messages, seen)

        started = time.perf_counter()
        await asyncio.gather(*(seat() for _ in range(concurrency)))
        seen.seconds = time.perf_counter() - started
        return seen

    async def paced(self, clients: Clients, per_second: float, seconds: float, known: Iterable[str] = ()) -> Seen:
        """
        So many messages a second whatever the service does; who still waits for an answer does not write.

        Every second talk is that of one who is `known` already, as long as there are any.
        """
        seen, free, writing, before = Seen(), deque[str](), [], iter(known)

        async def turn(lead: str) -> None:
            if await self.say(clients, lead, seen) and self.wrote[lead] < len(WORDS):
                await asyncio.sleep(READING_SECONDS)
                free.append(lead)

        def somebody(number: int) -> str:
            if free:
                return free.popleft()
            return (next(before, "") if number % 2 else "") or self.new_leads(1)[0]

        started = time.perf_counter()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
            writing.append(asyncio.create_task(turn(somebody(number))))
        await asyncio.gather(*writing)
        seen.seconds = time.perf_counter() - started
        return seen

    async def redeliver(self, clients: Clients, leads: Iterable[str]) -> int:
        """Post the last webhook of each lead once more; answers how many of them made the phone ring."""
        before = sum(self.got.values())
        for lead in leads:
            await clients.ask(self._last_webhook[lead])
        await asyncio.sleep(1.0)
        return sum(self.got.values()) - before
