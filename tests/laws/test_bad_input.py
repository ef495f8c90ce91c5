"""Whatever is posted gets a clear answer, is never lost silently, and never stops the house."""

import asyncio
import json
import logging
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS, bodies
from tests.fakes.whatsapp.bodies import PROVIDERS, Webhook

GREEN = {"authorization": f"Bearer {ACCOUNTS.green_webhook_token}"}
THREE_MB = 3 * 1024 * 1024


def authentic(provider: str, body: bytes) -> Webhook:
    """Any bytes, with whatever proof that provider adds."""
    if provider == "green_api":
        return Webhook(body, GREEN)
    if provider == "ultramsg":
        return Webhook(body, {}, {"secret": ACCOUNTS.ultramsg_secret})
    if provider == "fonnte":
        return Webhook(body, {}, {"secret": ACCOUNTS.fonnte_secret})
    return bodies.signed(body)


NONSENSE = {
    "nothing": b"",
    "half a tree": b'{"typeWebhook": "incoming',
    "a list": b"[1, 2, 3]",
    "a word": b'"hello"',
    "null": b"null",
    "not utf-8": b"\xff\xfe\x00{",
    "deep brackets": b"[" * 100_000,
    "deep tree": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "huge number": b'{"timestamp": ' + b"9" * 5_000 + b"}",
    "form": b"a=1&b=2",
    "nan": b'{"timestamp": NaN, "entry": Infinity}',
}


