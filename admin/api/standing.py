"""
Standing approvals over HTTP: agree in advance, look, and end it in one call.

Rule: tenant and person come from the credential; nothing here decides.
"""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.authority.approval import Risk
from bot.authority.standing import StandingApprovals
from bot.authority.standing_terms import MOST_A_DAY, StandingApproval, Terms
from bot.moments import Moment
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts
from rules.policies.zones import RIYADH

AUTHORS = ("admin", "approver")
READERS = (*AUTHORS, "dpo", "executive")


class Agree(BaseModel):
    """What somebody agrees to in advance."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    kinds: list[str] = Field(default_factory=lambda: ["reply"], min_length=1, max_length=5)
    wordings: list[str] = Field(
        default_factory=list, max_length=50, description="Keys of wordings; without them max_risk is low at most."
    )
    max_risk: Risk = Field(Risk.LOW, description="none, low, or medium for named wordings")
    min_confidence: float = Field(0.9, ge=0, le=1)
    per_day: int = Field(20, ge=1, le=MOST_A_DAY)
    from_at: Moment
    until_at: Moment = Field(description="At most thirty days later.")
    opens: time = Field(time(9), description="Local time of the zone.")
    closes: time = Field(time(21))
    zone: str = Field(RIYADH, max_length=60)
    unasked_for: bool = Field(default=False, description="Also follow-ups, which nobody asked for.")

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise ValueError("there is no such time zone; write Asia/Riyadh") from unknown
        return zone

    @field_validator("opens", "closes")
    @classmethod
    def _local(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("a time of day without a zone; the zone stands beside it")
        return at

    def terms(self) -> Terms:
        return Terms(
            kinds=tuple(self.kinds),
            wordings=tuple(self.wordings),
            max_risk=self.max_risk,
            min_confidence=self.min_confidence,
            per_day=self.per_day,
            from_at=self.from_at,
            until_at=self.until_at,
            opens=self.opens,
            closes=self.closes,
            zone=self.zone,
            unasked_for=self.unasked_for,
        )


def router(standing: StandingApprovals, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/standing-approvals", tags=["approvals"])

    Caller = caller_of(callers)

    @routes.get("")
    async def listed(caller: Caller) -> dict[str, Any]:
        """Newest first, ended ones too."""
        caller.require(*READERS)
        found = await standing.latest(caller.tenant_id)
        return {"standing_approvals": [await _public(standing, one) for one in found], "total": len(found)}

    @routes.post("", status_code=201, dependencies=[acts])
    async def agree(body: Agree, caller: Caller) -> dict[str, Any]:
        """Agree once to every draft inside these bounds."""
        caller.require(*AUTHORS)
        who, roles = caller.human, tuple(caller.roles)
        made = await standing.author(caller.tenant_id, who, roles, body.title, body.terms())
        return await _public(standing, made)

    @routes.get("/{standing_id}")
    async def one(standing_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return await _public(standing, await standing.get(caller.tenant_id, standing_id))

    @routes.post("/{standing_id}/revoke", dependencies=[acts])
    async def revoke(standing_id: str, caller: Caller) -> dict[str, Any]:
        """End it now, for good."""
        caller.require(*AUTHORS)
        who, roles = caller.human, tuple(caller.roles)
        return await _public(standing, await standing.revoke(caller.tenant_id, standing_id, who, roles))

    return routes


async def _public(room: StandingApprovals, one: StandingApproval) -> dict[str, Any]:
    terms = one.terms
    return {
        "id": one.id,
        "title": one.title,
        "author": {"id": one.author.id, "name": one.author.name},
        "created_at": one.created_at,
        "holds": room.holds(one),
        "revoked_by": {"id": one.revoked_by.id, "name": one.revoked_by.name} if one.revoked_at else None,
        "revoked_at": one.revoked_at,
        "used_today": await room.used_today(one),
        "kinds": list(terms.kinds),
        "wordings": list(terms.wordings),
        "max_risk": terms.max_risk.value,
        "min_confidence": terms.min_confidence,
        "per_day": terms.per_day,
        "from_at": terms.from_at,
        "until_at": terms.until_at,
        "opens": terms.opens,
        "closes": terms.closes,
        "zone": terms.zone,
        "unasked_for": terms.unasked_for,
    }
