"""What tests of the desk need beside a browser: leads who have written, and what is stored about them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar
from urllib.request import Request, urlopen
from uuid import uuid4

from playwright.sync_api import Browser

from adapters.mongo.driver import open_door
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from bot.access import Keyring
from bot.conversation import Conversation, Said, Waiting
from bot.store import Arrival
from bot.tenants import DEFAULT_TENANT
from tests.browser.analyst import Analyst
from tests.browser.conftest import Running

T = TypeVar("T")

_numbers = count(100)


class Desk:
    """A product that runs, seen from behind."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.keyring = Keyring(running.folder / "data" / "keys")

    def hears(self, name: str, *texts: str, phone: str = "") -> str:
        """A lead writes, and Dealix answers as it does; answers the phone."""
        phone = phone or f"9665570{next(_numbers):05}"
        token = self.keyring.issue(DEFAULT_TENANT, "service", datetime.now(UTC), timedelta(hours=1), "seeder")
        for text in texts:
            body = json.dumps({"phone": phone, "company": name, "message": text}).encode()
            headers = {
                "authorization": f"Bearer {token}",
                "content-type": "application/json",
                "idempotency-key": uuid4().hex,
            }
            asked = Request(f"{self.running.address}/os/process-and-act", body, headers, method="POST")
            with urlopen(asked, timeout=60) as answer:
                assert answer.status < 300
        return phone

    def lets_in(self, browser: Browser, role: str) -> Analyst:
        """Somebody of a role that nobody says at the entrance comes by a link."""
        key = self.keyring.open_login(DEFAULT_TENANT, role, f"The {role}", datetime.now(UTC), uuid4().hex)
        person = Analyst(browser, self.running.address, f"The {role}", role)
        person.presses_a_link(f"{self.running.address}/console/enter?key={key}")
        return person

    def asks(self, work: Callable[[MongoStore], Awaitable[T]]) -> T:
        """Ask the database itself, beside the browser, which holds the loop of this thread."""

        async def asked() -> T:
            uri = await EmbeddedMongo(self.running.folder / "data" / "mongo").join()
            door = open_door(uri, "dealix")
            try:
                return await work(MongoStore(door))
            finally:
                await door.close()

        with ThreadPoolExecutor(1) as beside:
            return beside.submit(asyncio.run, asked()).result()

    def stored(self, phone: str) -> Conversation:
        found = self.asks(lambda store: store.conversations.by_key(DEFAULT_TENANT, f"phone:{phone}"))
        assert found is not None
        return found

    def places(self, names: list[str], stage: str = "new_lead") -> list[str]:
        """Leads who wrote once and stand in a stage; answers their conversations."""

        async def work(store: MongoStore) -> list[str]:
            placed = []
            for name in names:
                now, number = datetime.now(UTC), next(_numbers)
                key = f"phone:9665580{number:05}"
                waiting = Waiting(
                    f"seed{number}", "message", "simulated", now, f"seed{number}", {"text": "مرحبا"}
                )
                arrival = Arrival(DEFAULT_TENANT, waiting, (key,), key.removeprefix("phone:"), name)
                recorded = await store.conversations.record(arrival, now, f"seeded-{uuid4().hex}")
                conversation = await store.conversations.read(DEFAULT_TENANT, recorded.conversation_id)
                assert conversation is not None
                conversation.stage = stage
                conversation.recent = [Said("contact", "مرحبا", now, key=waiting.key)]
                await store.conversations.commit(conversation, now, handled=[waiting.key])
                placed.append(conversation.id)
            return placed

        return self.asks(work)
