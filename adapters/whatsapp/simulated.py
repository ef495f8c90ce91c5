"""
The simulated phone: a provider for a house where nothing is configured yet.

Rule 1: what is sent is shown and never counted as accepted.
Rule 2: what is typed on the simulated phone travels as a signed webhook body, through `verify` and `parse`, so
        that the simulator exercises the road that a real message takes.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp import causes
from adapters.whatsapp.body import hash_of, id_at, key_of, moment_at, number_at, object_at, read_object, text_at
from adapters.whatsapp.call import refused_here, result_of
from adapters.whatsapp.contacts import Who, phone_of
from adapters.whatsapp.proof import refusal, same_signature, sign
from bot import phones
from bot.errors import UnreadableBody
from bot.events import DeliveryReceipt, DeliveryStatus, Ignored, InboundMessage, Kind, Media, ProviderEvent
from bot.ports import CannotTell, FoundSend, Health, NoHistory, NoTrace, OutboundMessage, SendResult

SIGNATURE_HEADER = "x-simulated-signature"

_KINDS = {kind.value: kind for kind in Kind}
_STATUSES = {status.value: status for status in DeliveryStatus}
_MEDIA_TEXTS = ("mime_type", "url", "provider_media_id", "file_name", "detail")


class Simulated:
    """A phone on a page instead of a phone in a pocket."""

    name = "simulated"
    text_limit = 4096
    needs_window = False
    is_authenticated = True

    def __init__(
        self,
        channel: str,
        *,
        secret: bytes,
        delivered: Callable[[OutboundMessage], Awaitable[None]],
        clock: Callable[[], datetime],
        sender_identity: str = "simulated",
    ) -> None:
        """`secret` is drawn for each process; `delivered` shows a message on the simulated phone."""
        self.channel = channel
        self.sender_identity = sender_identity
        self._secret = secret
        self._delivered = delivered
        self._clock = clock

    def secrets(self) -> tuple[str, ...]:
        return (self._secret.hex(),)

    def compose(
        self,
        phone: str,
        *,
        message_id: str,
        text: str = "",
        kind: Kind = Kind.TEXT,
        button_id: str = "",
        media: Media | None = None,
        concerns: str = "",
        profile_name: str = "",
        sent_at: datetime | None = None,
    ) -> bytes:
        """Make the body of a message that a contact writes; `sign` gives the headers that belong to it."""
        body: dict[str, Any] = {
            "event": "message",
            "channel": self.channel,
            "id": message_id,
            "from": phones.normalise(phone),
            "name": profile_name,
            "kind": kind.value,
            "text": text,
            "button_id": button_id,
            "concerns": concerns,
            "timestamp": int((sent_at or self._clock()).timestamp()),
        }
        if media is not None:
            named = {name: getattr(media, name) for name in _MEDIA_TEXTS}
            body["media"] = {**named, "latitude": media.latitude, "longitude": media.longitude}
        return json.dumps(body, ensure_ascii=False).encode()

    def compose_receipt(self, provider_message_id: str, status: DeliveryStatus, at: datetime) -> bytes:
        """Make the body of a delivery receipt, for showing how far a message came."""
        body = {
            "event": "status",
            "channel": self.channel,
            "id": provider_message_id,
            "status": status.value,
            "timestamp": int(at.timestamp()),
        }
        return json.dumps(body).encode()

    def sign(self, body: bytes) -> dict[str, str]:
        """Give the headers that prove a composed body."""
        return {SIGNATURE_HEADER: f"sha256={sign(self._secret, body)}"}

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        if not same_signature(headers.get(SIGNATURE_HEADER, ""), self._secret, body):
            raise refusal("the simulator")

    def parse(self, body: bytes) -> list[ProviderEvent]:
        tree, now = read_object(body), self._clock()
        if id_at(tree, "channel") != self.channel:
            raise UnreadableBody("This body is for another simulated channel.", "هذا الطلب لقناة تجريبية أخرى.")
        sort = text_at(tree, "event")
        if sort == "message":
            return [_message(tree, now)]
        if sort == "status":
            return [_receipt(tree, now)]
        return [Ignored(hash_of(tree), f"event {sort[:40] or '?'}", tree)]

    async def send(self, message: OutboundMessage) -> SendResult:
        if not phone_of(message.recipient):
            return result_of(causes.NO_ADDRESS, code="no_address")
        refused = refused_here(message, self.text_limit)
        if refused:
            return refused
        await self._delivered(message)
        return result_of(causes.SIMULATED, ids=(f"simulated-{message.reference}",))

    async def probe(self) -> Health:
        return Health("ok", "The simulated phone is always there.\nالهاتف التجريبي موجود دائماً.", self._clock())

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        return CannotTell("The simulated phone keeps no record.\nالهاتف التجريبي لا يحتفظ بسجل.")

    async def history(self, since: datetime, until: datetime) -> NoHistory:
        return NoHistory("The simulated phone keeps no record", "الهاتف التجريبي لا يحتفظ بسجل")

    async def close(self) -> None:
        """There is no connection to give back."""


def _message(tree: Mapping[str, Any], now: datetime) -> ProviderEvent:
    message_id, phone = id_at(tree, "id"), phones.from_provider(id_at(tree, "from"))
    key = key_of(phone, message_id) if message_id else hash_of(tree)
    kind = _KINDS.get(text_at(tree, "kind"))
    if not phone or kind is None:
        return Ignored(key, "no sender or no known kind", tree)
    return InboundMessage(
        key=key,
        contact_keys=Who(phone=phone).keys,
        kind=kind,
        text=text_at(tree, "text"),
        button_id=text_at(tree, "button_id"),
        phone=phone,
        profile_name=text_at(tree, "name"),
        sent_at=moment_at(tree, now, "timestamp"),
        provider_message_id=message_id,
        concerns=id_at(tree, "concerns"),
        media=_media(object_at(tree, "media")),
        raw=tree,
    )


def _media(tree: Mapping[str, Any]) -> Media | None:
    if not tree:
        return None
    named = {name: text_at(tree, name) for name in _MEDIA_TEXTS}
    return Media(**named, latitude=number_at(tree, "latitude"), longitude=number_at(tree, "longitude"))


def _receipt(tree: Mapping[str, Any], now: datetime) -> ProviderEvent:
    message_id, status = id_at(tree, "id"), _STATUSES.get(text_at(tree, "status"))
    if not message_id or status is None:
        return Ignored(hash_of(tree), "no id or no known status", tree)
    key = key_of(message_id, "status", status.value)
    return DeliveryReceipt(key, (message_id,), status, at=moment_at(tree, now, "timestamp"), raw=tree)
