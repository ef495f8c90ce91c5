"""
Green API's journals, read: what contacts wrote, and what a human typed on the linked phone.

Rule 1: only a row that says itself that it did not come through the API was typed by a human; a row that does not
        say may be ours, and is left.
Rule 2: a journal row is flat where a webhook nests; here it is written as the webhook that did not come.

Docs: green-api.com/en/docs/api/journals. A message appears there up to two minutes late, and one question a
second is allowed for each journal.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import id_at, object_at, text_at
from adapters.whatsapp.call import Answer, Silence
from adapters.whatsapp.history import Row, as_events, rows_of
from bot.events import ProviderEvent
from bot.ports import HistoryAway, Remembered

_FILES = ("imageMessage", "videoMessage", "documentMessage", "audioMessage", "stickerMessage")
_LONG_TEXTS = ("extendedTextMessage", "quotedMessage", "reactionMessage")

# The journal's own minutes are counted from its clock; one more covers the difference to ours.
_SLACK_MINUTES = 1


async def read(
    ask: Callable[[str, Mapping[str, str]], Awaitable[Answer | Silence]],
    parse: Callable[[bytes], list[ProviderEvent]],
    instance_id: str,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Remembered | HistoryAway:
    """
    Both journals of one instance.

    Args:
        ask: (method, query) -> what Green API answers.
        parse: the reader of webhooks.
    """
    query = {"minutes": str(max(1, math.ceil((now - since).total_seconds() / 60) + _SLACK_MINUTES))}
    incoming = rows_of(await ask("lastIncomingMessages", query))
    if isinstance(incoming, HistoryAway):
        return incoming
    outgoing = rows_of(await ask("lastOutgoingMessages", query))
    broken = outgoing if isinstance(outgoing, HistoryAway) else None
    typed, junk = ([], 0) if isinstance(outgoing, HistoryAway) else outgoing
    notifications = [*_received(incoming[0], instance_id), *_typed(typed, instance_id)]
    events, unreadable = as_events(notifications, parse, since, until)
    return Remembered(events, unreadable + incoming[1] + junk, broken=broken)


def _received(rows: list[Row], instance_id: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        if text_at(row, "type") != "outgoing":
            yield _notification("incomingMessageReceived", row, instance_id)


def _typed(rows: list[Row], instance_id: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row.get("sendByApi") is False and text_at(row, "type") != "incoming":
            yield _notification("outgoingMessageReceived", row, instance_id)


def _notification(sort: str, row: Row, instance_id: str) -> dict[str, Any]:
    """The webhook that this row should have been."""
    chat = id_at(row, "chatId")
    return {
        "typeWebhook": sort,
        "instanceData": {"idInstance": instance_id, "typeInstance": "whatsapp"},
        "timestamp": row.get("timestamp"),
        "idMessage": id_at(row, "idMessage"),
        "senderData": {
            "chatId": chat,
            "sender": id_at(row, "senderId") or chat,
            "senderName": text_at(row, "senderName"),
            "senderContactName": text_at(row, "senderContactName"),
        },
        "messageData": _message_data(row),
    }


def _message_data(row: Row) -> dict[str, Any]:
    """What was said, where a webhook has it; parts that both write alike (a click) stay as they are."""
    sort = text_at(row, "typeMessage")
    alike = {name: part for name, part in row.items() if isinstance(part, Mapping)}
    data: dict[str, Any] = {**alike, "typeMessage": sort}
    if sort == "textMessage":
        data["textMessageData"] = {"textMessage": text_at(row, "textMessage")}
    elif sort in _LONG_TEXTS:
        data["extendedTextMessageData"] = _long_text(row)
    elif sort in _FILES:
        names = ("downloadUrl", "caption", "fileName", "mimeType")
        nested = object_at(row, "fileMessageData")
        data["fileMessageData"] = {name: text_at(row, name) or text_at(nested, name) for name in names}
    elif sort == "locationMessage":
        data["locationMessageData"] = dict(object_at(row, "locationMessageData") or object_at(row, "location"))
    elif sort == "contactMessage":
        data["contactMessageData"] = dict(object_at(row, "contactMessageData") or object_at(row, "contact"))
    elif sort == "contactsArrayMessage":
        data["contacts"] = row.get("contacts")
    return data


def _long_text(row: Row) -> dict[str, Any]:
    nested = object_at(row, "extendedTextMessageData") or object_at(row, "extendedTextMessage")
    return {**nested, "text": text_at(nested, "text") or text_at(row, "textMessage")}
