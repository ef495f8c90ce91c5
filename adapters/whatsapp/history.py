"""
Reading a provider's own record of what was said, for whatever no webhook brought.

Rule 1: a row is written as the webhook that it should have been, and goes through the very reader of webhooks:
        the same key, the same text, the same refusals.
Rule 2: a row that is not what the provider documents is counted and left; it never spoils the others.
Rule 3: whatever the provider answers instead of a record is `HistoryAway`, with its own pause if it names one.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.whatsapp import causes
from adapters.whatsapp.call import Answer, Silence, cause_of_status
from bot.errors import UnreadableBody
from bot.events import InboundMessage, OutgoingEcho, ProviderEvent
from bot.ports import HistoryAway

# What says that an event was found in a record.
CAME_BY = "history"

Row = Mapping[str, Any]

_STRANGE = (
    "The provider's record could not be read: its answer is not what it documents.\n"
    "تعذرت قراءة سجل المزوّد: ردّه ليس كما يوثّقه."
)


def as_events(
    notifications: Iterable[Row],
    parse: Callable[[bytes], list[ProviderEvent]],
    since: datetime,
    until: datetime,
) -> tuple[tuple[InboundMessage | OutgoingEcho, ...], int]:
    """The events of a span, oldest first, and how many rows could not be read. A row without a time is unread."""
    found: dict[str, InboundMessage | OutgoingEcho] = {}
    unreadable = 0
    for notification in notifications:
        try:
            events = parse(json.dumps(notification, ensure_ascii=True).encode())
        except UnreadableBody:
            unreadable += 1
            continue
        for event in events:
            if not isinstance(event, InboundMessage | OutgoingEcho):
                continue  # groups, newsletters, kinds that we do not take: as in a webhook
            if event.sent_at is None or not event.provider_message_id:
                unreadable += 1  # without its id nobody could know it for the webhook that did come
            elif since <= event.sent_at <= until:
                found[event.key] = replace(event, came_by=CAME_BY)
    return tuple(sorted(found.values(), key=lambda event: event.sent_at or since)), unreadable


def away(answer: Answer | Silence) -> HistoryAway:
    """Why an answer is no record."""
    if isinstance(answer, Silence):
        return HistoryAway(answer.cause.detail)
    if answer.is_success:
        return HistoryAway(_STRANGE, answer.retry_after_seconds)
    cause = cause_of_status(answer.status)
    words = _STRANGE if cause is causes.PROVIDER_TROUBLE else cause.detail
    return HistoryAway(
        f"{words.partition(chr(10))[0]} (HTTP {answer.status})\n{words.partition(chr(10))[2]}",
        answer.retry_after_seconds,
    )


def rows_of(answer: Answer | Silence) -> tuple[list[Row], int] | HistoryAway:
    """The objects of a list, and how many things in it are none; `HistoryAway` when it is no list."""
    if isinstance(answer, Silence) or not answer.is_success or not isinstance(answer.tree, list):
        return away(answer)
    rows = [row for row in answer.tree if isinstance(row, Mapping)]
    return rows, len(answer.tree) - len(rows)
