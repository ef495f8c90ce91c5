"""A house with a model that misbehaves on request, its first choice and its stand-in."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.models.call import Call
from bot.models.provider import Task
from bot.models.question import ModelQuestion
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from tests.fakes.llm import FakeModel
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.fixtures import in_one_loop
from tests.house.running import PATIENCE, RunningHouse, running, settings_for
from tests.house.talk import Talk

DANA = Human("console:dana", "Dana")

# Hardly understood, so that a draft waits; nothing in it is a matter of safety.
UNCLEAR = "ولا شي ثاني من البرتقال الأزرق السريع"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop([item for item in items if Path(__file__).parent in item.path.parents])


@dataclass
class ModelHouse:
    """The house and both endpoints."""

    house: RunningHouse
    first: FakeModel
    second: FakeModel

    @property
    def models(self) -> Any:
        return self.house.inside.rooms.models

    async def is_switched(self, *, on: bool = True, **more: Any) -> None:
        await self.models.switch(DEFAULT_TENANT, is_on=on, by=DANA, **more)

    async def someone_says(self, *texts: str, **more: Any) -> Talk:
        talk = Talk(self.house, "green_api", **more)
        for text in texts:
            await talk.says(text)
        await self.house.inside.relay.flush()
        return talk

    async def looks(self) -> None:
        """What the job does, once; what the job itself has in hand in this moment is waited for."""
        await self.models.look()
        deadline = time.monotonic() + PATIENCE
        while any(q.tries and q.status == "waiting" and not q.why for q in await self._latest()):
            assert time.monotonic() < deadline, "a question was never ended"
            await asyncio.sleep(0.01)

    async def _latest(self) -> Sequence[ModelQuestion]:
        return await self.models.latest(DEFAULT_TENANT, 200)

    async def questions(self, talk: Talk) -> list[ModelQuestion]:
        return [q for q in await self._latest() if q.conversation_id == talk.conversation.id]

    async def question(self, talk: Talk, task: str = "intent") -> ModelQuestion:
        (found,) = [q for q in await self.questions(talk) if q.task == task]
        return found

    async def calls(self, talk: Talk) -> list[Call]:
        """Every recorded call about somebody, oldest first."""
        rows = self.house.inside.store.models.calls
        since = talk.conversation.created_at
        found = [
            call
            for name in ("first", "second")
            for call in await rows.latest(DEFAULT_TENANT, name, since, 1_000)
            if call.conversation_id == talk.conversation.id
        ]
        return sorted(found, key=lambda call: (call.at, call.id))


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def model_house(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModelHouse]:
    folder = tmp_path_factory.mktemp("models")
    async with FakeWhatsApp() as fake, FakeModel() as first, FakeModel() as second:
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"models_{uuid4().hex[:12]}",
            folder,
            DEALIX_MODEL_URL=first.url,
            DEALIX_MODEL_KEY="sk-first-0123456789abcdef",
            DEALIX_MODEL="gpt-4o-mini",
            DEALIX_MODEL_PROVIDER="first",
            DEALIX_MODEL_FALLBACK_URL=second.url,
            DEALIX_MODEL_FALLBACK_KEY="sk-second-0123456789abcdef",
            DEALIX_MODEL_FALLBACK_NAMES="a-model-nobody-priced",
            DEALIX_MODEL_FALLBACK_PROVIDER="second",
            DEALIX_MODEL_TIMEOUT_SECONDS=1.0,
        )
        async with running(settings, fake, Clock()) as house:
            yield ModelHouse(house, first, second)


@pytest_asyncio.fixture(loop_scope="session")
async def there(model_house: ModelHouse) -> AsyncIterator[ModelHouse]:
    """The house with its model switched on for intents; what an earlier test broke has healed."""
    await model_house.is_switched(on=False)
    model_house.first.clear()
    model_house.second.clear()
    # Breakers remember an hour at most, and budgets a day.
    await model_house.house.moves(hours=25)
    await model_house.is_switched(tasks=[Task.INTENT])
    yield model_house
    await model_house.is_switched(on=False)
    await model_house.house.settles()
