"""What Sami keeps changing comes back as a proposal to the rules, and what is chance does not."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import LogEntry
from bot.playbook import Playbook, compose, shipped
from bot.store import TimelineEntry
from bot.tenants import DEFAULT_TENANT
from bot.workbench.suggestions import Suggestion, closest_to_the_others, open_blanks, suggestions
from tests.house import Sami
from tests.house.fixtures import new_house, own_house  # noqa: F401 (fixtures are used by their names)
from tests.house.talk import Talk

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BASE = shipped()
OURS = "حياكم الله، أبشروا. أنا معكم متى ما احتجتوا شي."


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(BASE, {}, name="acme", backend="reference")


class Desk:
    """What humans decided about drafts, as it is written down."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self._drafts = 0

    async def decided(self, times: int = 1, *, text: str = "", reason: str = "", **more: Any) -> None:
        for _ in range(times):
            self._drafts += 1
            number = self._drafts
            facts = {
                "draft": f"d{number}",
                "by": "sami",
                "wording": "greeting_short",
                "language": "ar",
                "intent": "greeting",
                "heard": "greets",
                "drafted": OURS,
                "text": text,
            }
            what = "draft_rejected" if reason else "draft_approved"
            at = NOW + timedelta(seconds=number)
            facts |= {"reason": reason} if reason else {"grant": "g"}
            entry = LogEntry(f"c{number}:1:0", what, at, f"e{number}", {**facts, **more})
            await self.store.timeline.add([TimelineEntry("acme", f"c{number}", entry)])


@pytest.fixture
def desk(store: Any) -> Desk:
    return Desk(store)


async def suggested(desk: Desk, playbook: Playbook, tenant: str = "acme") -> tuple[Suggestion, ...]:
    return await suggestions(desk.store, tenant, playbook, NOW, NOW + timedelta(days=1))


async def test_a_sentence_that_is_edited_again_and_again_is_proposed_anew(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(2)
    await desk.decided(4, text="يا هلا، نورتونا. كيف نخدمكم؟")
    await desk.decided(2, text="يا هلا، نورتونا. كيف أقدر نخدمكم؟")

    (found,) = await suggested(desk, playbook)

    assert (found.kind, found.subject, found.times, found.drafts) == ("reworded", "greeting_short", 6, 8)
    assert found.en == 'The sentence "greeting_short" (ar) was edited in 6 of 8 drafts.'
    assert "6 من 8" in found.ar
    assert found.proposed == "يا هلا، نورتونا. كيف نخدمكم؟"
    assert (found.texts[0].text, found.texts[0].times) == (found.proposed, 4)
    assert (found.path, found.lost_blanks, found.problems) == ("wording/own.yml", (), ())


async def test_the_proposed_edit_loads_and_says_the_new_text_in_one_language(
    desk: Desk, playbook: Playbook
) -> None:
    await desk.decided(3, text="يا هلا، نورتونا.")
    (found,) = await suggested(desk, playbook)

    changed = compose(BASE, {found.path: found.edit}, name="acme", backend="reference")

    assert changed.wordings.text("greeting_short", "ar") == "يا هلا، نورتونا."
    assert changed.wordings.text("greeting_short", "en") == playbook.wordings.text("greeting_short", "en")


async def test_an_edit_of_a_file_of_ours_keeps_everything_else_in_it(desk: Desk) -> None:
    own = {
        "wording/shop.yml": "# ours\ngreeting_short: {ar: هلا., en: Hi.}\nthanks_reply: {ar: العفو., en: Sure.}\n"
    }
    playbook = compose(BASE, own, name="acme", backend="reference")
    await desk.decided(3, drafted="هلا.", text="يا هلا بكم.")

    (found,) = await suggested(desk, playbook)

    assert found.path == "wording/shop.yml"
    assert found.edit.startswith("# ours\n")
    changed = compose(BASE, {**own, found.path: found.edit}, name="acme", backend="reference")
    assert changed.wordings.text("greeting_short", "ar") == "يا هلا بكم."
    assert changed.wordings.text("thanks_reply", "ar") == "العفو."


async def test_what_filled_a_blank_becomes_the_blank_again(desk: Desk, playbook: Playbook) -> None:
    """The question, with its own numbers, and the company are ours; the rest is Sami's."""
    template = playbook.wordings.text("greeting_and_offer", "ar")
    drafted = template.replace("{company}", "ركن القهوة")
    written = "يا هلا بكم في ركن القهوة\nكيف نخدمكم اليوم؟"
    await desk.decided(3, wording="greeting_and_offer", drafted=drafted, text=written)

    (found,) = await suggested(desk, playbook)

    assert found.proposed == "يا هلا بكم في {company}\nكيف نخدمكم اليوم؟"
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "values", "opened"),
    [
        ("السؤال 1 من 5: أكثر من 150؟", {"step": "1", "steps": "5"}, "السؤال 1 من 5: أكثر من 150؟"),
        ("السعر 4990 أو 499.", {"price": "499"}, "السعر 4990 أو {price}."),
        ("Cafeteria or Cafe?", {"company": "Cafe"}, "Cafeteria or {company}?"),
        (
            "كم عدد عملاء ركن القهوة؟",
            {"company": "ركن القهوة", "question": "كم عدد عملاء ركن القهوة؟"},
            "{question}",
        ),
        ("a company", {"company": "Acme", "question": "company"}, "a {question}"),
        ("Acme asks: company?", {"company": "Acme", "question": "company"}, "{company} asks: {question}?"),
        ("(a.b) and aXb", {"company": "(a.b)"}, "{company} and aXb"),
        ("  two   blanks ", {}, "two blanks"),
    ],
)
def test_only_a_value_that_stands_alone_becomes_its_blank(text: str, values: dict[str, str], opened: str) -> None:
    assert open_blanks(text, values) == opened


