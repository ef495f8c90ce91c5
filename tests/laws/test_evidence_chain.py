"""What happened is sealed while the service runs, and whoever asks learns whether somebody has changed it."""

import json

from pymongo import AsyncMongoClient

from bot.tenants import DEFAULT_TENANT
from tests.house import Talk

CHAIN = "/api/v1/evidence/chain"


async def chain(house, role="admin"):
    answer = await house.http.get(CHAIN, headers=house.token(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sealed(house):
    await house.inside.relay.flush()
    await house.inside.trust.evidence.seals.seal(DEFAULT_TENANT)


def database(house):
    client = AsyncMongoClient(house.settings.mongodb_uri.get_secret_value())
    return client, client[house.settings.mongodb_database]


async def test_a_conversation_is_sealed_and_a_later_change_of_it_is_named(own_house):
    talk = Talk(own_house, "green_api")
    await talk.says("كم السعر؟")
    await sealed(own_house)
    before = await chain(own_house)
    assert before["valid"]
    assert before["entries"] >= 4

    client, rows = database(own_house)
    async with client:
        entry = await rows.timeline.find_one({"what": "message_received"})
        await rows.timeline.update_one({"_id": entry["_id"]}, {"$set": {"data.text": "كم؟"}})
        broken = await chain(own_house)
        assert not broken["valid"]
        assert broken["first_broken"]["kind"] == "changed"
        assert entry["_id"].endswith(broken["first_broken"]["entry_id"])
        assert broken["first_broken"]["message_ar"]

        await rows.timeline.replace_one({"_id": entry["_id"]}, entry)
        assert (await chain(own_house))["valid"]


async def test_the_head_is_sent_outside_once_a_day_and_finds_a_shortened_chain(own_house):
    talk = Talk(own_house, "green_api")
    await talk.says("كم السعر؟")
    await sealed(own_house)
    evidence = own_house.inside.trust.evidence
    await evidence.anchors.run()
    await evidence.anchors.run()
    alerts = [a for a in await own_house.inside.trust.alerts.latest(DEFAULT_TENANT) if a.kind == "chain_anchored"]
    file = own_house.settings.data_dir / "anchors.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    (anchor,) = lines[-1:]
    assert alerts[0].detail == f"{anchor['seq']}:{anchor['hash']}"
    assert len(alerts) == len(lines)

    client, rows = database(own_house)
    async with client:
        await rows.anchors.delete_many({})
        await rows.seals.delete_many({"seq": anchor["seq"]})
        await rows.timeline.delete_many({"seal": anchor["seq"]})
    found = await chain(own_house)
    assert (found["valid"], found["first_broken"]["kind"]) == (False, "cut_off")


async def test_only_those_who_answer_for_it_read_the_chain_and_everybody_needs_a_token(house):
    for role, status in (("admin", 200), ("dpo", 200), ("executive", 200), ("agent", 403), ("service", 403)):
        answer = await house.http.get(CHAIN, headers=house.token(role))
        assert answer.status_code == status, role
    assert (await house.http.get(CHAIN)).status_code == 401


async def test_the_public_keys_are_shown_and_no_private_one(house):
    answer = await house.http.get("/api/v1/evidence/keys", headers=house.token("dpo"))
    (key,) = answer.json()
    assert key["signs_now"]
    assert len(bytes.fromhex(key["public_key_hex"])) == 32
    private = (house.settings.data_dir / "keys" / "evidence" / "signing.key").read_bytes()
    assert private.hex() not in answer.text
