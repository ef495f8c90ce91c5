"""
Green API's webhooks, read.

Rule 1: only chats with one person are heard; groups, newsletters and status posts are ignored on purpose.
Rule 2: a click on a button is known by its fields, not by its type: it arrives in at least four spellings.
Rule 3: an id is unique only within its chat, so every key names instance, chat and id.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp import causes
from adapters.whatsapp.body import hash_of, id_at, key_of, list_at, moment_at, number_at, object_at, text_at
from adapters.whatsapp.contacts import not_a_person, who
from adapters.whatsapp.green_api import codes
from bot.errors import UnreadableBody
from bot.events import (
    ChannelState,
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    Media,
    OutgoingEcho,
    ProviderEvent,
)

Tree = Mapping[str, Any]

# "{{SWE001}}" stands where the body of a message could not be received (green-api.com, common errors).
_NOT_RECEIVED = re.compile(r"\s*\{\{SWE\d+\}\}\s*")

_FILES = {
    "imageMessage": Kind.IMAGE,
    "videoMessage": Kind.VIDEO,
    "documentMessage": Kind.DOCUMENT,
    "audioMessage": Kind.AUDIO,
    "stickerMessage": Kind.STICKER,
}
_SHOWN_BY_OTHERS = {
    "interactiveButtons": "contentText",
    "interactiveButtonsReply": "contentText",
    "buttonsMessage": "contentText",
    "listMessage": "contentText",
    "templateMessage": "contentText",
    "groupInviteMessage": "caption",
}


def read(tree: Tree, instance_id: str, now: datetime) -> list[ProviderEvent]:
    """
    Give the one event of a notification.

    Raises: UnreadableBody, when the notification is for another instance.
    """
    sort = text_at(tree, "typeWebhook")
    if not sort:
        return [Ignored(hash_of(tree), "no typeWebhook: not a notification", tree)]
    _check_instance(id_at(tree, "instanceData", "idInstance"), instance_id)
    reader = _READERS.get(sort)
    if reader is None:
        return [Ignored(hash_of(tree), f"notification {sort[:60]}", tree)]
    return [reader(tree, instance_id, now)]


def _check_instance(given: str, wanted: str) -> None:
    if given != wanted:
        raise UnreadableBody(
            f"This notification is for instance {given[:30] or '?'}, and this channel is instance {wanted}.",
            f"هذا الإشعار للمثيل {given[:30] or '?'}، وهذه القناة للمثيل {wanted}.",
        )


def _incoming(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    chat, message_id = _chat(tree), id_at(tree, "idMessage")
    key = key_of(instance_id, chat, message_id) if chat and message_id else hash_of(tree)
    stranger = not_a_person(chat)
    if stranger:
        return Ignored(key, stranger, tree)
    data = object_at(tree, "messageData")
    content = _content(data)
    if content is None:
        return Ignored(key, f"message of type {text_at(data, 'typeMessage')[:60] or '?'}", tree)
    person = who(chat, text_at(tree, "senderData", "sender"))
    return InboundMessage(
        key=key,
        contact_keys=person.keys,
        phone=person.phone,
        profile_name=_first(object_at(tree, "senderData"), "senderName", "chatName", "senderContactName"),
        sent_at=moment_at(tree, now, "timestamp"),
        provider_message_id=message_id,
        stanza_id=message_id,
        raw=tree,
        **content,
    )


def _outgoing(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    chat, message_id = _chat(tree), id_at(tree, "idMessage")
    key = key_of(instance_id, chat, message_id, "echo") if message_id else hash_of(tree)
    stranger = not_a_person(chat)
    if stranger:
        return Ignored(key, stranger, tree)
    content = _content(object_at(tree, "messageData")) or {}
    return OutgoingEcho(
        key=key,
        contact_keys=who(chat).keys,
        provider_message_id=message_id,
        by_api=text_at(tree, "typeWebhook") == "outgoingAPIMessageReceived",
        text=content.get("text", ""),
        sent_at=moment_at(tree, now, "timestamp"),
        raw=tree,
    )


def _status(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    chat, message_id, status = id_at(tree, "chatId"), id_at(tree, "idMessage"), id_at(tree, "status")
    key = key_of(instance_id, chat, message_id, status) if message_id else hash_of(tree)
    at = moment_at(tree, now, "timestamp")
    if status == "yellowCard":
        # The message stays queued for a day; it is the number that is in trouble.
        return ChannelState(key, False, codes.state_detail(status), at, tree)
    if chat and (stranger := not_a_person(chat)):
        return Ignored(key, stranger, tree)
    failure = codes.FAILURES.get(status)
    progress = DeliveryStatus.FAILED if failure else codes.PROGRESS.get(status)
    if progress is None or not message_id:
        return Ignored(key, f"message status {status[:40] or '?'}", tree)
    return DeliveryReceipt(
        key=key,
        provider_message_ids=(message_id,),
        status=progress,
        contact_keys=who(chat).keys,
        at=at,
        send_class=failure.send_class if failure else None,
        provider_code=status if failure else "",
        raw=tree,
    )


def _state(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    state = id_at(tree, "stateInstance")
    key = key_of(instance_id, "state", state, text_at(tree, "timestamp"))
    at = moment_at(tree, now, "timestamp")
    return ChannelState(key, state == "authorized", codes.state_detail(state), at, tree)


def _socket(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    # A linked device sends while the phone is offline, so this says nothing about sending.
    key = key_of(instance_id, "socket", id_at(tree, "statusInstance"), text_at(tree, "timestamp"))
    return Ignored(key, f"the phone is {id_at(tree, 'statusInstance')[:20] or '?'}", tree)


def _quota(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    return ChannelState(
        hash_of(tree),
        False,
        causes.QUOTA_USED_UP.detail,
        moment_at(tree, now, "timestamp"),
        tree,
    )


def _call(tree: Tree, instance_id: str, now: datetime) -> ProviderEvent:
    # Ringing, picked up and hung up are one call: the key leaves the state out, so the first one counts.
    caller, call_id = id_at(tree, "from"), id_at(tree, "idMessage")
    key = key_of(instance_id, caller, call_id, "call") if call_id else hash_of(tree)
    stranger = not_a_person(caller)
    if stranger:
        return Ignored(key, stranger, tree)
    person = who(caller)
    return InboundMessage(
        key=key,
        contact_keys=person.keys,
        kind=Kind.CALL,
        phone=person.phone,
        sent_at=moment_at(tree, now, "timestamp"),
        provider_message_id=call_id,
        raw=tree,
    )


_READERS: dict[str, Callable[[Tree, str, datetime], ProviderEvent]] = {
    "incomingMessageReceived": _incoming,
    "outgoingMessageReceived": _outgoing,
    "outgoingAPIMessageReceived": _outgoing,
    "outgoingMessageStatus": _status,
    "stateInstanceChanged": _state,
    "statusInstanceChanged": _socket,
    "quotaExceeded": _quota,
    "incomingBlock": _quota,
    "incomingCall": _call,
}


def _chat(tree: Tree) -> str:
    return id_at(tree, "senderData", "chatId") or id_at(tree, "senderData", "sender")


def _content(data: Tree) -> dict[str, Any] | None:
    """Give the fields of InboundMessage that hold what was said, None for a type that we do not know."""
    quoted = id_at(data, "quotedMessage", "stanzaId") or id_at(data, "extendedTextMessageData", "stanzaId")
    sort = text_at(data, "typeMessage")
    button = _button(data)
    if button is not None:
        return button
    if sort in ("textMessage", "extendedTextMessage", "quotedMessage"):
        text = text_at(data, "textMessageData", "textMessage") or text_at(data, "extendedTextMessageData", "text")
        if _NOT_RECEIVED.fullmatch(text):
            return {"kind": Kind.UNREADABLE, "concerns": quoted}
        return {"kind": Kind.TEXT, "text": text, "concerns": quoted}
    if sort == "reactionMessage":
        return {
            "kind": Kind.REACTION,
            "text": text_at(data, "extendedTextMessageData", "text"),
            "concerns": quoted,
        }
    if sort in ("editedMessage", "deletedMessage"):
        return _changed(data, sort, quoted)
    if sort in _FILES:
        return _file(object_at(data, "fileMessageData"), _FILES[sort], quoted)
    return _thing(data, sort, quoted)


def _button(data: Tree) -> dict[str, Any] | None:
    for name, part in data.items():
        # A typed answer may quote an earlier click, which is not a click.
        if name == "quotedMessage" or not isinstance(part, Mapping):
            continue
        chosen = _first(part, "selectedId", "selectedButtonId", "buttonId", "singleSelectReply")
        chosen = chosen or id_at(part, "singleSelectReply", "selectedRowId")
        if chosen:
            title = _first(part, "selectedDisplayText", "selectedButtonText", "buttonText", "title")
            return {"kind": Kind.BUTTON, "text": title, "button_id": chosen, "concerns": id_at(part, "stanzaId")}
    return None


def _changed(data: Tree, sort: str, quoted: str) -> dict[str, Any]:
    # The inner names are not documented well, so the new text and the original's id are looked for by name.
    parts = [data, *(part for part in data.values() if isinstance(part, Mapping))]
    original = next((found for part in parts if (found := id_at(part, "stanzaId"))), quoted)
    if sort == "deletedMessage":
        return {"kind": Kind.DELETION, "concerns": original}
    names = ("textMessage", "text", "caption", "message")
    return {
        "kind": Kind.EDIT,
        "text": next((found for part in parts if (found := _first(part, *names))), ""),
        "concerns": original,
    }


def _file(data: Tree, kind: Kind, quoted: str) -> dict[str, Any]:
    mime_type = text_at(data, "mimeType")
    # Voice notes share `audioMessage` with music; WhatsApp records them as opus in ogg.
    is_voice = kind is Kind.AUDIO and mime_type.startswith("audio/ogg")
    media = Media(mime_type=mime_type, url=text_at(data, "downloadUrl"), file_name=text_at(data, "fileName"))
    return {
        "kind": Kind.VOICE if is_voice else kind,
        "text": text_at(data, "caption"),
        "media": media,
        "concerns": quoted,
    }


def _thing(data: Tree, sort: str, quoted: str) -> dict[str, Any] | None:
    if sort == "locationMessage":
        place = object_at(data, "locationMessageData")
        names = [name for name in (text_at(place, "nameLocation"), text_at(place, "address")) if name]
        media = Media(
            latitude=number_at(place, "latitude"),
            longitude=number_at(place, "longitude"),
            detail=", ".join(names),
        )
        return {"kind": Kind.LOCATION, "media": media, "concerns": quoted}
    if sort in ("contactMessage", "contactsArrayMessage"):
        listed = list_at(data, "contacts") or list_at(data, "messageData", "contacts")
        cards = [object_at(data, "contactMessageData"), *listed]
        vcards = [found for card in cards if (found := _first(object_at(card), "vcard", "displayName"))]
        return {"kind": Kind.CONTACT_CARD, "media": Media(detail="\n".join(vcards)), "concerns": quoted}
    if sort in ("pollMessage", "pollUpdateMessage"):
        poll = object_at(data, "pollMessageData")
        about = id_at(poll, "stanzaId") or quoted
        return {"kind": Kind.POLL, "media": Media(detail=text_at(poll, "name")), "concerns": about}
    if sort in _SHOWN_BY_OTHERS:
        inner = next((part for part in data.values() if isinstance(part, Mapping)), {})
        return {"kind": Kind.OTHER, "text": text_at(inner, _SHOWN_BY_OTHERS[sort]), "concerns": quoted}
    return None


def _first(part: Tree, *names: str) -> str:
    return next((found for name in names if (found := text_at(part, name))), "")
