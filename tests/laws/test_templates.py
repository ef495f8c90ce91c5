"""Templates over HTTP: what leaves outside the service window, in exactly which words, and when nothing does."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.conversation import Status
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS
from tests.fakes.whatsapp.templates import MetaTemplate
from tests.house import Talk
from tests.house.running import RunningHouse
from tests.house.sami import Sami
from tests.laws.test_follow_ups import comes_to, falls_silent, is_open_for, waits

CADENCE = "talk_goes_on"


def at_meta(house: RunningHouse, name: str = CADENCE, **more: Any) -> None:
    """The shipped words of a template stand at Meta."""
    template = house.inside.playbooks.policies_of(DEFAULT_TENANT).templates.find(name)
    for language, body in template.bodies.items():
        fields = {"footer": template.footers.get(language, ""), "category": template.category.upper(), **more}
        house.fake.templates.hold(MetaTemplate(name, language, body, **fields))


async def tells(house: RunningHouse, event: str, name: str = CADENCE, code: str = "ar", later: float = 0) -> None:
    """Meta posts the news of a template."""
    value = {"event": event, "message_template_name": name, "message_template_language": code}
    at = int((house.clock() + timedelta(seconds=later)).timestamp()) + 1
    change = {"field": "message_template_status_update", "value": value}
    body = json.dumps({"entry": [{"id": ACCOUNTS.meta_account, "time": at, "changes": [change]}]}).encode()
    proof = hmac.new(ACCOUNTS.meta_app_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={proof}"}
    answer = await house.http.post("/webhooks/meta_cloud", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def standing(house: RunningHouse, name: str = CADENCE, language: str = "ar") -> dict[str, Any]:
    answer = await house.http.get("/api/v1/templates", headers=house.token("admin"))
    assert answer.status_code == 200, answer.text
    return next(t for t in answer.json()["templates"] if (t["name"], t["language"]) == (name, language))


async def agrees(house: RunningHouse, talk: Talk, purpose: str) -> None:
    """The contact has agreed to be written to, on a form."""
    wanted = {
        "contact": talk.phone,
        "channel": "whatsapp",
        "purpose": purpose,
        "basis": "form_submission",
        "evidence_ref": "form 7",
    }
    answer = await house.http.post("/api/v1/consents", json=wanted, headers=house.token("dpo", "dina"))
    assert answer.status_code == 201, answer.text


@pytest_asyncio.fixture(loop_scope="session")
async def meta(house: RunningHouse) -> RunningHouse:
    """A house whose templates stand well at Meta, whatever Meta told of them before."""
    house.clock.moves(timedelta(minutes=2))
    at_meta(house)
    await house.inside.trust.templates.look()
    return house


async def test_the_list_shows_how_each_template_stands(meta):
    assert (await standing(meta))["status"] == "approved"
    assert (await standing(meta))["trouble"] is None
    other = await standing(meta, "see_it_yourself")
    assert (other["status"], other["trouble"]) == ("missing", "template_missing")
    assert other["trouble_ar"] and other["trouble_en"]


async def test_the_news_of_meta_counts_at_once_and_old_news_does_not(meta):
    await tells(meta, "PAUSED", later=60)
    assert (await standing(meta))["trouble"] == "template_paused"
    await tells(meta, "APPROVED", later=30)
    assert (await standing(meta))["trouble"] == "template_paused"
    await tells(meta, "APPROVED", later=90)
    assert (await standing(meta))["trouble"] is None
    await meta.moves(minutes=3)


@pytest.mark.parametrize(
    "differs",
    [{"body": "غير هذا {{1}} ثم {{2}} كلام"}, {"footer": "x"}, {"buttons": True}, {"category": "MARKETING"}],
)
async def test_other_words_or_another_category_at_meta_let_nothing_leave(house, differs):
    template = house.inside.playbooks.policies_of(DEFAULT_TENANT).templates.find(CADENCE)
    fields = {"body": template.bodies["ar"], "category": "UTILITY", **differs}
    house.fake.templates.hold(MetaTemplate(CADENCE, "ar", **fields))
    await house.moves(seconds=1)
    await house.inside.trust.templates.look()

    assert (await standing(house))["trouble"] == "template_differs"


async def test_a_list_that_cannot_be_read_changes_nothing(meta):
    meta.fake.script("meta_cloud", "server_error")
    await meta.inside.trust.templates.look()

    assert (await standing(meta))["status"] == "approved"


async def says_nothing_for_days(house: RunningHouse, talk: Talk, sami: Sami, template: str) -> None:
    """A contact falls silent; the first step is refused by Sami, and the second one is due after three days."""
    base = house.inside.playbooks.of(DEFAULT_TENANT).book.policies.follow_ups
    assert any(step.template == template for cadence in base.cadences for step in cadence.steps)
    await falls_silent(talk)
    await waits(talk, hours=20, minutes=1)
    await sami.rejects(*talk.held)
    await comes_to(house, lambda quiet, at: is_open_for(quiet, at, timedelta(hours=1)), days=3)
    await house.inside.trust.templates.look()
    await house.inside.trust.templates.learn()
    await talk.looks()


async def test_outside_the_window_a_follow_up_is_the_template_that_sami_saw(meta, new_talk, sami):
    talk = new_talk("meta_cloud")
    await says_nothing_for_days(meta, talk, sami, CADENCE)
    draft = talk.waits_for_a_human("hold.follow_up")
    assert draft.text.startswith("مرحبا أبو فهد، معك ")
    assert (await sami.edits(draft, "كلام آخر")).status_code == 422
    await agrees(meta, talk, "sales_reply")
    await sami.approves(talk)

    assert talk.replies[-1] == draft.text
    sent = talk.conversation.draft(draft.id)
    assert sent.status is Status.ACCEPTED and sent.attempts[0].consent_id


async def test_a_yes_without_a_consent_opens_no_closed_window(meta, new_talk, sami):
    talk = new_talk("meta_cloud")
    await says_nothing_for_days(meta, talk, sami, CADENCE)
    (draft,) = talk.held
    heard = len(talk.replies)
    await sami.approves(talk)

    assert (talk.conversation.draft(draft.id).status, talk.conversation.draft(draft.id).note) == (
        Status.CANCELLED,
        "no_consent",
    )
    assert len(talk.replies) == heard


async def test_a_template_that_stops_between_the_yes_and_the_send_is_not_sent(meta, new_talk, sami):
    talk = new_talk("meta_cloud")
    await says_nothing_for_days(meta, talk, sami, CADENCE)
    (draft,) = talk.held
    heard = len(talk.replies)
    await agrees(meta, talk, "sales_reply")
    await tells(meta, "PAUSED", later=1)
    await sami.approves(talk)

    assert talk.conversation.draft(draft.id).note == "template_paused"
    assert len(talk.replies) == heard


async def test_a_number_without_templates_says_nothing_outside_the_window_and_another_waits_for_a_yes(
    meta, new_talk, sami
):
    """The tenant of these tests lets its numbers stand in for each other."""
    talk = new_talk("green_api")
    await says_nothing_for_days(meta, talk, sami, CADENCE)

    talk.hears_nothing()
    # At most a template of the other number, where it stands well at that moment, and it waits for Sami.
    waiting = [(d.status.value, d.template and d.template.channel) for d in talk.conversation.on_the_way()]
    assert waiting in ([], [("held", "meta_cloud")])


async def test_an_answer_that_came_too_late_is_offered_as_a_template_that_wants_its_own_yes(meta, new_talk, sami):
    talk = new_talk("meta_cloud")
    await talk.says("خدمتكم سيئة جدا وبشتكي عليكم")
    talk.heard_so_far()
    old = talk.conversation.outbox[-1]
    headers = meta.token("approver", "sami")
    early = (await meta.http.get(f"/api/v1/drafts/{old.id}/templates", headers=headers)).json()
    assert early["total"] == 0
    await comes_to(meta, lambda quiet, at: is_open_for(quiet, at, timedelta(hours=1)), days=2)
    await meta.inside.trust.templates.look()
    await meta.inside.trust.templates.learn()
    offer = (await meta.http.get(f"/api/v1/drafts/{old.id}/templates", headers=headers)).json()["templates"][0]
    wanted = {"template": offer["template"]}
    made = await meta.http.post(f"/api/v1/drafts/{old.id}/as-template", json=wanted, headers=headers)
    again = await meta.http.post(f"/api/v1/drafts/{old.id}/as-template", json=wanted, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["draft_id"] == again.json()["draft_id"]
    assert made.json()["text"] == offer["words"]
    await talk.looks()
    heard = len(talk.replies)
    draft = talk.waits_for_a_human("hold.as_template")
    await agrees(meta, talk, "sales_reply")
    await sami.approves(talk)

    assert talk.replies[heard:] == [offer["words"]]
    assert talk.conversation.draft(draft.id).status is Status.ACCEPTED
