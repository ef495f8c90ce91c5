"""The questions asked of conversations, as filters: pure, and each names its tenant or says why not."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

Query = dict[str, Any]

# A part of a phone: at least three digits, and nothing but what people write between digits.
_PHONE_PART = re.compile(r"^\+?[\s\-()]*(?:\d[\s\-()]*){3,}$")


def tenant(tenant_id: str) -> Query:
    return {"tenant_id": tenant_id}


def one(tenant_id: str, conversation_id: str) -> Query:
    return {"_id": conversation_id, "tenant_id": tenant_id}


def at_version(tenant_id: str, conversation_id: str, version: int) -> Query:
    return {"_id": conversation_id, "tenant_id": tenant_id, "v": version}


def accepts_event(tenant_id: str, keys: Sequence[str], event_key: str) -> Query:
    """
    The contact of these keys, unless it has seen the event; with an upsert, a seen event collides.

    `$elemMatch`, because an upsert would copy a lone value of a plain `$in` into the new document as a string.
    """
    return {
        "tenant_id": tenant_id,
        "keys": {"$elemMatch": {"$in": list(keys)}},
        "seen.k": {"$ne": event_key},
    }


def any_key(tenant_id: str, keys: Sequence[str]) -> Query:
    return {"tenant_id": tenant_id, "keys": {"$in": list(keys)}}


def holding_draft(tenant_id: str, draft_id: str) -> Query:
    return {"tenant_id": tenant_id, "outbox.id": draft_id}


def holding_message(tenant_id: str, ids: Sequence[str]) -> Query:
    return {"tenant_id": tenant_id, "outbox.provider_message_ids": {"$in": list(ids)}}


def due(now: datetime) -> Query:
    """
    All tenants: the sweep wakes conversations, it reads none.

    The type is named although every time is a date: without it the server does not see that the index, which
    holds dates only, can answer, and reads every contact once a second.
    """
    return {"next_at": {"$lte": now, "$type": "date"}}


def with_drafts(tenant_id: str, statuses: Sequence[str]) -> Query:
    return {"tenant_id": tenant_id, "outbox.status": {"$in": list(statuses)}}


def cards_due(tenant_id: str) -> Query:
    return {"tenant_id": tenant_id, "cards_due": True}


def changed_since(tenant_id: str, since: datetime) -> Query:
    return {"tenant_id": tenant_id, "updated_at": {"$gte": since}}


def search(tenant_id: str, text: str) -> Query:
    """By digits of the phone, else by a part of the name or the exact id; the text is never a pattern."""
    wanted = text.strip()
    if _PHONE_PART.match(wanted):
        digits = re.sub(r"\D", "", wanted).lstrip("0")
        return {"tenant_id": tenant_id, "phone": {"$regex": re.escape(digits)}}
    literal = {"$regex": re.escape(wanted), "$options": "i"}
    return {"tenant_id": tenant_id, "$or": [{"name": literal}, {"_id": wanted}]}


def count_by_stage(tenant_id: str) -> list[Query]:
    return [{"$match": {"tenant_id": tenant_id}}, {"$group": {"_id": "$stage", "n": {"$sum": 1}}}]


def highest_editions() -> list[Query]:
    """
    All tenants: the rules in force for each, read from the index alone.

    Sorted before it is grouped: only so does the server step from tenant to tenant, past the other editions.
    """
    return [
        {"$sort": {"tenant_id": 1, "number": -1}},
        {"$group": {"_id": "$tenant_id", "n": {"$first": "$number"}}},
    ]
