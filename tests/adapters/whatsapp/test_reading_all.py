"""What holds for the webhooks of all four providers, whatever they carry."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.errors import UnreadableBody
from bot.events import (
    ChannelState,
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    OptOutSignal,
    OutgoingEcho,
    SendClass,
)
from tests.adapters.whatsapp.seats import SEATS
from tests.fakes.whatsapp import bodies

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PHONE = "966501234567"
# Made once: a channel opens its connection pool when it is made, and that is slow.
READERS = {seat.name: seat.make(clock=lambda: NOW) for seat in SEATS}
EVENTS = (InboundMessage, DeliveryReceipt, OutgoingEcho, OptOutSignal, ChannelState, Ignored)
each_provider = pytest.mark.parametrize("name", bodies.PROVIDERS)


def parse(name: str, body: bytes) -> list:
    return READERS[name].parse(body)


@each_provider
def test_a_text_is_read_as_the_contact_wrote_it(name):
    words = "  السلام عليكم\nكم السعر؟ 😊  "

    (event,) = parse(name, bodies.text(name, words, phone=PHONE, message_id="3EB0A1", at=NOW, name="نورة").body)

    assert isinstance(event, InboundMessage)
    assert (event.kind, event.text) == (Kind.TEXT, words)
    assert (event.phone, event.contact_keys) == (PHONE, (f"phone:{PHONE}",))
    assert (event.profile_name, event.sent_at) == ("نورة", NOW)
    assert event.provider_message_id.endswith("3EB0A1")
    assert event.raw


@each_provider
def test_a_second_delivery_has_the_same_key_and_another_message_another(name):
    def key(message_id: str, phone: str = PHONE, words: str = "نعم") -> str:
        hook = bodies.text(name, words, phone=phone, message_id=message_id, at=NOW)
        return parse(name, hook.body)[0].key

    assert key("A1") == key("A1")
    assert key("A1") != key("A2")


@pytest.mark.parametrize("name", ["green_api", "ultramsg"])
def test_whatsapps_own_id_is_the_same_through_two_linked_devices(name):
    (event,) = parse(name, bodies.text(name, "هلا", phone=PHONE, message_id="3EB0A1", at=NOW).body)

    assert event.stanza_id == "3EB0A1"


@each_provider
@pytest.mark.parametrize(
    ("word", "status"),
    [("sent", DeliveryStatus.SENT), ("delivered", DeliveryStatus.DELIVERED), ("read", DeliveryStatus.READ)],
)
def test_a_receipt_says_how_far_a_message_came(name, word, status):
    hook = bodies.receipt(name, word, provider_message_id="M7", phone=PHONE, at=NOW, reference="01JREF")

    (event,) = parse(name, hook.body)

    assert isinstance(event, DeliveryReceipt)
    assert (event.status, event.send_class) == (status, None)
    assert "M7" in event.provider_message_ids
    assert event.our_reference == ("01JREF" if name in ("ultramsg", "meta_cloud") else "")


@each_provider
def test_the_steps_of_one_message_have_different_keys(name):
    def key(word: str) -> str:
        hook = bodies.receipt(name, word, provider_message_id="M7", phone=PHONE, at=NOW)
        return parse(name, hook.body)[0].key

    assert len({key("sent"), key("delivered"), key("read"), key("failed")}) == 4
    assert key("read") == key("read")


@each_provider
def test_a_failure_says_what_it_means_for_the_other_providers(name):
    hook = bodies.receipt(name, "failed", provider_message_id="M7", phone=PHONE, at=NOW)

    (event,) = parse(name, hook.body)

    expected = SendClass.PERMANENT_RECIPIENT if name == "meta_cloud" else SendClass.NOT_SENT_FALLBACK
    assert (event.status, event.send_class) == (DeliveryStatus.FAILED, expected)


@pytest.mark.parametrize("is_linked", [True, False])
@pytest.mark.parametrize("name", ["green_api", "fonnte", "meta_cloud"])
def test_a_channel_tells_whether_it_can_send(name, is_linked):
    (event,) = parse(name, bodies.state(name, is_linked, at=NOW).body)

    assert isinstance(event, ChannelState)
    assert event.is_healthy == is_linked


@each_provider
@pytest.mark.parametrize(
    "seconds",
    [
        0,
        -1,
        1,
        99_999_999_999,
        int((NOW + timedelta(days=2)).timestamp()),
        "soon",
        "",
        None,
        [],
        True,
        "1e400",
        "nan",
    ],
)
def test_an_absurd_time_is_no_time(name, seconds):
    hook = bodies.text(name, "هلا", phone=PHONE, message_id="A1", at=NOW)
    stamp = str(int(NOW.timestamp()))
    odd = hook.body.decode().replace(f'"{stamp}"', stamp).replace(stamp, json.dumps(seconds))

    (event,) = parse(name, odd.encode())

    assert isinstance(event, InboundMessage)
    assert event.sent_at is None


@each_provider
@pytest.mark.parametrize("shape", ["{}", '"{}"', "{}.0"])
def test_a_time_may_be_a_number_or_text(name, shape):
    hook = bodies.text(name, "هلا", phone=PHONE, message_id="A1", at=NOW)
    stamp = str(int(NOW.timestamp()))
    odd = hook.body.decode().replace(f'"{stamp}"', stamp).replace(stamp, shape.format(stamp))

    assert parse(name, odd.encode())[0].sent_at == NOW


@each_provider
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"hello",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b'{"a": NaN}',
        b'{"a": "\x00"}',
        b'{"a\\u0000b": 1}',
        b'{"a": 1',
        b"\xff\xfe",
        b'{"a": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"sender=966501234567&message=hi",
    ],
)
def test_what_is_no_storable_json_object_is_put_aside_for_a_human(name, body):
    with pytest.raises(UnreadableBody) as refused:
        parse(name, body)

    assert refused.value.message_ar != refused.value.message_en


@each_provider
@pytest.mark.parametrize(
    "body", [b"{}", b'{"hello": "world"}', b'\xef\xbb\xbf{"a": []}', b'{"entry": [{"changes": []}]}']
)
def test_an_object_that_nobody_understands_is_ignored_with_a_reason(name, body):
    (event,) = parse(name, body)

    assert isinstance(event, Ignored)
    assert event.reason
    assert event.key == parse(name, body)[0].key


@each_provider
def test_half_a_character_does_not_stop_a_message_from_being_stored(name):
    hook = bodies.text(name, "STOP HALF", phone=PHONE, message_id="A1", at=NOW)

    (event,) = parse(name, hook.body.replace(b"HALF", b"\\ud83d"))

    assert event.text == "STOP \ufffd"
    assert json.dumps(event.raw, ensure_ascii=False).encode()


@each_provider
def test_a_number_too_large_for_a_document_is_kept_as_its_digits(name):
    tree = json.loads(bodies.text(name, "هلا", phone=PHONE, message_id="A1", at=NOW).body)
    tree["extra"] = 2**70

    (event,) = parse(name, json.dumps(tree).encode())

    assert isinstance(event, InboundMessage)
    assert not [value for value in _leaves(event.raw) if isinstance(value, int) and abs(value) >= 2**63]


@pytest.mark.parametrize(
    ("name", "ours", "other"),
    [
        ("green_api", b"7105000042", b"7105000043"),
        ("ultramsg", b"4711", b"4712"),
        ("fonnte", b"966550000003", b"966550000009"),
        ("meta_cloud", b"109900000000042", b"109900000000043"),
    ],
)
def test_a_body_for_another_channel_is_put_aside(name, ours, other):
    hook = bodies.text(name, "هلا", phone=PHONE, message_id="A1", at=NOW)

    with pytest.raises(UnreadableBody):
        parse(name, hook.body.replace(ours, other))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(body=st.binary(max_size=200))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@each_provider
def test_no_bytes_break_the_reader(name, body):
    try:
        events = parse(name, body)
    except UnreadableBody:
        return
    assert all(isinstance(event, EVENTS) for event in events)


@given(data=st.data())
@settings(max_examples=250, deadline=None)
@each_provider
def test_no_odd_value_breaks_the_reader_and_keys_stay_stable(name, data):
    """Any field of a real webhook may be missing or hold anything, at any depth."""
    tree = json.loads(data.draw(st.sampled_from(SAMPLES[name])).body)
    for _ in range(data.draw(st.integers(1, 3))):
        _spoil(tree, data)
    body = json.dumps(tree).encode()

    try:
        events = parse(name, body)
    except UnreadableBody:
        return

    assert all(isinstance(event, EVENTS) and event.key for event in events)
    assert [event.key for event in events] == [event.key for event in parse(name, body)]
    for event in events:
        if isinstance(event, InboundMessage):
            assert event.contact_keys
            assert isinstance(event.text, str)


@given(tree=st.dictionaries(st.text(max_size=8), JSON, max_size=5))
@example(tree={"typeWebhook": "incomingMessageReceived"})
@example(tree={"event_type": "message_received"})
@example(tree={"entry": [None, {"changes": [None, {"value": None}]}]})
@example(tree={"entry": [{"changes": [{"field": "messages", "value": {"messages": [None, 1, "x", []]}}]}]})
@example(tree={"sender": {}, "message": [], "id": 5})
@settings(max_examples=150, deadline=None)
@each_provider
def test_no_object_breaks_the_reader(name, tree):
    try:
        events = parse(name, json.dumps(tree).encode())
    except UnreadableBody:
        return
    assert all(isinstance(event, EVENTS) for event in events)


SAMPLES = {
    name: [
        bodies.text(name, "كم السعر؟", phone=PHONE, message_id="A1", at=NOW),
        bodies.button(name, "yes", "نعم", phone=PHONE, message_id="A2", at=NOW),
        bodies.receipt(name, "failed", provider_message_id="M7", phone=PHONE, at=NOW, reference="R"),
        *([] if name == "ultramsg" else [bodies.state(name, False, at=NOW)]),
    ]
    for name in bodies.PROVIDERS
}
SAMPLES["green_api"] += [
    bodies.green({"typeMessage": sort, part: inner}, chat=f"{PHONE}@c.us", message_id="A3", at=NOW)
    for sort, part, inner in [
        ("imageMessage", "fileMessageData", {"downloadUrl": "https://x.example/a", "mimeType": "image/png"}),
        ("locationMessage", "locationMessageData", {"latitude": 24.7, "longitude": 46.7}),
        ("contactsArrayMessage", "contacts", [{"vcard": "BEGIN:VCARD"}]),
        ("editedMessage", "editedMessageData", {"stanzaId": "A1", "textMessage": "كم؟"}),
        ("pollUpdateMessage", "pollMessageData", {"stanzaId": "A1", "name": "متى؟"}),
    ]
]
SAMPLES["meta_cloud"] += [
    bodies.meta_message(message, phone=PHONE, message_id="A3", at=NOW, user_id="SA.1")
    for message in [
        {"type": "image", "image": {"id": "9", "caption": "هذا", "mime_type": "image/png"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "علي"}, "phones": [{"phone": "1"}]}]},
        {"type": "order", "order": {"product_items": [{"quantity": 2, "product_retailer_id": "x"}]}},
        {
            "type": "edit",
            "edit": {"original_message_id": "A1", "message": {"type": "text", "text": {"body": "x"}}},
        },
        {"type": "reaction", "reaction": {"message_id": "A1", "emoji": "👍"}},
    ]
]


def _leaves(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    else:
        yield node


def _spoil(tree, data) -> None:
    """Replace or remove one field somewhere in the tree."""
    node = tree
    while True:
        names = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        if isinstance(node[name], dict | list) and data.draw(st.integers(0, 4)):
            node = node[name]
            continue
        if isinstance(node, dict) and data.draw(st.booleans()):
            del node[name]
        else:
            node[name] = data.draw(JSON)
        return
