"""Every kind of webhook of the three gateways that send as a linked device."""

from datetime import UTC, datetime

import pytest

from bot.events import (
    ChannelState,
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    OutgoingEcho,
    SendClass,
)
from tests.adapters.whatsapp.seats import fonnte, green, ultramsg
from tests.fakes.whatsapp import bodies

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PHONE = "966501234567"
CHAT = f"{PHONE}@c.us"
GREEN = green(clock=lambda: NOW)
ULTRAMSG = ultramsg(clock=lambda: NOW)
FONNTE = fonnte(clock=lambda: NOW)


def from_green(data, *, chat=CHAT, **fields):
    (event,) = GREEN.parse(bodies.green(data, chat=chat, message_id="3EB0A1", at=NOW, **fields).body)
    return event


def from_green_as(fields):
    (event,) = GREEN.parse(bodies.green_envelope(fields).body)
    return event


def from_ultramsg(data, **fields):
    common = {"id": f"false_{CHAT}_3EB0A1", "from": CHAT, "type": "chat", "fromMe": False, "time": 1772357400}
    (event,) = ULTRAMSG.parse(bodies.ultramsg({**common, **data}, **fields).body)
    return event


def from_fonnte(fields):
    (event,) = FONNTE.parse(bodies.fonnte(fields).body)
    return event


def said(event):
    return event.kind, event.text, event.button_id, event.concerns


FILE = {"downloadUrl": "https://x.example/f", "caption": "هذا", "fileName": "f.bin", "mimeType": "x/y"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"typeMessage": "extendedTextMessage", "extendedTextMessageData": {"text": "رابط", "stanzaId": "Q"}},
            (Kind.TEXT, "رابط", "", "Q"),
        ),
        (
            {
                "typeMessage": "quotedMessage",
                "extendedTextMessageData": {"text": "نعم"},
                "quotedMessage": {"stanzaId": "Q", "selectedId": "x", "textMessage": "هل؟"},
            },
            (Kind.TEXT, "نعم", "", "Q"),
        ),
        (
            {"typeMessage": "textMessage", "textMessageData": {"textMessage": "{{SWE001}}"}},
            (Kind.UNREADABLE, "", "", ""),
        ),
        (
            {
                "typeMessage": "interactiveButtonsResponse",
                "interactiveButtonsResponse": {"stanzaId": "Q", "selectedId": "1", "selectedDisplayText": "نعم"},
            },
            (Kind.BUTTON, "نعم", "1", "Q"),
        ),
        (
            {
                "typeMessage": "interactiveButtonsResponse",
                "interactiveButtonsResponse": {"selectedButtonId": "1", "selectedButtonText": "نعم"},
            },
            (Kind.BUTTON, "نعم", "1", ""),
        ),
        (
            {
                "typeMessage": "buttonsResponseMessage",
                "buttonsResponseMessage": {"selectedButtonId": "1", "selectedButtonText": "نعم"},
            },
            (Kind.BUTTON, "نعم", "1", ""),
        ),
        (
            {
                "typeMessage": "templateButtonsReplyMessage",
                "templateButtonReplyMessage": {"selectedId": "1", "selectedDisplayText": "نعم"},
            },
            (Kind.BUTTON, "نعم", "1", ""),
        ),
        (
            {"typeMessage": "somethingNew", "somethingNew": {"buttonId": "1", "buttonText": "نعم"}},
            (Kind.BUTTON, "نعم", "1", ""),
        ),
        (
            {
                "typeMessage": "listResponseMessage",
                "listResponseMessage": {"title": "الرياض", "singleSelectReply": {"selectedRowId": "ruh"}},
            },
            (Kind.BUTTON, "الرياض", "ruh", ""),
        ),
        (
            {
                "typeMessage": "reactionMessage",
                "extendedTextMessageData": {"text": "👍"},
                "quotedMessage": {"stanzaId": "Q"},
            },
            (Kind.REACTION, "👍", "", "Q"),
        ),
        ({"typeMessage": "reactionMessage", "quotedMessage": {"stanzaId": "Q"}}, (Kind.REACTION, "", "", "Q")),
        (
            {"typeMessage": "editedMessage", "editedMessageData": {"stanzaId": "Q", "textMessage": "الجديد"}},
            (Kind.EDIT, "الجديد", "", "Q"),
        ),
        (
            {"typeMessage": "editedMessage", "editedMessageData": {"stanzaId": "Q", "caption": "الجديد"}},
            (Kind.EDIT, "الجديد", "", "Q"),
        ),
        (
            {"typeMessage": "deletedMessage", "deletedMessageData": {"stanzaId": "Q"}},
            (Kind.DELETION, "", "", "Q"),
        ),
        ({"typeMessage": "imageMessage", "fileMessageData": FILE}, (Kind.IMAGE, "هذا", "", "")),
        ({"typeMessage": "videoMessage", "fileMessageData": FILE}, (Kind.VIDEO, "هذا", "", "")),
        ({"typeMessage": "documentMessage", "fileMessageData": FILE}, (Kind.DOCUMENT, "هذا", "", "")),
        ({"typeMessage": "stickerMessage", "fileMessageData": FILE}, (Kind.STICKER, "هذا", "", "")),
        ({"typeMessage": "audioMessage", "fileMessageData": FILE}, (Kind.AUDIO, "هذا", "", "")),
        (
            {"typeMessage": "audioMessage", "fileMessageData": {"mimeType": "audio/ogg; codecs=opus"}},
            (Kind.VOICE, "", "", ""),
        ),
        ({"typeMessage": "locationMessage", "locationMessageData": {"latitude": 1}}, (Kind.LOCATION, "", "", "")),
        (
            {"typeMessage": "contactMessage", "contactMessageData": {"vcard": "V"}},
            (Kind.CONTACT_CARD, "", "", ""),
        ),
        ({"typeMessage": "pollMessage", "pollMessageData": {"name": "متى؟"}}, (Kind.POLL, "", "", "")),
        ({"typeMessage": "pollUpdateMessage", "pollMessageData": {"stanzaId": "Q"}}, (Kind.POLL, "", "", "Q")),
        (
            {"typeMessage": "interactiveButtons", "interactiveButtons": {"contentText": "عرض", "buttons": []}},
            (Kind.OTHER, "عرض", "", ""),
        ),
    ],
    ids=lambda value: value.get("typeMessage") if isinstance(value, dict) else "",
)
def test_green_api_each_type_of_message(data, expected):
    assert said(from_green(data)) == expected


