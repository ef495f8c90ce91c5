"""
The approval centre over HTTP: what waits, decisions, who stands in for whom, alerts, and the policy itself.

Rule 1: tenant and person come from the credential; another tenant's id is as unknown as one that never existed.
Rule 2: nothing here decides: each route is one function of the heart, which Telegram and the console call too.
"""

from dataclasses import asdict, fields
from typing import Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.alerts import Alert, Alerts
from bot.authority.approval import ApprovalStatus
from bot.authority.approval_view import ApprovalView, Stats
from bot.authority.mandates import Delegation
from bot.authority.rooms import AuthorityRooms
from bot.moments import Moment
from bot.people import Human
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "dpo", "agent")
"""Who sees what is asked for: the words of drafts are among it."""
PEOPLE = ("admin", "approver", "dpo", "agent", "executive", "rules_editor")
"""Roles of people: whoever decides in a borrowed role has one of these himself."""

MOST_VERSIONS = 1_000_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Decide(_Body):
    v: int = Field(ge=1, le=MOST_VERSIONS, description="The version that you saw; for a draft, its text version.")
    note: str = Field("", max_length=500, description="Why; for the history and for whoever asked.")


class Hurry(_Body):
    note: str = Field("", max_length=500)


class Lend(_Body):
    to_id: str = Field(min_length=1, max_length=200, description="Whom, by the id of the person: user:<id>")
    to_name: str = Field(min_length=1, max_length=100)
    role: str = Field("approver", description="approver or dpo; one that is yours")
    from_at: Moment
    until_at: Moment
    reason: str = Field("", max_length=500)


