"""
The providers' side of a webhook: post what leads write, and post it again until somebody says 2xx.

Rule 1: each provider tries again as its contract says, with its waits divided by `SPEED`: Green API one after the
        other, and a failure blocks all that come later; Fonnte fifteen times, once a minute; Meta ever more
        slowly; Ultramsg says nothing, so three times.
Rule 2: what was answered 2xx is known from here and from nowhere else.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

import aiohttp

from bench.chaos.history import Post, Scripted
from bench.chaos.plan import Forgery, Lead, Plan, Step
from bench.chaos.tenants import FORGED, TENANTS, tenant_named
from tests.fakes.whatsapp import Entry, FakeWhatsApp, bodies
from tests.fakes.whatsapp.bodies import Webhook

SPEED = 60
"""A minute of a provider's patience is a second here."""

# A provider waits this long for an answer.
ANSWER_WITHIN = 10.0


def waits(provider: str) -> Iterator[float]:
    """How long to wait after each failure; the end of it is when a provider gives up."""
    match provider:
        case "green_api":
            return chain([180 / SPEED], repeat(60 / SPEED))
        case "fonnte":
            return iter([60 / SPEED] * 15)
        case "meta_cloud":
            return (min(2.0**n, 60.0) for n in range(24))
        case _:
            return iter([2.0, 4.0])


@dataclass(frozen=True, slots=True)
class Errand:
    """One body that is to be brought to one channel."""

    kind: str
    tenant: str
    channel: str
    provider: str
    tokens: tuple[str, ...]
    hook: Webhook


