"""The list of conversations: newest first, each once, found by what was said in it, and nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mongo.store import MongoStore
from bot.conversation import Conversation, Draft, DraftKind, Said, Status, Waiting
from bot.inbox.finding import PAUSED, UNANSWERED, asked_words, folded_words, traits_of, words_of
from bot.inbox.rows import Wanted
from bot.store import Arrival

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANT = "default"


async def somebody(
    store: MongoStore, number: int, *, name: str = "", at: datetime = NOW, tenant: str = TENANT, **changes: object
) -> Conversation:
    """A conversation that was last written at a time."""
    phone = f"9665011{number:05}"
    waiting = Waiting(f"m{number}", "message", "green_api", at, f"c{number}", {"text": "هلا"})
    arrival = Arrival(tenant, waiting, (f"phone:{phone}",), phone, name)
    recorded = await store.conversations.record(arrival, at, f"{tenant}-{number}")
    conversation = await store.conversations.read(tenant, recorded.conversation_id)
    assert conversation is not None
    for field, value in changes.items():
        setattr(conversation, field, value)
    await store.conversations.commit(conversation, at, handled=[f"m{number}"])
    return conversation


def said(who: str, text: str) -> list[Said]:
    return [Said(who, text, NOW, key=f"k{text}")]


async def ids(store: MongoStore, wanted: Wanted = Wanted(), limit: int = 30) -> list[str]:
    """All pages of a list, one after the other."""
    found: list[str] = []
    page = await store.inbox.page(TENANT, wanted, None, limit)
    found += [row.conversation_id for row in page.rows]
    while page.after is not None:
        page = await store.inbox.page(TENANT, wanted, page.after, limit)
        found += [row.conversation_id for row in page.rows]
    return found


async def test_pages_show_everybody_once_newest_first_also_those_of_one_moment(store: MongoStore) -> None:
    moments = [0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 4]
    for number, minutes in enumerate(moments):
        await somebody(store, number, at=NOW + timedelta(minutes=minutes))

    for limit in (1, 2, 3, 5, 30):
        shown = await ids(store, limit=limit)
        at = {f"{TENANT}-{number}": minutes for number, minutes in enumerate(moments)}
        assert sorted(shown) == sorted(at)
        assert [at[one] for one in shown] == sorted(moments, reverse=True)


async def test_what_comes_in_while_somebody_reads_on_moves_no_older_line(store: MongoStore) -> None:
    for number in range(6):
        await somebody(store, number, at=NOW + timedelta(minutes=number))
    first = await store.inbox.page(TENANT, Wanted(), None, 3)

    await somebody(store, 9, at=NOW + timedelta(hours=1))
    second = await store.inbox.page(TENANT, Wanted(), first.after, 3)

    assert [row.conversation_id for row in (*first.rows, *second.rows)] == [
        f"{TENANT}-{number}" for number in (5, 4, 3, 2, 1, 0)
    ]
    assert second.after is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("سعر", True),
        ("السعر", True),
        ("الأسعار", False),
        ("متى التسليم", True),
        ("التسليم متى؟", True),
        ("متى الدفع", False),
        ("احمد", True),
        ("أحمد العتي", True),
        ("عتيب", True),
        ("0501100001", True),
        ("+966 50 110 0001", True),
        ("110 0001", True),
        ("110 0007", False),
        ("$where", False),
        (".*", False),
    ],
)
async def test_a_talk_is_found_by_name_phone_and_words_however_they_are_spelled(
    store: MongoStore, text: str, found: bool
) -> None:
    await somebody(store, 1, name="أحمد العُتيبي", recent=said("contact", "كم السِّعر؟ ومتى التسليم"))
    await somebody(store, 2, name="Omar", recent=said("contact", "thanks"))

    assert await ids(store, Wanted(text=text)) == (["default-1"] if found else [])


async def test_the_pages_of_a_search_go_on_in_the_way_that_found_the_first(store: MongoStore) -> None:
    for number in range(5):
        await somebody(store, number, name=f"Alshammari{number}", at=NOW + timedelta(minutes=number))

    assert len(await ids(store, Wanted(text="shammari"), limit=2)) == 5
    assert len(await ids(store, Wanted(text="96650110"), limit=2)) == 5


async def test_filters_show_what_they_name_and_nothing_of_a_neighbour(store: MongoStore) -> None:
    held = Draft("d1", DraftKind.REPLY, Status.HELD, "نص", "ar", "c1", NOW)
    await somebody(store, 1, stage="qualifying", recent=said("bot", "أهلًا"))
    await somebody(store, 2, stage="qualified", outbox=[held], recent=said("contact", "طيب"))
    await somebody(store, 3, mode="human", recent=said("human", "معك"))
    await somebody(store, 4, sends_paused="complaint", recent=said("bot", "نعتذر"))
    await somebody(store, 5, tenant="neighbour", name="سر", mode="human", recent=said("contact", "سر"))

    assert await ids(store, Wanted("waits")) == ["default-2"]
    assert await ids(store, Wanted("unanswered")) == ["default-2"]
    assert sorted(await ids(store, Wanted("paused"))) == ["default-3", "default-4"]
    assert await ids(store, Wanted(stage="qualifying")) == ["default-1"]
    assert await ids(store, Wanted("paused", "qualified")) == []
    assert await ids(store, Wanted(text="سر")) == []
    assert await store.inbox.stages_of(TENANT, ["default-2", "neighbour-5"]) == {"default-2": "qualified"}
    assert await store.inbox.by_stage(TENANT) == {"qualifying": 1, "qualified": 1, "new_lead": 2}


async def test_a_message_is_found_and_unanswered_before_anybody_has_read_it(store: MongoStore) -> None:
    await somebody(store, 1, recent=said("bot", "أهلًا"))
    waiting = Waiting("m9", "message", "green_api", NOW, "c9", {"text": "وين الفاتورة"})
    await store.conversations.record(Arrival(TENANT, waiting, ("phone:966501100001",)), NOW, "new")

    (row,) = (await store.inbox.page(TENANT, Wanted("unanswered", text="فاتورة"))).rows

    assert (row.last_who, row.last_text, row.is_unanswered) == ("contact", "وين الفاتورة", True)


TEXTS = st.text(alphabet="أإاآبتسعرةهىي ؟.abc12ًـ\u200f", max_size=40)


@given(TEXTS)
def test_every_word_that_was_said_is_found_by_that_word(text: str) -> None:
    assert set(asked_words(text)) <= set(folded_words(text))


@given(st.lists(st.tuples(st.sampled_from(["contact", "bot", "human"]), TEXTS), max_size=12), st.booleans())
def test_the_last_word_and_the_words_are_those_of_the_talk(lines: list[tuple[str, str]], by_human: bool) -> None:
    conversation = Conversation("c", TENANT, (), NOW, mode="human" if by_human else "bot")
    conversation.recent = [Said(who, text, NOW) for who, text in lines]

    traits, words = traits_of(conversation), words_of(conversation)

    assert (UNANSWERED in traits) == (bool(lines) and lines[-1][0] == "contact")
    assert (PAUSED in traits) == by_human
    assert len(words) == len(set(words))
    assert all(word in words for _, text in lines[-1:] for word in asked_words(text)[:100])
