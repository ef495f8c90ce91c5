"""
The control centre of forecasts over HTTP.

Rule 1: money is whole halalas, a share is a number between 0 and 1, a per cent is a number; what is not known is
        null, never zero.
Rule 2: recalibration proposes; the numbers in force are those of the rule book.
"""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.forecast.accuracy import Accuracy
from bot.forecast.calibration import Calibration
from bot.forecast.room import MEASURED_OVER, PERIODS_AT_MOST, Forecast, Unified, Variance
from bot.forecast.snapshots import Outlook, Snapshot
from bot.forecast.targets import LARGEST, Target
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "executive")
OWNERS = ("admin",)
ANALYSTS = ("admin", "rules_editor")

Period = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="A month: 2026-11")]
Periods = Annotated[int, Query(ge=1, le=PERIODS_AT_MOST)]


class SetTarget(BaseModel):
    """One stated figure."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.", pattern=r"\S")
    note: str = Field("", max_length=500)


def router(forecast: Forecast, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/forecast-control", tags=["forecast"])

    Caller = caller_of(callers)

    @routes.get("/unified")
    async def unified(caller: Caller, period: Period = "") -> dict[str, Any]:
        """One month from every side: what came in, what is forecast, what was forecast, the target."""
        caller.require(*READERS)
        return unified_told(await forecast.unified(caller.tenant_id, period))

    @routes.get("/variance")
    async def variance(caller: Caller, period: Period = "") -> dict[str, Any]:
        """What came in against the target and against the forecast of the start; null where it was not said."""
        caller.require(*READERS)
        one = await forecast.unified(caller.tenant_id, period)
        told = unified_told(one)
        return {name: told[name] for name in ("period", "as_of", "is_closed", "actual", "variance")}

    @routes.get("/accuracy")
    async def accuracy(caller: Caller, periods: Periods = MEASURED_OVER) -> dict[str, Any]:
        """How right the forecasts of closed months were; fewer than 2 give `insufficient_data` and no number."""
        caller.require(*READERS)
        return accuracy_told(await forecast.accuracy(caller.tenant_id, periods))

    @routes.get("/trends")
    async def trends(caller: Caller, periods: Periods = 6) -> dict[str, Any]:
        """So many months, oldest first, this one last."""
        caller.require(*READERS)
        found = await forecast.trends(caller.tenant_id, periods)
        return {"periods": [unified_told(one) for one in found], "total": len(found)}

    @routes.get("/snapshots")
    async def snapshots(caller: Caller, period: Period = "") -> dict[str, Any]:
        """What was frozen of a month, oldest first."""
        caller.require(*READERS)
        found = await forecast.snapshots(caller.tenant_id, period)
        return {"snapshots": [snapshot_told(one) for one in found], "total": len(found)}

    @routes.get("/targets")
    async def targets(caller: Caller, period: Period = "") -> dict[str, Any]:
        """What was stated for a month."""
        caller.require(*READERS)
        found = await forecast.targets(caller.tenant_id, period)
        return {"targets": [target_told(one) for one in found], "total": len(found)}

    @routes.get("/targets/{metric}/{period}")
    async def target_history(metric: str, period: str, caller: Caller) -> dict[str, Any]:
        """Every version of one figure, newest first."""
        caller.require(*READERS)
        found = await forecast.target_history(caller.tenant_id, metric, period)
        return {"history": [target_told(one) for one in found], "total": len(found)}

    @routes.put("/targets/{metric}/{period}", dependencies=[acts])
    async def set_target(metric: str, period: str, body: SetTarget, caller: Caller) -> dict[str, Any]:
        """State a target, a cost or a baseline of a month; what was stated before is kept."""
        caller.require(*OWNERS)
        made = await forecast.set_target(
            caller.tenant_id, metric, period, body.value, body.owner, body.note, caller.human
        )
        return target_told(made)

    @routes.post("/recalibrate", status_code=201, dependencies=[acts])
    async def recalibrate(caller: Caller) -> dict[str, Any]:
        """Propose probabilities from past deals, with the size of each sample; nothing is changed."""
        caller.require(*ANALYSTS)
        return calibration_told(await forecast.recalibrate(caller.tenant_id, caller.human))

    @routes.get("/calibrations")
    async def calibrations(caller: Caller) -> dict[str, Any]:
        """What was proposed, newest first."""
        caller.require(*READERS, *ANALYSTS)
        found = await forecast.calibrations(caller.tenant_id)
        return {"calibrations": [calibration_told(one) for one in found], "total": len(found)}

    return routes


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def unified_told(one: Unified) -> dict[str, Any]:
    """One month."""
    came = one.revenue
    return {
        "period": one.period.id,
        "first_day": one.period.first,
        "last_day": one.period.last,
        "as_of": one.as_of,
        "is_closed": one.is_closed,
        "overall_health": one.health,
        "actual": {
            "halalas": came.actual_halalas if one.has_data else None,
            "basis": came.basis,
            "unverified": came.basis == "unverified",
            "verified_halalas": came.verified_halalas if one.has_data else None,
            "unverified_halalas": came.unverified_halalas if one.has_data else None,
            "payments": came.payments,
        },
        "won": one.won,
        "lost": one.lost,
        "pipeline_halalas": one.pipeline_halalas if one.has_data else None,
        "forecast": outlook_told(one.outlook) if one.outlook and one.has_data else None,
        "forecast_at_start": snapshot_told(one.at_start) if one.at_start else None,
        "target": target_told(one.target) if one.target else None,
        "variance": {
            "against_target": variance_told(one.against_target),
            "against_forecast": variance_told(one.against_forecast),
        },
    }


def variance_told(one: Variance) -> dict[str, Any]:
    return {
        "against_halalas": one.against_halalas,
        "variance_halalas": one.halalas,
        "variance_percent": number(one.percent),
    }


def outlook_told(one: Outlook) -> dict[str, Any]:
    return {
        "forecast_halalas": one.forecast_halalas,
        "forecast_sar": str(Decimal(one.forecast_halalas) / 100),
        "won_halalas": one.won_halalas,
        "by_stage": [
            {
                "stage": line.stage,
                "deals": line.deals,
                "value_halalas": line.value_halalas,
                "probability_percent": line.probability_percent,
                "weighted_halalas": line.weighted_halalas,
            }
            for line in one.by_stage
        ],
        "overdue_deals": one.overdue_deals,
        "undated_deals": one.undated_deals,
    }


def snapshot_told(one: Snapshot) -> dict[str, Any]:
    return {
        "period": one.period,
        "kind": one.kind.value,
        "key": one.key,
        "taken_at": one.taken_at,
        "is_late": one.is_late,
        "method": one.method,
        **outlook_told(one.outlook),
    }


def target_told(one: Target) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "period": one.period,
        "value": one.value,
        "unit": one.unit,
        "owner": one.owner,
        "note": one.note,
        "set_at": one.set_at,
        "set_by": one.set_by,
        "set_by_name": one.set_by_name,
        "v": one.v,
    }


def accuracy_told(one: Accuracy) -> dict[str, Any]:
    return {
        "status": one.status,
        "closed_periods": len(one.periods),
        "average_accuracy": number(one.average),
        "wape": number(one.wape),
        "bias": number(one.average_bias),
        "periods": [
            {
                "period": m.period,
                "actual_halalas": m.actual_halalas,
                "basis": m.basis,
                "forecast_at_start_halalas": m.forecast_halalas,
                "accuracy": number(m.accuracy),
                "bias": number(m.bias),
            }
            for m in one.periods
        ],
        "left_out": [{"period": period, "reason": reason} for period, reason in one.left_out],
    }


def calibration_told(one: Calibration) -> dict[str, Any]:
    return {
        "id": one.id,
        "status": "proposed",
        "at": one.at,
        "since": one.since,
        "by": one.by,
        "by_name": one.by_name,
        "sample": one.sample,
        "stages": [
            {
                "stage": s.stage,
                "in_force_percent": s.in_force_percent,
                "sample": s.sample,
                "won": s.won,
                "proposed_percent": s.proposed_percent,
            }
            for s in one.stages
        ],
        "policy_path": "policies/forecast.yml",
        "policy_file": one.policy_file,
    }
