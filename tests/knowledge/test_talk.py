"""A lead asks what no rule answers: the article that does waits for Sami as the draft's text, with its source."""

from datetime import timedelta

import httpx
import pytest
from pydantic import TypeAdapter

from admin.telegram.card_text import render
from bot.building import new_id
from bot.cards import card_of
from bot.conversation import Conversation, Draft, Status, Waiting
from bot.events import InboundMessage, Kind
from bot.people import Human
from bot.pipeline import Pipeline
from bot.postures import PostureCache
from bot.tenants import DEFAULT_TENANT
from bot.workbench.editions import Edition, How
from tests.house import Talk
from tests.house.fixtures import NewTalk
from tests.house.running import RunningHouse
from tests.knowledge.shelf import Desk

ASKED = "عندكم مظلات للدراجات؟"
SAID = "نعم، لدينا مظلات للدراجات بثلاثة ألوان."
PAGE = "routing/a_question_is_answered_by_who_knows.yml"


@pytest.fixture
def desk(house: RunningHouse) -> Desk:
    return Desk(house)


async def umbrellas(desk: Desk, body: str = SAID, **more: object) -> dict[str, object]:
    said = {"title": "مظلات الدراجات", "body": body}
    return await desk.publishes(ar=said, en=None, **more)


async def retire(desk: Desk, made: dict[str, object]) -> None:
    assert (await desk.asks("POST", f"/articles/{made['id']}/retire", desk.sami)).status_code == 200


async def test_the_article_is_the_held_draft_and_its_source_stays_with_it(
    house: RunningHouse, talk: Talk, desk: Desk
) -> None:
    made = await umbrellas(desk)
    await talk.says(ASKED)
    (draft,) = talk.memory.outbox
    assert (draft.status, draft.text, draft.buttons) == (Status.HELD, SAID, ())
    assert (draft.source.article_id, draft.source.version) == (made["id"], 1)
    assert "hold.question_needs_an_answer" in draft.hold_reasons
    sami = house.token("approver", "Sami")
    card = (await house.http.get(f"/api/v1/drafts/{draft.id}", headers=sami)).json()
    assert card["source"]["article_id"] == made["id"] and card["source"]["title"] == "مظلات الدراجات"
    for language, named in (("ar", "المصدر"), ("en", "Source")):
        shown = render(
            card_of(talk.memory, draft), language=language, now=house.clock(), words=house.inside.words
        )
        assert named in shown and str(made["id"]) in shown and "مظلات الدراجات" in shown
    approve = await house.http.post(
        f"/api/v1/drafts/{draft.id}/approve", headers=sami, json={"text_version": card["text_version"]}
    )
    assert approve.status_code == 200, approve.text
    await talk.looks()
    assert talk.replies == [SAID]
    facts = dict(await house.history(talk.memory))
    assert (
        facts["decided"]["source"]["article_id"] == facts["draft_approved"]["article"]["article_id"] == made["id"]
    )
    assert facts["decided"]["say"] == "question_will_be_answered", "a replay by another book compares the same"
    await retire(desk, made)


async def test_without_a_source_sami_gets_the_sentence_of_the_book(talk: Talk, desk: Desk) -> None:
    made = await umbrellas(desk)
    await retire(desk, made)
    await talk.says(ASKED)
    (draft,) = talk.memory.outbox
    assert (draft.status, draft.source, draft.wording) == (Status.HELD, None, "question_will_be_answered")
    talk.hears_nothing()


async def test_an_article_answers_in_the_language_of_the_question_or_not_at_all(talk: Talk, desk: Desk) -> None:
    made = await desk.publishes(ar={"title": "bicycle umbrellas مظلات", "body": SAID}, en=None)
    await talk.says("do you have umbrellas for bicycles?")
    (draft,) = talk.memory.outbox
    assert (draft.language, draft.source) == ("en", None)
    await retire(desk, made)


async def test_only_such_a_question_pays_a_look_at_the_articles(house: RunningHouse) -> None:
    asked: list[str] = []

    async def look(tenant_id: str, text: str, language: str) -> None:
        asked.append(text)

    inside = house.inside
    postures = PostureCache(inside.store, house.clock, is_alone=True)
    tenants = dict(inside.tenants)
    pipeline = Pipeline(inside.store, tenants, inside.playbooks.of, postures, new_id, answers_from=look)
    for words in ("السلام عليكم", "كم السعر؟", "وقفوا الرسائل", "ابغى اكلم موظف", "وش خدماتكم؟", ASKED):
        key, contact_keys = new_id(), (f"phone:{new_id()}",)
        message = InboundMessage(key, contact_keys, kind=Kind.TEXT, text=words, sent_at=house.clock())
        data = TypeAdapter(InboundMessage).dump_python(message)
        waiting = Waiting(key, "message", "green_api", house.clock(), new_id(), data)
        contact = Conversation(new_id(), DEFAULT_TENANT, contact_keys, house.clock())
        await pipeline.handle(contact, [waiting], inside.notebook.log())
    assert asked == [ASKED]


