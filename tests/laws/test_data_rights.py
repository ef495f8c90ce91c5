"""Somebody asks in the chat what is held about them, or to be forgotten: receipted at once, and done in time."""

import json
from datetime import datetime
from typing import Any

import pytest

from bot.conversation import DraftKind, Status
from bot.errors import NotFound
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk
from tests.house.running import RunningHouse
from tests.laws.test_consents import Keeper

ACCESS = (
    "وش تعرفون عني؟",
    "وش البيانات اللي عندكم عني",
    "أبي نسخة من بياناتي",
    "أريد الاطلاع على بياناتي الشخصية لديكم",
    "what data do you have on me",
    "what do you know about me?",
)
FORGET = ("احذفوا كل بياناتي من عندكم", "امسحوا كل معلوماتي", "please delete all my personal data")
ORDINARY = (
    "وش عندكم من خدمات؟",
    "كم السعر؟",
    "كيف تحمون بيانات العملاء؟",
    "هل تعرفون أحد في جدة؟",
    "وش عندكم عروض",
)


@pytest.fixture
def dpo(house: RunningHouse) -> Keeper:
    return Keeper(house)


async def request_of(dpo: Keeper, talk: Talk, kind: str = "") -> dict[str, Any]:
    found = [r for r in (await dpo.get("data-requests")).json()["data_requests"] if _is_of(r, talk)]
    (one,) = [r for r in found if not kind or r["kind"] == kind]
    return one


def _is_of(request: dict[str, Any], talk: Talk) -> bool:
    return talk.memory is not None and talk.memory.id in request["conversation_ids"]


def days_until_due(request: dict[str, Any]) -> int:
    asked, due = (datetime.fromisoformat(request[name]) for name in ("requested_at", "due_at"))
    return (due - asked).days


@pytest.mark.parametrize("words", ACCESS)
async def test_who_asks_what_is_held_gets_a_receipt_once_and_the_answer_after_a_yes(dpo, talk, sami, words):
    await talk.says(words)
    request = await request_of(dpo, talk)
    language = talk.conversation.language

    assert (request["kind"], request["status"], request["via"]) == ("access", "pending", "chat")
    assert days_until_due(request) == 30
    talk.hears("privacy.access_receipt", language=language)
    assert request["reference"] in talk.replies[-1]
    (answer,) = talk.held
    assert answer.kind is DraftKind.PRIVACY_ANSWER
    assert f"+{talk.phone}" in answer.text
    assert [data["request"] for data in await talk.happened("data_request_received")] == [request["id"]]
    assert [notice.kind for notice in talk.conversation.notices] == ["human_requested", "access_requested"]

    await sami.approves(talk, answer)
    talk.hears("privacy.access_answer", language=language)


@pytest.mark.parametrize("words", ORDINARY)
async def test_ordinary_messages_are_no_requests(dpo, talk, words):
    await talk.says(words)

    assert talk.conversation.data_asks == ()


async def test_a_webhook_delivered_twice_is_one_request_and_one_receipt(dpo, talk):
    hook = talk.writes("وش تعرفون عني؟")
    await talk.sends(hook, hook)
    await talk.sends(hook)

    await request_of(dpo, talk)
    talk.hears("privacy.access_receipt")


async def test_asking_again_while_it_is_open_is_no_second_request(dpo, talk):
    await talk.says("وش تعرفون عني؟")
    talk.heard_so_far()
    await talk.says("وش البيانات اللي عندكم عني")

    await request_of(dpo, talk)
    talk.hears_nothing()


@pytest.mark.parametrize("words", FORGET)
async def test_who_wants_to_be_forgotten_hears_one_message_with_the_number_and_then_nothing(
    dpo, talk, sami, words
):
    await talk.says(words)
    request = await request_of(dpo, talk)

    assert (request["kind"], request["status"]) == ("deletion", "pending")
    assert len(talk.replies) == 1
    assert request["reference"] in talk.replies[0]
    talk.is_in("opted_out")
    before = len(talk.replies)
    await talk.says("كم السعر؟")
    await sami.writes(talk, "مرحبا")
    await talk.says(words)
    assert len(talk.replies) == before
    await request_of(dpo, talk)


