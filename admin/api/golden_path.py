"""
Golden paths of partners over HTTP: start one, see its chain, or only score what was declared.

Rule 1: whoever asks does not decide here; the yes is given in the approval centre.
Rule 2: the tenant, and who asked, come from the token; another tenant's golden path is as unknown as one that
        never was.
Rule 3: money comes in riyals with at most two decimals, and goes out in halalas, with riyals beside them.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.outputs.stored import Stored
from bot.partners.case import CaseStatus, Declared
from bot.partners.economics import HALALAS_IN_A_RIYAL, MOST_HALALAS
from bot.partners.room import LISTED_AT_MOST, Chain, GoldenPaths, Line
from bot.partners.scoring import Inputs, published
from bot.partners.work import REVERSIBILITY
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

ASKERS = ("admin", "approver", "executive", "service")
READERS = ("admin", "approver", "executive", "service", "dpo")

SLA_HOURS = 24
"""Due after so long, as the deadlines of requests say (`rules/book/policies/approval_deadlines.yml`)."""

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
_Optional = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        # pydantic turns a ValueError, and no TypeError, into a 422
        raise ValueError("an amount or a number, not true or false / رقم وليس صح أو خطأ")  # noqa: TRY004
    return value


Riyals = Annotated[
    Decimal,
    Field(ge=0, le=MOST_HALALAS // HALALAS_IN_A_RIYAL, decimal_places=2, allow_inf_nan=False),
    BeforeValidator(_no_truth),
]
Count = Annotated[int, Field(ge=0, le=10_000), BeforeValidator(_no_truth)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InputsBody(_Body):
    """What is declared; what is left out, or null, lowers the confidence."""

    sector_fit: Literal["none", "low", "medium", "high"] | None = None
    size: Literal["micro", "small", "medium", "large"] | None = None
    cr_verified: Annotated[bool, Field(strict=True)] | None = None
    references: Count | None = None
    pdpl_readiness: Literal["none", "started", "documented", "ready"] | None = None


class DossierBody(_Body):
    """A partner, and what is declared about it."""

    partner_name: _Name
    partner_name_ar: _Optional | None = None
    partner_type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = "partnership"
    cr_number: Annotated[str, StringConstraints(pattern=r"^(\d{10})?$")] = ""
    inputs: InputsBody = Field(default_factory=InputsBody)
    requested_by: _Optional = Field("", description="In whose name; who asked is known from the token.")

    def declared(self, revenue: Decimal = Decimal(0), cost: Decimal = Decimal(0)) -> Declared:
        return Declared(
            partner_name=self.partner_name,
            partner_name_ar=self.partner_name_ar or "",
            partner_type=self.partner_type,
            cr_number=self.cr_number,
            revenue_halalas=int(revenue * HALALAS_IN_A_RIYAL),
            cost_halalas=int(cost * HALALAS_IN_A_RIYAL),
            inputs=Inputs(**self.inputs.model_dump()),
            declared_by=self.requested_by,
        )


class RunBody(DossierBody):
    """A partner, and what a year with it may bring and cost."""

    revenue_potential_sar: Riyals = Decimal(100_000)
    cost_sar: Riyals = Decimal(20_000)
    run_id: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,79})?$")] = Field(
        "", description="The same for the same golden path; made here when it is empty."
    )


def router(golden_paths: GoldenPaths, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/golden-path", tags=["golden path"])

    Caller = caller_of(callers)

    @routes.post("/run", status_code=202, dependencies=[acts])
    async def run(body: RunBody, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Dossier, economics and the request for a yes; it goes on when somebody has decided."""
        caller.require(*ASKERS)
        declared = body.declared(body.revenue_potential_sar, body.cost_sar)
        return _chain(await golden_paths.run(caller.tenant_id, declared, caller.human, body.run_id or effect_id))

    @routes.post("/dossier", status_code=201, dependencies=[acts])
    async def dossier(body: DossierBody, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Only the score of what is declared; nobody is asked."""
        caller.require(*ASKERS)
        stored = await golden_paths.dossier(caller.tenant_id, body.declared(), caller.human, effect_id)
        return _made("PartnerDossier", stored)

    @routes.get("/weights")
    async def weights(caller: Caller) -> dict[str, Any]:
        """What each declared input is worth."""
        caller.require(*READERS, "agent")
        return published().model_dump(mode="json")

    @routes.get("")
    async def listed(
        caller: Caller,
        status: CaseStatus | None = None,
        limit: Annotated[int, Query(ge=1, le=LISTED_AT_MOST)] = 50,
    ) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await golden_paths.list(caller.tenant_id, status.value if status else "", limit)
        return {"golden_paths": [_line(line) for line in found], "total": len(found)}

    @routes.get("/{golden_path_id}")
    async def one(golden_path_id: str, caller: Caller) -> dict[str, Any]:
        """One golden path, with everything that was made of it."""
        caller.require(*READERS)
        return _chain(await golden_paths.get(caller.tenant_id, golden_path_id))

    return routes


def _line(line: Line) -> dict[str, Any]:
    case = line.case
    return {
        "id": case.id,
        "trace_id": case.correlation_id,
        "correlation_id": case.correlation_id,
        "status": line.status.value,
        "partner_name": case.declared.partner_name,
        "partner_name_ar": case.declared.partner_name_ar,
        "partner_type": case.declared.partner_type,
        "requested_by": case.requested_by.id,
        "created_at": case.created_at,
        "ended_at": case.ended_at,
    }


def _chain(chain: Chain) -> dict[str, Any]:
    case, run = chain.case, chain.run
    error = run.run.error if run else None
    return {
        **_line(Line(case, chain.status)),
        "declared_by": case.declared.declared_by,
        "decision": case.decision,
        "steps": {
            "1": _made("PartnerDossier", chain.dossier),
            "2": _economics(chain.economics),
            "3": _packet(chain),
            "4": _pack(chain),
        },
        "chain": [
            {"step": s.name, "title_en": s.title_en, "title_ar": s.title_ar, "state": s.state}
            for s in (run.steps if run else ())
        ],
        "error": {"code": error.code, "message": error.message_en, "message_ar": error.message_ar}
        if error
        else None,
        "summary": {"en": chain.summary_en, "ar": chain.summary_ar},
    }


def _made(name: str, stored: Stored | None) -> dict[str, Any]:
    if stored is None:
        return {"name": name, "output_id": None}
    said = stored.output.model_dump()
    known = said["provenance"]["confidence"]
    return {
        "name": name,
        "output_id": stored.id,
        "output_sha256": stored.content_sha256,
        **_numbers(said),
        "confidence": _numbers(known),
        "correlation_id": said["provenance"]["trace_id"],
    }


def _economics(stored: Stored | None) -> dict[str, Any]:
    made = _made("EconomicsModel", stored)
    if stored is None:
        return made
    rows = [{**row, **_in_riyals(row)} for row in made["sensitivity"]]
    return {**made, **_in_riyals(made), "sensitivity": rows}


def _packet(chain: Chain) -> dict[str, Any]:
    made = _made("ApprovalPacket", chain.packet)
    if chain.packet is None or chain.approval is None:
        return made
    now = {
        "approval_status": chain.approval.status.value,
        "priority": chain.approval.priority,
        "sla_hours": SLA_HOURS,
        "reversibility": REVERSIBILITY,
    }
    return {**made, **now}


def _pack(chain: Chain) -> dict[str, Any]:
    pack = chain.pack
    if pack is None:
        return {"name": "EvidencePack", "pack_id": None}
    return {
        "name": "EvidencePack",
        "pack_id": pack.id,
        "pack_type": pack.type,
        "sha256": pack.hash,
        "missing": list(pack.missing),
        "created_at": pack.created_at,
        "correlation_id": chain.case.correlation_id,
    }


def _in_riyals(row: dict[str, Any]) -> dict[str, Any]:
    names = ("revenue", "cost", "net")
    return {name: _numbers(Decimal(row[f"{name}_halalas"]) / HALALAS_IN_A_RIYAL) for name in names}


def _numbers(value: Any) -> Any:
    """The same with decimals as JSON numbers; each has so few digits that a reader gets back what stood here."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _numbers(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers(held) for held in value]
    return value
