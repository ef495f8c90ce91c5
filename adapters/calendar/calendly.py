"""
Calendly: the link that carries our conversation, and its webhooks.

Rule 1: a webhook is believed when its signature over the raw bytes is right and no older than three minutes.
Rule 2: what contacts wrote there (answers, reasons) is not kept; their address is, for the invitation.

Source: developer.calendly.com/api-docs, webhook signatures; `Calendly-Webhook-Signature: t=<unix>,v1=<hex>` with
v1 = HMAC-SHA256(key, t + "." + body).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.booking.ports import Told
from bot.errors import BadSignature, UnreadableBody

HEADER = "calendly-webhook-signature"
OLDEST_SECONDS = 180
LONGEST = 500


class CalendlyPage:
    """`bot.booking.ports.Calendly` of one event type."""

    def __init__(self, page: str, signing_key: str) -> None:
        self._page = page
        self._key = signing_key.encode()

    def link(self, conversation_id: str) -> str:
        parts = urlsplit(self._page)
        query = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("utm_")]
        query += [("utm_source", "whatsapp"), ("utm_content", conversation_id)]
        return urlunsplit(parts._replace(query=urlencode(query)))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
        stamp, signatures = _parts(given)
        if not self._key or not stamp or not signatures:
            raise _refused()
        expected = hmac.new(self._key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        matches = [hmac.compare_digest(expected.encode(), one.encode()) for one in signatures]
        if not any(matches) or abs(now.timestamp() - int(stamp)) > OLDEST_SECONDS:
            raise _refused()

    def parse(self, body: bytes) -> Told:
        try:
            tree = json.loads(body)
            payload = tree["payload"]
            return _told(str(tree["event"])[:100], payload)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as broken:
            raise UnreadableBody(
                "Calendly sent something that it does not document", "وصل من كالندلي ما ليس في وثائقه"
            ) from broken


def _told(event: str, payload: Mapping[str, Any]) -> Told:
    if event.startswith("invitee_no_show"):
        return Told(event, _text(payload["invitee"]), "")
    tracking = payload.get("tracking") or {}
    cancellation = payload.get("cancellation") or {}
    meeting = payload.get("scheduled_event") or {}
    return Told(
        event=event,
        uri=_text(payload["uri"]),
        conversation_id=_text(tracking.get("utm_content")),
        email=_text(payload.get("email")),
        start_at=_time(meeting.get("start_time")),
        end_at=_time(meeting.get("end_time")),
        is_rescheduled=payload.get("rescheduled") is True,
        old_invitee=_text(payload.get("old_invitee")),
        new_invitee=_text(payload.get("new_invitee")),
        cancel_url=_text(payload.get("cancel_url")),
        reschedule_url=_text(payload.get("reschedule_url")),
        cancelled_by=_text(cancellation.get("canceler_type")),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return "".join(sign for sign in value if sign.isprintable())[:LONGEST]


def _time(value: Any) -> datetime | None:
    if not value:
        return None
    at = datetime.fromisoformat(_text(value))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _parts(header: str) -> tuple[str, list[str]]:
    """The stamp, in plain digits, and every `v1` of a header."""
    stamp, signatures = "", []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) <= 12:
            stamp = value
        elif name == "v1" and value.isascii():
            signatures.append(value.lower())
    return stamp, signatures


def _refused() -> BadSignature:
    return BadSignature(
        "the signature of this webhook is missing, wrong, or older than three minutes",
        "توقيع هذا الإشعار ناقص أو خاطئ أو أقدم من ثلاث دقائق",
    )