@pytest.mark.parametrize("what", NONSENSE)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_authentic_body_that_makes_no_sense_is_kept(house, provider, what):
    webhook = authentic(provider, NONSENSE[what])

    answer = await house.is_told(provider, webhook)

    if answer.status_code == 200:
        # Kept for an operator; or understood as something that concerns nobody.
        kept = [raw.body for raw in await house.inside.store.quarantine.waiting(DEFAULT_TENANT, 1_000)]
        how = answer.json()["status"]
        assert how == ("quarantined" if webhook.body in kept else "recorded"), answer.text
    else:
        # A secret inside a body that cannot be read proves nothing.
        assert answer.status_code == 401 and provider == "fonnte", answer.text
    assert (await house.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_same_nonsense_twice_is_kept_once(house, provider):
    nonsense = authentic(provider, f'{{"what is this": "{provider}"'.encode())
    before = await house.inside.store.quarantine.count(DEFAULT_TENANT)
    first, second = await house.is_told(provider, nonsense), await house.is_told(provider, nonsense)

    assert first.status_code == second.status_code
    assert await house.inside.store.quarantine.count(DEFAULT_TENANT) - before <= 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_webhook_without_the_right_proof_is_refused_and_changes_nothing(new_talk, provider):
    talk = new_talk(provider)
    real = talk.writes("كم السعر؟")
    forged = {
        "green_api": Webhook(real.body, {"authorization": "Bearer wrong"}),
        "ultramsg": Webhook(real.body, real.headers, {"secret": "wrong"}),
        "fonnte": Webhook(real.body.replace(ACCOUNTS.fonnte_secret.encode(), b"wrong"), real.headers),
        "meta_cloud": Webhook(real.body + b" ", real.headers),
    }[provider]
    for webhook in (forged, Webhook(forged.body, {})):
        answer = await talk.house.is_told(provider, webhook)

        assert answer.status_code in (401, 403)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["message_ar"] and answer.json()["message_en"]
    await talk.looks()
    assert talk.memory is None
    assert talk.replies == []


async def test_an_unknown_channel_is_not_found(house):
    answer = await house.http.post("/webhooks/carrier_pigeon", content=b"{}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_channel")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_more_than_any_provider_sends_is_refused(house, provider):
    async def in_parts():
        for _ in range(THREE_MB // 65_536 + 2):
            yield b" " * 65_536

    announced = await house.is_told(provider, authentic(provider, b" " * (THREE_MB + 1)))
    streamed = await house.http.post(f"/webhooks/{provider}", content=in_parts(), headers=GREEN)

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["code"] == "body_too_large"


async def test_a_large_but_legal_body_is_taken(talk):
    """A long list of messages of one contact is one burst and one answer."""
    now = talk.house.clock()
    values = [
        {
            "contacts": [{"wa_id": talk.phone, "profile": {"name": "x"}}],
            "messages": [
                {
                    "from": talk.phone,
                    "id": f"wamid.big{number}.{talk.phone}",
                    "timestamp": str(int(now.timestamp())),
                    "type": "text",
                    "text": {"body": "كم السعر؟ " + "و" * 500},
                }
            ],
        }
        for number in range(50)
    ]
    talk.provider = "meta_cloud"
    answer = await talk.posts(bodies.meta(*values))
    await talk.looks()

    assert answer.json() == {"status": "recorded", "events": 50, "new": 50}
    received = await talk.happened("message_received")
    assert len(received) == 50
    assert len(talk.arrived) <= 2


STRANGE_TEXTS = {
    "nul": "كم\x00 السعر؟",
    "half a character": "كم السعر \ud83d",
    "bidi controls": "\u202eكم السعر؟\u202c\u2066x\u2069",
    "the longest": "كم السعر " * 7_281 + "كم السعر",
    "longer than the longest": "ا" * 200_000,
    "only spaces": " \u00a0\u3000\u200b ",
    "combining": "ك" + "\u0650" * 5_000,
    "markup": "<b>كم السعر</b> {question} ${PATH} {{x}} %s",
    "mongo words": "$where: function() { return 1 }",
    "emoji": "👨‍👩‍👧‍👦" * 300,
    "many lines": "\n" * 3_000 + "السعر",
}


@pytest.mark.parametrize("what", STRANGE_TEXTS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_text_that_a_phone_could_send_ends_in_an_outcome(new_talk, provider, what):
    talk = new_talk(provider)
    webhook = talk.writes("PLACE")
    text = json.dumps(STRANGE_TEXTS[what], ensure_ascii=True).encode()
    assert b'"PLACE"' in webhook.body
    changed = Webhook(webhook.body.replace(b'"PLACE"', text), webhook.headers, webhook.query)
    if provider == "meta_cloud":
        changed = bodies.signed(changed.body)
    await talk.sends(changed)

    outcomes = [what for what, _ in await talk.house.history(talk.conversation)]
    assert "message_received" in outcomes
    assert {"reply_queued_by_bot", "draft_held", "kept_silent"} & set(outcomes), outcomes
    assert talk.conversation.mailbox == []
    assert len(talk.arrived) <= 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_clock_in_the_future_is_not_believed(new_talk, house, provider):
    talk = new_talk(provider)
    await talk.says("كم السعر؟", at=house.clock() + timedelta(days=400))

    talk.hears("price_on_request")
    window = max(talk.conversation.windows.values())
    assert window <= house.clock()


@pytest.mark.parametrize("stamp", [-1, 0, 2**40, 2**63, 2**70, "soon", None, 1e300, [1]])
async def test_a_time_that_is_none_does_not_lose_the_message(talk, stamp):
    webhook = talk.writes("كم السعر؟")
    tree = json.loads(webhook.body)
    tree["timestamp"] = stamp
    await talk.sends(Webhook(json.dumps(tree).encode(), webhook.headers))

    outcomes = [what for what, _ in await talk.house.history(talk.conversation)]
    assert {"reply_queued_by_bot", "draft_held"} & set(outcomes), outcomes


async def test_a_contact_without_a_number_is_answered_under_the_id_it_has(house):
    """Meta's user ids and Green API's hidden numbers."""
    message = {"type": "text", "text": {"body": "كم السعر؟"}}
    hidden = bodies.meta_message(
        message, phone="", user_id="SA.1234567890123", message_id="wamid.bsuid1", at=house.clock()
    )
    assert (await house.is_told("meta_cloud", hidden)).status_code == 200
    said = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "كم السعر؟"}}
    lid = bodies.green(said, chat="120612345678901@lid", message_id="3EBLID1", at=house.clock())
    assert (await house.is_told("green_api", lid)).status_code == 200
    await house.settles()

    assert {"SA.1234567890123", "120612345678901@lid"} == {entry.recipient for entry in house.fake.ledger}
    for key in ("bsuid:SA.1234567890123", "lid:120612345678901"):
        found = await house.remembers(key)
        assert found is not None and found.phone == "" and found.stage == "qualifying"


async def test_unknown_kinds_are_recorded_and_answered_by_nobody_alone(talk):
    for number, kind in enumerate(("unknownMessage", "pollMessage", "somethingNew2027")):
        webhook = bodies.green(
            {"typeMessage": kind, "x": {"y": 1}},
            chat=f"{talk.phone}@c.us",
            message_id=f"3EBKIND{number}",
            at=talk.house.clock(),
        )
        assert (await talk.posts(webhook)).status_code == 200
    await talk.looks()

    assert talk.replies == [] or len(talk.arrived) <= 1
    assert (await talk.house.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("chat", ["120363000000000000@g.us", "status@broadcast", "120363@newsletter"])
async def test_groups_and_broadcasts_are_none_of_our_business(house, chat):
    said = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "وقفوا الرسايل كم السعر"}}
    webhook = bodies.green(said, chat=chat, message_id=f"3EBGROUP{chat}", at=house.clock())
    answer = await house.is_told("green_api", webhook)
    await house.settles()

    assert answer.status_code == 200
    assert house.fake.ledger == []


