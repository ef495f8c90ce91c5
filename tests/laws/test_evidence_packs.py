"""A won deal is proved by a signed pack that nobody can change unseen, here or on another machine."""

import io
import json
import random
import subprocess
import sys
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from bot.evidence.standalone import problems_of
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk

PACKS = "/api/v1/evidence-packs"
TO_PAYMENT = ("booking_confirmed", "meeting_held", "proposal_delivered", "deal_accepted")
SECRET_PHONE = "0551234567"


class Desk:
    """Somebody at the API of one house."""

    def __init__(self, house, role="admin", subject="noura"):
        self.house, self.headers = house, house.token(role, subject)

    async def post(self, path, method="POST", **body):
        headers = {**self.headers, "Idempotency-Key": str(uuid4())}
        return await self.house.http.request(method, path, headers=headers, json=body)

    async def get(self, path, **query):
        return await self.house.http.get(path, headers=self.headers, params=query)

    async def reports(self, talk, event, **more):
        path = f"/api/v1/conversations/{talk.conversation.id}/events"
        answer = await self.post(path, event=event, evidence=f"bank reference 77, {SECRET_PHONE}", **more)
        await talk.looks()
        return answer

    async def deal(self, talk):
        answer = await self.get(f"/api/v1/deals/{talk.conversation.id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def assembles(self, entity, kind="deal_closure", **more):
        return await self.post(f"{PACKS}/assemble", type=kind, entity_id=entity, **more)

    async def verdict(self, pack_id):
        answer = await self.get(f"{PACKS}/{pack_id}/verify")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pack_of(self, talk):
        (line,) = (await self.get(PACKS, entity_id=talk.conversation.id)).json()["packs"]
        return (await self.get(f"{PACKS}/{line['pack_id']}")).json()


async def a_won_deal(house, desk, words="السلام عليكم، رقمي 0551234567 وكم السعر؟"):
    talk = Talk(house, "green_api")
    await talk.says(words)
    for event in (*TO_PAYMENT, "payment_verified", "pilot_converted"):
        assert (await desk.reports(talk, event)).status_code == 200
    return talk


async def works(house):
    """The jobs of evidence, once, as they run every few seconds."""
    await house.inside.relay.flush()
    await house.inside.trust.evidence.won_deals.run()


@pytest.fixture
def desk(house):
    return Desk(house)


@pytest_asyncio.fixture(loop_scope="session")
async def own(own_house):
    return Desk(own_house)


async def test_a_deal_that_was_won_gets_its_pack_by_itself_and_once(house, desk):
    talk = await a_won_deal(house, desk)
    assert (await desk.deal(talk))["evidence"] in ("pending", "ready")
    await works(house)
    await works(house)

    deal = await desk.deal(talk)
    pack = await desk.pack_of(talk)

    assert (deal["evidence"], deal["stage"], deal["payment"]["verified"]) == ("ready", "closed_won", True)
    assert deal["evidence_pack_id"] == pack["pack_id"]
    assert (pack["status"], pack["missing"]) == ("ready", [])
    kinds = [item["type"] for item in pack["envelope"]["items"]]
    for kind in ("deal", "stage_history", "payment", "approvals", "messages", "sends", "audit_entries"):
        assert kind in kinds
    assert (await desk.verdict(pack["pack_id"]))["valid"]


async def test_a_deal_that_is_not_won_is_owed_nothing(house, desk):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    await works(house)
    deal = await desk.deal(talk)
    assert (deal["evidence"], deal["won_at"], deal["payment"]["verified"]) == ("none", None, False)


async def test_nothing_personal_is_in_a_pack(house, desk):
    talk = await a_won_deal(house, desk)
    await works(house)
    pack = await desk.pack_of(talk)
    exported = [
        (await desk.get(f"{PACKS}/{pack['pack_id']}/export", format=form)).text for form in ("json", "html")
    ]
    for text in (json.dumps(pack, ensure_ascii=False), *exported):
        for personal in (SECRET_PHONE, talk.phone, talk.phone.removeprefix("966"), talk.name):
            assert personal not in text


async def test_full_texts_are_for_those_who_may_and_reading_them_is_written_down(house, desk):
    talk = await a_won_deal(house, desk)
    await works(house)
    pack = await desk.pack_of(talk)
    path = f"{PACKS}/{pack['pack_id']}/texts"

    for role in ("approver", "executive", "agent", "service"):
        assert (await Desk(house, role).get(path)).status_code == 403
    answer = await Desk(house, "dpo", "dana").get(path)

    (message,) = answer.json()["messages"]
    assert SECRET_PHONE in message["text"]
    assert message["is_as_sealed"]
    since = house.clock() - timedelta(minutes=1)
    store = house.inside.store.timeline
    told = await store.of_kind(DEFAULT_TENANT, "evidence_texts_read", since, house.clock(), 10)
    assert told[-1].entry.data["by_name"] == "dana"


# No deal is won without a payment


async def brought_to_pilot_without_payment(house, talk):
    """As a fault, or a hand in the database, would leave it: the stage without the fact."""
    await talk.says("كم السعر؟")

    def edit(conversation, _log):
        conversation.stage = "pilot_active"

    await house.inside.notebook.change(DEFAULT_TENANT, talk.conversation.id, edit)
    await talk.looks()


async def test_a_deal_without_a_verified_payment_is_not_won(house, desk):
    talk = Talk(house, "green_api")
    await brought_to_pilot_without_payment(house, talk)

    refused = await desk.reports(talk, "pilot_converted")

    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_verified")
    assert refused.json()["message_ar"]
    assert talk.conversation.stage == "pilot_active"


async def test_a_yes_to_a_proposed_win_wants_the_payment_too(house, desk):
    talk = Talk(house, "green_api")
    await brought_to_pilot_without_payment(house, talk)
    await talk.says("التجربة ممتازة ونبي نكمل معكم")
    held = next(d for d in talk.conversation.outbox if d.proposes == "pilot_converted")

    refused = await desk.post(f"/api/v1/drafts/{held.id}/approve", text_version=held.text_version)

    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_verified")
    await talk.looks()
    assert talk.conversation.stage == "pilot_active"


async def test_an_approver_may_let_a_deal_be_won_for_a_reason_and_the_pack_says_so(house, desk):
    talk = Talk(house, "green_api")
    await brought_to_pilot_without_payment(house, talk)

    reason = "عقد إطاري سنوي، يدفع في نهاية الربع"
    assert (await desk.reports(talk, "pilot_converted", override_reason="  ")).status_code == 409
    assert (await desk.reports(talk, "pilot_converted", override_reason=reason)).status_code == 200
    await works(house)

    deal, pack = await desk.deal(talk), await desk.pack_of(talk)
    assert deal["payment"] == {
        "verified": False, "at": None, "by": "", "reference": "", "override_reason": reason,
    }  # fmt: skip
    assert deal["evidence"] == "ready"
    (payment,) = [i["data"]["entries"] for i in pack["envelope"]["items"] if i["type"] == "payment"]
    assert pack["texts"][payment[0]["override_reason"]["text_sha256_salted"]] == reason


async def test_an_override_is_for_winning_only(house, desk):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    answer = await desk.reports(talk, "booking_confirmed", override_reason="because")
    assert answer.status_code == 422
    assert talk.conversation.stage != "meeting_booked"


# Assembling


async def test_nobody_can_say_what_is_in_a_pack(house, desk):
    talk = await a_won_deal(house, desk)
    for more in ({"contents": []}, {"items": []}, {"title": "mine"}, {"status": "ready"}):
        assert (await desk.assembles(talk.conversation.id, **more)).status_code == 422


async def test_what_is_missing_is_named_and_the_pack_is_incomplete(house, desk):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    answer = await desk.assembles(talk.conversation.id)
    assert answer.status_code == 201, answer.text
    pack = answer.json()
    assert pack["status"] == "incomplete"
    assert {"stage_history", "payment"} <= set(pack["missing"])
    refused = await desk.post(f"{PACKS}/{pack['pack_id']}/review", "PUT", note="looks fine")
    assert (refused.status_code, refused.json()["code"]) == (409, "pack_refused")


async def test_a_complete_pack_is_corrected_by_a_new_one_that_names_it(house, desk):
    talk = await a_won_deal(house, desk)
    await works(house)
    first = await desk.pack_of(talk)

    again = await desk.assembles(talk.conversation.id)
    assert again.status_code == 409
    second = (await desk.assembles(talk.conversation.id, supersedes=first["pack_id"])).json()

    assert (second["supersedes"], second["revision"], second["status"]) == (first["pack_id"], 2, "ready")
    assert (await desk.get(f"{PACKS}/{first['pack_id']}")).json()["status"] == "superseded"
    assert (await desk.assembles(talk.conversation.id, supersedes=first["pack_id"])).status_code == 409
    assert (await desk.verdict(first["pack_id"]))["valid"]


@pytest.mark.parametrize("kind", ["quarterly_review", "board_report"])
async def test_a_type_that_nothing_is_made_of_yet_is_refused_with_the_reason(desk, kind):
    answer = await desk.assembles("2026-Q1", kind)
    assert (answer.status_code, answer.json()["code"]) == (422, "pack_type_not_available")
    assert answer.json()["message_ar"]


@pytest.mark.parametrize("kind", ["deal_closure", "incident_response", "compliance_audit"])
async def test_a_pack_about_nothing_is_not_found(desk, kind):
    answer = await desk.assembles("01NOTHINGOFTHISNAME", kind)
    assert answer.status_code == 404, answer.text
    assert (await desk.get(f"{PACKS}/01NOTHING")).status_code == 404
    assert (await desk.get("/api/v1/deals/01NOTHING")).status_code == 404


async def test_an_incident_is_told_of_a_conversation_and_of_one_event(house, desk):
    talk = Talk(house, "green_api")
    await talk.says("كم السعر؟")
    await works(house)
    event = talk.conversation.outbox[-1].correlation_id
    for entity, kind in ((talk.conversation.id, "conversation"), (event, "event")):
        pack = (await desk.assembles(entity, "incident_response")).json()
        assert (pack["status"], pack["entity_type"]) == ("ready", kind)
        (told,) = [i for i in pack["envelope"]["items"] if i["type"] == "what_happened"]
        assert "attempt_started" in [entry["what"] for entry in told["data"]["entries"]]


async def test_a_compliance_scan_can_be_packed(house, desk):
    scan = (await desk.post("/api/v1/compliance/scan")).json()
    scan_id = scan.get("id") or scan.get("scan_id")
    pack = (await desk.assembles(scan_id, "compliance_audit")).json()
    assert pack["status"] == "ready"
    assert (await desk.verdict(pack["pack_id"]))["valid"]


async def test_a_valid_pack_is_reviewed_once_and_what_the_check_said_is_kept(house, desk):
    talk = await a_won_deal(house, desk)
    await works(house)
    pack = await desk.pack_of(talk)
    path = f"{PACKS}/{pack['pack_id']}/review"

    review = (await desk.post(path, "PUT", note="seen")).json()

    assert (review["valid"], review["by_name"], review["note"]) == (True, "noura", "seen")
    after = (await desk.get(f"{PACKS}/{pack['pack_id']}")).json()
    assert (after["status"], after["review"]["verified_at"]) == ("reviewed", review["verified_at"])
    assert after["hash"] == pack["hash"]
    assert (await Desk(house, "dpo", "dana").post(path, "PUT", note="me too")).status_code == 409


# Somebody with a hand in the database


@pytest_asyncio.fixture(loop_scope="session")
async def three_packs(own):
    """Three packs in a chain, the second of a won deal; and their collection."""
    house = own.house
    talks = []
    for _ in range(3):
        talk = await a_won_deal(house, own)
        await works(house)
        talks.append(talk)
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database]
        await rows.command("collMod", "evidence_packs", validator={}, validationLevel="off")
        yield own, rows.evidence_packs


