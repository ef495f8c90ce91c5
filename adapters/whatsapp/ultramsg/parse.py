"""
Ultramsg's webhooks, read.

Rule 1: `message_create` shows our own messages too and does not say who typed them, so they are ignored:
        taking our own send for a human at the phone would silence the bot.
Rule 2: the last part of `data.id` is WhatsApp's own id of the message.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import hash_of, id_at, key_of, moment_at, number_at, object_at, says_yes, text_at
from adapters.whatsapp.contacts import not_a_person, who
from adapters.whatsapp.ultramsg import codes
from bot.errors import UnreadableBody
from bot.events import (
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    Media,
    ProviderEvent,
)

Tree = Mapping[str, Any]

_KINDS = {
    "chat": Kind.TEXT,
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "audio": Kind.AUDIO,
    "ptt": Kind.VOICE,
    "voice": Kind.VOICE,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "vcard": Kind.CONTACT_CARD,
    "multi_vcard": Kind.CONTACT_CARD,
}
_FILES = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER)


def read(tree: Tree, instance: str, now: datetime) -> list[ProviderEvent]:
    """
    Give the one event of a webhook.

    Raises: UnreadableBody, when the webhook is for another instance.
    """
    sort = text_at(tree, "event_type")
    if not sort:
        return [Ignored(hash_of(tree), "no event_type: not an event", tree)]
    given = bare_instance(id_at(tree, "instanceId"))
    if given != instance:
        raise UnreadableBody(
            f"This event is for instance {given[:30] or '?'}, and this channel is instance {instance}.",
            f"هذا الحدث للمثيل {given[:30] or '?'}، وهذه القناة للمثيل {instance}.",
        )
    if sort in ("message_received", "message_create"):
        return [_message(tree, instance, now)]
    if sort == "message_reaction":
        return [_reaction(tree, instance, now)]
    if sort == "message_ack":
        return [_ack(tree, instance, now)]
    return [Ignored(hash_of(tree), f"event {sort[:60]}", tree)]


def bare_instance(instance: str) -> str:
    """`1150` and `instance1150` are the same instance."""
    return instance.strip().lower().removeprefix("instance")


def _message(tree: Tree, instance: str, now: datetime) -> ProviderEvent:
    data = object_at(tree, "data")
    key, refused = _key_and_refusal(tree, data, instance)
    if refused:
        return Ignored(key, refused, tree)
    kind = _KINDS.get(text_at(data, "type"))
    if kind is None:
        return Ignored(key, f"message of type {text_at(data, 'type')[:60] or '?'}", tree)
    text, media = _content(data, kind)
    return InboundMessage(
        kind=kind,
        text=text,
        media=media,
        concerns=id_at(data, "quotedMsg", "id"),
        **_envelope(tree, data, key, now),
    )


def _reaction(tree: Tree, instance: str, now: datetime) -> ProviderEvent:
    data = object_at(tree, "data")
    key, refused = _key_and_refusal(tree, data, instance)
    if refused:
        return Ignored(key, refused, tree)
    inner = object_at(data, "reaction")
    emoji = text_at(data, "reaction") or text_at(inner, "text") or text_at(inner, "emoji")
    about = id_at(data, "msgId") or id_at(inner, "msgId")
    return InboundMessage(kind=Kind.REACTION, text=emoji, concerns=about, **_envelope(tree, data, key, now))


def _ack(tree: Tree, instance: str, now: datetime) -> ProviderEvent:
    data = object_at(tree, "data")
    ack, queue_id, message_id = id_at(data, "ack").lower(), id_at(tree, "id"), id_at(data, "id")
    reference = id_at(tree, "referenceId")
    ids = tuple(found for found in (queue_id, message_id) if found)
    key = key_of(instance, message_id, queue_id, "ack", ack) if ids else hash_of(tree)
    recipient = id_at(data, "to")
    if recipient and (stranger := not_a_person(recipient)):
        return Ignored(key, stranger, tree)
    failure = codes.FAILURES.get(ack)
    progress = DeliveryStatus.FAILED if failure else codes.PROGRESS.get(ack)
    if progress is None or not (ids or reference):
        return Ignored(key, f"message ack {ack[:40] or '?'}", tree)
    return DeliveryReceipt(
        key=key if ids else key_of(instance, reference, "ack", ack),
        provider_message_ids=ids,
        status=progress,
        our_reference=reference,
        contact_keys=who(recipient).keys,
        # `data.time` is when the message was made, not when this happened.
        at=None,
        send_class=failure.send_class if failure else None,
        provider_code=ack if failure else "",
        raw=tree,
    )


def _key_and_refusal(tree: Tree, data: Tree, instance: str) -> tuple[str, str]:
    message_id, sender = id_at(data, "id"), id_at(data, "from")
    key = key_of(instance, message_id) if message_id else hash_of(tree)
    if says_yes(data.get("fromMe")) or message_id.startswith("true_"):
        return key_of(key, "own"), "our own message; Ultramsg does not say whether a human typed it"
    return key, not_a_person(sender) or ("group" if id_at(data, "author").endswith("@g.us") else "")


def _envelope(tree: Tree, data: Tree, key: str, now: datetime) -> dict[str, Any]:
    person, message_id = who(id_at(data, "from")), id_at(data, "id")
    return {
        "key": key,
        "contact_keys": person.keys,
        "phone": person.phone,
        "profile_name": text_at(data, "pushname"),
        "sent_at": moment_at(data, now, "time"),
        "provider_message_id": message_id,
        "stanza_id": message_id.rpartition("_")[2] if "_" in message_id else "",
        "raw": tree,
    }


def _content(data: Tree, kind: Kind) -> tuple[str, Media | None]:
    body = text_at(data, "body")
    if kind is Kind.LOCATION:
        # The body of a location is a picture of the map.
        return "", _place(data)
    if kind is Kind.CONTACT_CARD:
        return "", Media(detail=body)
    if kind in _FILES:
        name = text_at(data, "filename")
        return body, Media(mime_type=text_at(data, "mimetype"), url=text_at(data, "media"), file_name=name)
    return body, None


def _place(data: Tree) -> Media:
    place = object_at(data, "location")
    if not place and "," in text_at(data, "location"):
        latitude, _, longitude = text_at(data, "location").partition(",")
        place = {"latitude": latitude, "longitude": longitude}
    north = number_at(place, "latitude")
    east = number_at(place, "longitude")
    names = (text_at(place, "description"), text_at(place, "name"), text_at(place, "address"))
    return Media(
        latitude=number_at(place, "lat") if north is None else north,
        longitude=number_at(place, "lng") if east is None else east,
        detail=", ".join(name for name in names if name),
    )