async def test_a_page_of_the_tenant_lets_a_clean_article_leave_and_nothing_else(
    house: RunningHouse, new_talk: NewTalk, desk: Desk
) -> None:
    shipped = house.inside.playbooks.shipped.files[PAGE]
    own = shipped.replace("  hold: question_needs_an_answer\n", "").replace("held: true", "held: false")
    await put_in_force(house, {PAGE: own})
    try:
        clean = await umbrellas(desk)
        talk = new_talk()
        await talk.says(ASKED)
        assert talk.replies == [SAID]
        assert talk.memory.outbox[-1].source.article_id == clean["id"]
        await retire(desk, clean)
        talk = new_talk()
        await talk.says(ASKED)
        assert talk.memory.outbox[-1].status is Status.HELD, "without a source a human answers"
        boast = await umbrellas(desk, "نعم، وهي أفضل منتج، ونسبة الرضا ٩٧٪.")
        talk = new_talk()
        await talk.says(ASKED)
        draft = talk.memory.outbox[-1]
        assert (draft.status, draft.source.article_id) == (Status.HELD, boast["id"])
        assert {"unbacked_percentage", "superlative"} & set(draft.flags)
        await retire(desk, boast)
    finally:
        await put_in_force(house, {})


async def decides(house: RunningHouse, draft: Draft, what: str, **body: object) -> httpx.Response:
    sami, asked = house.token("approver", "Sami"), {"text_version": draft.text_version, **body}
    return await house.http.post(f"/api/v1/drafts/{draft.id}/{what}", headers=sami, json=asked)


@pytest.mark.parametrize("how", ["retired", "replaced", "expired"])
async def test_what_an_article_no_longer_says_is_marked_on_the_card_and_not_sent_by_a_yes(
    house: RunningHouse, talk: Talk, desk: Desk, how: str
) -> None:
    soon = (house.clock() + timedelta(minutes=20)).isoformat()
    made = await umbrellas(desk, **({"expires_at": soon} if how == "expired" else {}))
    await talk.says(ASKED)
    if how == "retired":
        await retire(desk, made)
    elif how == "replaced":
        words = {"title": "مظلات الدراجات", "body": "لا، لم نعد نبيع المظلات."}
        body = {"ar": words, "source": "the handbook", "owner": "Noura"}
        await desk.asks("PUT", f"/articles/{made['id']}", desk.noura, json=body)
        await desk.lets_answer(str(made["id"]))
    else:
        await house.moves(minutes=21)
    (draft,) = talk.held

    refused = await decides(house, draft, "approve")
    await house.inside.rooms.quotes.look()
    await talk.looks()

    assert (refused.status_code, refused.json()["code"]) == (409, "source_gone")
    assert "مظلات الدراجات" in refused.json()["message_ar"]
    talk.hears_nothing()
    (marked,) = talk.held
    assert marked.hold_reasons[0] == "hold.source_gone" and marked.rev > draft.rev
    card = render(card_of(talk.memory, marked), language="ar", now=house.clock(), words=house.inside.words)
    assert "المقالة التي أُخذ منها النص لم تعد تُجيب" in card
    rev = marked.rev
    await house.inside.rooms.quotes.look()
    await talk.looks()
    assert talk.held[0].rev == rev, "a card is drawn anew once"
    if how != "retired":
        await retire(desk, made)
    if how == "expired":
        return
    edited = await decides(house, marked, "edit", text="سأسأل وأعود إليك.")
    assert edited.status_code == 200, edited.text
    await talk.looks()
    assert (await decides(house, talk.held[0], "approve")).status_code == 200
    await talk.looks()
    assert talk.replies == ["سأسأل وأعود إليك."], "words of their own need no article"


async def test_the_gate_asks_once_more_before_an_article_leaves(
    house: RunningHouse, talk: Talk, desk: Desk
) -> None:
    """No provider takes it; while it waits for its turn the article is retired."""
    made = await umbrellas(desk)
    await talk.says(ASKED)
    for provider in ("green_api", "ultramsg", "fonnte", "meta_cloud"):
        house.fake.script(provider, "auth")
    assert (await decides(house, talk.held[0], "approve")).status_code == 200
    await talk.looks()
    assert [draft.status for draft in talk.conversation.outbox] == [Status.QUEUED]
    house.heals()
    await retire(desk, made)

    await house.moves(minutes=2)
    await talk.looks()

    talk.hears_nothing()
    (draft,) = talk.held
    assert (draft.hold_reasons[-1], draft.grant) == ("hold.source_gone", None)
    assert ("gate_refused", "source_gone") in [
        (what, data.get("code")) for what, data in await house.history(talk.memory)
    ]


async def put_in_force(house: RunningHouse, files: dict[str, str]) -> None:
    rulebooks, noura = house.inside.store.rulebooks, Human("console:noura", "Noura")
    latest = await rulebooks.editions(DEFAULT_TENANT, 1)
    number = latest[0].number + 1 if latest else 1
    playbook = house.inside.playbooks.compose(DEFAULT_TENANT, files)
    edition = Edition(
        DEFAULT_TENANT, number, playbook.version, files, How.PUBLISHED, "test", noura, noura, house.clock()
    )
    await rulebooks.add_edition(edition)
    await house.inside.playbooks.look()