class Postmen:
    """Everybody who brings webhooks to the product."""

    def __init__(
        self,
        plan: Plan,
        fakes: dict[str, FakeWhatsApp],
        doors: Callable[[], list[str]],
        session: aiohttp.ClientSession,
    ) -> None:
        self._plan = plan
        self._fakes = fakes
        self._doors = doors
        self._session = session
        self._chance = random.Random(f"{plan.seed}:postmen")
        self._queues: dict[str, asyncio.Queue[Errand]] = {}
        self._on_the_way: set[asyncio.Task[None]] = set()
        self._told_of: dict[str, int] = {}
        self._began = 0.0
        self.posts: list[Post] = []
        self.given_up: list[Errand] = []
        self.is_over = False

    @property
    def scripted(self) -> list[Scripted]:
        return [
            Scripted(s.token, lead.tenant, lead.channel, lead.provider, lead.phone, s.text, s.label)
            for lead in self._plan.leads
            for s in lead.steps
        ]

    async def run(self) -> None:
        """Post everything at its time; ends when the last was posted once."""
        self._began = time.monotonic()
        queues = [self._green(c.id) for t in TENANTS for c in t.channels if c.provider == "green_api"]
        workers = [asyncio.create_task(queue) for queue in queues]
        receipts = asyncio.create_task(self._receipts())
        self._on_the_way |= {*workers, receipts}
        for at, errand in sorted(self._errands(), key=lambda pair: pair[0]):
            await asyncio.sleep(max(0.0, at - (time.monotonic() - self._began)))
            self._bring(errand, is_copy=False)

    async def settle(self, within: float) -> None:
        """Wait until everything was answered 2xx or given up."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            waiting = sum(q.qsize() for q in self._queues.values())
            busy = [t for t in self._on_the_way if not t.done() and t.get_name() == "errand"]
            if not waiting and not busy:
                return
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for task in self._on_the_way:
            task.cancel()
        await asyncio.gather(*self._on_the_way, return_exceptions=True)

    def _bring(self, errand: Errand, *, is_copy: bool) -> None:
        if errand.provider == "green_api" and errand.kind == "message" and not is_copy:
            self._queues.setdefault(errand.channel, asyncio.Queue()).put_nowait(errand)
            return
        task = asyncio.create_task(self._until_heard(errand), name="errand")
        self._on_the_way.add(task)
        task.add_done_callback(self._on_the_way.discard)

    async def _green(self, channel: str) -> None:
        """One after the other; whatever fails holds up the rest."""
        queue = self._queues.setdefault(channel, asyncio.Queue())
        while True:
            errand = await queue.get()
            task = asyncio.create_task(self._until_heard(errand), name="errand")
            self._on_the_way.add(task)
            task.add_done_callback(self._on_the_way.discard)
            await asyncio.gather(task, return_exceptions=True)

    async def _until_heard(self, errand: Errand) -> None:
        for wait in waits(errand.provider):
            if await self._post(errand) or errand.kind == "forged":
                return
            await asyncio.sleep(wait)
        if not await self._post(errand):
            self.given_up.append(errand)

    async def _post(self, errand: Errand) -> bool:
        door = self._chance.choice(self._doors())
        at, status = time.time(), 0
        try:
            async with self._session.post(
                f"{door}/webhooks/{errand.channel}",
                data=errand.hook.body,
                headers=errand.hook.headers,
                params=errand.hook.query,
                timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
            ) as answer:
                status = answer.status
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        self.posts.append(
            Post(errand.kind, errand.tenant, errand.channel, errand.tokens, at, time.time(), status)
        )
        # Only 200 counts for Fonnte and Green API; the others take any 2xx.
        return status == 200 if errand.provider in ("fonnte", "green_api") else 200 <= status < 300

    def _errands(self) -> Iterable[tuple[float, Errand]]:
        batches: dict[int, list[tuple[Lead, Step]]] = {}
        for lead in self._plan.leads:
            for step in lead.steps:
                if step.batch:
                    batches.setdefault(step.batch, []).append((lead, step))
                else:
                    yield step.at, self._one(lead, step)
                for after in step.copies:
                    yield step.at + after, replace(self._one(lead, step), kind="message")
        for pairs in batches.values():
            yield max(step.at for _, step in pairs), self._batch(pairs)
        for forgery in self._plan.forgeries:
            yield forgery.at, _forged(forgery)

    def _one(self, lead: Lead, step: Step) -> Errand:
        hook = bodies.text(
            lead.provider,
            step.text,
            phone=lead.phone,
            message_id=_message_id(lead.provider, step.token),
            at=self._said_at(step),
            name=lead.name,
            accounts=tenant_named(lead.tenant).accounts,
        )
        return Errand("message", lead.tenant, lead.channel, lead.provider, (step.token,), hook)

    def _batch(self, pairs: list[tuple[Lead, Step]]) -> Errand:
        first = pairs[0][0]
        values = []
        for lead, step in pairs:
            message = {
                "from": lead.phone,
                "id": _message_id(lead.provider, step.token),
                "timestamp": str(int(self._said_at(step).timestamp())),
                "type": "text",
                "text": {"body": step.text},
            }
            contact = {"profile": {"name": lead.name}, "wa_id": lead.phone}
            values.append({"contacts": [contact], "messages": [message]})
        hook = bodies.meta(*values, accounts=tenant_named(first.tenant).accounts)
        tokens = tuple(step.token for _, step in pairs)
        return Errand("message", first.tenant, first.channel, first.provider, tokens, hook)

    def _said_at(self, step: Step) -> datetime:
        begun = datetime.now(UTC) - timedelta(seconds=time.monotonic() - self._began)
        return begun + timedelta(seconds=step.at - step.late_by)

    async def _receipts(self) -> None:
        """Tell of every message taken: sent, delivered, read; late, twice and in any order."""
        while not self.is_over:
            for tenant in TENANTS:
                entries = self._fakes[tenant.id].ledger
                for entry in entries[self._told_of.get(tenant.id, 0) :]:
                    self._receipts_of(tenant.id, entry)
                self._told_of[tenant.id] = len(entries)
            await asyncio.sleep(0.25)

    def _receipts_of(self, tenant_id: str, entry: Entry) -> None:
        tenant = tenant_named(tenant_id)
        channel = next(c for c in tenant.channels if c.provider == entry.provider)
        words = ["sent", "delivered", "read"][: self._chance.choice((1, 2, 3, 3))]
        if self._chance.random() < 0.2:
            self._chance.shuffle(words)
        if self._chance.random() < 0.1:
            words.append(self._chance.choice(words))
        delay = self._chance.choice((0.0, 0.0, 0.2, 1.0, 6.0))
        phone = entry.recipient.split("@")[0].lstrip("+")
        for number, word in enumerate(words):
            hook = bodies.receipt(
                entry.provider,
                word,
                provider_message_id=entry.id,
                phone=phone,
                at=datetime.now(UTC),
                reference=entry.reference,
                accounts=tenant.accounts,
            )
            errand = Errand("receipt", tenant_id, channel.id, entry.provider, (f"{entry.id}:{word}",), hook)
            task = asyncio.create_task(self._later(delay + 0.1 * number, errand))
            self._on_the_way.add(task)
            task.add_done_callback(self._on_the_way.discard)

    async def _later(self, seconds: float, errand: Errand) -> None:
        await asyncio.sleep(seconds)
        self._bring(errand, is_copy=True)


def _message_id(provider: str, token: str) -> str:
    return f"wamid.{token}" if provider == "meta_cloud" else token


def _forged(forgery: Forgery) -> Errand:
    """A stop in somebody else's name, without the right proof."""
    tenant = tenant_named(forgery.tenant)
    wrong = replace(
        tenant.accounts,
        green_webhook_token="wrong",
        ultramsg_secret="wrong",
        fonnte_secret="wrong",
        meta_app_secret="wrong",
    )
    hook = bodies.text(
        forgery.provider,
        f"stop {FORGED}",
        phone=forgery.phone,
        message_id=_message_id(forgery.provider, forgery.token),
        at=datetime.now(UTC),
        name=FORGED,
        accounts=wrong,
    )
    assert FORGED.encode() in hook.body or json.dumps(FORGED).encode() in hook.body
    return Errand("forged", forgery.tenant, forgery.channel, forgery.provider, (forgery.token,), hook)