def hashed(envelope):
    from bot.evidence.canonical import sha256

    return sha256(envelope)


async def change_a_value(packs):
    await packs.update_one({"seq": 2}, {"$set": {"envelope.items.0.data.entries.0.stage": "closed_lost"}})


async def change_a_value_and_the_hashes(packs):
    row = await packs.find_one({"seq": 2})
    from bot.evidence.packs import item_hash

    envelope = row["envelope"]
    envelope["items"][0]["data"]["entries"][0]["stage"] = "closed_lost"
    envelope["items"][0]["sha256"] = item_hash(envelope["items"][0])
    await packs.update_one({"seq": 2}, {"$set": {"envelope": envelope, "hash": hashed(envelope)}})


async def change_the_title(packs):
    await packs.update_one({"seq": 2}, {"$set": {"envelope.title": "Another deal"}})


async def swap_the_entity(packs):
    await packs.update_one({"seq": 2}, {"$set": {"entity_id": "x", "envelope.entity.id": "x"}})


async def swap_the_entity_of_the_row_only(packs):
    await packs.update_one({"seq": 2}, {"$set": {"entity_id": "x"}})


async def delete_one_in_the_middle(packs):
    await packs.delete_one({"seq": 1})


async def delete_the_last(packs):
    await packs.delete_one({"seq": 3})


