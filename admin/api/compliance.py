"""
Compliance over HTTP: how every control stands, what is open, scans and attestations.

Rule 1: who measures is the service; a caller can ask for a scan and vouch for a control, never write a finding.
Rule 2: the tenant comes from the token; another tenant's scan is as unknown as one that never existed.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.compliance.attestations import Attestation
from bot.compliance.findings import Finding, Status
from bot.compliance.posture import Assessment, Posture
from bot.compliance.room import Compliance
from bot.compliance.scans import Scan
from bot.compliance.table import matrix_csv
from bot.moments import Moment
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "dpo", "executive")
DOERS = ("admin", "dpo")


class Attest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    control_id: str = Field(min_length=3, max_length=20)
    status: Literal["compliant", "partial", "non_compliant", "not_applicable"] = "compliant"
    statement: str = Field(min_length=10, max_length=2_000, description="What you vouch for, in words.")
    file_ref: str = Field(
        min_length=3, max_length=500, description="Where the proof lies; never the proof itself."
    )
    file_sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    expires_at: Moment = Field(description="At most a year from now.")


def router(compliance: Compliance, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/compliance", tags=["compliance"])

    Caller = caller_of(callers)

    @routes.get("/matrix", response_model=None, responses={200: {"content": {"text/csv": {}}}})
    async def matrix(
        caller: Caller, as_file: Annotated[Literal["json", "csv"], Query(alias="format")] = "json"
    ) -> dict[str, Any] | Response:
        """Every control as it stands now."""
        caller.require(*READERS)
        assessments = await compliance.matrix(caller.tenant_id)
        if as_file == "csv":
            return Response(
                matrix_csv(assessments),
                media_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": 'attachment; filename="compliance.csv"'},
            )
        return {
            "edition": compliance.catalogue.edition,
            "controls": [_assessment(a) for a in assessments],
            "total": len(assessments),
        }

    @routes.get("/posture")
    async def posture(caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _posture(await compliance.posture(caller.tenant_id))

    @routes.get("/risk-heatmap")
    async def risk_heat_map(caller: Caller) -> dict[str, Any]:
        """Open controls by category and risk, by name."""
        caller.require(*READERS)
        cells = await compliance.risk_heat_map(caller.tenant_id)
        return {
            "cells": [
                {
                    "category": cell.category.value,
                    "risk": cell.risk.value,
                    "count": cell.count,
                    "controls": list(cell.controls),
                }
                for cell in cells
            ],
            "open": sum(cell.count for cell in cells),
        }

    @routes.get("/controls/{control_id}")
    async def control(control_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        detail = await compliance.control(caller.tenant_id, control_id)
        return {
            **_assessment(detail.assessment),
            "attestations": [_attestation(a) for a in detail.attestations],
            "history": [{"at": _at(at), "status": status.value} for at, status in detail.history],
        }

    @routes.post("/scan", status_code=201, dependencies=[acts])
    async def scan(caller: Caller) -> dict[str, Any]:
        """Measure everything now."""
        caller.require(*DOERS)
        return _scan(await compliance.scan(caller.tenant_id, caller.human))

    @routes.get("/scans")
    async def scans(caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
        """What was found before, newest first."""
        caller.require(*READERS)
        found = await compliance.scans(caller.tenant_id, limit)
        return {"scans": [_summary(s) for s in found], "total": len(found)}

    @routes.get("/scans/{scan_id}")
    async def one_scan(scan_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return _scan(await compliance.past_scan(caller.tenant_id, scan_id))

    @routes.post("/attestations", status_code=201, dependencies=[acts])
    async def attest(body: Attest, caller: Caller) -> dict[str, Any]:
        """Vouch for a control that nothing measures; it never outweighs a measurement."""
        caller.require(*DOERS)
        attestation = await compliance.attest(
            caller.tenant_id,
            body.control_id,
            caller.human,
            status=Status(body.status),
            statement=body.statement,
            file_ref=body.file_ref,
            file_sha256=body.file_sha256,
            expires_at=body.expires_at,
        )
        return _attestation(attestation)

    return routes


def _assessment(a: Assessment) -> dict[str, Any]:
    control = a.control
    return {
        "id": control.id,
        "category": control.category.value,
        "risk": control.risk.value,
        "title_en": control.title_en,
        "title_ar": control.title_ar,
        "owner": control.owner,
        "source": control.source,
        "reviewed_on": control.reviewed_on.isoformat(),
        "checks": list(control.checks),
        "status": a.status.value,
        "basis": a.basis,
        "measured_at": _at(a.measured_at),
        "attestation_id": a.attestation_id,
        "note_en": a.note_en,
        "note_ar": a.note_ar,
        "findings": [_finding(f) for f in a.findings],
    }


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "check": f.check,
        "status": f.status.value,
        "measured_at": _at(f.measured_at),
        "detail_en": f.detail_en,
        "detail_ar": f.detail_ar,
        "evidence": list(f.evidence),
        "numbers": f.numbers,
    }


def _posture(p: Posture) -> dict[str, Any]:
    return {
        "posture": p.posture.value,
        "rate": float(p.rate),
        "total": p.total,
        "counts": {status.value: n for status, n in p.counts.items()},
        "unassessed": list(p.unassessed),
        "measured_at": _at(p.measured_at),
    }


def _summary(s: Scan) -> dict[str, Any]:
    return {
        "id": s.id,
        "trigger": s.trigger,
        "started_at": _at(s.started_at),
        "ended_at": _at(s.ended_at),
        "by": s.by_name,
        "edition": s.edition,
        "posture": s.posture.value,
        "rate": float(s.rate),
        "counts": {status.value: n for status, n in s.counts.items()},
        "previous_id": s.previous_id,
        "regressions": [
            {"control": r.control_id, "before": r.before.value, "after": r.after.value} for r in s.regressions
        ],
    }


def _scan(s: Scan) -> dict[str, Any]:
    outcomes = [
        {
            "control": o.control_id,
            "status": o.status.value,
            "basis": o.basis,
            "findings": [_finding(f) for f in o.findings],
        }
        for o in s.outcomes
    ]
    return {**_summary(s), "outcomes": outcomes}


def _attestation(a: Attestation) -> dict[str, Any]:
    return {
        "id": a.id,
        "control_id": a.control_id,
        "status": a.status.value,
        "statement": a.statement,
        "file_ref": a.file_ref,
        "file_sha256": a.file_sha256,
        "by": a.by_name,
        "at": _at(a.at),
        "expires_at": _at(a.expires_at),
    }


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
