"""
The list of conversations, read from where they stand: no copy that could fall behind.

Rule 1: only what a line shows is read, never a whole conversation.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.mongo import queries
from adapters.mongo.conversations import SHELF
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from bot.conversation import Status
from bot.inbox.finding import PAUSED, UNANSWERED, asked_words
from bot.inbox.rows import PAGE, Bookmark, InboxPage, InboxRow, Wanted

_WAITING = (Status.HELD.value, Status.UNKNOWN.value)

_SHOWN = {
    "name": 1,
    "phone": 1,
    "stage": 1,
    "channel": 1,
    "mode": 1,
    "sends_paused": 1,
    "suppression.reason": 1,
    "outbox.status": 1,
    "traits": 1,
    "updated_at": 1,
    "recent": {"$slice": -1},
    "mailbox": {"$slice": -1},
}


class MongoInbox:
    """Lines of the inbox of every tenant; each call names one."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def page(
        self, tenant_id: str, wanted: Wanted, after: Bookmark | None = None, limit: int = PAGE
    ) -> InboxPage:
        """Some lines, newest first."""
        for asked in _looked_for(wanted.text):
            found = await self._page(tenant_id, {**_filter(wanted), **asked}, after, limit)
            if found.rows or after is not None:
                return found
        return InboxPage((), None)

    async def by_stage(self, tenant_id: str) -> Mapping[str, int]:
        rows = await self._rows.of(tenant_id).aggregate(queries.count_by_stage())
        return {row["_id"]: row["n"] for row in rows}

    async def stages_of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        rows = await self._rows.of(tenant_id).find({"_id": {"$in": list(conversation_ids)}}, {"stage": 1})
        return {row["_id"]: row["stage"] for row in rows}

    async def _page(self, tenant_id: str, query: queries.Query, after: Bookmark | None, limit: int) -> InboxPage:
        wanted = {"$and": [query, _behind(after)]} if after else query
        found = await self._rows.of(tenant_id).find(wanted, _SHOWN, sort=[("updated_at", -1)], limit=limit + 1)
        rows = tuple(_row(row) for row in found[:limit])
        return InboxPage(rows, _bookmark(rows, after) if len(found) > limit else None)


def _filter(wanted: Wanted) -> queries.Query:
    query: queries.Query = {"stage": wanted.stage} if wanted.stage else {}
    match wanted.filter:
        case "waits":
            query |= queries.with_drafts(_WAITING)
        case "unanswered":
            query["traits"] = UNANSWERED
        case "paused":
            query["traits"] = PAUSED
    return query


def _looked_for(text: str) -> list[queries.Query]:
    """How a text is looked for: the first question that finds somebody answers."""
    wanted = text.strip()
    if not wanted:
        return [{}]
    field, part = queries.containing(wanted)
    if field == "phone":
        return [queries.exactly(wanted), part]
    words = asked_words(wanted)
    said = [{"words": {"$regex": f"^{re.escape(word)}"}} for word in words]
    # A part from the middle of a name is in no word's beginning; so is the name of somebody last written before
    # there were words.
    return [queries.exactly(wanted), *([{"$and": said}] if said else []), part]


def _behind(after: Bookmark) -> queries.Query:
    return {"updated_at": {"$lte": after.at}, "_id": {"$nin": list(after.seen)}}


def _bookmark(rows: tuple[InboxRow, ...], before: Bookmark | None) -> Bookmark:
    last = rows[-1].updated_at
    here = tuple(row.conversation_id for row in rows if row.updated_at == last)
    seen = before.seen if before is not None and before.at == last else ()
    return Bookmark(last, (*seen, *here))


def _row(row: Mapping[str, Any]) -> InboxRow:
    recent, mailbox = row.get("recent") or (), row.get("mailbox") or ()
    unread = mailbox[-1] if mailbox and mailbox[-1]["what"] == "message" else None
    last = recent[-1] if recent else None
    who, text, kind, at = _last(last, unread)
    return InboxRow(
        conversation_id=row["_id"],
        name=row.get("name", ""),
        phone=row.get("phone", ""),
        stage=row["stage"],
        channel=row.get("channel", ""),
        mode=row.get("mode", "bot"),
        sends_paused=row.get("sends_paused", ""),
        is_stopped=bool(row.get("suppression")),
        waiting=sum(1 for draft in row.get("outbox") or () if draft["status"] in _WAITING),
        is_unanswered=UNANSWERED in (row.get("traits") or ()),
        last_who=who,
        last_text=text,
        last_kind=kind,
        last_at=at,
        updated_at=row["updated_at"],
    )


def _last(
    last: Mapping[str, Any] | None, unread: Mapping[str, Any] | None
) -> tuple[str, str, str, datetime | None]:
    if unread is not None:
        data = unread.get("data") or {}
        return "contact", str(data.get("text", "")), str(data.get("kind", "text")), unread["received_at"]
    if last is not None:
        return last["who"], last["text"], last.get("kind", "text"), last["at"]
    return "", "", "", None
