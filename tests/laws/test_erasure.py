"""Who was forgotten is found nowhere, and is still not written to."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from adapters.mongo.driver import Door, open_door
from adapters.mongo.personal import MongoPersonal
from bot.people import NOBODY, Human
from bot.privacy.data_requests import PROCESSING
from bot.privacy.erasure import Erasures
from bot.privacy.fingerprints import Fingerprints
from bot.tenants import DEFAULT_TENANT
from tests.house import Sami, Talk
from tests.house.running import RunningHouse
from tests.laws.test_consents import Keeper
from tests.laws.test_data_rights import request_of

NAME = "عبدالمحسن الزهراني"
WORDS = ("عندنا مصنع تمور في القصيم اسمه نخيل الواحة", "حولت المبلغ من حساب نخيل الواحة")


@pytest.fixture
async def house(own_house: RunningHouse) -> RunningHouse:
    return own_house


@pytest.fixture
def dpo(house: RunningHouse) -> Keeper:
    return Keeper(house)


async def where(house: RunningHouse, talk: Talk) -> dict[str, list[str]]:
    """Every document in which something of a contact stands, by collection."""
    await house.inside.relay.flush()
    stored = await house.everything_stored()
    needles = (talk.phone, talk.phone[3:], NAME, "نخيل الواحة", *WORDS)
    found = {name: [row for row in rows if any(n in row for n in needles)] for name, rows in stored.items()}
    return {name: rows for name, rows in found.items() if rows}


async def leaves_traces(house: RunningHouse, dpo: Keeper, talk: Talk, sami: Any) -> dict[str, Any]:
    """Be in as many collections as a contact can be, and then ask to be forgotten."""
    await dpo.grants(talk.phone, purpose="sales", text=f"أنا {NAME}")
    await talk.says(WORDS[0])
    await talk.says(WORDS[1])
    await sami.edits(talk.held[0], "وصلنا مبلغ نخيل الواحة")
    await talk.says("وش البيانات اللي عندكم عني")
    access = await request_of(dpo, talk, "access")
    await dpo.post(f"data-requests/{access['id']}/export")
    body = talk.writes("غير مفهوم").body.replace(b'"typeWebhook"', b'"typeOther"')
    hook = talk.writes("غير مفهوم")
    await house.is_told("green_api", type(hook)(body, hook.headers, hook.query))
    await talk.says("احذفوا كل بياناتي من عندكم")
    return await request_of(dpo, talk, "deletion")


async def test_a_search_over_every_collection_finds_nothing(house, dpo, sami):
    sami = Sami(house)
    talk, other = Talk(house, name=NAME), Talk(house, name="نورة")
    await other.says("السلام عليكم، عندنا مخبز")
    request = await leaves_traces(house, dpo, talk, sami)
    before = await where(house, talk)
    assert {
        "conversations",
        "timeline",
        "suppressions",
        "consent_events",
        "data_requests",
        "data_exports",
    } <= set(before)
    conversation_id = talk.conversation.id

    done = (await dpo.post(f"data-requests/{request['id']}/complete")).json()

    assert done["status"] == "completed", done
    assert done["verified_at"]
    assert done["counts"]["left"] == 0
    assert done["counts"]["timeline"] > 3
    assert await where(house, talk) == {}
    assert await house.inside.store.conversations.read(DEFAULT_TENANT, conversation_id) is None
    await other.looks()
    assert other.conversation.name == "نورة"
    report = await house.inside.trust.evidence.seals.verify(DEFAULT_TENANT)
    assert report.first_broken is None


async def test_who_stopped_and_was_forgotten_is_still_not_written_to(house, dpo):
    talk = Talk(house, name=NAME)
    request = await leaves_traces(house, dpo, talk, Sami(house))
    await dpo.post(f"data-requests/{request['id']}/complete")
    heard = len(talk.replies)
    stored = await house.everything_stored()
    assert not [row for row in stored["suppressions"] if talk.phone in row]
    assert (await dpo.asks(talk.phone, purpose="service"))["reason"] == "opted_out"
    await dpo.grants(talk.phone, basis="form_submission", purpose="sales")

    await talk.says("السلام عليكم، كم السعر؟")
    assert len(talk.replies) == heard
    talk.is_in("opted_out")
    await talk.says("تشغيل الرسائل")
    assert len(talk.replies) == heard + 1
    await talk.says("كم السعر؟")
    assert len(talk.replies) == heard + 2


class PowerCut(Exception):
    """What a process that dies looks like from inside."""


class FailingDoor(Door):
    """A connection that breaks after so many operations."""

    lasts = 10_000

    async def turn(self, work: Awaitable[Any]) -> Any:
        if self.lasts <= 0:
            work.close()
            raise PowerCut
        self.lasts -= 1
        return await super().turn(work)


async def cut_off(house: RunningHouse, request: dict[str, Any], lasts: int) -> None:
    """Begin an erasure, and die in the middle of it."""
    settings, inside = house.settings, house.inside
    stored = await inside.store.data_requests.read(DEFAULT_TENANT, request["id"])
    begun = replace(stored, status=PROCESSING)
    assert await inside.store.data_requests.write(begun)
    door = open_door(settings.mongodb_uri.get_secret_value(), settings.mongodb_database, "pymongo", FailingDoor)
    door.lasts = lasts
    fingerprints = Fingerprints(settings.data_dir / "keys")
    seals = inside.trust.evidence.seals
    erasures = Erasures(inside.notebook, MongoPersonal(door), seals, fingerprints, settles_seconds=0)
    with pytest.raises(PowerCut):
        await erasures.run(begun, NOBODY)
    await door.close()


async def test_an_erasure_broken_off_anywhere_is_finished_by_the_next_look(house, dpo):
    rights = house.inside.trust.privacy.rights
    for lasts in (0, 2, 5, 9, 14, 20, 30):
        talk = Talk(house, name=NAME)
        request = await leaves_traces(house, dpo, talk, Sami(house))
        await cut_off(house, request, lasts)
        await rights.watch()

        done = (await dpo.get(f"data-requests/{request['id']}")).json()
        assert done["status"] == "completed", (lasts, done)
        assert await where(house, talk) == {}, lasts
        assert (await dpo.asks(talk.phone, purpose="service"))["reason"] == "opted_out"


async def test_what_quotes_the_contact_is_found_also_after_a_run_that_was_broken_off(house, dpo):
    """Whoever asked for a yes may have quoted the contact; the words are known from the timeline alone."""
    rights, centre = house.inside.trust.privacy.rights, house.inside.trust.centre
    for lasts in (0, 1, 3, 25):
        talk = Talk(house, name=NAME)
        await talk.says(WORDS[0])
        asked = await centre.ask(
            DEFAULT_TENANT,
            kind="proposal",
            action="send_proposal",
            resource=f"conversation:{talk.conversation.id}",
            content_sha256="0" * 64,
            recipient=talk.conversation.id,
            title_en="An offer",
            title_ar="عرض",
            summary_en=f"They said: {WORDS[0]}",
            summary_ar=WORDS[0],
            requested_by=Human("user:noura", "Noura"),
            correlation_id="c-1",
        )
        await talk.says("احذفوا كل بياناتي من عندكم")
        request = await request_of(dpo, talk, "deletion")
        await cut_off(house, request, lasts)
        await rights.watch()

        assert (await dpo.get(f"data-requests/{request['id']}")).json()["status"] == "completed", lasts
        assert WORDS[0] not in (await centre.read(DEFAULT_TENANT, asked.id)).summary_ar, lasts
        assert await where(house, talk) == {}, lasts


async def test_a_decision_whose_note_names_a_phone_does_not_keep_a_contact_from_being_forgotten(house, dpo):
    centre, talk = house.inside.trust.centre, Talk(house, name=NAME)
    await talk.says("احذفوا كل بياناتي من عندكم")
    noura, request = Human("user:noura", "Noura"), await request_of(dpo, talk, "deletion")
    for number, phone in enumerate((talk.phone, f"0{talk.phone[3:]}")):
        asked = await centre.ask(
            DEFAULT_TENANT,
            kind="task",
            action="update_deal",
            resource=f"deal:{number}",
            content_sha256="0" * 64,
            recipient="",
            title_en="A deal",
            title_ar="صفقة",
            summary_en="",
            summary_ar="",
            requested_by=noura,
            correlation_id="c-1",
        )
        sami = Human("user:sami", "Sami")
        await centre.reject(DEFAULT_TENANT, asked.id, 1, sami, ("approver",), f"they called from {phone}")

    assert (await dpo.post(f"data-requests/{request['id']}/complete")).json()["status"] == "completed"
    assert await where(house, talk) == {}


async def test_a_tenant_may_let_deletions_be_carried_out_after_some_days(new_house):
    house = await new_house(DEALIX_ERASE_AFTER_DAYS=3)
    dpo, talk, rights = Keeper(house), Talk(house, name=NAME), house.inside.trust.privacy.rights
    request = await leaves_traces(house, dpo, talk, Sami(house))
    await rights.watch()
    assert (await dpo.get(f"data-requests/{request['id']}")).json()["status"] == "pending"
    await house.moves(days=3, minutes=1)
    await rights.watch()

    assert (await dpo.get(f"data-requests/{request['id']}")).json()["status"] == "completed"
    assert await where(house, talk) == {}


async def test_a_lost_key_is_told_because_nobody_erased_is_recognised(house):
    rights, alerts = house.inside.trust.privacy.rights, house.inside.trust.alerts
    await rights.watch()
    assert "fingerprint_key_lost" not in [alert.kind for alert in await alerts.latest(DEFAULT_TENANT)]
    await house.inside.store.marks.write("contact_fingerprints", "erased:made with another key")
    await rights.watch()
    await rights.watch()

    assert [alert.kind for alert in await alerts.latest(DEFAULT_TENANT)].count("fingerprint_key_lost") == 1


async def test_what_is_left_is_told_and_tried_again_until_it_is_gone(house, dpo):
    """An analyst has copied a lead's words with the phone in them into a rule: that is theirs to mend."""
    talk, rights = Talk(house, name=NAME), house.inside.trust.privacy.rights
    request = await leaves_traces(house, dpo, talk, Sami(house))
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rules = client[house.settings.mongodb_database]["rule_changes"]
        row = {"_id": "default:r1", "tenant_id": DEFAULT_TENANT, "v": 1, "state": "draft", "edits": [talk.phone]}
        await rules.insert_one(row)
        done = (await dpo.post(f"data-requests/{request['id']}/complete")).json()
        assert (done["status"], done["counts"]) == ("processing", {"rule_changes": 1})
        # What the caller was just answered is kept for a repetition, and goes with the next look.
        assert set(await where(house, talk)) - {"idempotency_keys"} == {"data_requests", "rule_changes"}
        alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
        assert [alert.kind for alert in alerts if alert.about == request["id"]] == ["erasure_incomplete"]
        assert (await dpo.post(f"data-requests/{request['id']}/reject", reason="too late")).status_code == 409

        await rules.delete_one({"_id": "default:r1"})
    await house.moves(minutes=20)
    await rights.watch()
    assert (await dpo.get(f"data-requests/{request['id']}")).json()["status"] == "completed"
    assert await where(house, talk) == {}