def test_green_api_a_file_a_place_and_cards_are_kept():
    file = from_green({"typeMessage": "imageMessage", "fileMessageData": FILE}).media
    place = {"latitude": "24.7", "longitude": 46.7, "nameLocation": "المكتب", "address": "العليا"}
    media = from_green({"typeMessage": "locationMessage", "locationMessageData": place}).media
    cards = from_green(
        {"typeMessage": "contactsArrayMessage", "contacts": [{"vcard": "A"}, {"vcard": "B"}]}
    ).media

    assert (file.url, file.file_name, file.mime_type) == ("https://x.example/f", "f.bin", "x/y")
    assert (media.latitude, media.longitude, media.detail) == (24.7, 46.7, "المكتب, العليا")
    assert cards.detail == "A\nB"


def test_green_api_a_hidden_number_never_becomes_a_phone():
    text = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "هلا"}}

    hidden = from_green(text, chat="120650379300963@lid")
    both = from_green(text, chat="120650379300963@lid", sender=CHAT)

    assert (hidden.contact_keys, hidden.phone) == (("lid:120650379300963",), "")
    assert (both.contact_keys, both.phone) == (("lid:120650379300963", f"phone:{PHONE}"), PHONE)


@pytest.mark.parametrize(
    "chat",
    [
        "120363043968066561@g.us",
        "11001234567-1581234048@g.us",
        "1203@newsletter",
        "status@broadcast",
        "966501234567",
        "",
    ],
)
def test_green_api_only_chats_with_one_person_are_heard(chat):
    text = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "هلا"}}

    event = from_green(text, chat=chat, sender=chat or " ")

    assert isinstance(event, Ignored)


