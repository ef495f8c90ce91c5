"""A contact that was just taken in is read from memory once, and held to its version all the same."""

import pytest

from adapters.mongo.driver import Door
from adapters.mongo.store import MongoStore
from bot.errors import StaleConversation
from tests.mongo.test_conversations import NOW, arrival

TENANT = "default"


async def test_what_intake_wrote_is_recalled_without_asking_the_database(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    before = store.round_trips

    recalled = await store.conversations.recall(TENANT, recorded.conversation_id)

    assert before == store.round_trips
    assert recalled == await store.conversations.read(TENANT, recorded.conversation_id)


async def test_a_second_recall_reads_afresh(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    await store.conversations.recall(TENANT, recorded.conversation_id)
    before = store.round_trips

    await store.conversations.recall(TENANT, recorded.conversation_id)

    assert before + 1 == store.round_trips


async def test_whoever_recalls_what_another_process_has_changed_cannot_write(
    store: MongoStore, door: Door
) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    elsewhere = MongoStore(door).conversations
    changed = await elsewhere.read(TENANT, recorded.conversation_id)
    await elsewhere.commit(changed, NOW)

    recalled = await store.conversations.recall(TENANT, recorded.conversation_id)

    with pytest.raises(StaleConversation):
        await store.conversations.commit(recalled, NOW)
    fresh = await store.conversations.recall(TENANT, recorded.conversation_id)
    assert changed.v == fresh.v
