"""
Ultramsg's chats, read: what contacts wrote lately.

Rule 1: there is no journal over all chats: the list of chats says which of them changed, and each is asked for
        its latest messages.
Rule 2: a look asks for so many chats and no more; what is left out is counted and said.
Rule 3: what left this number is not read: Ultramsg does not say who typed it (`parse.py`, rule 1).

Docs: docs.ultramsg.com/api/get/chats and /chats/messages; both known from public code, not tried live.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import id_at, moment_at, says_yes
from adapters.whatsapp.call import Answer, Silence
from adapters.whatsapp.contacts import not_a_person
from adapters.whatsapp.history import Row, as_events, rows_of
from bot.events import ProviderEvent
from bot.ports import HistoryAway, Remembered

Asking = Callable[[str, Mapping[str, str]], Awaitable[Answer | Silence]]

# No rate is published, and every chat is a call of its own: a look never takes longer than a minute or two.
CHATS_AT_MOST = 100

# What one chat answers at first, and at most (the provider's own maximum).
MESSAGES_FIRST, MESSAGES_AT_MOST = 100, 1_000


async def read(
    ask: Asking,
    parse: Callable[[bytes], list[ProviderEvent]],
    instance: str,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Remembered | HistoryAway:
    """What the chats that changed since then hold."""
    listed = rows_of(await ask("chats", {}))
    if isinstance(listed, HistoryAway):
        return listed
    chats, junk = listed
    changed = [chat for chat in chats if _may_hold(chat, since, now)]
    changed.sort(key=lambda chat: _last(chat, now) or now, reverse=True)
    notifications: list[dict[str, Any]] = []
    broken: HistoryAway | None = None
    for chat in changed[:CHATS_AT_MOST]:
        rows = await _messages(ask, id_at(chat, "id"), since, now)
        if isinstance(rows, HistoryAway):
            broken = rows
            break
        junk += rows[1]
        notifications += _received(rows[0], instance)
    events, unreadable = as_events(notifications, parse, since, until)
    return Remembered(events, unreadable + junk, not_asked=max(0, len(changed) - CHATS_AT_MOST), broken=broken)


async def _messages(
    ask: Asking, chat_id: str, since: datetime, now: datetime
) -> tuple[list[Row], int] | HistoryAway:
    """The latest messages of a chat, as far back as the span reaches."""
    for limit in (MESSAGES_FIRST, MESSAGES_AT_MOST):
        rows = rows_of(await ask("chats/messages", {"chatId": chat_id, "limit": str(limit)}))
        if isinstance(rows, HistoryAway):
            return rows
        times = [at for row in rows[0] if (at := moment_at(row, now, "time")) is not None]
        if len(rows[0]) < limit or (times and min(times) < since):
            break
    return rows


def _may_hold(chat: Row, since: datetime, now: datetime) -> bool:
    """Whether a chat is a person's and changed since then; one that does not say when is asked."""
    chat_id = id_at(chat, "id")
    if not chat_id or not_a_person(chat_id):
        return False
    last = _last(chat, now)
    return last is None or last >= since


def _last(chat: Row, now: datetime) -> datetime | None:
    return moment_at(chat, now, "last_time")


def _received(rows: list[Row], instance: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        if not says_yes(row.get("fromMe")):
            yield {"event_type": "message_received", "instanceId": instance, "data": row}
