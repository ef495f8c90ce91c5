"""
The list of conversations, read from where they stand: no copy that could fall behind.

Rule 1: only what a line shows is read, never a whole conversation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.mongo import queries
from adapters.mongo.conversations import FEW, SHELF
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


@dataclass(frozen=True, slots=True)
class _Way:
    """One question about a text."""

    query: queries.Query
    index: str = ""
    """The index that is walked first, where the question fits no beginning."""


class MongoInbox:
    """Lines of the inbox of every tenant; each call names one."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def page(
        self, tenant_id: str, wanted: Wanted, after: Bookmark | None = None, limit: int = PAGE
    ) -> InboxPage:
        """Some lines, newest first."""
        ways = _ways(wanted.text)
        for way in range(len(ways)) if after is None else (after.way,):
            asked = await self._narrowed(tenant_id, ways[way])
            if asked is None:
                continue
            found = await self._page(tenant_id, {**_filter(wanted), **asked}, after, limit, way)
            if found.rows:
                return found
        return InboxPage((), None)

    async def _narrowed(self, tenant_id: str, way: _Way) -> queries.Query | None:
        """A part of a name or a phone is sought in the index first: nobody is read to find it nobody's."""
        if not way.index:
            return way.query
        mine = self._rows.of(tenant_id)
        few = await mine.find(way.query, {"_id": 1}, limit=FEW + 1, index=way.index)
        if len(few) > FEW:
            return way.query
        return {"_id": {"$in": [row["_id"] for row in few]}} if few else None

    async def by_stage(self, tenant_id: str) -> Mapping[str, int]:
        rows = await self._rows.of(tenant_id).aggregate(queries.count_by_stage())
        return {row["_id"]: row["n"] for row in rows}

    async def stages_of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        rows = await self._rows.of(tenant_id).find({"_id": {"$in": list(conversation_ids)}}, {"stage": 1})
        return {row["_id"]: row["stage"] for row in rows}

    async def _page(
        self, tenant_id: str, query: queries.Query, after: Bookmark | None, limit: int, way: int
    ) -> InboxPage:
        wanted = {"$and": [query, _behind(after)]} if after else query
        found = await self._rows.of(tenant_id).find(wanted, _SHOWN, sort=[("updated_at", -1)], limit=limit + 1)
        rows = tuple(_row(row) for row in found[:limit])
        return InboxPage(rows, _bookmark(rows, after, way) if len(found) > limit else None)


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


def _ways(text: str) -> list[_Way]:
    """How a text is looked for: the first way that finds somebody answers."""
    wanted = text.strip()
    if not wanted:
        return [_Way({})]
    field, part = queries.containing(wanted)
    anywhere = _Way(part, f"by_{field}")
    words = asked_words(wanted)
    if field == "phone" or not words:
        return [_Way(queries.exactly(wanted)), anywhere]
    # Whoever types is not done with the last word. A part from the middle of a name begins no word; neither does
    # the name of somebody last written before there were words.
    *whole, begun = words
    said = [*whole, {"$regex": f"^{re.escape(begun)}"}]
    return [_Way(queries.exactly(wanted)), _Way({"$and": [{"words": word} for word in said]}), anywhere]


def _behind(after: Bookmark) -> queries.Query:
    return {"updated_at": {"$lte": after.at}, "_id": {"$nin": list(after.seen)}}


def _bookmark(rows: tuple[InboxRow, ...], before: Bookmark | None, way: int) -> Bookmark:
    last = rows[-1].updated_at
    here = tuple(row.conversation_id for row in rows if row.updated_at == last)
    seen = before.seen if before is not None and before.at == last else ()
    return Bookmark(last, (*seen, *here), way)


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
