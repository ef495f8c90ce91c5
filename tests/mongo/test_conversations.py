"""What the conversations promise, on a real MongoDB and with both drivers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.mongo.conversations import CHANGED_PAGE, FEW
from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.conversation import LogEntry, Waiting
from bot.errors import MailboxFull, StaleConversation
from bot.store import Arrival, Raw

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["pymongo", "motor"])
async def store(mongo_uri: str, request: pytest.FixtureRequest) -> AsyncIterator[MongoStore]:
    """The same exam for both drivers behind the one door."""
    door = open_door(mongo_uri, f"test_{uuid4().hex[:16]}", request.param)
    store = MongoStore(door)
    await store.prepare()
    yield store
    await door.drop_database()
    await door.close()


def arrival(key: str, *keys: str, tenant: str = "default", at: datetime = NOW) -> Arrival:
    waiting = Waiting(key, "message", "green_api", at, f"c-{key}", {"text": "هلا"})
    return Arrival(
        tenant, waiting, keys or ("phone:966501234567",), "966501234567", opens_window=True, wake_at=at
    )


async def test_an_event_delivered_many_times_at_once_is_recorded_once(store: MongoStore) -> None:
    deliveries = [store.conversations.record(arrival("m1"), NOW, f"id{n}") for n in range(20)]

    recorded = await asyncio.gather(*deliveries)

    assert sum(r.is_new for r in recorded) == 1
    assert len({r.conversation_id for r in recorded}) == 1
    conversation = await store.conversations.by_key("default", "phone:966501234567")
    assert conversation is not None
    assert [w.key for w in conversation.mailbox] == ["m1"]


async def test_first_messages_of_one_contact_racing_each_other_meet_in_one_conversation(
    store: MongoStore,
) -> None:
    recorded = await asyncio.gather(
        *(store.conversations.record(arrival(f"m{n}"), NOW, f"id{n}") for n in range(12))
    )

    assert all(r.is_new for r in recorded)
    assert len({r.conversation_id for r in recorded}) == 1


async def test_a_handled_event_that_comes_again_a_week_later_is_still_known(store: MongoStore) -> None:
    first = await store.conversations.record(arrival("m1"), NOW, "id1")
    conversation = await store.conversations.read("default", first.conversation_id)
    assert conversation is not None
    await store.conversations.commit(conversation, NOW + timedelta(days=7), handled=["m1"])

    again = await store.conversations.record(arrival("m1"), NOW + timedelta(days=7), "id2")

    assert not again.is_new
    known = await store.conversations.read("default", first.conversation_id)
    assert known is not None
    assert known.mailbox == []


async def test_a_hidden_number_and_its_phone_become_one_contact(store: MongoStore) -> None:
    first = await store.conversations.record(arrival("m1", "bsuid:SA.1"), NOW, "id1")
    both = await store.conversations.record(arrival("m2", "bsuid:SA.1", "phone:966501234567"), NOW, "id2")
    later = await store.conversations.record(arrival("m3", "phone:966501234567"), NOW, "id3")

    assert first.conversation_id == both.conversation_id == later.conversation_id


async def test_two_contacts_that_turn_out_to_be_one_lose_no_event(store: MongoStore) -> None:
    await store.conversations.record(arrival("m1", "bsuid:SA.1"), NOW, "id1")
    await store.conversations.record(arrival("m2", "phone:966501234567"), NOW, "id2")

    linked = await store.conversations.record(arrival("m3", "bsuid:SA.1", "phone:966501234567"), NOW, "id3")
    again = await store.conversations.record(arrival("m3", "bsuid:SA.1", "phone:966501234567"), NOW, "id4")

    assert linked.is_new
    assert linked.conversation_id == "id1"
    assert not again.is_new


async def test_a_write_against_an_older_version_changes_nothing(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    slow = await store.conversations.read("default", recorded.conversation_id)
    fast = await store.conversations.read("default", recorded.conversation_id)
    assert slow is not None
    assert fast is not None
    fast.stage, slow.stage = "qualifying", "nurturing"
    await store.conversations.commit(fast, NOW)

    with pytest.raises(StaleConversation):
        await store.conversations.commit(slow, NOW)

    stored = await store.conversations.read("default", recorded.conversation_id)
    assert stored is not None
    assert stored.stage == "qualifying"


async def test_a_message_that_arrives_during_a_decision_makes_the_decision_stale(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    deciding = await store.conversations.read("default", recorded.conversation_id)
    assert deciding is not None
    await store.conversations.record(arrival("m2"), NOW, "id2")

    with pytest.raises(StaleConversation):
        await store.conversations.commit(deciding, NOW, handled=["m1"])


async def test_another_tenant_never_sees_a_contact(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1", tenant="a"), NOW, "id1")

    assert await store.conversations.read("b", recorded.conversation_id) is None
    assert await store.conversations.by_key("b", "phone:966501234567") is None
    assert await store.conversations.search("b", "966501234567", 5) == []
    mine = await store.conversations.record(arrival("m1", tenant="b"), NOW, "id2")
    assert mine.is_new


async def test_a_due_conversation_is_found_by_its_time(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")

    assert await store.conversations.due(NOW - timedelta(seconds=1), 10) == []
    found = await store.conversations.due(NOW, 10)
    assert [d.conversation_id for d in found] == [recorded.conversation_id]


async def test_facts_written_with_a_conversation_can_be_copied_again_after_a_crash(store: MongoStore) -> None:
    recorded = await store.conversations.record(arrival("m1"), NOW, "id1")
    conversation = await store.conversations.read("default", recorded.conversation_id)
    assert conversation is not None
    entry = LogEntry("id1:2:0", "decided", NOW, "c-m1", {"intent": "greeting"})
    await store.conversations.commit(conversation, NOW, handled=["m1"], log=[entry])

    async for left_behind in store.conversations.changed_since("default", NOW):
        await store.timeline.add(left_behind)
        await store.timeline.add(left_behind)

    assert await store.timeline.of_correlation("default", "c-m1") == [entry]


async def test_facts_of_more_conversations_than_a_page_are_found_once_each(store: MongoStore) -> None:
    many = CHANGED_PAGE * 2 + 7
    for number in range(many):
        one = arrival(f"m{number}", f"phone:9665{number:08}")
        recorded = await store.conversations.record(one, NOW, f"id{number}")
        conversation = await store.conversations.read("default", recorded.conversation_id)
        assert conversation is not None
        # Most of them in one and the same moment, which no page may cut in two.
        at = NOW + timedelta(seconds=number // (CHANGED_PAGE + 50))
        entry = LogEntry(f"id{number}:2:0", "decided", at, f"c-{number}", {})
        await store.conversations.commit(conversation, at, handled=[f"m{number}"], log=[entry])

    pages = [page async for page in store.conversations.changed_since("default", NOW)]

    assert sorted(e.entry.correlation_id for page in pages for e in page) == sorted(f"c-{n}" for n in range(many))
    assert max(len(page) for page in pages) <= CHANGED_PAGE


async def test_a_search_finds_the_latest_of_many_and_each_of_few(store: MongoStore) -> None:
    for number in range(FEW + 20):
        at = NOW + timedelta(seconds=number)
        one = arrival(f"m{number}", f"phone:96650{number:07}", at=at)
        await store.conversations.record(replace(one, phone=f"96650{number:07}"), at, f"id{number}")

    async def search(text: str, limit: int = 3) -> list[str]:
        return [c.id for c in await store.conversations.search("default", text, limit)]

    last = FEW + 19
    assert await search("96650") == [f"id{last}", f"id{last - 1}", f"id{last - 2}"]
    assert await search("0000019", 50) == ["id219", *(f"id{n}" for n in range(199, 189, -1)), "id119", "id19"]
    assert await search("0500000123") == ["id123"]
    assert await search("+966 50 000 0123") == ["id123"]
    assert await search("id7") == ["id7"]
    assert await search("777777") == []


async def test_a_search_text_is_never_a_pattern(store: MongoStore) -> None:
    await store.conversations.record(arrival("m1"), NOW, "id1")

    assert await store.conversations.search("default", ".*", 5) == []
    assert await store.conversations.search("default", "(((", 5) == []
    assert len(await store.conversations.search("default", "0501234567", 5)) == 1


async def test_a_message_that_comes_late_opens_the_window_from_when_it_was_written(store: MongoStore) -> None:
    late = arrival("m1")
    written = NOW - timedelta(hours=20)
    recorded = await store.conversations.record(replace(late, said_at=written), NOW, "id1")

    conversation = await store.conversations.read("default", recorded.conversation_id)

    assert conversation is not None
    assert conversation.windows == {"green_api": written}


async def test_noise_is_kept_and_is_nobodys_business(store: MongoStore) -> None:
    odd = Raw("g:1", "default", "green_api", "not JSON", b"\xff\x00", datetime.now(UTC))

    await store.quarantine.keep(odd)
    await store.quarantine.keep(odd)
    await store.quarantine.keep(replace(odd, id="g:2", reason="group", is_noise=True))

    assert await store.quarantine.count("default") == 1


async def test_a_contact_that_is_flooded_beyond_what_a_document_holds_is_refused_by_name(
    store: MongoStore,
) -> None:
    flood = "x" * 3_000_000

    with pytest.raises(MailboxFull):
        for number in range(7):
            drop = arrival(f"m{number}")
            heavy = replace(drop, waiting=replace(drop.waiting, data={"text": flood}))
            await store.conversations.record(heavy, NOW, f"id{number}")