def router(rooms: AuthorityRooms, alerts: Alerts, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["approvals"])
    centre, delegations = rooms.centre, rooms.delegations

    Caller = caller_of(callers)

    @routes.get("/approvals")
    async def listed(
        caller: Caller, status: ApprovalStatus | None = None, kind: str = Query("", max_length=40)
    ) -> dict[str, Any]:
        """Requests and waiting drafts: what is due first, then what was decided, newest first."""
        caller.require(*READERS)
        found = await centre.list(caller.tenant_id, status=status or "", kind=kind)
        return {"approvals": [_view(view) for view in found], "total": len(found)}

    @routes.get("/approvals/stats")
    async def stats(caller: Caller, kind: str = Query("", max_length=40)) -> dict[str, Any]:
        """How many of the list wait, and how long."""
        caller.require(*READERS)
        return _stats(await centre.stats(caller.tenant_id, kind=kind))

    @routes.get("/approvals/my-pending")
    async def mine(caller: Caller) -> dict[str, Any]:
        """What you can decide now, in your own name or for somebody."""
        caller.require(*PEOPLE)
        found = await centre.waiting_for(caller.tenant_id, caller.human, tuple(caller.roles))
        return {"approvals": [_view(view) for view in found], "total": len(found)}

    @routes.get("/approvals/{approval_id}")
    async def one(approval_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _view(await centre.get(caller.tenant_id, approval_id))

    @routes.post("/approvals/{approval_id}/approve", dependencies=[acts])
    async def approve(approval_id: str, body: Decide, caller: Caller) -> dict[str, Any]:
        """Say yes; the last of the yeses that are needed makes the grant."""
        caller.require(*PEOPLE)
        who, roles = caller.human, tuple(caller.roles)
        return _view(await centre.approve(caller.tenant_id, approval_id, body.v, who, roles, body.note))

    @routes.post("/approvals/{approval_id}/reject", dependencies=[acts])
    async def reject(approval_id: str, body: Decide, caller: Caller) -> dict[str, Any]:
        """Say no; one is enough."""
        caller.require(*PEOPLE)
        who, roles = caller.human, tuple(caller.roles)
        return _view(await centre.reject(caller.tenant_id, approval_id, body.v, who, roles, body.note))

    @routes.post("/approvals/{approval_id}/cancel", dependencies=[acts])
    async def cancel(approval_id: str, body: Decide, caller: Caller) -> dict[str, Any]:
        """Take a request back that you made."""
        caller.require(*PEOPLE, "service")
        who, roles = caller.human, tuple(caller.roles)
        return _view(await centre.cancel(caller.tenant_id, approval_id, body.v, who, roles, body.note))

    @routes.post("/approvals/{approval_id}/escalate", dependencies=[acts])
    async def escalate(approval_id: str, body: Hurry, caller: Caller) -> dict[str, Any]:
        """Tell the next ones now."""
        caller.require(*READERS)
        return _view(await rooms.escalation.escalate(caller.tenant_id, approval_id, caller.human, body.note))

    @routes.get("/delegations")
    async def lent(caller: Caller) -> dict[str, Any]:
        caller.require(*PEOPLE)
        found = await delegations.list(caller.tenant_id)
        return {"delegations": [_delegation(d) for d in found], "total": len(found)}

    @routes.post("/delegations", status_code=201, dependencies=[acts])
    async def lend(body: Lend, caller: Caller) -> dict[str, Any]:
        """Let somebody decide for you, from one moment until another."""
        caller.require("admin", "approver", "dpo")
        made = await delegations.lend(
            caller.tenant_id,
            caller.human,
            tuple(caller.roles),
            Human(body.to_id, body.to_name),
            role=body.role,
            from_at=body.from_at,
            until_at=body.until_at,
            reason=body.reason,
        )
        return _delegation(made)

    @routes.post("/delegations/{delegation_id}/revoke", dependencies=[acts])
    async def take_back(delegation_id: str, caller: Caller) -> dict[str, Any]:
        """End it now."""
        caller.require(*PEOPLE)
        who, roles = caller.human, tuple(caller.roles)
        return _delegation(await delegations.revoke(caller.tenant_id, delegation_id, who, roles))

    @routes.get("/alerts")
    async def told(caller: Caller, unseen: bool = False) -> dict[str, Any]:
        """What you must know, newest first."""
        caller.require(*PEOPLE)
        who = caller.human.id
        found = await alerts.addressed_to(caller.tenant_id, who, caller.roles, only_unseen=unseen)
        return {"alerts": [_alert(alert, who) for alert in found], "total": len(found)}

    @routes.post("/alerts/{alert_id}/seen", status_code=204)
    async def seen(alert_id: str, caller: Caller) -> None:
        caller.require(*PEOPLE)
        await alerts.seen(caller.tenant_id, alert_id, caller.human.id)

    @routes.get("/policy")
    async def policy(caller: Caller) -> dict[str, Any]:
        """What anybody may do here, by the name of the action."""
        caller.require(*PEOPLE, "service")
        table = rooms.policy.table
        return {
            "owner": table.owner,
            "version": table.version,
            "day_halalas": table.day_halalas,
            "actions": [
                {
                    "name": action.name,
                    "class": action.shown_class,
                    "title_en": action.title_en,
                    "title_ar": action.title_ar,
                    "roles": sorted(action.roles),
                    "four_eyes": action.four_eyes,
                    "needs_consent": action.needs_consent,
                    "cost_halalas": action.cost_halalas,
                    "also": list(action.also),
                }
                for action in table.actions
            ],
        }

    return routes


def _view(view: ApprovalView) -> dict[str, Any]:
    """Everything a person sees; where its cards lie is Telegram's business."""
    shown = {f.name: getattr(view, f.name) for f in fields(view) if f.name not in ("cards", "facts", "steps")}
    return {
        **shown,
        "requested_by": asdict(view.requested_by),
        "decided_by": asdict(view.decided_by),
        "on_behalf_of": asdict(view.on_behalf_of),
        "steps": [asdict(step) for step in view.steps],
        "facts": dict(view.facts),
    }


def _stats(stats: Stats) -> dict[str, Any]:
    shown = {f.name: getattr(stats, f.name) for f in fields(stats)}
    return {**shown, "by_status": dict(stats.by_status), "by_kind": dict(stats.by_kind)}


def _delegation(lent: Delegation) -> dict[str, Any]:
    shown = asdict(lent)
    shown.pop("tenant_id")
    return shown


def _alert(alert: Alert, reader: str) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "title_en": alert.title_en,
        "title_ar": alert.title_ar,
        "detail": alert.detail,
        "at": alert.at,
        "level": alert.level,
        "about": alert.about,
        "correlation_id": alert.correlation_id,
        "is_seen": reader in alert.seen_by,
    }