async def test_a_pasted_secret_is_kept_nowhere(talk, house):
    secret = "sk-proj-Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0LmNbVcXz"
    await talk.says(f"هذا المفتاح حقي {secret} جربوه")

    await house.inside.relay.flush()
    stored = await house.everything_stored()
    assert talk.phone in str(stored["conversations"])
    assert secret not in str(stored)
    assert all(secret not in text for text in talk.replies)
    assert [notice.kind for notice in talk.conversation.notices] == ["secret_pasted"]


async def test_logs_hold_neither_bodies_nor_secrets(talk, house, capfd, caplog):
    """What the process writes while it is fed good and bad things."""
    caplog.set_level(logging.INFO)
    words = "كلمة-سرية-جدا-12345"
    await talk.says(f"كم السعر؟ {words}")
    house.fake.script("green_api", "server_error", times=1)
    await talk.says(f"{words} طيب")
    await house.is_told("green_api", Webhook(f"{{broken {words}".encode(), GREEN))
    await house.is_told("meta_cloud", Webhook(words.encode(), {"x-hub-signature-256": "sha256=00"}))
    await house.is_told("ultramsg", Webhook(words.encode(), {}, {"secret": "wrong-" + words}))
    await house.settles()

    printed = "".join(capfd.readouterr()) + caplog.text
    assert words not in printed
    assert talk.phone not in printed
    account = ACCOUNTS
    for secret in (account.green_token, account.meta_token, account.ultramsg_token, account.meta_app_secret):
        assert secret not in printed


async def test_a_storm_of_everything_leaves_the_house_standing(new_talk, house):
    """Good and bad bodies at once: every good one is answered, the process stays up."""
    talks = [new_talk(PROVIDERS[number % 4]) for number in range(20)]
    posts = [talk.posts(talk.writes("كم السعر؟")) for talk in talks]
    posts += [house.is_told(p, authentic(p, body)) for p in PROVIDERS for body in NONSENSE.values()]
    answers = await asyncio.gather(*posts)

    assert {200} == {answer.status_code for answer in answers[:20]}
    assert all(answer.status_code < 500 for answer in answers)
    for talk in talks:
        await talk.looks()
        talk.hears("price_on_request")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-10:00"])
async def test_a_moment_that_has_no_name_in_utc_is_refused_wherever_one_is_asked_for(house, moment):
    """Every field of every body that is a moment, as the description of the routes has it."""
    description = (await house.http.get("/api/openapi.json", headers=house.token("admin"))).json()
    schemas = description["components"]["schemas"]
    tried = set()
    for path, offered in description["paths"].items():
        for method, route in offered.items():
            body = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            fields = schemas.get(body.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
            named = [name for name, schema in fields.items() if "date-time" in str(schema)]
            for name in named:
                filled = re.sub(r"\{\w+\}", "nobody", path)
                headers = house.token("admin") | {"Idempotency-Key": uuid4().hex}
                answer = await house.http.request(method, filled, json={name: moment}, headers=headers)
                assert answer.status_code == 422, (method, path, name, answer.text)
                assert name in str(answer.json()["errors"]), (method, path, answer.text)
                tried.add(path)
    assert len(tried) >= 8, tried
