"""The simulated phone goes the road of a real webhook, and its sends never count as sent."""

import json
from datetime import UTC, datetime

import pytest

from adapters.whatsapp.simulated import Simulated
from bot.errors import BadSignature, UnreadableBody
from bot.events import DeliveryReceipt, DeliveryStatus, Ignored, Kind, Media, Outcome
from bot.phones import BadPhone
from bot.ports import Recipient
from tests.adapters.whatsapp.seats import message

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def shown():
    return []


@pytest.fixture
def phone(shown):
    async def show(outgoing):
        shown.append(outgoing)

    return Simulated("ch_sim", secret=b"drawn-for-this-process", delivered=show, clock=lambda: NOW)


async def test_a_message_is_shown_and_never_counted_as_accepted(phone, shown):
    result = await phone.send(message())

    assert result.outcome is Outcome.SIMULATED
    assert shown == [message()]


async def test_what_a_real_provider_would_refuse_is_refused_here_too(phone, shown):
    for refused in (message("ن" * 5000), message(""), message(recipient=Recipient(()))):
        assert (await phone.send(refused)).outcome is Outcome.REJECTED_RETRYABLE
    assert shown == []


def test_what_is_typed_comes_back_as_an_inbound_message(phone):
    body = phone.compose("0501234567", message_id="s1", text=" كم السعر؟ ", profile_name="نورة")

    phone.verify(phone.sign(body), {}, body)
    (event,) = phone.parse(body)

    assert (event.kind, event.text, event.phone) == (Kind.TEXT, " كم السعر؟ ", "966501234567")
    assert (event.profile_name, event.sent_at) == ("نورة", NOW)
    assert event.key == phone.parse(body)[0].key


def test_a_button_and_a_file_can_be_simulated(phone):
    tap = phone.compose("0501234567", message_id="s1", text="نعم", kind=Kind.BUTTON, button_id="yes")
    place = Media(latitude=24.7, longitude=46.7, detail="المكتب")
    pin = phone.compose("0501234567", message_id="s2", kind=Kind.LOCATION, media=place)

    (tapped,), (pinned,) = phone.parse(tap), phone.parse(pin)

    assert (tapped.kind, tapped.button_id) == (Kind.BUTTON, "yes")
    assert (pinned.kind, pinned.media) == (Kind.LOCATION, place)


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_a_receipt_can_be_simulated(phone, status):
    body = phone.compose_receipt("simulated-1", status, NOW)

    (event,) = phone.parse(body)

    assert isinstance(event, DeliveryReceipt)
    assert (event.provider_message_ids, event.status, event.at) == (("simulated-1",), status, NOW)


@pytest.mark.parametrize("headers", [{}, {"x-simulated-signature": "sha256=زز"}, {"x-simulated-signature": ""}])
def test_nobody_else_can_type_on_the_simulated_phone(phone, headers):
    with pytest.raises(BadSignature):
        phone.verify(headers, {}, phone.compose("0501234567", message_id="s1", text="هلا"))


def test_a_changed_body_is_not_believed(phone):
    body = phone.compose("0501234567", message_id="s1", text="yes")

    with pytest.raises(BadSignature):
        phone.verify(phone.sign(body), {}, body.replace(b"yes", b"no!"))


def test_a_body_of_another_channel_is_put_aside(phone):
    body = phone.compose("0501234567", message_id="s1", text="هلا")

    with pytest.raises(UnreadableBody):
        phone.parse(body.replace(b"ch_sim", b"ch_oth"))


@pytest.mark.parametrize("change", [{"kind": "song"}, {"from": ""}, {"event": "dance"}, {"event": "status"}])
def test_what_makes_no_sense_is_ignored(phone, change):
    tree = json.loads(phone.compose("0501234567", message_id="s1", text="هلا"))

    (event,) = phone.parse(json.dumps({**tree, **change}).encode())

    assert isinstance(event, Ignored)


def test_a_phone_that_does_not_exist_cannot_write(phone):
    with pytest.raises(BadPhone):
        phone.compose("0112345678", message_id="s1", text="هلا")


async def test_the_simulated_phone_is_always_there(phone):
    assert (await phone.probe()).state == "ok"
