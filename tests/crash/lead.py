"""A contact of a product that may die at any moment."""

import asyncio
import itertools
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.fakes.whatsapp import Entry, bodies
from tests.fakes.whatsapp.bodies import Webhook
from tests.house.process import Product
from tests.house.talk import new_message_id

_PHONES = itertools.count(70_000_000)


class Lead:
    def __init__(self, product: Product, provider: str = "green_api") -> None:
        self.product = product
        self.provider = provider
        self.phone = f"9665{next(_PHONES)}"

    @staticmethod
    def clock() -> datetime:
        return datetime.now(UTC)

    def writes(self, words: str) -> Webhook:
        """The webhook of a text, not yet posted."""
        return bodies.text(self.provider, words, phone=self.phone, message_id=new_message_id(), at=self.clock())

    async def says(self, words: str) -> httpx.Response:
        return await self.product.is_told(self.provider, self.writes(words))

    @property
    def arrived(self) -> list[Entry]:
        return self.product.arrived(self.phone)

    async def contact(self) -> dict[str, Any]:
        return await self.product.contact(self.phone)

    async def draft_that_is(self, *statuses: str, within: float = 30) -> dict[str, Any]:
        """Wait until the latest draft has one of these statuses."""
        deadline = time.monotonic() + within
        while True:
            drafts = (await self.contact()).get("outbox", ())
            if drafts and drafts[-1]["status"] in statuses:
                return drafts[-1]
            found = [draft["status"] for draft in drafts]
            assert time.monotonic() < deadline, f"never {statuses}, but {found}"
            await asyncio.sleep(0.05)