async def test_who_may_mean_another_account_is_asked_first_and_gets_the_number_with_the_yes(dpo, talk):
    await talk.says("احذفوا حسابي لو سمحتوا")
    talk.hears("opt_out_check")
    await talk.says("نعم")
    request = await request_of(dpo, talk)

    talk.is_in("opted_out")
    assert request["kind"] == "deletion"
    assert request["reference"] in talk.replies[-1]
    assert len(talk.replies) == 2


async def test_where_nothing_leaves_by_itself_the_receipt_waits_too(house, talk, sami):
    await house.inside.desk.pause(DEFAULT_TENANT, Human("console:sami", "Sami"))
    try:
        await talk.says("وش تعرفون عني؟")
        talk.hears_nothing()
        receipt = next(draft for draft in talk.held if draft.kind is DraftKind.PRIVACY_RECEIPT)
        await sami.approves(talk, receipt)
        talk.hears("privacy.access_receipt")
    finally:
        await house.inside.desk.resume(DEFAULT_TENANT)


async def test_a_receipt_leaves_although_a_human_answers_and_sends_are_paused(dpo, talk, sami):
    await talk.says("أنتم أسوأ شركة تعاملت معها، بشتكي عليكم")
    talk.heard_so_far()
    assert talk.conversation.sends_paused
    await talk.says("وش البيانات اللي عندكم عني")

    assert (await request_of(dpo, talk))["reference"] in talk.replies[-1]
    talk.hears("privacy.access_receipt")


async def test_who_opted_out_may_still_ask_what_is_held(dpo, talk, sami):
    await talk.goes_to("opted_out", sami)
    await talk.says("وش البيانات اللي عندكم عني")

    talk.hears("privacy.access_receipt")
    talk.is_in("opted_out")


async def test_a_wish_to_correct_is_receipted_and_carried_out(dpo, talk):
    await talk.says("أبي تصحيح بياناتي عندكم")
    talk.hears("privacy.correction_receipt")
    request = await request_of(dpo, talk, "correction")

    assert (await dpo.post(f"data-requests/{request['id']}/complete")).status_code == 422
    body = {"correction": {"shoe_size": "44"}}
    assert (await dpo.post(f"data-requests/{request['id']}/complete", **body)).status_code == 422
    done = await dpo.post(f"data-requests/{request['reference']}/complete", correction={"name": "سارة العتيبي"})
    assert done.json()["status"] == "completed", done.text
    await talk.looks()
    assert talk.conversation.name == "سارة العتيبي"
    assert (await dpo.post(f"data-requests/{request['id']}/reject", reason="too late")).status_code == 409


async def test_an_export_holds_everything_of_this_contact_and_nothing_of_another(house, dpo, new_talk):
    talk, other = new_talk(name="منيرة الشمري"), new_talk(name="فيصل القحطاني")
    await other.says("عندنا عيادة أسنان في حي الياسمين")
    await talk.says("نبيع أثاث مكتبي في بريدة")
    await talk.says("وش البيانات اللي عندكم عني")
    await house.inside.relay.flush()
    request = await request_of(dpo, talk)
    path = f"data-requests/{request['id']}/export"

    assert (await dpo.get(path)).status_code == 404
    assert (await dpo.post(f"data-requests/{request['id']}/complete")).status_code == 422
    made = (await dpo.post(path)).json()
    as_json, page = await dpo.get(path), await dpo.get(path, format="html")
    assert as_json.headers["x-content-sha256"] == made["export_sha256"]
    content = json.loads(as_json.content)
    assert content["subject"] == {"name": "منيرة الشمري", "phone": talk.phone}
    for text in (as_json.text, page.text):
        assert "نبيع أثاث مكتبي في بريدة" in text
        assert talk.phone in text
        assert other.phone not in text
        assert "حي الياسمين" not in text
        assert "فيصل" not in text
    for role in ("agent", "approver", "executive"):
        assert (await Keeper(house, role).get(path)).status_code == 403
    await house.inside.relay.flush()
    assert len(await talk.happened("data_export_downloaded")) == 2
    assert (await dpo.post(f"data-requests/{request['id']}/complete")).json()["status"] == "completed"

    await house.moves(days=8)
    assert (await dpo.get(path)).status_code == 404