def test_green_api_one_id_in_two_chats_is_two_messages():
    text = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "هلا"}}

    assert from_green(text).key != from_green(text, chat="966509999999@c.us").key


@pytest.mark.parametrize(
    ("sort", "by_api"), [("outgoingMessageReceived", False), ("outgoingAPIMessageReceived", True)]
)
def test_green_api_tells_a_human_at_the_phone_from_our_own_send(sort, by_api):
    text = {"typeMessage": "textMessage", "textMessageData": {"textMessage": "أنا سامي"}}

    event = from_green(text, type_webhook=sort)

    assert isinstance(event, OutgoingEcho)
    assert (event.by_api, event.text) == (by_api, "أنا سامي")
    assert event.contact_keys == (f"phone:{PHONE}",)
    assert event.provider_message_id == "3EB0A1"


@pytest.mark.parametrize(
    ("status", "send_class"),
    [
        ("failed", SendClass.NOT_SENT_FALLBACK),
        ("fail", SendClass.NOT_SENT_FALLBACK),
        ("noAccount", SendClass.PERMANENT_RECIPIENT),
        ("notInGroup", SendClass.PERMANENT_RECIPIENT),
    ],
)
def test_green_api_each_failure(status, send_class):
    event = from_green_as({"typeWebhook": "outgoingMessageStatus", "idMessage": "M1", "status": status})

    assert isinstance(event, DeliveryReceipt)
    assert (event.status, event.send_class, event.provider_code) == (DeliveryStatus.FAILED, send_class, status)


@pytest.mark.parametrize(
    "fields",
    [
        {"typeWebhook": "outgoingMessageStatus", "idMessage": "M1", "status": "yellowCard", "chatId": CHAT},
        {"typeWebhook": "stateInstanceChanged", "stateInstance": "blocked", "timestamp": 1772357400},
        {"typeWebhook": "quotaExceeded", "quotaData": {"status": "QUOTA_EXCEEDED"}},
        {"typeWebhook": "incomingBlock", "quotaData": {}},
    ],
)
def test_green_api_news_of_a_number_in_trouble(fields):
    event = from_green_as(fields)

    assert isinstance(event, ChannelState)
    assert not event.is_healthy


def test_green_api_a_call_is_one_message_however_often_it_changes_its_state():
    def call(**fields):
        return from_green_as({"typeWebhook": "incomingCall", "idMessage": "C1", "from": CHAT, **fields})

    assert (call().kind, call().phone) == (Kind.CALL, PHONE)
    assert call(status="offer").key == call(status="hangUp").key
    assert call(idMessage="C2").key != call().key


@pytest.mark.parametrize(
    "fields",
    [
        {"typeWebhook": "deviceInfo", "deviceData": {}},
        {"typeWebhook": "statusInstanceChanged", "statusInstance": "offline"},
        {"typeWebhook": "outgoingMessageStatus", "idMessage": "M1", "status": "pondering"},
        {"typeWebhook": "outgoingMessageStatus", "idMessage": "M1", "status": "sent", "chatId": "1@g.us"},
        {"typeWebhook": "incomingMessageReceived"},
    ],
)
def test_green_api_the_rest_is_ignored_with_a_reason(fields):
    event = from_green_as(fields)

    assert isinstance(event, Ignored)
    assert event.reason


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "image", "body": "هذا", "media": "https://x.example/f"}, (Kind.IMAGE, "هذا", "", "")),
        ({"type": "video"}, (Kind.VIDEO, "", "", "")),
        ({"type": "audio"}, (Kind.AUDIO, "", "", "")),
        ({"type": "ptt"}, (Kind.VOICE, "", "", "")),
        ({"type": "document", "body": "عرض"}, (Kind.DOCUMENT, "عرض", "", "")),
        ({"type": "sticker"}, (Kind.STICKER, "", "", "")),
        ({"type": "vcard", "body": "BEGIN:VCARD"}, (Kind.CONTACT_CARD, "", "", "")),
        ({"type": "location", "body": "/9j/4AAQ"}, (Kind.LOCATION, "", "", "")),
        ({"type": "chat", "body": "نعم", "quotedMsg": {"id": "Q"}}, (Kind.TEXT, "نعم", "", "Q")),
    ],
)
def test_ultramsg_each_type_of_message(data, expected):
    assert said(from_ultramsg(data)) == expected


