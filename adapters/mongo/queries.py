"""The questions asked of conversations, as filters: pure, and without the tenant, which the handle adds."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

Query = dict[str, Any]

# A part of a phone: at least three digits, and nothing but what people write between digits.
_PHONE_PART = re.compile(r"^\+?[\s\-()]*(?:\d[\s\-()]*){3,}$")


def one(conversation_id: str) -> Query:
    return {"_id": conversation_id}


def at_version(conversation_id: str, version: int) -> Query:
    return {"_id": conversation_id, "v": version}


def accepts_event(keys: Sequence[str], event_key: str) -> Query:
    """
    The contact of these keys, unless it has seen the event; with an upsert, a seen event collides.

    `$elemMatch`, because an upsert would copy a lone value of a plain `$in` into the new document as a string.
    """
    return {
        "keys": {"$elemMatch": {"$in": list(keys)}},
        "seen.k": {"$ne": event_key},
    }


def any_key(keys: Sequence[str]) -> Query:
    return {"keys": {"$in": list(keys)}}


def holding_draft(draft_id: str) -> Query:
    return {"outbox.id": draft_id}


def holding_message(ids: Sequence[str]) -> Query:
    return {"outbox.provider_message_ids": {"$in": list(ids)}}


def due(now: datetime, duties: Collection[str] = ()) -> Query:
    """
    All tenants: the sweep wakes conversations, it reads none. Without duties, whoever's turn it is.

    The type is named although every time is a date: without it the server does not see that the index, which
    holds dates only, can answer, and reads every contact once a second.
    """
    query: Query = {"next_at": {"$lte": now, "$type": "date"}}
    if duties:
        query["next_duty"] = {"$in": [*sorted(duties), "", None]}  # older contacts do not say whose turn it is
    return query


def with_drafts(statuses: Sequence[str]) -> Query:
    return {"outbox.status": {"$in": list(statuses)}}


def cards_due() -> Query:
    return {"cards_due": True}


def changed_since(since: datetime, seen: Sequence[str] = ()) -> Query:
    """Changed at a moment or later, without some that were read already."""
    query: Query = {"updated_at": {"$gte": since}}
    return {**query, "_id": {"$nin": list(seen)}} if seen else query


def search(text: str) -> Query:
    """By digits of the phone, else by a part of the name or the exact id; the text is never a pattern."""
    wanted = text.strip()
    field, part = containing(wanted)
    return part if field == "phone" else {"$or": [part, {"_id": wanted}]}


def exactly(text: str) -> Query:
    """Whoever has this text as id, or as the whole phone; both stand in an index."""
    wanted = text.strip()
    digits = re.sub(r"\D", "", wanted).lstrip("0") if _PHONE_PART.match(wanted) else ""
    whole = [f"phone:{digits}", f"phone:966{digits}"] if digits else []
    return {"$or": [{"_id": wanted}, {"keys": {"$in": whole}}]}


def containing(text: str) -> tuple[str, Query]:
    """In which field a text is looked for, and how: its digits in phones, else the text in names."""
    wanted = text.strip()
    if _PHONE_PART.match(wanted):
        digits = re.sub(r"\D", "", wanted).lstrip("0")
        return "phone", {"phone": {"$regex": re.escape(digits)}}
    return "name", {"name": {"$regex": re.escape(wanted), "$options": "i"}}


def count_by_stage() -> list[Query]:
    return [{"$group": {"_id": "$stage", "n": {"$sum": 1}}}]


def highest_editions() -> list[Query]:
    """
    All tenants: the rules in force for each, read from the index alone.

    Sorted before it is grouped: only so does the server step from tenant to tenant, past the other editions.
    """
    return [
        {"$sort": {"tenant_id": 1, "number": -1}},
        {"$group": {"_id": "$tenant_id", "n": {"$first": "$number"}}},
    ]
