"""
Contacts, read for what contradicts itself in them.

Rule 1: contacts are read by the moment of their last change, in pages, from an index; a page costs four questions
        however many contacts it holds.
Rule 2: of a talk only the latest lines are read; where they state something, the whole of what the contact wrote.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from adapters.mongo import consents, conversations, suppressions, timeline
from adapters.mongo.consents import event_of
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from bot.contradictions.in_contacts import PAID_STAGES, ContactState
from bot.contradictions.kept import Cursor, Page
from bot.contradictions.statements import Statement, stated_in
from bot.privacy.consent import ConsentEvent

_FIELDS = {
    "keys": 1,
    "stage": 1,
    "slots": 1,
    "suppression": 1,
    "recent.who": 1,
    "recent.text": 1,
    "recent.at": 1,
    "recent.key": 1,
    "updated_at": 1,
}

# Where a deal can stand only after money came in, or where money that came in would be out of place.
_ASKED_FOR_MONEY = (*PAID_STAGES, "payment_requested", "negotiating", "proposal_sent")

# What one contact wrote, at most; a story is read in one piece.
_MESSAGES = 500

WithFingerprints = Callable[[str, Iterable[str]], tuple[str, ...]]


class MongoContradictionContacts:
    """`bot.contradictions.kept.ContactRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._conversations = Rows(door, conversations.SHELF)
        self._timeline = Rows(door, timeline.SHELF)
        self._suppressions = Rows(door, suppressions.SHELF)
        self._consents = Rows(door, consents.SHELF)

    async def changed(self, tenant_id: str, cursor: Cursor, limit: int) -> Page:
        at_that_moment = {"updated_at": cursor.since, "_id": {"$nin": list(cursor.seen)}}
        query: Document = {"$or": [{"updated_at": {"$gt": cursor.since}}, at_that_moment]}
        mine = self._conversations.of(tenant_id)
        rows = await mine.find(query, _FIELDS, sort=[("updated_at", 1)], limit=limit)
        contacts = tuple(await self._states(tenant_id, rows))
        if not rows:
            return Page((), 0, cursor, is_last=True)
        last = rows[-1]["updated_at"]
        seen = [row["_id"] for row in rows if row["updated_at"] == last]
        before = list(cursor.seen) if last == cursor.since else []
        after = Cursor(last, (*before, *seen), cursor.consents_since)
        return Page(contacts, len(rows), after, is_last=len(rows) < limit)

    async def consented(self, tenant_id: str, since: datetime, limit: int) -> tuple[list[ContactState], datetime]:
        query = {"recorded_at": {"$gt": since}, "action": "granted"}
        fields = {"contact_id": 1, "keys": 1, "recorded_at": 1}
        mine = self._consents.of(tenant_id)
        rows = await mine.find(query, fields, sort=[("recorded_at", 1)], limit=limit)
        if not rows:
            return [], since
        talks = sorted({row["contact_id"] for row in rows if row["contact_id"]})
        found = await self.some(tenant_id, talks)
        strangers = [{"_id": "", "stage": "", "keys": row["keys"]} for row in rows if not row["contact_id"]]
        return [*found, *await self._states(tenant_id, strangers)], rows[-1]["recorded_at"]

    async def some(self, tenant_id: str, conversation_ids: Sequence[str]) -> list[ContactState]:
        if not conversation_ids:
            return []
        query = {"_id": {"$in": list(conversation_ids)}}
        return await self._states(tenant_id, await self._conversations.of(tenant_id).find(query, _FIELDS))

    async def _states(self, tenant_id: str, rows: Sequence[Document]) -> list[ContactState]:
        stopped = await self._stops(tenant_id, rows)
        agreed = await self._agreed(tenant_id, [row for row in rows if _first(row, stopped)])
        asked = [row["_id"] for row in rows if row["_id"] and row["stage"] in _ASKED_FOR_MONEY]
        paid = await self._paid(tenant_id, asked)
        talkers = [row["_id"] for row in rows if any(_stated(row))]
        told = await self._told(tenant_id, talkers)
        return [
            ContactState(
                conversation_id=row["_id"],
                stage=row["stage"],
                suppressed_for=_first(row, stopped),
                consents=tuple(dict.fromkeys(e for key in row["keys"] for e in agreed.get(key, ()))),
                payment=paid.get(row["_id"], ""),
                payment_is_known=row["_id"] in asked,
                statements=(*told.get(row["_id"], ()), *_answers(row)),
                has_told=len(_lines(row)) > 1,
            )
            for row in rows
        ]

    async def _stops(self, tenant_id: str, rows: Sequence[Document]) -> dict[str, str]:
        """Contact key -> why it must never be written to."""
        keys = [key for row in rows for key in row["keys"]]
        if not keys:
            return {}
        query = {"key": {"$in": keys}, "lifted_at": {"$exists": False}}
        found = await self._suppressions.of(tenant_id).find(query, {"key": 1, "reason": 1})
        return {row["key"]: str(row["reason"]) for row in found}

    async def _agreed(self, tenant_id: str, rows: Sequence[Document]) -> dict[str, list[ConsentEvent]]:
        keys = [key for row in rows for key in row["keys"]]
        if not keys:
            return {}
        found = await self._consents.of(tenant_id).find({"keys": {"$in": keys}})
        by_key: dict[str, list[ConsentEvent]] = defaultdict(list)
        for event in map(event_of, found):
            for key in event.keys:
                by_key[key].append(event)
        return by_key

    async def _paid(self, tenant_id: str, conversation_ids: Sequence[str]) -> dict[str, str]:
        """Conversation -> the fact that its money came in; from the talk itself and from the timeline."""
        if not conversation_ids:
            return {}
        whose = {"$in": list(conversation_ids)}
        logs = await self._conversations.of(tenant_id).find({"_id": whose}, {"log": 1})
        found = {
            row["_id"]: str(entry["id"])
            for row in logs
            for entry in row.get("log", ())
            if _is_payment(entry["what"], entry["data"])
        }
        moved = {"what": "stage_moved", "data.event": "payment_verified"}
        query = {"conversation_id": whose, "$or": [{"what": "payment_verified"}, moved]}
        rows = await self._timeline.of(tenant_id).find(query, {"conversation_id": 1})
        return found | {row["conversation_id"]: row["_id"].partition(":")[2] for row in rows}

    async def _told(self, tenant_id: str, conversation_ids: Sequence[str]) -> dict[str, list[Statement]]:
        """Everything that these contacts stated, from what they wrote."""
        told: dict[str, list[Statement]] = {}
        for name in conversation_ids:
            query = {"conversation_id": name, "what": "message_received"}
            fields = {"data.text": 1, "data.key": 1, "at": 1}
            mine = self._timeline.of(tenant_id)
            rows = await mine.find(query, fields, sort=[("at", -1)], limit=_MESSAGES)
            lines = [(row["data"].get("text") or "", row["at"], str(row["data"].get("key", ""))) for row in rows]
            recent = await self._conversations.of(tenant_id).find_one({"_id": name}, _FIELDS)
            known = {key for _, _, key in lines}
            lines += [line for line in _lines(recent or {}) if line[2] not in known]
            told[name] = [one for line in lines for one in stated_in(*line)]
        return told


def _is_payment(what: str, data: Document) -> bool:
    return what == "payment_verified" or (what == "stage_moved" and data.get("event") == "payment_verified")


def _first(row: Document, stopped: dict[str, str]) -> str:
    """Why a contact must not be written to, empty when they may be."""
    of_talk = (row.get("suppression") or {}).get("reason", "")
    return str(of_talk) or next((stopped[key] for key in row["keys"] if key in stopped), "")


def _lines(row: Document) -> list[tuple[str, datetime, str]]:
    """(text, when, key) of the latest lines that the contact wrote."""
    theirs = [line for line in row.get("recent", ()) if line["who"] == "contact"]
    return [(line["text"], line["at"], line.get("key", "")) for line in theirs]


def _stated(row: Document) -> Iterable[Statement]:
    return (one for line in _lines(row) for one in stated_in(*line))


def _answers(row: Document) -> list[Statement]:
    """What the contact answered to a question that has a yes or a no."""
    slots: dict[str, Any] = row.get("slots") or {}
    return [
        Statement(name, slot["value"], slot["answered_at"], slot["source_key"], f"{name}: {slot['value']}")
        for name, slot in slots.items()
        if slot["value"] in ("yes", "no")
    ]