@pytest.mark.parametrize(
    "location",
    [{"latitude": 24.7, "longitude": "46.7"}, {"lat": "24.7", "lng": 46.7}, "24.7,46.7"],
)
def test_ultramsg_a_place_in_any_spelling(location):
    media = from_ultramsg({"type": "location", "location": location}).media

    assert (media.latitude, media.longitude) == (24.7, 46.7)


def test_ultramsg_a_reaction_names_its_message():
    event = from_ultramsg({"reaction": "👍", "msgId": "true_x_Q"}, event="message_reaction")

    assert said(event) == (Kind.REACTION, "👍", "", "true_x_Q")


@pytest.mark.parametrize(
    "data",
    [
        {"from": "120363043968066561@g.us"},
        {"author": "966501234567@g.us"},
        {"from": "status@broadcast"},
        {"from": "1@newsletter"},
        {"type": "e2e_notification"},
        {"fromMe": True},
        {"fromMe": "true"},
        {"id": "true_966501234567@c.us_3EB0"},
    ],
)
def test_ultramsg_groups_and_our_own_messages_are_ignored(data):
    assert isinstance(from_ultramsg(data), Ignored)


def test_ultramsg_created_and_received_are_one_message():
    created = from_ultramsg({"body": "هلا"}, event="message_create")

    assert isinstance(created, InboundMessage)
    assert created.key == from_ultramsg({"body": "هلا"}).key


@pytest.mark.parametrize(
    ("ack", "status", "send_class"),
    [
        ("server", DeliveryStatus.SENT, None),
        ("device", DeliveryStatus.DELIVERED, None),
        ("played", DeliveryStatus.READ, None),
        ("invalid", DeliveryStatus.FAILED, SendClass.PERMANENT_RECIPIENT),
        ("unsent", DeliveryStatus.FAILED, SendClass.NOT_SENT_FALLBACK),
        ("expired", DeliveryStatus.FAILED, SendClass.NOT_SENT_FALLBACK),
    ],
)
def test_ultramsg_each_acknowledgement(ack, status, send_class):
    data = {"id": f"true_{CHAT}_3EB0", "from": "966550000002@c.us", "to": CHAT, "ack": ack, "fromMe": True}

    event = from_ultramsg(data, event="message_ack", top={"id": 19, "referenceId": "01JREF"})

    assert (event.status, event.send_class) == (status, send_class)
    assert event.provider_message_ids == ("19", f"true_{CHAT}_3EB0")
    assert (event.our_reference, event.contact_keys) == ("01JREF", (f"phone:{PHONE}",))


