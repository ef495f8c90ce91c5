"""Every kind of webhook of Meta."""

from datetime import UTC, datetime

import pytest

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
from tests.adapters.whatsapp.seats import meta
from tests.fakes.whatsapp import ACCOUNTS, bodies

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PHONE = "966501234567"
META = meta(clock=lambda: NOW)


def from_message(message, **fields):
    given = {"phone": PHONE, "message_id": "wamid.A1", "at": NOW, **fields}
    (event,) = META.parse(bodies.meta_message(message, **given).body)
    return event


def from_values(*values, **fields):
    return META.parse(bodies.meta(*values, **fields).body)


def said(event):
    return event.kind, event.text, event.button_id, event.concerns


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "text", "text": {"body": "نعم"}, "context": {"id": "Q"}}, (Kind.TEXT, "نعم", "", "Q")),
        ({"type": "image", "image": {"id": "9", "caption": "هذا"}}, (Kind.IMAGE, "هذا", "", "")),
        ({"type": "video", "video": {"id": "9"}}, (Kind.VIDEO, "", "", "")),
        ({"type": "document", "document": {"filename": "a.pdf"}}, (Kind.DOCUMENT, "", "", "")),
        ({"type": "sticker", "sticker": {"id": "9"}}, (Kind.STICKER, "", "", "")),
        ({"type": "audio", "audio": {"id": "9", "voice": True}}, (Kind.VOICE, "", "", "")),
        ({"type": "audio", "audio": {"id": "9", "voice": False}}, (Kind.AUDIO, "", "", "")),
        ({"type": "location", "location": {"latitude": 24.7}}, (Kind.LOCATION, "", "", "")),
        ({"type": "contacts", "contacts": []}, (Kind.CONTACT_CARD, "", "", "")),
        ({"type": "reaction", "reaction": {"message_id": "Q", "emoji": "👍"}}, (Kind.REACTION, "👍", "", "Q")),
        ({"type": "reaction", "reaction": {"message_id": "Q"}}, (Kind.REACTION, "", "", "Q")),
        (
            {"type": "interactive", "interactive": {"button_reply": {"id": "yes", "title": "نعم"}}},
            (Kind.BUTTON, "نعم", "yes", ""),
        ),
        (
            {"type": "interactive", "interactive": {"list_reply": {"id": "ruh", "title": "الرياض"}}},
            (Kind.BUTTON, "الرياض", "ruh", ""),
        ),
        (
            {"type": "interactive", "interactive": {"nfm_reply": {"body": "Sent", "response_json": "{}"}}},
            (Kind.OTHER, "Sent", "", ""),
        ),
        ({"type": "interactive", "context": {"id": "Q"}}, (Kind.UNREADABLE, "", "", "Q")),
        ({"type": "button", "button": {"payload": "stop", "text": "إيقاف"}}, (Kind.BUTTON, "إيقاف", "stop", "")),
        ({"type": "order", "order": {"text": "بسرعة"}}, (Kind.ORDER, "بسرعة", "", "")),
        (
            {
                "type": "edit",
                "edit": {"original_message_id": "Q", "message": {"type": "text", "text": {"body": "ج"}}},
            },
            (Kind.EDIT, "ج", "", "Q"),
        ),
        ({"type": "revoke", "revoke": {"original_message_id": "Q"}}, (Kind.DELETION, "", "", "Q")),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, (Kind.UNREADABLE, "", "", "")),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_each_type_of_message(message, expected):
    assert said(from_message(message)) == expected


@pytest.mark.parametrize(
    "message",
    [
        {"type": "system", "system": {"type": "user_changed_number", "wa_id": "966509999999"}},
        {"type": "system", "system": {"type": "customer_identity_changed"}},
        {"type": "request_welcome"},
        {"type": "text", "text": {"body": "هلا"}, "group_id": "G"},
        {},
    ],
)
def test_what_a_contact_did_not_say_is_ignored_with_a_reason(message):
    event = from_message(message)

    assert isinstance(event, Ignored)
    assert event.reason


def test_a_person_without_a_phone_is_known_by_the_business_scoped_id():
    event = from_message({"type": "text", "text": {"body": "هلا"}}, phone="", user_id="SA.13491208655302741918")

    assert (event.contact_keys, event.phone) == (("bsuid:SA.13491208655302741918",), "")


def test_the_business_scoped_id_comes_before_the_phone():
    event = from_message({"type": "text", "text": {"body": "هلا"}}, user_id="SA.77")

    assert event.contact_keys == ("bsuid:SA.77", f"phone:{PHONE}")


def test_a_contact_of_somebody_else_lends_no_name_and_no_id():
    value = {
        "contacts": [{"wa_id": "966509999999", "user_id": "SA.9", "profile": {"name": "غيره"}}],
        "messages": [{"from": PHONE, "id": "wamid.1", "type": "text", "text": {"body": "هلا"}}],
    }

    (event,) = from_values(value)

    assert (event.contact_keys, event.profile_name) == ((f"phone:{PHONE}",), "")


def test_a_batch_is_read_to_its_end_and_in_order():
    def text(number):
        return {"from": PHONE, "id": f"wamid.{number}", "type": "text", "text": {"body": str(number)}}

    events = from_values(
        {"messages": [text(1), text(2)]},
        {"statuses": [{"id": "wamid.S", "status": "read"}, {"id": "wamid.S", "status": "failed"}]},
        {"messages": [text(3)], "statuses": [{"id": "wamid.T", "status": "sent"}]},
    )

    kinds = [event.text if isinstance(event, InboundMessage) else event.status.value for event in events]
    assert kinds == ["1", "2", "read", "failed", "3", "sent"]


