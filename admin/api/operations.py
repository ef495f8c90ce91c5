"""How the house stands, over HTTP: the same numbers as on the operator's page."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter

from bot.operations import ChannelLine, Operations, Standing, Waiting
from bot.web.caller import Callers, caller_of

READERS = ("admin",)


def router(operations: Operations, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["operations"])

    Caller = caller_of(callers)

    @routes.get("/operations")
    async def standing(caller: Caller) -> dict[str, Any]:
        """
        How this tenant stands now, and the installation around it.

        A part that could not be answered is null and stands in `missing` with the reason: it is not zero. Ages
        and `due_in_seconds` are seconds; a negative `due_in_seconds` is overdue. `sends_24h` and `hours` count
        calls to providers and messages that were handled, from the records.
        """
        caller.require(*READERS)
        return told(await operations.look(caller.tenant_id))

    return routes


def told(now: Standing) -> dict[str, Any]:
    """The whole answer."""
    at = now.at
    return {
        "at": at,
        "missing": dict(now.missing),
        "inbound": now.inbound
        and {
            "waiting": now.inbound.waiting,
            "oldest_at": now.inbound.oldest_at,
            "lag_seconds": _age(at, now.inbound.oldest_at),
        },
        "drafts": now.held and _waiting(at, now.held),
        "in_doubt": now.doubtful and _waiting(at, now.doubtful),
        "outgoing": now.outgoing and _waiting(at, now.outgoing),
        "channels": None if now.channels is None else [_channel(one) for one in now.channels],
        "dead_letters": now.dead
        and {"runs": now.dead.runs, "events": now.dead.events, "total": now.dead.runs + now.dead.events},
        "processes": None
        if now.processes is None
        else [{"id": p.id, "duties": p.duties, "seats": p.seats} for p in now.processes],
        "versions": now.versions
        and {
            "dealix": now.versions.dealix,
            "data_format": now.versions.data_format,
            "python": now.versions.python,
            "database": now.versions.database,
            "rules": now.versions.rules,
            "edition": now.versions.edition,
        },
        "disk": now.disk
        and {
            "folder_bytes": now.disk.folder_bytes,
            "free_bytes": now.disk.free_bytes,
            "database_bytes": now.disk.database_bytes,
        },
        "backup": now.backup
        and {
            "at": now.backup.at,
            "age_seconds": _age(at, now.backup.at),
            "rows": now.backup.rows,
            "size_bytes": now.backup.size_bytes,
            "is_sealed": now.backup.is_sealed,
        },
        "limits": now.limits
        and [
            {"name": b.name, "day": b.day, "limit": b.limit, "used": b.used, "left": b.left, "until": b.until}
            for b in now.limits.budgets
        ],
        "alerts": None
        if now.alerts is None
        else [
            {
                "id": a.id,
                "kind": a.kind,
                "at": a.at,
                "title_en": a.title_en,
                "title_ar": a.title_ar,
                "level": a.level,
            }
            for a in now.alerts
        ],
        "hours": None
        if now.hours is None
        else [
            {"at": h.at, "received": h.received, "accepted": h.accepted, "failed": h.failed} for h in now.hours
        ],
    }


def _age(now: datetime, at: datetime | None) -> float | None:
    return None if at is None else round((now - at) / timedelta(seconds=1), 1)


def _waiting(now: datetime, waiting: Waiting) -> dict[str, Any]:
    return {
        "count": waiting.count,
        "overdue": waiting.overdue,
        "most_urgent": [
            {
                "draft_id": row.draft_id,
                "conversation_id": row.conversation_id,
                "status": row.status,
                "age_seconds": _age(now, row.since),
                "due_in_seconds": None if row.due_at is None else _age(row.due_at, now),
            }
            for row in waiting.oldest
        ],
    }


def _channel(one: ChannelLine) -> dict[str, Any]:
    sends = one.sends
    return {
        "name": one.name,
        "channel": one.channel,
        "state": one.state,
        "breaker": one.breaker,
        "detail_en": one.detail_en,
        "detail_ar": one.detail_ar,
        "paused_until": one.paused_until,
        "sends_24h": sends
        and {
            "calls": sends.calls,
            "accepted": sends.accepted,
            "last_success_at": sends.last_success_at,
            "last_error_at": sends.last_error_at,
            "last_error": sends.last_error,
        },
    }
