"""
Contradictions over HTTP: report one, list, look again, review, resolve, accept.

Rule 1: whoever decides is the caller; a name in a body is kept beside it and proves nothing.
Rule 2: what is about a contact is for those who may read talks; to others it does not exist.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.access import Principal
from bot.contradictions.kept import Filter
from bot.contradictions.kinds import BY_NAME, DETECTORS, MANUAL
from bot.contradictions.register import Contradiction, Found, Kind, Severity, Side, Stats, Status
from bot.contradictions.room import Contradictions, ScanReport
from bot.errors import NotFound
from bot.moments import Moment
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "dpo", "executive", "approver", "rules_editor")
REPORTERS = ("admin", "dpo", "approver", "rules_editor")
DECIDERS = ("admin", "dpo", "rules_editor")
DECIDERS_ABOUT_CONTACTS = ("admin", "dpo")
READERS_OF_TALKS = frozenset({"admin", "dpo", "executive", "approver"})

Text = Annotated[str, Field(min_length=3, max_length=2_000)]
Source = Annotated[str, Field(min_length=1, max_length=500)]
Id = Annotated[str, Field(max_length=200)]


class Report(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    source_a: Source
    claim_a: Text
    source_b: Source
    claim_b: Text
    type: Kind = Kind.FACTUAL
    severity: Severity = Severity.MEDIUM
    detected_by: Literal["manual", "ai_scan"] = "manual"
    evidence: list[Annotated[str, Field(max_length=500)]] | Annotated[str, Field(max_length=2_000)] = []


class Resolve(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    resolution: Text
    status: Literal["resolved", "accepted"] = "resolved"
    resolved_by_id: Id = Field("", description="In whose name; who resolves is who asks.")
    expires_at: Moment | None = Field(None, description="Of `accepted`: until when; 30 days by default.")


class Accept(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    resolution: Text
    resolved_by_id: Id = ""
    expires_at: Moment | None = Field(None, description="Until when; 30 days by default.")


class Review(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    note: str = Field("", max_length=2_000)


class Scan(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_the_start: bool = Field(False, description="Read every contact again, not only those that changed.")


def router(contradictions: Contradictions, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/contradictions", tags=["contradictions"])

    Caller = caller_of(callers)

    async def one_for(caller: Principal, contradiction_id: str) -> Contradiction:
        found = await contradictions.get(caller.tenant_id, contradiction_id)
        if _is_about_contacts(found) and caller.roles.isdisjoint(READERS_OF_TALKS):
            raise NotFound(f"there is no contradiction {contradiction_id}", "لا يوجد تناقض بهذا المعرّف")
        return found

    async def to_decide(caller: Principal, contradiction_id: str) -> Contradiction:
        caller.require(*DECIDERS)
        found = await one_for(caller, contradiction_id)
        if _is_about_contacts(found):
            caller.require(*DECIDERS_ABOUT_CONTACTS)
        return found

    @routes.post("", status_code=201, dependencies=[acts])
    @routes.post("/", status_code=201, dependencies=[acts], include_in_schema=False)
    async def report(body: Report, caller: Caller, response: Response) -> dict[str, Any]:
        """Put a contradiction into the register; one that is known is counted, and answered with 200."""
        caller.require(*REPORTERS)
        found = Found(
            detector=MANUAL,
            kind=body.type,
            severity=body.severity,
            a=Side(body.source_a, body.claim_a),
            b=Side(body.source_b, body.claim_b),
            evidence=tuple([body.evidence] if isinstance(body.evidence, str) else body.evidence),
            detected_by=body.detected_by,
        )
        one, is_new = await contradictions.report(caller.tenant_id, found, caller.human)
        if not is_new:
            response.status_code = 200
        return _entry(one)

    @routes.get("")
    @routes.get("/", include_in_schema=False)
    async def listed(
        caller: Caller,
        status: Status | None = None,
        active: bool | None = None,
        severity: Severity | None = None,
        detector: Annotated[str, Query(max_length=60)] = "",
        about: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        after: Annotated[str, Query(max_length=60)] = "",
    ) -> dict[str, Any]:
        """The worst first, then the latest."""
        caller.require(*READERS)
        wanted = Filter(status, active, severity, detector, about, without_contacts=_sees_no_talks(caller))
        found = await contradictions.list(caller.tenant_id, wanted, limit, after)
        return {
            "contradictions": [_entry(one) for one in found],
            "total": len(found),
            "next": found[-1].id if len(found) == limit else None,
        }

    @routes.get("/stats")
    async def stats(caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _stats(await contradictions.stats(caller.tenant_id, without_contacts=_sees_no_talks(caller)))

    @routes.post("/scan", dependencies=[acts])
    async def scan(caller: Caller, body: Scan | None = None) -> dict[str, Any]:
        """Look at the rules in force, the numbers, and the contacts that changed, now."""
        caller.require(*DECIDERS)
        whole = body is not None and body.from_the_start
        return _scan(await contradictions.scan(caller.tenant_id, caller.human, from_the_start=whole))

    @routes.get("/{contradiction_id}")
    async def one(contradiction_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _entry(await one_for(caller, contradiction_id))

    @routes.put("/{contradiction_id}/review", dependencies=[acts])
    async def review(contradiction_id: str, caller: Caller, body: Review | None = None) -> dict[str, Any]:
        """Somebody looks into it."""
        await to_decide(caller, contradiction_id)
        note = body.note if body else ""
        return _entry(await contradictions.review(caller.tenant_id, contradiction_id, caller.human, note))

    @routes.put("/{contradiction_id}/resolve", dependencies=[acts])
    async def resolve(contradiction_id: str, body: Resolve, caller: Caller) -> dict[str, Any]:
        """One side was changed, or with `accepted` it is lived with until a day."""
        await to_decide(caller, contradiction_id)
        who = (caller.tenant_id, contradiction_id, caller.human, body.resolution)
        if body.status == "accepted":
            return _entry(await contradictions.accept(*who, body.expires_at, body.resolved_by_id))
        return _entry(await contradictions.resolve(*who, body.resolved_by_id))

    @routes.put("/{contradiction_id}/accept", dependencies=[acts])
    async def accept(contradiction_id: str, body: Accept, caller: Caller) -> dict[str, Any]:
        """Live with it until a day; then it comes back."""
        await to_decide(caller, contradiction_id)
        who = (caller.tenant_id, contradiction_id, caller.human, body.resolution)
        return _entry(await contradictions.accept(*who, body.expires_at, body.resolved_by_id))

    return routes


def _sees_no_talks(caller: Principal) -> bool:
    return caller.roles.isdisjoint(READERS_OF_TALKS)


def _is_about_contacts(one: Contradiction) -> bool:
    return bool(one.about) or BY_NAME[one.detector].is_about_contacts


def _entry(one: Contradiction) -> dict[str, Any]:
    kind = BY_NAME[one.detector]
    return {
        "id": one.id,
        "fingerprint": one.fingerprint,
        "detector": one.detector,
        "type": one.kind.value,
        "severity": one.severity.value,
        "status": one.status.value,
        "is_active": one.is_active,
        "title_en": kind.title_en,
        "title_ar": kind.title_ar,
        "source_a": one.a.source,
        "claim_a": one.a.claim,
        "source_b": one.b.source,
        "claim_b": one.b.claim,
        "what_to_do_en": kind.do_en,
        "what_to_do_ar": kind.do_ar,
        "blocks_en": kind.blocks_en if one.is_active else "",
        "blocks_ar": kind.blocks_ar if one.is_active else "",
        "detected_by": one.detected_by,
        "about": one.about or None,
        "evidence": list(one.evidence),
        "seen_count": one.seen_count,
        "reopened": one.reopened,
        "first_seen_at": _at(one.first_seen_at),
        "last_seen_at": _at(one.last_seen_at),
        "resolution": one.resolution or None,
        "resolved_by": one.resolved_by or None,
        "resolved_by_name": one.resolved_by_name or None,
        "resolved_for": one.resolved_for or None,
        "resolved_at": _at(one.resolved_at),
        "accepted_until": _at(one.accepted_until),
        "history": [
            {"at": _at(step.at), "status": step.status.value, "by": step.by or None, "note": step.note}
            for step in one.steps
        ],
    }


def _stats(stats: Stats) -> dict[str, Any]:
    return {
        "total": stats.total,
        "active": stats.active,
        "resolved": stats.resolved,
        "critical_active": stats.critical_active,
        "accepted": stats.accepted,
        "active_by_severity": stats.by_severity,
        "active_by_detector": {one.name: stats.by_detector.get(one.name, 0) for one in DETECTORS}
        | {MANUAL: stats.by_detector.get(MANUAL, 0)},
    }


def _scan(report: ScanReport) -> dict[str, Any]:
    return {
        "found": report.found,
        "new": report.new,
        "reopened": report.reopened,
        "gone": report.gone,
        "contacts": report.contacts,
        "is_complete": report.is_complete,
    }


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