def test_in_a_batch_for_two_numbers_only_ours_is_heard():
    message = {"from": PHONE, "id": "wamid.1", "type": "text", "text": {"body": "هلا"}}
    other = {"metadata": {"phone_number_id": "1"}, "messages": [{**message, "id": "wamid.2"}]}

    ours, theirs = from_values({"messages": [message]}, other)

    assert isinstance(ours, InboundMessage)
    assert isinstance(theirs, Ignored)
    with pytest.raises(UnreadableBody):
        from_values(other)


@pytest.mark.parametrize(
    ("code", "send_class"),
    [
        (131047, SendClass.NOT_SENT_WINDOW_CLOSED),
        (131026, SendClass.PERMANENT_RECIPIENT),
        (131049, SendClass.NOT_SENT_DO_NOT_CIRCUMVENT),
        (130472, SendClass.NOT_SENT_DO_NOT_CIRCUMVENT),
        (131050, SendClass.PERMANENT_RECIPIENT_OPTED_OUT),
        (131048, SendClass.NOT_SENT_FALLBACK),
        (131053, SendClass.NOT_SENT_FIX_REQUEST),
        (131000, SendClass.NOT_SENT_FALLBACK),
        (999999, SendClass.NOT_SENT_FALLBACK),
    ],
)
def test_a_later_failure_is_certain_and_judged_by_its_code(code, send_class):
    hook = bodies.receipt("meta_cloud", "failed", provider_message_id="w", phone=PHONE, at=NOW, error_code=code)

    (event,) = META.parse(hook.body)

    assert (event.status, event.send_class, event.provider_code) == (DeliveryStatus.FAILED, send_class, str(code))


def test_played_is_read_and_an_unknown_status_is_ignored():
    played, odd, group = from_values(
        {
            "statuses": [
                {"id": "w", "status": "played"},
                {"id": "w", "status": "warped"},
                {"id": "w", "status": "read", "recipient_type": "group"},
            ]
        }
    )

    assert isinstance(played, DeliveryReceipt)
    assert played.status is DeliveryStatus.READ
    assert isinstance(odd, Ignored)
    assert isinstance(group, Ignored)


def test_a_receipt_names_a_person_without_a_phone():
    (event,) = from_values({"statuses": [{"id": "w", "status": "sent", "recipient_user_id": "SA.77"}]})

    assert event.contact_keys == ("bsuid:SA.77",)


@pytest.mark.parametrize(("value", "wants"), [("stop", False), ("resume", True), ("signup", True)])
def test_whatsapps_own_stop_button_is_a_signal_and_not_a_message(value, wants):
    wish = {"wa_id": PHONE, "category": "marketing_messages", "value": value, "timestamp": 1772357400}

    (event,) = from_values({"user_preferences": [wish]}, field_name="user_preferences")

    assert isinstance(event, OptOutSignal)
    assert (event.wants_messages, event.contact_keys) == (wants, (f"phone:{PHONE}",))
    assert event.at == NOW


def test_stop_and_resume_and_stop_again_are_three_signals():
    def wish(value, seconds):
        return {"wa_id": PHONE, "value": value, "timestamp": seconds}

    wishes = [wish("stop", 1772350000), wish("resume", 1772350100), wish("stop", 1772350200)]
    events = from_values({"user_preferences": wishes}, field_name="user_preferences")

    assert len({event.key for event in events}) == 3


def test_a_human_in_the_business_app_is_an_echo():
    echo = {"from": "966550000004", "to": PHONE, "id": "wamid.E", "type": "text", "text": {"body": "معك سامي"}}

    (event,) = from_values({"message_echoes": [echo]}, field_name="smb_message_echoes")

    assert isinstance(event, OutgoingEcho)
    assert (event.by_api, event.text, event.contact_keys) == (False, "معك سامي", (f"phone:{PHONE}",))


def test_a_call_is_a_message_of_its_own_kind():
    (event,) = from_values({"calls": [{"id": "c1", "from": PHONE, "event": "connect"}]}, field_name="calls")

    assert (event.kind, event.phone) == (Kind.CALL, PHONE)


def test_an_error_of_the_number_is_news_of_the_channel():
    locked, busy = from_values({"errors": [{"code": 131031}, {"code": 131000}]})

    assert isinstance(locked, ChannelState)
    assert not locked.is_healthy
    assert isinstance(busy, Ignored)


@pytest.mark.parametrize(
    "field_name",
    ["group_lifecycle_update", "message_template_status_update", "phone_number_quality_update", "new_field"],
)
def test_fields_we_do_not_act_on_are_ignored_with_their_name(field_name):
    (event,) = from_values({"event": "X"}, field_name=field_name)

    assert isinstance(event, Ignored)
    assert field_name in event.reason


def test_media_is_kept_with_its_id():
    event = from_message({"type": "document", "document": {"id": "9", "filename": "عرض.pdf", "mime_type": "x/y"}})

    assert (event.media.provider_media_id, event.media.file_name) == ("9", "عرض.pdf")
    assert ACCOUNTS.meta_app_secret not in repr(event)
