"""What proves a webhook of Calendly, what is read of it, and how its page carries our conversation."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendar.calendly import CalendlyPage
from bot.errors import BadSignature, UnreadableBody

KEY = "signing-key-of-a-test"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAGE = CalendlyPage("https://calendly.com/us/demo?month=2026-11&utm_content=old", KEY)


def signed(body: bytes, at: float = NOW.timestamp(), key: str = KEY) -> dict[str, str]:
    stamp = str(int(at))
    told = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Calendly-Webhook-Signature": f"t={stamp},v1={told}"}


def test_the_example_of_the_documentation_is_believed_in_its_three_minutes():
    body = b'{"event":"invitee.created","payload":{"uri":"u"}}'
    PAGE.verify(signed(body), body, NOW)


@pytest.mark.parametrize("seconds", [-181, 181, 3_600])
def test_one_that_is_too_old_or_from_the_future_is_refused(seconds):
    with pytest.raises(BadSignature):
        PAGE.verify(signed(b"{}", NOW.timestamp() + seconds), b"{}", NOW)


@pytest.mark.parametrize("seconds", [-180, 0, 180])
def test_one_of_now_is_believed(seconds):
    PAGE.verify(signed(b"{}", NOW.timestamp() + seconds), b"{}", NOW)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=ab", "t=,v1=", "t=x,v1=ab", "t=٣,v1=ab", "t=1764000000,v1=é", "garbage", "t=1764000000;v1=1"],
)
def test_what_is_no_signature_is_refused(header):
    with pytest.raises(BadSignature):
        PAGE.verify({"Calendly-Webhook-Signature": header}, b"{}", NOW)


@given(st.binary(min_size=1, max_size=200), st.integers(min_value=0))
def test_whatever_is_changed_in_a_body_costs_the_signature(body, place):
    headers = signed(body)
    at = place % len(body)
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    with pytest.raises(BadSignature):
        PAGE.verify(headers, changed, NOW)
    with pytest.raises(BadSignature):
        PAGE.verify(signed(body, key="another"), body, NOW)


def test_without_a_key_nobody_is_believed():
    with pytest.raises(BadSignature):
        CalendlyPage("https://calendly.com/us/demo", "").verify(signed(b"{}", key=""), b"{}", NOW)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"event":"invitee.created"}', b'{"event":1,"payload":{"uri":{}}}', b"[" * 100_000],
)
def test_what_is_not_documented_is_unreadable(body):
    with pytest.raises(UnreadableBody):
        PAGE.parse(body)


def test_a_reschedule_names_both_invitees():
    payload = {"uri": "new", "rescheduled": False, "old_invitee": "old", "tracking": {"utm_content": "c1"}}
    told = PAGE.parse(json.dumps({"event": "invitee.created", "payload": payload}).encode())
    assert (told.uri, told.old_invitee, told.conversation_id) == ("new", "old", "c1")


def test_the_page_carries_our_conversation_and_keeps_its_own_words():
    assert PAGE.link("c 1&x") == (
        "https://calendly.com/us/demo?month=2026-11&utm_source=whatsapp&utm_content=c+1%26x"
    )
