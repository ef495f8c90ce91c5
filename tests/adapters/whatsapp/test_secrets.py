"""Tokens, phones and messages stay out of results, exceptions and logs."""

import logging

import pytest

from adapters.whatsapp.call import silence_http_logs
from tests.adapters.whatsapp.seats import PHONE, fonnte, message, utc_now
from tests.fakes.whatsapp import ACCOUNTS, bodies

SECRETS = [
    value
    for name, value in ((field, getattr(ACCOUNTS, field)) for field in ACCOUNTS.__slots__)
    if "token" in name
]


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture):
    """Everything that is logged while the root logger is wide open, as in an incident."""
    silence_http_logs()
    with (
        caplog.at_level(logging.DEBUG),
        caplog.at_level(logging.DEBUG, "httpx"),
        caplog.at_level(logging.DEBUG, "httpcore"),
    ):
        yield caplog


@pytest.mark.parametrize("behaviour", ["ok", "auth", "timeout_after_accept", "cut_reply", "server_error", "down"])
async def test_no_log_shows_a_token_or_a_message(seat, logs, behaviour):
    seat.behaves(behaviour)

    await seat.provider.send(message())
    await seat.provider.probe()
    await seat.provider.find_sent(message(), utc_now())

    shown = logs.text
    assert not [secret for secret in SECRETS if secret in shown]
    assert message().text not in shown
    assert PHONE not in shown


async def test_the_http_library_would_log_the_token_if_it_were_let(seat, caplog):
    """The guard above is worth its name only while this is true."""
    logger = logging.getLogger("httpx")
    filters, logger.filters = logger.filters, []
    try:
        with caplog.at_level(logging.INFO, "httpx"):
            await seat.provider.probe()
    finally:
        logger.filters = filters

    leaks = seat.name in ("green_api", "ultramsg")
    assert any(secret in caplog.text for secret in SECRETS) == leaks


@pytest.mark.parametrize("repeats", ["", message().text, message().text[:14]])
async def test_a_refusal_that_repeats_our_secrets_and_words_is_not_passed_on(seat, repeats):
    said = f"bad token {seat.provider.secrets()[0]} for {PHONE}: {repeats}"
    refusals = {
        "green_api": f'reply:400:{{"message":"{said}"}}',
        "ultramsg": f'reply:200:{{"error":"{said}"}}',
        "fonnte": f'reply:200:{{"status":false,"reason":"{said}"}}',
        "meta_cloud": f'reply:400:{{"error":{{"code":100,"message":"{said}"}}}}',
    }
    seat.behaves(refusals[seat.name])

    result = await seat.provider.send(message())

    shown = repr(result)
    assert not [secret for secret in seat.provider.secrets() if secret in shown]
    assert PHONE not in shown
    assert message().text[:10] not in shown


async def test_a_harmless_reason_of_the_provider_is_shown_to_staff(seat):
    refusals = {
        "green_api": 'reply:400:{"message":"instance is being moved"}',
        "ultramsg": 'reply:200:{"error":"instance is being moved"}',
        "fonnte": 'reply:200:{"status":false,"reason":"instance is being moved"}',
        "meta_cloud": 'reply:400:{"error":{"code":100,"message":"instance is being moved"}}',
    }
    seat.behaves(refusals[seat.name])

    assert "instance is being moved" in (await seat.provider.send(message())).detail


async def test_a_channel_names_its_secrets_for_redaction(seat):
    expected = {
        "green_api": {ACCOUNTS.green_token, ACCOUNTS.green_webhook_token},
        "ultramsg": {ACCOUNTS.ultramsg_token, ACCOUNTS.ultramsg_secret},
        "fonnte": {ACCOUNTS.fonnte_token, ACCOUNTS.fonnte_secret},
        "meta_cloud": {ACCOUNTS.meta_token, ACCOUNTS.meta_app_secret, ACCOUNTS.meta_verify_token},
    }

    assert set(seat.provider.secrets()) == expected[seat.name]


def test_the_secret_in_fonntes_body_is_not_kept():
    hook = bodies.fonnte({"sender": PHONE, "message": "هلا", "inboxid": "1"})
    (event,) = fonnte().parse(hook.body)

    assert ACCOUNTS.fonnte_secret not in repr(event)