async def test_a_blank_that_is_left_out_is_named(desk: Desk, playbook: Playbook) -> None:
    template = playbook.wordings.text("greeting_and_offer", "ar")
    drafted = template.replace("{company}", "ركن القهوة")
    await desk.decided(3, wording="greeting_and_offer", drafted=drafted, text="يا هلا، كيف نخدمكم؟")

    (found,) = await suggested(desk, playbook)

    assert found.lost_blanks == ("company",)
    assert any("different blanks" in problem for problem in found.problems)


async def test_texts_that_have_nothing_in_common_give_no_proposal(desk: Desk, playbook: Playbook) -> None:
    for text in ("تم، نكلمكم بكرة العصر", "Sure thing, who is asking?", "المدير مسافر وبيرد عليكم الأحد", "٥٥٥"):
        await desk.decided(text=text)

    (found,) = await suggested(desk, playbook)

    assert (found.times, found.proposed, found.edit) == (4, "", "")


@pytest.mark.parametrize(
    ("edits", "left_alone", "why"),
    [(2, 0, "twice is chance"), (3, 4, "it is left alone more often than not"), (0, 9, "nobody edits it")],
)
async def test_too_little_is_no_suggestion(
    desk: Desk, playbook: Playbook, edits: int, left_alone: int, why: str
) -> None:
    await desk.decided(edits, text="يا هلا.")
    await desk.decided(left_alone)

    assert await suggested(desk, playbook) == (), why


async def test_one_contact_alone_changes_no_sentence(desk: Desk, playbook: Playbook) -> None:
    for number in range(5):
        facts = {
            "draft": f"d{number}",
            "wording": "greeting_short",
            "language": "ar",
            "drafted": OURS,
            "text": "هلا",
        }
        entry = LogEntry(f"c1:{number}:0", "draft_approved", NOW, "e", facts)
        await desk.store.timeline.add([TimelineEntry("acme", "c1", entry)])

    assert await suggested(desk, playbook) == ()


async def test_edits_of_an_older_text_are_no_evidence_about_the_present_one(
    desk: Desk, playbook: Playbook
) -> None:
    await desk.decided(5, drafted="أهلا.", text="يا هلا.")

    assert await suggested(desk, playbook) == ()


async def test_a_draft_that_was_approved_twice_counts_once(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(2, text="يا هلا.")
    await desk.decided(2, text="يا هلا.", draft="d1")

    assert await suggested(desk, playbook) == ()


async def test_a_page_that_hears_what_was_not_meant_is_pointed_at(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(1)
    await desk.decided(4, reason="wrong_intent")

    (found,) = await suggested(desk, playbook)

    assert (found.kind, found.subject, found.times, found.drafts) == ("misunderstood", "greets", 4, 5)
    assert found.path == "understanding/greets.yml"
    assert found.en == '"wrong_intent" in 4 of 5 drafts of the page greets.'


async def test_a_sentence_that_is_refused_for_its_tone_is_named(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(3, reason="tone")
    await desk.decided(3, reason="not_now", wording="thanks_reply")

    (found,) = await suggested(desk, playbook)

    assert (found.kind, found.subject, found.reason) == ("refused_wording", "greeting_short", "tone")
    assert found.path == "wording/replies.yml"


async def test_a_tenant_learns_nothing_from_another_one(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(5, text="يا هلا.")

    assert await suggested(desk, playbook, tenant="other") == ()


async def test_no_phone_number_is_proposed(desk: Desk, playbook: Playbook) -> None:
    await desk.decided(3, text="كلمونا على 0501234567")

    (found,) = await suggested(desk, playbook)

    assert "0501234567" not in repr(found)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8))
def test_the_chosen_text_was_written_by_somebody(texts: list[str]) -> None:
    best, agreement = closest_to_the_others(Counter(texts))

    assert best in texts
    assert 0 < agreement <= 1


@pytest.mark.asyncio(loop_scope="session")
async def test_what_sami_edits_on_the_way_to_contacts_is_what_is_proposed(own_house: Any) -> None:  # noqa: F811
    """Three contacts claim to have paid; Sami writes the same words to each of them."""
    sami = Sami(own_house)
    for _ in range(3):
        talk = Talk(own_house)
        await talk.says("حولت المبلغ")
        await sami.edits(talk.held[0], "وصلتنا رسالتكم، نتأكد من الحوالة ونرد عليكم اليوم.")
        await talk.looks()
        await sami.approves(talk)
    await own_house.inside.relay.flush()

    at = own_house.clock()
    playbook = compose(BASE, {}, name="acme", backend="reference")
    (found,) = await suggestions(
        own_house.inside.store, DEFAULT_TENANT, playbook, at - timedelta(days=1), at + timedelta(days=1)
    )

    assert (found.subject, found.times, found.drafts) == ("payment_claim_reply", 3, 3)
    assert found.proposed == "وصلتنا رسالتكم، نتأكد من الحوالة ونرد عليكم اليوم."