async def reorder_the_items(packs):
    row = await packs.find_one({"seq": 2})
    await packs.update_one({"seq": 2}, {"$set": {"envelope.items": row["envelope"]["items"][::-1]}})


async def leave_an_item_out(packs):
    await packs.update_one({"seq": 2}, {"$pop": {"envelope.items": 1}})


async def two_change_places(packs):
    first, second = [await packs.find_one({"seq": seq}) for seq in (1, 2)]
    await packs.delete_many({"seq": {"$in": [1, 2]}})
    for row, seq in ((first, 2), (second, 1)):
        await packs.insert_one({**row, "seq": seq, "envelope": {**row["envelope"], "seq": seq}})


TAMPERINGS = (
    change_a_value,
    change_a_value_and_the_hashes,
    change_the_title,
    swap_the_entity,
    swap_the_entity_of_the_row_only,
    delete_one_in_the_middle,
    delete_the_last,
    reorder_the_items,
    leave_an_item_out,
    two_change_places,
)


async def test_every_way_to_tamper_with_packs_is_found(three_packs):
    desk, packs = three_packs
    kept = await packs.find({}).to_list()
    about = kept[1]["_id"].partition(":")[2]
    assert (await desk.verdict(about))["valid"]
    for tampering in TAMPERINGS:
        await tampering(packs)
        verdict = await desk.verdict(about)
        assert not verdict["valid"], tampering.__name__
        assert verdict["first_broken"], tampering.__name__
        refused = await desk.post(f"{PACKS}/{about}/review", "PUT", note="")
        assert refused.status_code == 409, tampering.__name__
        await packs.delete_many({})
        await packs.insert_many(kept)
    assert (await desk.verdict(about))["valid"]