@pytest.mark.parametrize("instance", ["4711", "instance4711", 4711])
def test_ultramsg_names_its_instance_in_any_spelling(instance):
    assert isinstance(from_ultramsg({"body": "هلا"}, top={"instanceId": instance}), InboundMessage)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"message": "هلا"}, (Kind.TEXT, "هلا", "", "")),
        ({"message": "هلا", "text": "هلا"}, (Kind.TEXT, "هلا", "", "")),
        ({"message": "btn_1", "text": "نعم"}, (Kind.BUTTON, "نعم", "btn_1", "")),
        ({"message": "non-text message"}, (Kind.UNREADABLE, "", "", "")),
        ({"message": "non-text message", "url": "u", "extension": "jpg"}, (Kind.IMAGE, "", "", "")),
        ({"message": "هذا", "url": "u", "extension": ".PDF"}, (Kind.DOCUMENT, "هذا", "", "")),
        ({"message": "", "url": "u", "filename": "a.oga"}, (Kind.VOICE, "", "", "")),
        ({"message": "", "url": "u", "filename": "a.mp4"}, (Kind.VIDEO, "", "", "")),
        ({"message": "", "url": "u", "extension": "webp"}, (Kind.STICKER, "", "", "")),
        ({"message": "", "location": "24.7,46.7"}, (Kind.LOCATION, "", "", "")),
        ({"message": "", "pollname": "متى؟", "choices": "الأحد"}, (Kind.POLL, "الأحد", "", "")),
        ({"message": 80}, (Kind.TEXT, "80", "", "")),
    ],
)
def test_fonnte_each_kind_of_message(fields, expected):
    assert said(from_fonnte({"sender": PHONE, "inboxid": "1", **fields})) == expected


def test_fonnte_a_place_is_two_numbers():
    media = from_fonnte({"sender": PHONE, "location": "24.7, 46.7"}).media

    assert (media.latitude, media.longitude) == (24.7, 46.7)


def test_fonnte_without_an_inbox_id_the_content_makes_the_key():
    def key(**changes):
        return from_fonnte({"sender": PHONE, "message": "نعم", "timestamp": "1772357400", **changes}).key

    assert key() == key()
    assert len({key(), key(message="لا"), key(timestamp="1772357401"), key(sender="966509999999")}) == 4
    assert key(inboxid="7") == key(inboxid="7", message="لا")


def test_fonnte_a_local_spelling_of_the_sender_is_the_same_contact():
    assert from_fonnte({"sender": "0501234567", "message": "هلا"}).contact_keys == (f"phone:{PHONE}",)


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "هلا", "inboxid": "1"},
        {"sender": "120363043968066561@g.us", "message": "هلا"},
        {"sender": "120363043968066561", "message": "هلا", "member": PHONE},
        {"sender": "120363043968066561", "message": "هلا"},
        {"id": "8", "status": "pending"},
        {"status": "pondering"},
        {},
    ],
)
def test_fonnte_the_rest_is_ignored_with_a_reason(fields):
    event = from_fonnte(fields)

    assert isinstance(event, Ignored)
    assert event.reason


@pytest.mark.parametrize(
    ("fields", "ids", "status", "send_class"),
    [
        ({"id": "8", "stateid": "S", "status": "sent", "state": "sent"}, ("8", "S"), DeliveryStatus.SENT, None),
        ({"id": "", "stateid": "S", "state": "delivered"}, ("S",), DeliveryStatus.DELIVERED, None),
        ({"id": "8", "stateid": "S", "status": "sent", "state": "read"}, ("8", "S"), DeliveryStatus.READ, None),
        ({"id": 8, "status": "Invalid"}, ("8",), DeliveryStatus.FAILED, SendClass.PERMANENT_RECIPIENT),
        ({"id": "8", "status": "expired"}, ("8",), DeliveryStatus.FAILED, SendClass.NOT_SENT_FALLBACK),
        ({"id": "8", "status": "failed"}, ("8",), DeliveryStatus.FAILED, SendClass.NOT_SENT_FALLBACK),
        (
            {"id": "8", "status": "url unreachable"},
            ("8",),
            DeliveryStatus.FAILED,
            SendClass.NOT_SENT_FIX_REQUEST,
        ),
    ],
)
def test_fonnte_each_message_status(fields, ids, status, send_class):
    event = from_fonnte(fields)

    assert isinstance(event, DeliveryReceipt)
    assert (event.provider_message_ids, event.status, event.send_class) == (ids, status, send_class)


def test_fonnte_a_channel_that_does_not_know_its_number_hears_every_device():
    (event,) = fonnte(device="").parse(bodies.fonnte({"sender": PHONE, "message": "هلا"}).body)

    assert isinstance(event, InboundMessage)