async def test_a_restricted_contact_hears_nothing_until_it_is_lifted(house, dpo, talk, sami):
    await talk.says("حولت المبلغ")
    waiting = talk.waits_for_a_human()
    agent = Keeper(house, "agent")
    request = (await agent.post("data-requests", kind="restriction", contact=talk.phone, note="by phone")).json()
    await talk.looks()
    assert talk.conversation.draft(waiting.id).status is Status.CANCELLED
    await talk.says("السلام عليكم")
    await sami.writes(talk, "مرحبا")
    await talk.looks()
    talk.hears_nothing()
    assert (await dpo.asks(talk.phone, purpose="service"))["reason"] == "restricted"

    assert (await agent.post(f"data-requests/{request['id']}/complete")).status_code == 403
    assert (await dpo.post(f"data-requests/{request['id']}/complete")).json()["status"] == "completed"
    await talk.says("هلا")
    talk.hears_nothing()
    assert (await dpo.post(f"data-requests/{request['id']}/lift")).status_code == 200
    await sami.writes(talk, "مرحبا")
    await talk.looks()
    talk.hears_words("مرحبا")


async def test_a_rejection_needs_a_reason_and_lifts_what_was_stopped(house, dpo, talk, sami):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    request = (await dpo.post("data-requests", kind="deletion", contact=talk.conversation.id)).json()
    again = (await dpo.post("data-requests", kind="deletion", contact=talk.phone)).json()
    assert again["id"] == request["id"]
    await talk.looks()
    assert talk.conversation.restricted == request["id"]
    assert (await dpo.post(f"data-requests/{request['id']}/reject", reason="")).status_code == 422
    rejected = await dpo.post(f"data-requests/{request['id']}/reject", reason="another person's number")
    assert rejected.json()["status"] == "rejected"
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    [owed] = [alert for alert in alerts if alert.about == request["id"]]
    assert (owed.kind, owed.audience) == ("data_request_rejected", ("admin", "dpo"))
    assert request["reference"] in owed.title_en and request["reference"] in owed.title_ar
    assert "another person" not in f"{owed.title_en}{owed.detail}"
    await sami.writes(talk, "مرحبا")
    await talk.looks()
    talk.hears_words("مرحبا")


async def test_another_tenants_requests_are_as_unknown_as_none(house, dpo, talk):
    await talk.says("وش تعرفون عني؟")
    request = await request_of(dpo, talk)
    rights, stranger = house.inside.trust.privacy.rights, Human("api:eve", "Eve")
    for verb, more in (
        (rights.complete, ()),
        (rights.reject, ("no reason",)),
        (rights.export, ()),
        (rights.download, ()),
        (rights.lift, ()),
        (rights.erase, ()),
    ):
        with pytest.raises(NotFound):
            await verb("another", request["id"], stranger, *more)
    with pytest.raises(NotFound):
        await rights.show("another", request["id"])


async def test_what_is_overdue_is_told_once(house, dpo, talk):
    await talk.says("وش تعرفون عني؟")
    request = await request_of(dpo, talk)
    rights = house.inside.trust.privacy.rights
    await rights.watch()
    assert not await told(house, request)
    await house.moves(days=31)
    await rights.watch()
    await rights.watch()

    assert (await request_of(dpo, talk))["is_overdue"]
    assert await told(house, request) == ["data_request_overdue"]


async def told(house: RunningHouse, request: dict[str, Any]) -> list[str]:
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    return [alert.kind for alert in alerts if alert.about == request["id"]]