async def test_a_changed_text_beside_a_pack_is_found_and_a_forgotten_one_leaves_it_valid(three_packs, tmp_path):
    desk, packs = three_packs
    beside = packs.database.pack_texts
    pack_id = (await packs.find_one({"seq": 2}))["_id"].partition(":")[2]
    kept = await beside.find_one({"pack_id": pack_id})
    await beside.update_one({"_id": kept["_id"]}, {"$set": {"texts.0.text": "another"}})
    verdict = await desk.verdict(pack_id)
    assert (verdict["valid"], verdict["first_broken"]["fault"]) == (False, "text_changed")

    await beside.delete_many({"conversation_id": kept["conversation_id"]})  # as the erasure of a contact does
    assert (await desk.verdict(pack_id))["valid"]
    page = await desk.get(f"{PACKS}/{pack_id}/export", format="html", language="en")
    assert "forgotten at the contact&#39;s wish" in page.text
    exported = await desk.get(f"{PACKS}/{pack_id}/export", format="zip")
    zipfile.ZipFile(io.BytesIO(exported.content)).extractall(tmp_path)
    checked = run(tmp_path, "pack.json")
    assert checked.returncode == 0
    assert "forgotten" in checked.stdout


def test_the_words_beside_packs_are_deleted_with_their_contact():
    from adapters.mongo import packs, schema
    from adapters.mongo.shelf import Erasure

    assert packs.TEXTS in schema.SHELVES
    assert (packs.TEXTS.on_erasure, packs.TEXTS.contact_field) == (Erasure.DELETE, "conversation_id")


async def test_at_night_a_broken_pack_and_a_lost_one_are_told(three_packs):
    desk, packs = three_packs
    won = desk.house.inside.trust.evidence.won_deals
    assert await won.reconcile(DEFAULT_TENANT) == 0
    await change_the_title(packs)
    assert await won.reconcile(DEFAULT_TENANT) >= 1
    alerts = await desk.house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert "deal_evidence_missing" in [alert.kind for alert in alerts]


