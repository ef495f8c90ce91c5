"""Four providers sit one exam: what a send comes to, and what it proves."""

import pytest

from bot.events import Outcome, SendClass
from bot.ports import Recipient
from tests.adapters.whatsapp.seats import PHONE, REFERENCE, WORDS, green, message, meta
from tests.fakes.whatsapp import FakeWhatsApp


async def test_a_message_is_taken_once_as_written(seat):
    result = await seat.provider.send(message())

    (entry,) = seat.fake.ledger
    assert result.outcome is Outcome.ACCEPTED
    assert (entry.provider, entry.recipient, entry.text) == (seat.name, seat.address, WORDS)
    assert result.provider_message_ids == (entry.id,)
    assert result.http_status == 200
    assert result.latency_ms > 0


async def test_a_reply_quotes_the_message_it_answers(seat):
    await seat.provider.send(message(reply_to="3EB0ABC"))

    assert seat.fake.ledger[0].reply_to == "3EB0ABC"


async def test_our_reference_travels_where_the_provider_carries_one(seat):
    await seat.provider.send(message())

    carried = REFERENCE if seat.name in ("ultramsg", "meta_cloud") else ""
    assert seat.fake.ledger[0].reference == carried


async def test_bad_credentials_prove_nothing_was_sent_and_call_an_operator(seat):
    seat.behaves("auth")

    result = await seat.provider.send(message())

    assert result.send_class is SendClass.NOT_SENT_FALLBACK
    assert result.needs_alert


async def test_a_rate_limit_says_how_long_to_wait(seat):
    seat.behaves("rate_limit")

    result = await seat.provider.send(message())

    assert result.send_class is SendClass.NOT_SENT_FALLBACK
    assert result.retry_after_seconds == 7.0
    assert not result.needs_alert


@pytest.mark.parametrize("trouble", ["timeout_after_accept", "cut_reply"])
async def test_a_message_taken_without_a_whole_answer_is_ambiguous(seat, trouble):
    seat.behaves(trouble)

    result = await seat.provider.send(message())

    assert result.outcome is Outcome.AMBIGUOUS
    assert len(seat.fake.ledger) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        "html_200",
        "server_error",
        "down",
        "reply:200:",
        "reply:200:{",
        "reply:200:[]",
        "reply:200:null",
        "reply:503:{}",
    ],
)
async def test_an_answer_that_proves_nothing_is_ambiguous_and_asked_once(seat, trouble):
    seat.behaves(trouble)

    result = await seat.provider.send(message())

    assert result.outcome is Outcome.AMBIGUOUS
    assert seat.fake.calls[seat.name] == 1


@pytest.mark.parametrize("status", [408, 499, 500, 502, 503, 504, 520])
async def test_a_provider_in_trouble_may_have_taken_the_message(seat, status):
    seat.behaves(f"reply:{status}:<html>")

    assert (await seat.provider.send(message())).outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422])
async def test_a_refusal_without_a_body_was_not_sent(seat, status):
    seat.behaves(f"reply:{status}:")

    assert (await seat.provider.send(message())).outcome is Outcome.REJECTED_RETRYABLE


async def test_a_redirect_is_a_wrong_setting_and_not_followed(seat):
    seat.behaves("reply:307:")

    result = await seat.provider.send(message())

    assert result.send_class is SendClass.NOT_SENT_CONFIG
    assert seat.fake.calls[seat.name] == 1


async def test_a_slow_provider_is_waited_for(seat):
    seat.behaves("slow:0.2")

    result = await seat.provider.send(message())

    assert result.outcome is Outcome.ACCEPTED
    assert result.latency_ms >= 200


async def test_a_refused_connection_proves_nothing_was_sent(seat):
    await seat.fake.stop()

    result = await seat.provider.send(message())

    assert result.send_class is SendClass.NOT_SENT_FALLBACK
    assert result.http_status is None


