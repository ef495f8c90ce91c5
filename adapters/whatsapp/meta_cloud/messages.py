"""
What a message from Meta says, by its type.

Rule: an unknown type gives None, and a known type with missing parts gives what is there.
"""

from collections.abc import Mapping
from typing import Any

from adapters.whatsapp.body import id_at, list_at, number_at, object_at, says_yes, text_at
from bot.events import Kind, Media

Tree = Mapping[str, Any]
Content = dict[str, Any]
"""Fields of InboundMessage; `concerns` only when the type itself names another message."""

_FILES = {
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
    "audio": Kind.AUDIO,
    "voice": Kind.VOICE,
}


def content_of(message: Tree) -> Content | None:
    """Give what was said, None for a type that we do not know."""
    sort = text_at(message, "type")
    if sort == "text":
        return {"kind": Kind.TEXT, "text": text_at(message, "text", "body")}
    if sort in _FILES:
        return _file(object_at(message, sort), _FILES[sort])
    reader = _READERS.get(sort)
    return reader(message) if reader else None


def _file(file: Tree, kind: Kind) -> Content:
    is_voice = kind is Kind.AUDIO and says_yes(file.get("voice"))
    media = Media(
        mime_type=text_at(file, "mime_type"),
        url=text_at(file, "url"),
        provider_media_id=id_at(file, "id"),
        file_name=text_at(file, "filename"),
    )
    return {"kind": Kind.VOICE if is_voice else kind, "text": text_at(file, "caption"), "media": media}


def _location(message: Tree) -> Content:
    place = object_at(message, "location")
    names = (text_at(place, "name"), text_at(place, "address"))
    media = Media(
        url=text_at(place, "url"),
        latitude=number_at(place, "latitude"),
        longitude=number_at(place, "longitude"),
        detail=", ".join(name for name in names if name),
    )
    return {"kind": Kind.LOCATION, "media": media}


def _contacts(message: Tree) -> Content:
    lines = []
    for card in list_at(message, "contacts"):
        numbers = [text_at(phone, "phone") or text_at(phone, "wa_id") for phone in list_at(card, "phones")]
        lines.append(" ".join(part for part in (text_at(card, "name", "formatted_name"), *numbers) if part))
    return {"kind": Kind.CONTACT_CARD, "media": Media(detail="\n".join(lines))}


def _reaction(message: Tree) -> Content:
    reaction = object_at(message, "reaction")
    emoji = text_at(reaction, "emoji")
    return {"kind": Kind.REACTION, "text": emoji, "concerns": id_at(reaction, "message_id")}


def _interactive(message: Tree) -> Content:
    interactive = object_at(message, "interactive")
    for name in ("button_reply", "list_reply"):
        chosen = object_at(interactive, name)
        if chosen:
            return {"kind": Kind.BUTTON, "text": text_at(chosen, "title"), "button_id": id_at(chosen, "id")}
    if not interactive:
        # Meta could not put the content into the webhook and says so under `errors`.
        return {"kind": Kind.UNREADABLE}
    form = object_at(interactive, "nfm_reply")
    media = Media(detail=text_at(form, "response_json")) if form else None
    return {"kind": Kind.OTHER, "text": text_at(form, "body"), "media": media}


def _button(message: Tree) -> Content:
    button = object_at(message, "button")
    return {"kind": Kind.BUTTON, "text": text_at(button, "text"), "button_id": id_at(button, "payload")}


def _order(message: Tree) -> Content:
    order = object_at(message, "order")
    lines = [
        f"{text_at(item, 'quantity')} x {text_at(item, 'product_retailer_id')}"
        for item in list_at(order, "product_items")
    ]
    return {"kind": Kind.ORDER, "text": text_at(order, "text"), "media": Media(detail="\n".join(lines))}


def _edit(message: Tree) -> Content:
    edit = object_at(message, "edit")
    # Only what can be edited: a text, or the caption of a file. The depth of edits stays one.
    inner = object_at(edit, "message")
    sort = text_at(inner, "type")
    new = (
        _file(object_at(inner, sort), _FILES[sort])
        if sort in _FILES
        else {"text": text_at(inner, "text", "body")}
    )
    return {**new, "kind": Kind.EDIT, "concerns": id_at(edit, "original_message_id")}


def _revoke(message: Tree) -> Content:
    return {"kind": Kind.DELETION, "concerns": id_at(message, "revoke", "original_message_id")}


def _poll(message: Tree) -> Content:
    poll = object_at(message, text_at(message, "type"))
    return {"kind": Kind.POLL, "media": Media(detail=text_at(poll, "name") or text_at(poll, "question"))}


def _unsupported(message: Tree) -> Content:
    return {"kind": Kind.UNREADABLE}


_READERS = {
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
    "poll": _poll,
    "poll_creation": _poll,
    "poll_update": _poll,
    "unsupported": _unsupported,
    "unknown": _unsupported,
}
