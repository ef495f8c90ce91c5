"""Who may post to our webhooks, and that no spelling of a header breaks the question."""

import json

import pytest

from bot.errors import BadSignature, Misconfigured
from tests.adapters.whatsapp.seats import SEATS, fonnte, green, meta, ultramsg, utc_now
from tests.fakes.whatsapp import ACCOUNTS, bodies

STRANGE = ["", " ", "Bearer", "Bearer ", "كلمة السر", "ÿþ\udcff", "sha256=", "sha256=زز", "x" * 5000]


@pytest.mark.parametrize("seat", SEATS, ids=[seat.name for seat in SEATS])
def test_a_webhook_of_the_provider_is_believed(seat):
    hook = bodies.text(seat.name, "السلام عليكم", phone="966501234567", message_id="M1", at=utc_now())

    seat.make().verify(hook.headers, hook.query, hook.body)


@pytest.mark.parametrize("seat", SEATS, ids=[seat.name for seat in SEATS])
def test_a_webhook_without_proof_is_refused(seat):
    with pytest.raises(BadSignature) as refused:
        seat.make().verify({}, {}, b'{"secret": null}')

    assert refused.value.message_ar != refused.value.message_en


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("seat", SEATS, ids=[seat.name for seat in SEATS])
def test_a_strange_proof_is_refused_and_breaks_nothing(seat, strange):
    headers = {"authorization": strange, "x-hub-signature-256": strange}
    body = json.dumps({"secret": strange}).encode()

    with pytest.raises(BadSignature):
        seat.make().verify(headers, {"secret": strange}, body)


@pytest.mark.parametrize("body", [b"", b"\x00", b"[]", b"nonsense", b'{"secret": ["fonnte-hook-31fe"]}'])
def test_a_body_that_cannot_be_read_proves_nothing_at_fonnte(body):
    with pytest.raises(BadSignature):
        fonnte().verify({}, {}, body)


def test_fonnte_may_prove_itself_in_the_address_instead():
    fonnte().verify({}, {"secret": ACCOUNTS.fonnte_secret}, b"nonsense")


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "Basic {}", "bearer  {}", " {} "])
def test_green_api_may_send_its_token_in_any_known_form(form):
    headers = {"authorization": form.format(ACCOUNTS.green_webhook_token)}

    green().verify(headers, {}, b"{}")
    green(webhook_token=f"Bearer {ACCOUNTS.green_webhook_token}").verify(headers, {}, b"{}")


def test_a_secret_in_arabic_survives_the_road_through_a_header():
    as_header = "سر".encode().decode("latin-1")

    green(webhook_token="سر").verify({"authorization": f"Bearer {as_header}"}, {}, b"{}")


def test_meta_signs_bytes_and_not_their_meaning():
    hook = bodies.text("meta_cloud", "كم السعر؟ 😊", phone="966501234567", message_id="wamid.1", at=utc_now())
    written_again = json.dumps(json.loads(hook.body), ensure_ascii=False).encode()

    meta().verify(hook.headers, {}, hook.body)
    with pytest.raises(BadSignature):
        meta().verify(hook.headers, {}, written_again)


@pytest.mark.parametrize(
    ("header", "is_right"),
    [
        ("sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", True),
        ("sha256=F7BC83F430538424B13298E6AA6FB143EF4D59A14946175997479DBC2D1A3CD8", False),
        ("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", False),
        ("sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9", False),
    ],
)
def test_metas_signature_is_hmac_sha256_in_hex(header, is_right):
    """The known answer is the one published for the key `key` and the sentence about the quick brown fox."""
    provider = meta(app_secret="key")
    body = b"The quick brown fox jumps over the lazy dog"

    if is_right:
        provider.verify({"x-hub-signature-256": header}, {}, body)
    else:
        with pytest.raises(BadSignature):
            provider.verify({"x-hub-signature-256": header}, {}, body)


def test_without_an_app_secret_meta_is_refused_with_the_name_of_the_setting():
    hook = bodies.signed(b"{}")

    with pytest.raises(BadSignature, match="WHATSAPP_APP_SECRET"):
        meta(app_secret="").verify(hook.headers, {}, hook.body)


def test_without_a_secret_the_other_three_listen_and_say_that_anybody_may_speak():
    for provider in (green(webhook_token=""), ultramsg(webhook_secret=""), fonnte(webhook_secret="")):
        provider.verify({}, {}, b"{}")
        assert not provider.is_authenticated


@pytest.mark.parametrize("seat", SEATS, ids=[seat.name for seat in SEATS])
def test_with_a_secret_a_channel_says_that_it_is_authenticated(seat):
    assert seat.make().is_authenticated


def test_meta_gets_its_challenge_back_for_the_right_token():
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": ACCOUNTS.meta_verify_token,
        "hub.challenge": "1158201444",
    }

    assert meta().verify_subscription(query) == "1158201444"


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": "رمز"},
        {"hub.mode": "unsubscribe"},
        {"hub.verify_token": ""},
    ],
)
def test_a_wrong_subscription_is_refused(change):
    query = {"hub.mode": "subscribe", "hub.verify_token": ACCOUNTS.meta_verify_token, "hub.challenge": "1"}

    with pytest.raises(BadSignature):
        meta().verify_subscription({**query, **change})


def test_an_unset_verify_token_matches_nothing():
    with pytest.raises(BadSignature):
        meta(verify_token="").verify_subscription({"hub.mode": "subscribe", "hub.verify_token": ""})


@pytest.mark.parametrize("token", ["", "  ", "two words", "رمز", "line\nbreak"])
def test_a_credential_that_cannot_be_sent_stops_the_start(token):
    for make in (green, ultramsg, fonnte, meta):
        with pytest.raises(Misconfigured):
            make(token=token)


@pytest.mark.parametrize("url", ["", "api.example", "ftp://api.example", "https://", "https://a b"])
def test_an_address_that_cannot_be_called_stops_the_start(url):
    for make in (green, ultramsg, fonnte, meta):
        with pytest.raises(Misconfigured):
            make(url)
