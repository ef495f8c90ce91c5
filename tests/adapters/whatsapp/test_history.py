"""A row of a provider's record says the same as the webhook that did not come, under the same key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.events import InboundMessage
from bot.ports import HistoryAway, NoHistory, Remembered
from tests.adapters.whatsapp.seats import PHONE, fonnte, green, meta, ultramsg
from tests.fakes.whatsapp import FakeWhatsApp, bodies

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
SPAN = (AT - timedelta(minutes=5), AT + timedelta(minutes=5))

GREEN = {
    "text": {"typeMessage": "textMessage", "textMessageData": {"textMessage": "كم السعر؟"}},
    "not received": {"typeMessage": "textMessage", "textMessageData": {"textMessage": "{{SWE001}}"}},
    "link": {"typeMessage": "extendedTextMessage", "extendedTextMessageData": {"text": "https://example.com"}},
    "reply": {
        "typeMessage": "quotedMessage",
        "extendedTextMessageData": {"text": "نعم"},
        "quotedMessage": {"stanzaId": "3EB0AA", "participant": "966550000001@c.us"},
    },
    "image": {
        "typeMessage": "imageMessage",
        "fileMessageData": {"downloadUrl": "https://x.test/1", "caption": "هذا", "mimeType": "image/jpeg"},
    },
    "voice": {
        "typeMessage": "audioMessage",
        "fileMessageData": {"downloadUrl": "https://x.test/2", "mimeType": "audio/ogg; codecs=opus"},
    },
    "place": {
        "typeMessage": "locationMessage",
        "locationMessageData": {"latitude": 24.7, "longitude": 46.7, "nameLocation": "الرياض"},
    },
    "card": {"typeMessage": "contactMessage", "contactMessageData": {"displayName": "نورة", "vcard": "BEGIN"}},
    "click": {
        "typeMessage": "templateButtonsReplyMessage",
        "templateButtonReplyMessage": {"selectedId": "yes", "selectedDisplayText": "نعم", "stanzaId": "3EB0BB"},
    },
}


@pytest.fixture
async def fake():
    async with FakeWhatsApp() as server:
        yield server


async def remembered(provider) -> Remembered:
    found = await provider.history(*SPAN)
    await provider.close()
    assert isinstance(found, Remembered), found
    return found


def as_told(event) -> InboundMessage:
    """What matters of an event, however it came."""
    assert isinstance(event, InboundMessage)
    return replace(event, raw={}, came_by="")


@pytest.mark.parametrize("kind", GREEN)
async def test_green_api_says_the_same_in_its_journal(fake, kind):
    hook = bodies.green(GREEN[kind], chat=f"{PHONE}@c.us", message_id="3EB0CC", at=AT)
    fake.keeps("green_api", hook)
    provider = green(fake.url)
    (told,) = provider.parse(hook.body)
    (found,) = (await remembered(provider)).events

    assert found.came_by == "history"
    assert as_told(found) == as_told(told)


@pytest.mark.parametrize(
    "more", [{"type": "chat", "body": "كم السعر؟"}, {"type": "image", "body": "هذا", "media": "u"}]
)
async def test_ultramsg_says_the_same_in_its_chats(fake, more):
    data = {"id": f"false_{PHONE}@c.us_3EB0DD", "from": f"{PHONE}@c.us", "fromMe": False, "pushname": "نورة"}
    hook = bodies.ultramsg({**data, **more, "time": int(AT.timestamp())})
    fake.keeps("ultramsg", hook)
    provider = ultramsg(fake.url)
    (told,) = provider.parse(hook.body)
    (found,) = (await remembered(provider)).events

    assert as_told(found) == as_told(told)


async def test_groups_and_what_lies_outside_the_span_are_left(fake):
    for chat, at in ((f"{PHONE}-15812@g.us", AT), (f"{PHONE}@c.us", AT - timedelta(hours=1))):
        fake.keeps("green_api", bodies.green(GREEN["text"], chat=chat, message_id="3EB0EE", at=at))

    assert (await remembered(green(fake.url))).events == ()


async def test_messages_are_given_oldest_first_and_each_once(fake):
    for number in (2, 0, 1, 1):
        at = AT + timedelta(seconds=number)
        fake.keeps("green_api", bodies.green(GREEN["text"], chat=f"{PHONE}@c.us", message_id=f"A{number}", at=at))

    assert [e.provider_message_id for e in (await remembered(green(fake.url))).events] == ["A0", "A1", "A2"]


@pytest.mark.parametrize("make", [green, ultramsg])
async def test_a_provider_that_asks_for_a_pause_gets_it(fake, make):
    provider = make(fake.url)
    fake.script(provider.name, "reply:429:{}")
    found = await provider.history(*SPAN)
    await provider.close()

    assert isinstance(found, HistoryAway)
    assert "\n" in found.detail


@pytest.mark.parametrize("make", [fonnte, meta])
async def test_a_provider_without_a_record_says_so_in_two_languages(make):
    provider = make()
    found = await provider.history(*SPAN)
    await provider.close()

    assert isinstance(found, NoHistory)
    assert found.reason_en
    assert found.reason_ar
