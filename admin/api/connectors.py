"""
Connectors over HTTP: how each stands, its history, a look now, and switching one off and on.

Rule 1: states are derived from credentials, probes and real calls; nobody writes one.
Rule 2: a look sends nothing. Switching takes an admin and a reason, and is in the audit log.
"""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.connectors.kept import Moment
from bot.connectors.registry import Connector
from bot.connectors.room import Connectors
from bot.connectors.standings import Standing
from bot.connectors.states import GOOD_RATE, POOR_RATE, WINDOW, Probe
from bot.moments import Moment as Since
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "dpo", "executive")
CHECKERS = ("admin", "approver", "service")
KEEPERS = ("admin",)

Reason = Annotated[str, Field(min_length=3, max_length=500, description="Why, for whoever looks later.")]


class Switch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


def router(connectors: Connectors, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/connectors", tags=["connectors"])

    Caller = caller_of(callers)

    @routes.get("/governance")
    async def governance(caller: Caller) -> dict[str, Any]:
        """Every connector as it stands now."""
        caller.require(*READERS)
        found = await connectors.standings(caller.tenant_id)
        return {
            "connectors": [_standing(one) for one in found],
            "total": len(found),
            "by_status": dict(Counter(one.state.value for one in found)),
            "window_minutes": WINDOW.seconds // 60,
            "ok_from": GOOD_RATE,
            "down_below": POOR_RATE,
        }

    @routes.post("/{key}/health-check", dependencies=[acts])
    async def health_check(key: str, caller: Caller) -> dict[str, Any]:
        """Ask one connector now, without sending anything."""
        caller.require(*CHECKERS)
        return _standing(await connectors.check(caller.tenant_id, key, caller.human))

    @routes.get("/{key}/history")
    async def history(
        key: str,
        caller: Caller,
        since: Since | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> dict[str, Any]:
        """Changes, switches and looks, newest first."""
        caller.require(*READERS)
        found = await connectors.history(caller.tenant_id, key, since, limit)
        return {"connector_key": key, "history": [_moment(one) for one in found], "total": len(found)}

    @routes.put("/{key}/disable", dependencies=[acts])
    async def disable(key: str, body: Switch, caller: Caller) -> dict[str, Any]:
        """Nothing goes through it any more, in any process, within seconds."""
        caller.require(*KEEPERS)
        return _standing(await connectors.disable(caller.tenant_id, key, caller.human, body.reason))

    @routes.put("/{key}/enable", dependencies=[acts])
    async def enable(key: str, body: Switch, caller: Caller) -> dict[str, Any]:
        caller.require(*KEEPERS)
        return _standing(await connectors.enable(caller.tenant_id, key, caller.human, body.reason))

    return routes


def _standing(one: Standing) -> dict[str, Any]:
    kept, seen = one.kept, one.seen
    return {
        "connector_key": one.connector.key,
        "display_name_ar": one.connector.name_ar,
        "display_name_en": one.connector.name_en,
        "kind": one.connector.kind,
        "status": one.state.value,
        "since": _at(one.since),
        "why_en": one.why_en,
        "why_ar": one.why_ar,
        "is_configured": one.is_configured,
        "channels": list(one.channels),
        "last_success_at": _at(kept.last_success_at),
        "last_attempt_at": _at(kept.last_attempt_at),
        "last_error": kept.last_error_en or None,
        "last_error_ar": kept.last_error_ar or None,
        "last_error_at": _at(kept.last_error_at),
        "checked_at": _at(kept.looked_at),
        "observed": seen.state.value if seen else None,
        "calls": seen.calls if seen else None,
        "success_rate": seen.success_rate if seen else None,
        "p95_ms": seen.p95_ms if seen else None,
        "probe": _probe(seen.probe) if seen and seen.probe else None,
        "is_disabled": kept.is_disabled,
        "switched_by": kept.disabled_by or None,
        "switched_at": _at(kept.disabled_at),
        "reason": kept.reason or None,
        "can_be_disabled": one.connector.can_be_disabled,
        "metadata": _metadata(one.connector),
    }


def _probe(probe: Probe) -> dict[str, Any]:
    return {
        "state": probe.state,
        "at": _at(probe.at),
        "latency_ms": probe.latency_ms,
        "detail_en": probe.detail_en,
        "detail_ar": probe.detail_ar,
    }


def _metadata(one: Connector) -> dict[str, Any]:
    return {
        "version": one.version,
        "timeout_seconds": one.timeout_seconds,
        "slow_ms": one.slow_ms,
        "retry_policy": one.retry_en,
        "retry_policy_ar": one.retry_ar,
        "idempotent": one.is_idempotent,
        "approval_policy": one.approval_en,
        "approval_policy_ar": one.approval_ar,
        "data_classification": one.data,
        "audit_events": [*one.audit_events, "connector_changed", "connector_disabled", "connector_enabled"],
    }


def _moment(one: Moment) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": _at(one.at),
        "what": one.what,
        "status": one.state,
        "before": one.before or None,
        "observed": one.seen or None,
        "calls": one.calls,
        "success_rate": one.succeeded / one.calls if one.calls else None,
        "p95_ms": one.p95_ms,
        "detail_en": one.detail_en,
        "detail_ar": one.detail_ar,
        "by": one.by or None,
    }


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