async def test_an_unknown_host_proves_nothing_was_sent():
    provider = green("http://no-such-host.invalid", connect_timeout_seconds=2.0)

    result = await provider.send(message())

    assert result.send_class is SendClass.NOT_SENT_FALLBACK
    await provider.close()


async def test_a_provider_that_recovers_is_used_again(seat):
    seat.behaves("server_error", times=1)

    first, second = await seat.provider.send(message()), await seat.provider.send(message())

    assert (first.outcome, second.outcome) == (Outcome.AMBIGUOUS, Outcome.ACCEPTED)
    assert len(seat.fake.ledger) == 1


async def test_a_text_beyond_the_limit_is_refused_before_anybody_is_called(seat):
    fits, too_long = "ن" * seat.provider.text_limit, "ن" * (seat.provider.text_limit + 1)

    assert (await seat.provider.send(message(too_long))).send_class is SendClass.NOT_SENT_FIX_REQUEST
    assert seat.fake.calls[seat.name] == 0
    assert (await seat.provider.send(message(fits))).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("words", ["", "  \n", "half \ud83d"])
async def test_a_text_that_cannot_be_carried_is_refused_before_anybody_is_called(seat, words):
    assert (await seat.provider.send(message(words))).send_class is SendClass.NOT_SENT_FIX_REQUEST
    assert seat.fake.calls[seat.name] == 0


@pytest.mark.parametrize(
    "keys", [(), ("lid:120650379300963",), ("bsuid:SA.77aa",), ("phone:120650379300963000",)]
)
async def test_a_recipient_is_addressed_by_a_name_the_provider_knows_or_not_at_all(seat, keys):
    result = await seat.provider.send(message(recipient=Recipient(keys)))

    known = {
        ("green_api", ("lid:120650379300963",)): "120650379300963@lid",
        ("meta_cloud", ("bsuid:SA.77aa",)): "SA.77aa",
    }
    expected = known.get((seat.name, keys))
    if expected:
        assert result.outcome is Outcome.ACCEPTED
        assert seat.fake.ledger[0].recipient == expected
    else:
        assert result.send_class is SendClass.NOT_SENT_FIX_REQUEST
        assert seat.fake.calls[seat.name] == 0


async def test_a_phone_known_only_by_its_key_is_reached(seat):
    await seat.provider.send(message(recipient=Recipient((f"phone:{PHONE}",))))

    assert seat.fake.ledger[0].recipient == seat.address


async def test_meta_shows_up_to_three_short_buttons(fake: FakeWhatsApp):
    provider = meta(fake.url)
    buttons = (("yes", "نعم"), ("no", "لا"), ("later", "لاحقاً"))

    await provider.send(message(buttons=buttons))

    assert fake.ledger[0].buttons == buttons
    await provider.close()


@pytest.mark.parametrize(
    ("buttons", "text"),
    [
        (tuple((str(n), str(n)) for n in range(4)), "كم؟"),
        ((("a", "x" * 21),), "كم؟"),
        ((("a", "نعم"), ("b", "نعم")), "كم؟"),
        ((("a", " "),), "كم؟"),
        ((("a", "نعم"),), "ن" * 1025),
    ],
    ids=["four", "long title", "twins", "empty title", "long text"],
)
async def test_buttons_that_meta_would_refuse_are_sent_as_plain_text(fake: FakeWhatsApp, buttons, text):
    provider = meta(fake.url)

    result = await provider.send(message(text, buttons=buttons))

    assert result.outcome is Outcome.ACCEPTED
    assert (fake.ledger[0].text, fake.ledger[0].buttons) == (text, ())
    await provider.close()


async def test_linked_devices_get_buttons_as_text_only(seat):
    await seat.provider.send(message(buttons=(("yes", "نعم"),)))

    assert seat.fake.ledger[0].text == WORDS
    assert bool(seat.fake.ledger[0].buttons) == (seat.name == "meta_cloud")
