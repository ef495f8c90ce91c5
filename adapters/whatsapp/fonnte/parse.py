"""
Fonnte's webhooks, read: messages, message statuses and device states arrive at one address.

Rule 1: every value is a string or missing, whatever the documentation says today.
Rule 2: what a webhook is shows in its fields: words or a sender make a message, an id a status, else a device.
Rule 3: the secret in the body is proof for `verify` and is never stored.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import hash_of, id_at, key_of, moment_at, number_at, text_at
from adapters.whatsapp.contacts import Who, not_a_person, who
from adapters.whatsapp.fonnte import codes
from bot import phones
from bot.errors import UnreadableBody
from bot.events import (
    ChannelState,
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    Media,
    ProviderEvent,
)

Tree = Mapping[str, Any]

# What Fonnte writes instead of a message when the plan does not include attachments.
_PLACEHOLDER = "non-text message"

_KIND_OF_EXTENSION = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "heic"), Kind.IMAGE),
    **dict.fromkeys(("mp4", "3gp", "3gpp", "mov"), Kind.VIDEO),
    **dict.fromkeys(("ogg", "oga", "opus"), Kind.VOICE),
    **dict.fromkeys(("mp3", "m4a", "aac", "amr", "wav"), Kind.AUDIO),
    "webp": Kind.STICKER,
}


def read(body: Tree, device: str, now: datetime) -> list[ProviderEvent]:
    """
    Give the one event of a webhook; `device` is empty when the channel does not know its own number.

    Raises: UnreadableBody, when the webhook is for another device.
    """
    tree = {name: value for name, value in body.items() if name != "secret"}
    given = id_at(tree, "device").removeprefix("+")
    if device and given and given != device:
        raise UnreadableBody(
            f"This webhook is for device {phones.mask(given)}, and this channel is {phones.mask(device)}.",
            f"هذا الطلب للجهاز {phones.mask(given)}، وهذه القناة للجهاز {phones.mask(device)}.",
        )
    if any(id_at(tree, name) for name in ("sender", "message", "inboxid")):
        return [_message(tree, given, now)]
    if any(id_at(tree, name) for name in ("id", "stateid", "state")):
        return [_status(tree, given)]
    if id_at(tree, "status"):
        return [_device(tree, given, now)]
    return [Ignored(hash_of(tree), "neither message, status nor device state", tree)]


def _message(tree: Tree, device: str, now: datetime) -> ProviderEvent:
    inbox_id, sender = id_at(tree, "inboxid"), id_at(tree, "sender")
    told = ("sender", "timestamp", "message", "text", "location", "pollname", "choices", "url", "filename")
    content_hash = hash_of([device, *(text_at(tree, name) for name in told)])
    key = key_of(device, inbox_id or content_hash)
    if not sender:
        return Ignored(key, "no sender", tree)
    if id_at(tree, "member") or not_a_person(_chat_id(sender)):
        return Ignored(key, "group" if id_at(tree, "member") or "-" in sender else _stranger(sender), tree)
    person = _person(sender)
    kind, text, button_id, media = _content(tree)
    return InboundMessage(
        key=key,
        contact_keys=person.keys,
        kind=kind,
        text=text,
        button_id=button_id,
        phone=person.phone,
        profile_name=text_at(tree, "name"),
        sent_at=moment_at(tree, now, "timestamp"),
        provider_message_id=inbox_id,
        media=media,
        raw=tree,
    )


def _status(tree: Tree, device: str) -> ProviderEvent:
    message_id, state_id = id_at(tree, "id"), id_at(tree, "stateid")
    state, status = id_at(tree, "state").lower(), id_at(tree, "status").lower()
    # Later events fill `state` only; the first one fills both, and a refusal only `status`.
    known = [word for word in (state, status) if word in codes.PROGRESS or word in codes.FAILURES]
    ids = tuple(found for found in (message_id, state_id) if found)
    key = key_of(device, message_id, state_id, "status", known[0] if known else status or state)
    if not known or not ids:
        return Ignored(key if ids else hash_of(tree), f"message status {(status or state)[:40] or '?'}", tree)
    failure = codes.FAILURES.get(known[0])
    return DeliveryReceipt(
        key=key,
        provider_message_ids=ids,
        status=DeliveryStatus.FAILED if failure else codes.PROGRESS[known[0]],
        send_class=failure.send_class if failure else None,
        provider_code=known[0] if failure else "",
        raw=tree,
    )


def _device(tree: Tree, device: str, now: datetime) -> ProviderEvent:
    status = id_at(tree, "status").lower()
    key = key_of(device, "device", status, id_at(tree, "timestamp") or hash_of(tree))
    if status not in ("connect", "connected", "disconnect", "disconnected"):
        return Ignored(key, f"device status {status[:40]}", tree)
    is_linked = status.startswith("connect")
    detail = (
        "The phone is linked to Fonnte.\nالهاتف مرتبط بـ Fonnte."
        if is_linked
        else "The phone is not linked to Fonnte; connect it on the device page.\n"
        "الهاتف غير مرتبط بـ Fonnte؛ اربطه من صفحة الجهاز."
    )
    return ChannelState(key, is_linked, detail, moment_at(tree, now, "timestamp"), tree)


def _chat_id(sender: str) -> str:
    if "@" in sender:
        return sender
    try:
        # Fonnte gives international digits; a device with a default country may show a local spelling.
        digits = phones.normalise(sender) if sender.startswith("0") else sender.removeprefix("+")
    except phones.BadPhone:
        digits = sender
    return f"{digits}@c.us"


def _stranger(sender: str) -> str:
    # Group ids have 18 digits and more; E.164 ends at 15.
    return "group" if sender.isdigit() and len(sender) > 15 else not_a_person(_chat_id(sender))


def _person(sender: str) -> Who:
    return who(_chat_id(sender))


def _content(tree: Tree) -> tuple[Kind, str, str, Media | None]:
    message, title = text_at(tree, "message"), text_at(tree, "text")
    is_placeholder = message.strip().lower() == _PLACEHOLDER
    words = "" if is_placeholder else message
    if id_at(tree, "url"):
        return _file_kind(tree), words, "", _file(tree)
    if id_at(tree, "location"):
        latitude, _, longitude = id_at(tree, "location").partition(",")
        place = {"latitude": latitude, "longitude": longitude}
        media = Media(latitude=number_at(place, "latitude"), longitude=number_at(place, "longitude"))
        return Kind.LOCATION, words, "", media
    if id_at(tree, "pollname") or id_at(tree, "choices"):
        return Kind.POLL, text_at(tree, "choices") or words, "", Media(detail=text_at(tree, "pollname"))
    if title and title != message:
        return Kind.BUTTON, title, words, None
    # The plan hides attachments: the contact must be asked to write it.
    return (Kind.UNREADABLE if is_placeholder else Kind.TEXT), words, "", None


def _extension(tree: Tree) -> str:
    return (id_at(tree, "extension") or id_at(tree, "filename").rpartition(".")[2]).lower().lstrip(".")


def _file_kind(tree: Tree) -> Kind:
    return _KIND_OF_EXTENSION.get(_extension(tree), Kind.DOCUMENT)


def _file(tree: Tree) -> Media:
    return Media(url=text_at(tree, "url"), file_name=text_at(tree, "filename"))
