"""What production teaches: messages nobody understood, and those whose answer a human put right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.conversation import Conversation, LogEntry
from bot.decision import decide
from bot.errors import BadRequest
from bot.people import Human
from bot.pipeline import HIDDEN
from bot.playbook import Playbook, compose, shipped
from bot.store import TimelineEntry
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT
from bot.workbench.review_queue import Item, as_example, dismiss, key_of, learned, review_queue
from rules.verdict import Question
from tests.house import Sami
from tests.house.fixtures import new_house, own_house  # noqa: F401 (fixtures are used by their names)
from tests.house.talk import Talk

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
NOURA = Human("console:noura", "Noura")
BASE = shipped()
PRICE = "understanding/asks_the_price.yml"


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(BASE, {}, name="acme", backend="reference")


class Past:
    """Decisions as they were really made, and what humans did about them."""

    def __init__(self, store: Any, playbook: Playbook) -> None:
        self.store = store
        self.playbook = playbook
        self._facts = 0

    async def heard(self, text: str, stage: str = "new_lead", tenant: str = "acme", **more: Any) -> str:
        question = Question(text, stage=stage)
        asked = Conversation("c", tenant, (), NOW, stage=stage)
        decision = decide(asked, question, Tenant(tenant, "Acme"), self.playbook)
        return await self._add("decided", tenant, decision.facts(hidden=HIDDEN) | more)

    async def human(self, what: str, cause: str, **facts: Any) -> None:
        await self._add(what, "acme", facts, cause)

    async def _add(self, what: str, tenant: str, facts: dict[str, Any], cause: str = "") -> str:
        self._facts += 1
        cause = cause or f"e{self._facts}"
        at = NOW + timedelta(seconds=self._facts)
        entry = LogEntry(f"c{self._facts}:1:0", what, at, cause, facts)
        await self.store.timeline.add([TimelineEntry(tenant, f"c{self._facts}", entry)])
        return cause


@pytest.fixture
def past(store: Any, playbook: Playbook) -> Past:
    return Past(store, playbook)


async def queue(past: Past, **more: Any) -> tuple[Item, ...]:
    return await review_queue(past.store, "acme", NOW, LATER, **more)


async def test_words_that_nobody_understood_are_one_item_newest_first(past: Past) -> None:
    await past.heard("قرقيعان البطاطس")
    await past.heard("كم السعر")
    await past.heard("زعفران الطيارة", stage="nurturing")
    await past.heard("قَرقيعان  البطاطس!!", stage="nurturing")
    await past.heard("قرقيعان البطاطس")

    potatoes, saffron = await queue(past)

    assert (potatoes.times, potatoes.stages) == (3, (("new_lead", 2), ("nurturing", 1)))
    assert potatoes.text == "قرقيعان البطاطس"
    assert (potatoes.intents, potatoes.reasons) == ((("default", 3),), (("not_understood", 3),))
    assert potatoes.conversations == ("c5", "c4", "c1")
    assert potatoes.first_at < saffron.last_at < potatoes.last_at
    assert saffron.rules


async def test_what_a_human_called_wrongly_understood_is_an_item(past: Past) -> None:
    right = await past.heard("كم السعر")
    wrong = await past.heard("بكم")
    await past.human("draft_rejected", wrong, reason="wrong_intent")
    await past.human("draft_rejected", right, reason="tone")

    (item,) = await queue(past)

    assert (item.text, item.intents, item.reasons) == ("بكم", (("ask_price", 1),), (("wrong_intent", 1),))
    assert "asks_the_price" in item.rules


async def test_what_a_human_answered_in_other_words_is_an_item_and_polish_is_not(past: Past) -> None:
    drafted = "حياكم الله، أبشروا. أنا معكم متى ما احتجتوا شي."
    polished = await past.heard("كم السعر")
    replaced = await past.heard("بكم")
    by_hand = await past.heard("تكلفتكم كم")
    await past.human(
        "draft_approved", polished, wording="greeting_short", drafted=drafted, text=drafted[:-1] + "!"
    )
    await past.human(
        "draft_approved", replaced, wording="greeting_short", drafted=drafted, text="Tomorrow at nine."
    )
    await past.human("draft_approved", by_hand, wording="", drafted=drafted, text="Tomorrow at nine.")

    (item,) = await queue(past)

    assert (item.text, item.reasons) == ("بكم", (("answer_replaced", 1),))


async def test_a_correction_of_an_older_message_is_found_by_it(past: Past) -> None:
    event = await past.heard("بكم")
    await past.human("draft_rejected", event, reason="wrong_intent")

    (item,) = await review_queue(past.store, "acme", NOW + timedelta(seconds=2), LATER)

    assert item.text == "بكم"


async def test_what_the_matchers_disagree_about_and_weak_guesses_are_items(past: Past) -> None:
    await past.heard("كم السعر", engine_agreed=False)
    await past.heard("بكم", confidence=0.4)

    assert [item.reasons for item in await queue(past)] == [(("unsure", 1),), (("matchers_disagreed", 1),)]


async def test_what_somebody_is_done_with_does_not_come_back(past: Past) -> None:
    await past.heard("قرقيعان البطاطس")
    await past.heard("زعفران الطيارة")
    saffron, potatoes = await queue(past)

    await dismiss(past.store, "acme", potatoes.id, NOURA, NOW)
    await dismiss(past.store, "acme", potatoes.id, NOURA, NOW)
    await learned(past.store, "acme", saffron.id, NOURA, NOW)
    await past.heard("قرقيعان البطاطس؟")

    assert await queue(past) == ()


async def test_a_tenant_sees_and_dismisses_only_its_own(past: Past) -> None:
    await past.heard("قرقيعان البطاطس")
    await past.heard("زعفران الطيارة", tenant="other")
    (item,) = await queue(past)

    await dismiss(past.store, "other", item.id, NOURA, NOW)

    assert await queue(past) == (item,)


async def test_secrets_stickers_and_phone_numbers_are_not_shown(past: Past) -> None:
    await past.heard("كلمة المرور: hunter2!A", intent="default")
    await past.heard("", intent="default")
    await past.heard("قرقيعان 0501234567 ابو a@b.sa")

    (item,) = await queue(past)

    assert "0501234567" not in repr(item)
    assert "a@b.sa" not in repr(item)
    assert item.text.startswith("قرقيعان 05")


async def test_as_many_as_wanted_are_shown(past: Past) -> None:
    for word in ("قرقيعان", "زعفران", "بنفسجية"):
        await past.heard(f"{word} الطيارة")

    assert len(await queue(past, limit=2)) == 2


def item_of(text: str, stage: str = "new_lead", expects: str = "") -> Item:
    return Item("k", text, text, 1, ((stage, 1),), expects, (), (), (), NOW, NOW, ())


def test_an_item_becomes_an_example_that_the_page_accepts() -> None:
    """With the page that hears it the book loads and the example holds."""
    heard = as_example(item_of("بكم يطلع علينا؟"), "ask_price")
    silent = as_example(item_of("شكرا", "qualifying", "number"), "")

    page = BASE.files[PRICE] + heard + silent
    changed = compose(BASE, {PRICE: page}, name="acme", backend="reference")

    assert changed.book.understand(Question("بكم يطلع علينا؟")).primary.name == "ask_price"
    assert YAML(typ="safe").load(page)["tests"][-2:] == [
        {
            "name": "hears بكم يطلع علينا؟",
            "given": {"stage": "new_lead", "says": "بكم يطلع علينا؟"},
            "expect": {"intent": "ask_price"},
        },
        {
            "name": "stays silent at شكرا",
            "given": {"stage": "qualifying", "expects": "number", "says": "شكرا"},
            "expect": "nothing",
        },
    ]


def test_an_intent_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadRequest, match="ask_price"):
        as_example(item_of("بكم"), "ask_prise")


_WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)


@given(
    _WRITABLE
    | st.sampled_from(["yes", "null", "- a: b", "# x", "'", '"', "{a}", "1", "a\nb", "%: @", "2027-01-01"])
)
def test_whatever_was_written_stays_itself_in_an_example(text: str) -> None:
    written = as_example(item_of(text), "ask_price")

    (example,) = YAML(typ="safe").load("tests:\n" + written)["tests"]
    assert example["given"]["says"] == text
    assert example["expect"] == {"intent": "ask_price"}


@given(st.text())
def test_every_text_has_a_key_that_does_not_say_it(text: str) -> None:
    assert key_of(text) == key_of(text)
    assert len(key_of(text)) == 24


@pytest.mark.asyncio(loop_scope="session")
async def test_a_message_that_sami_corrects_comes_to_the_queue(own_house: Any) -> None:  # noqa: F811
    talk = Talk(own_house)
    await talk.says("حولت المبلغ")
    await Sami(own_house).rejects(talk.held[0], "wrong_intent")
    await own_house.inside.relay.flush()

    at = own_house.clock()
    found = await review_queue(
        own_house.inside.store, DEFAULT_TENANT, at - timedelta(days=1), at + timedelta(days=1)
    )

    assert [(item.text, item.reasons) for item in found] == [("حولت المبلغ", (("wrong_intent", 1),))]