async def test_what_cannot_be_assembled_is_tried_again_and_in_the_end_somebody_is_told(own):
    house, talk = own.house, Talk(own.house, "green_api")
    await brought_to_pilot_without_payment(house, talk)

    def edit(conversation, log):
        """A win that left no trace of a payment or of a reason."""
        conversation.stage = "closed_won"
        log.add(
            "stage_moved", "", before="pilot_active", after="closed_won", event="pilot_converted", by="system"
        )

    await house.inside.notebook.change(DEFAULT_TENANT, talk.conversation.id, edit)
    await works(house)
    first = await own.deal(talk)
    assert (first["evidence"], first["evidence_pack_id"]) == ("pending", "")
    assert "payment" in first["evidence_reason"]
    for _ in range(8):
        house.clock.moves(timedelta(hours=7))
        await works(house)

    deal = await own.deal(talk)
    assert deal["evidence"] == "incomplete"
    assert (await own.get(f"{PACKS}/{deal['evidence_pack_id']}")).json()["missing"]
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert talk.conversation.id in [alert.about for alert in alerts]


# On another machine


@pytest_asyncio.fixture(loop_scope="session")
async def exported(house, desk):
    talk = await a_won_deal(house, desk)
    await works(house)
    pack = await desk.pack_of(talk)
    return await desk.get(f"{PACKS}/{pack['pack_id']}/export", format="zip")


def run(folder, *arguments):
    """The shipped program with a bare Python: no packages, no environment of ours."""
    command = [sys.executable, "-I", "-S", "verify.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONUTF8": "1"})


async def test_the_folder_checks_itself_with_nothing_but_python(exported, tmp_path):
    zipfile.ZipFile(io.BytesIO(exported.content)).extractall(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        "pack.json", "pack.ar.html", "pack.en.html", "public_key.txt", "verify.py", "README.md",
    }  # fmt: skip
    good = run(tmp_path, "pack.json")
    assert good.returncode == 0, good.stdout + good.stderr
    assert "VALID" in good.stdout
    key = (tmp_path / "public_key.txt").read_text().split()[2]
    assert run(tmp_path, "pack.json", "--key", key).returncode == 0
    assert run(tmp_path, "pack.json", "--key", "ab" * 32).returncode == 1

    raw = bytearray((tmp_path / "pack.json").read_bytes())
    place = len(raw) // 2
    raw[place] ^= 1
    (tmp_path / "pack.json").write_bytes(raw)
    bad = run(tmp_path, "pack.json")
    assert bad.returncode == 1
    assert "NOT VALID" in bad.stdout


async def test_no_byte_of_a_pack_can_be_another_one(exported, tmp_path):
    from bot.evidence import standalone

    raw = zipfile.ZipFile(io.BytesIO(exported.content)).read("pack.json")
    file = tmp_path / "pack.json"
    places = random.Random(7)
    for _ in range(300):
        changed = bytearray(raw)
        changed[places.randrange(len(raw))] ^= 1 << places.randrange(8)
        file.write_bytes(changed)
        try:
            found = problems_of(standalone.read(file))
        except ValueError:
            continue
        assert found
    file.write_bytes(raw)
    assert problems_of(standalone.read(file)) == []


async def test_a_pack_signed_by_somebody_else_is_not_genuine(exported):
    """With a key of one's own everything can be made right, except whose key it is."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    document = json.loads(zipfile.ZipFile(io.BytesIO(exported.content)).read("pack.json"))
    pinned = document["public_key"]["hex"]
    forger = Ed25519PrivateKey.generate()
    document["envelope"]["title"] = "forged"
    document["hash"] = hashed(document["envelope"])
    document["signature"]["hex"] = forger.sign(f"dealix pack v1 {document['hash']}".encode()).hex()
    assert problems_of(document)
    raw = forger.public_key().public_bytes_raw()
    import hashlib

    key_id = hashlib.sha256(raw).hexdigest()[:16]
    document["public_key"] = {"id": key_id, "algorithm": "Ed25519", "hex": raw.hex()}
    document["signature"]["key_id"] = key_id
    assert problems_of(document) == []
    assert problems_of(document, pinned)


@pytest.mark.parametrize(("language", "direction", "word"), [("ar", "rtl", "الحزمة"), ("en", "ltr", "Pack")])
async def test_the_page_is_complete_in_itself_in_both_languages(house, desk, language, direction, word):
    talk = await a_won_deal(house, desk, words="<script>alert(1)</script> كم السعر؟")
    await works(house)
    pack = await desk.pack_of(talk)
    page = (await desk.get(f"{PACKS}/{pack['pack_id']}/export", format="html", language=language)).text
    assert f'dir="{direction}"' in page
    assert word in page
    assert pack["hash"] in page
    for foreign in ("http://", "https://", "<script", "src="):
        assert foreign not in page
