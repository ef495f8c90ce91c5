"""A talk goes on where it was when the process ends in the middle of a question: nothing is asked twice."""

from uuid import uuid4

import pytest

from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.running import running, settings_for


async def test_a_restart_in_the_middle_of_a_question_forgets_neither_answers_nor_the_question(
    mongo_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, database = tmp_path_factory.mktemp("restart"), f"house_{uuid4().hex[:12]}"
    async with FakeWhatsApp() as fake:
        settings = settings_for(fake.url, mongo_uri, database, folder)
        async with running(settings, fake, Clock()) as house:
            before = Talk(house)
            await before.says("السلام عليكم، كم السعر؟")
            await before.says("200")
            asked = await house.inside.store.conversations.read(DEFAULT_TENANT, before.conversation.id)
            await house.inside.rooms.memory.learn()
            handed = await house.inside.rooms.memory.handover(DEFAULT_TENANT, asked.id)
        assert asked.slots["monthly_leads"].value == "200" and asked.asked not in ("", "monthly_leads")
        assert handed.last_question == asked.asked

        async with running(settings, fake, Clock()) as house:
            kept = await house.inside.store.conversations.read(DEFAULT_TENANT, asked.id)
            assert (kept.asked, kept.expects, kept.asked_times, kept.v) == (
                asked.asked,
                asked.expects,
                asked.asked_times,
                asked.v,
            )
            await house.inside.rooms.memory.learn()
            assert await house.inside.rooms.memory.handover(DEFAULT_TENANT, asked.id) == handed
            after = Talk(house)
            after.phone = before.phone
            await after.says("نتأخر في الرد على العملاء")
            now = await house.inside.store.conversations.read(DEFAULT_TENANT, asked.id)
            assert now.slots["monthly_leads"].value == "200"
            assert asked.asked in now.slots, "the answer belongs to the question that was open before the restart"
            assert now.asked not in ("", asked.asked, "monthly_leads")
