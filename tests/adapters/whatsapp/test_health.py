"""What a probe finds out, and what a provider's own records say about a send in doubt."""

from datetime import timedelta

import pytest

from bot.ports import CannotTell, FoundSend, NoTrace, Recipient
from tests.adapters.whatsapp.seats import fonnte, green, message, meta, ultramsg, utc_now


async def test_a_linked_phone_is_ok(seat):
    health = await seat.provider.probe()

    assert health.state == "ok"
    assert health.can_send
    assert seat.fake.calls[seat.name] == 0


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ("unlinked", "down"),
        ("auth", "auth_failed"),
        ("server_error", "down"),
        ("down", "down"),
        ("slow:3", "down"),
        ("reply:200:{}", "down"),
        ("reply:200:<html>", "down"),
        ("reply:200:[]", "down"),
        ("reply:302:", "down"),
        ("reply:403:", "auth_failed"),
        ("reply:429:", "degraded"),
    ],
)
async def test_a_channel_is_ok_only_by_the_providers_word(seat, trouble, state):
    seat.behaves(trouble)

    health = await seat.provider.probe()

    assert health.state == state
    english, _, arabic = health.detail.partition("\n")
    assert english and arabic


async def test_a_provider_that_cannot_be_reached_is_down(seat):
    await seat.fake.stop()

    assert (await seat.provider.probe()).state == "down"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *[
            (name, "down")
            for name in ("notAuthorized", "blocked", "sleepMode", "starting", "yellowCard", "suspended")
        ],
        ("somethingNew", "down"),
        ("authorized", "ok"),
    ],
)
async def test_green_api_can_send_only_when_authorized(fake, state, expected):
    provider = green(fake.url)
    fake.script("green_api", f'reply:200:{{"stateInstance":"{state}"}}')

    assert (await provider.probe()).state == expected
    await provider.close()


@pytest.mark.parametrize(
    ("state", "expected"), [("authenticated", "ok"), ("standby", "down"), ("loading", "down")]
)
async def test_ultramsg_can_send_only_when_authenticated(fake, state, expected):
    provider = ultramsg(fake.url)
    fake.script("ultramsg", f'reply:200:{{"status":{{"accountStatus":{{"status":"{state}"}}}}}}')

    assert (await provider.probe()).state == expected
    await provider.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"device_status":"connect","quota":"78","status":true}', "ok"),
        ('{"device_status":"connect","quota":"0","status":true}', "degraded"),
        ('{"device_status":"disconnect","quota":"78","status":true}', "down"),
        ('{"reason":"token invalid","status":false}', "auth_failed"),
    ],
)
async def test_fonntes_status_is_about_the_question_and_device_status_about_the_phone(fake, answer, expected):
    provider = fonnte(fake.url)
    fake.script("fonnte", f"reply:200:{answer}")

    assert (await provider.probe()).state == expected
    await provider.close()


@pytest.mark.parametrize(
    ("word", "expected"), [("AVAILABLE", "ok"), ("LIMITED", "degraded"), ("BLOCKED", "down")]
)
async def test_meta_says_how_well_it_can_send_and_why_not(fake, word, expected):
    provider = meta(fake.url)
    why = '{"entity_type":"WABA","errors":[{"error_description":"No payment method."}]}'
    fake.script("meta_cloud", f'reply:200:{{"health_status":{{"can_send_message":"{word}","entities":[{why}]}}}}')

    health = await provider.probe()
    await provider.close()

    assert health.state == expected
    assert ("No payment method." in health.detail) == (word != "AVAILABLE")


@pytest.mark.parametrize("make", [green, ultramsg])
async def test_a_message_that_was_taken_without_an_answer_is_found(fake, make):
    provider = make(fake.url, read_timeout_seconds=0.3)
    fake.script(provider.name, "timeout_after_accept", times=1)
    started = utc_now()
    await provider.send(message())

    found = await provider.find_sent(message(), started)
    await provider.close()

    assert found == FoundSend((fake.ledger[0].id,))


@pytest.mark.parametrize("make", [green, ultramsg])
async def test_a_message_that_waits_for_the_phone_is_found(fake, make):
    provider = make(fake.url)
    fake.script(provider.name, "unlinked", times=1)
    started = utc_now()
    await provider.send(message())

    found = await provider.find_sent(message(), started)
    await provider.close()

    assert found == FoundSend((fake.ledger[0].id,))


@pytest.mark.parametrize("make", [green, ultramsg])
async def test_a_message_that_never_arrived_leaves_no_trace(fake, make):
    provider = make(fake.url)
    fake.script(provider.name, "server_error", times=1)
    await provider.send(message())

    found = await provider.find_sent(message(), utc_now())
    await provider.close()

    assert isinstance(found, NoTrace)


async def test_green_api_does_not_take_another_message_for_ours(fake):
    """Another contact, another text, or the same text sent earlier are not the message in doubt."""
    provider = green(fake.url)
    elsewhere = Recipient(("phone:966509999999",), "966509999999")
    await provider.send(message(recipient=elsewhere))
    await provider.send(message("نص آخر"))
    await provider.send(message("أقدم"))

    for sought, since in ((message(), timedelta()), (message("أقدم"), timedelta(minutes=10))):
        assert isinstance(await provider.find_sent(sought, utc_now() + since), NoTrace)
    await provider.close()


async def test_green_api_does_not_take_what_was_typed_on_the_phone_for_ours(fake):
    provider = green(fake.url)
    fake.type_on_the_phone("966501234567@c.us", message().text)

    found = await provider.find_sent(message(), utc_now() - timedelta(minutes=1))
    await provider.close()

    assert isinstance(found, NoTrace)


async def test_ultramsg_does_not_call_a_message_found_that_it_gave_up(fake):
    provider = ultramsg(fake.url)
    fake.script(
        "ultramsg",
        f'reply:200:{{"messages":[{{"id":5,"referenceId":"{message().reference}","status":"expired"}}]}}',
    )

    found = await provider.find_sent(message(), utc_now())
    await provider.close()

    assert isinstance(found, NoTrace)


async def test_ultramsg_does_not_trust_the_servers_filter(fake):
    provider = ultramsg(fake.url)
    fake.script("ultramsg", 'reply:200:{"messages":[{"id":5,"referenceId":"other","status":"sent"}]}')

    assert isinstance(await provider.find_sent(message(), utc_now()), NoTrace)
    await provider.close()


@pytest.mark.parametrize("make", [green, ultramsg])
@pytest.mark.parametrize("trouble", ["down", "server_error", "auth", "reply:200:{}", "reply:200:x"])
async def test_records_that_cannot_be_read_tell_nothing(fake, make, trouble):
    provider = make(fake.url)
    fake.script(provider.name, trouble)

    assert isinstance(await provider.find_sent(message(), utc_now()), CannotTell)
    await provider.close()


@pytest.mark.parametrize("make", [fonnte, meta])
async def test_a_provider_without_records_says_so(fake, make):
    provider = make(fake.url)

    assert isinstance(await provider.find_sent(message(), utc_now()), CannotTell)
    await provider.close()
