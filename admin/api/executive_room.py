"""
The executive room over HTTP: the state of now, risks, decisions, forecast against actual, and the signed weeks.

Rule 1: nothing here decides anything; an executive reads. Admins may make a week anew; the old one stays.
Rule 2: a list behind a number holds ids, moments and amounts; nobody's name, phone or words.
"""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from admin.api.forecast_control import accuracy_told, number, unified_told
from bot.evidence.exports import as_json, as_zip
from bot.evidence.packs import Pack
from bot.executive.contents import SECTIONS, entries
from bot.executive.page import as_page
from bot.executive.rag import Judged
from bot.executive.room import Executive, State
from bot.executive.sources import GROUPS
from bot.executive.weekly import blocker, risks_of
from bot.metrics.dictionary import METRICS, Block
from bot.outputs.weekly import ExecWeeklyPack
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "executive", "approver")
MAKERS = ("admin",)

Week = Annotated[str, Query(max_length=10, description="Its Sunday (2026-11-15) or its ISO name (2026-W47)")]
Version = Annotated[int, Query(ge=0, le=10_000, description="0 for the latest")]
Language = Annotated[Literal["ar", "en"], Query()]
ROWS_AT_MOST = 1_000


class MakeWeek(BaseModel):
    """Make the pack of a week (again)."""

    model_config = ConfigDict(extra="forbid")

    week: str = Field("", max_length=10, description="The last one that is over, when left out.")


def router(executive: Executive, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/executive-room", tags=["executive"])

    Caller = caller_of(callers)

    @routes.get("/snapshot")
    async def snapshot(caller: Caller) -> dict[str, Any]:
        """Every number of now with its definition and status; windows run over this month so far."""
        caller.require(*READERS)
        return state_told(await executive.state(caller.tenant_id))

    @routes.get("/metrics")
    async def metrics(caller: Caller) -> dict[str, Any]:
        """The dictionary: what each number means."""
        caller.require(*READERS)
        return {"metrics": [asdict(metric) for metric in METRICS.values()], "total": len(METRICS)}

    @routes.get("/risks")
    async def risks(caller: Caller) -> dict[str, Any]:
        """What is a risk now, and why the room is not green."""
        caller.require(*READERS)
        state = await executive.state(caller.tenant_id)
        found = [one.model_dump() for one in risks_of(state.blocks)]
        return {
            "as_of": state.at,
            "overall_rag": state.rag.overall.value,
            "risks": found,
            "total": len(found),
            "reasons": [blocker(one).model_dump() for one in state.rag.reasons],
        }

    @routes.get("/decisions-pending")
    async def decisions_pending(caller: Caller) -> dict[str, Any]:
        """What waits for a person, what is due first; a negative `due_in_seconds` is overdue."""
        caller.require(*READERS)
        found = await executive.pending(caller.tenant_id)
        now = executive.now()
        return {
            "decisions": [
                {
                    "approval_id": view.id,
                    "kind": view.kind,
                    "action": view.action,
                    "action_class": view.action_class,
                    "risk": view.risk,
                    "priority": view.priority,
                    "level": view.level,
                    "created_at": view.created_at,
                    "due_at": view.due_at,
                    "due_in_seconds": int((view.due_at - now).total_seconds()) if view.due_at else None,
                }
                for view in found
            ],
            "total": len(found),
            "overdue": sum(view.level >= 2 for view in found),
        }

    @routes.get("/forecast-vs-actual")
    async def forecast_vs_actual(
        caller: Caller, periods: Annotated[int, Query(ge=1, le=24)] = 6
    ) -> dict[str, Any]:
        """This month and the ones before: what came in, what was forecast, the target; and how right it was."""
        caller.require(*READERS)
        state = await executive.state(caller.tenant_id)
        found, right = state.months, state.accuracy
        if found is None or periods != len(found):
            found = await executive.forecast.trends(caller.tenant_id, periods, state.at)
        if right is None:
            right = await executive.forecast.accuracy(caller.tenant_id, at=state.at)
        told = [unified_told(one) for one in found]
        return {"current": told[-1], "periods": told, "accuracy": accuracy_told(right)}

    @routes.get("/weekly-pack")
    async def weekly_pack(
        caller: Caller, week: Week = "", version: Version = 0, live: bool = False
    ) -> dict[str, Any]:
        """A stored pack, the latest by default; `live=true` says what this week would say, and keeps nothing."""
        caller.require(*READERS)
        if live:
            return live_told(await executive.live(caller.tenant_id))
        return pack_told(await executive.pack(caller.tenant_id, week, version))

    @routes.get("/weekly-packs")
    async def weekly_packs(caller: Caller) -> dict[str, Any]:
        """The weeks that there are, the latest first."""
        caller.require(*READERS)
        found = await executive.listed(caller.tenant_id)
        return {"packs": [_line(pack) for pack in found], "total": len(found)}

    @routes.post("/weekly-pack", status_code=201, dependencies=[acts])
    async def make(body: MakeWeek, caller: Caller) -> dict[str, Any]:
        """Make the pack of a week that is over; where there is one, a new version, and the old one stays."""
        caller.require(*MAKERS)
        return pack_told(await executive.make(caller.tenant_id, body.week, caller.human))

    @routes.get("/weekly-pack.html")
    async def page(caller: Caller, week: Week = "", version: Version = 0, language: Language = "ar") -> Response:
        """The pack as a page for reading and for paper."""
        caller.require(*READERS)
        pack = await executive.pack(caller.tenant_id, week, version)
        return Response(as_page(pack, language), media_type="text/html; charset=utf-8")

    @routes.get("/weekly-pack.json")
    async def file(caller: Caller, week: Week = "", version: Version = 0) -> Response:
        """The signed file, byte for byte; `verify.py` of the zip checks it."""
        caller.require(*READERS)
        pack = await executive.pack(caller.tenant_id, week, version)
        body = as_json(pack, (), executive.key_of(pack))
        return _file(body, "application/json", f"week-{pack.entity_id}-v{pack.revision}.json")

    @routes.get("/weekly-pack.zip")
    async def bundle(caller: Caller, week: Week = "", version: Version = 0) -> Response:
        """The signed file, pages, the key, and the program that checks them."""
        caller.require(*READERS)
        pack = await executive.pack(caller.tenant_id, week, version)
        body = as_zip(pack, (), executive.key_of(pack))
        return _file(body, "application/zip", f"week-{pack.entity_id}-v{pack.revision}.zip")

    @routes.get("/behind/{definition_id}")
    async def behind(definition_id: str, caller: Caller, week: Week = "") -> dict[str, Any]:
        """The list behind a number: of this month so far, or of a week."""
        caller.require(*READERS)
        found = await executive.behind(caller.tenant_id, definition_id, week)
        return {
            "definition_id": found.metric,
            "window": found.window,
            "as_of": found.at,
            "rows": [dict(row) for row in found.rows[:ROWS_AT_MOST]],
            "total": len(found.rows),
        }

    return routes


def block_told(block: Block) -> dict[str, Any]:
    """One number, with everything that it takes to believe it."""
    value = block.value
    return {
        "value": number(value) if isinstance(value, Decimal) else value,
        "unit": block.unit.value,
        "window": block.window,
        "definition_id": block.definition_id,
        "source_query_id": block.source_query_id,
        "as_of": block.as_of,
        "status": block.status.value,
    }


def state_told(state: State) -> dict[str, Any]:
    """The whole room."""
    groups = {
        group: {name: block_told(state.blocks[metric]) for name, metric in names}
        for group, names in GROUPS.items()
    }
    return {
        "as_of": state.at,
        "window": state.span.window,
        "confidence": float(state.confidence),
        "rag": {
            "overall": state.rag.overall.value,
            "lines": [_judged(one) for one in state.rag.lines],
            "reasons": [blocker(one).model_dump() for one in state.rag.reasons],
        },
        **groups,
    }


def pack_told(pack: Pack) -> dict[str, Any]:
    """A stored pack, section by section."""
    head = entries(pack, "week")[0]
    return {
        "is_live": False,
        **_line(pack),
        **{
            name: head[name] for name in ("first_day", "last_day", "iso_week", "as_of", "decisions_pending_total")
        },
        **{section: entries(pack, section) for section in SECTIONS},
        "forecast": entries(pack, "forecast")[0],
        "provenance": {
            "generated_at": head["as_of"],
            "generated_by": head["produced_by"],
            "confidence": head["confidence"],
            "confidence_method": head["confidence_method"],
            "output_id": head["output_id"],
            "output_sha256": head["output_sha256"],
        },
        "key_id": pack.signature.key_id,
        "signature": pack.signature.value,
    }


def live_told(made: ExecWeeklyPack) -> dict[str, Any]:
    """What is kept nowhere."""
    return {"is_live": True, "pack_id": "", **made.model_dump(mode="json", exclude={"tenant_id", "kind"})}


def _line(pack: Pack) -> dict[str, Any]:
    return {
        "pack_id": pack.id,
        "week_of": pack.entity_id,
        "version": pack.revision,
        "overall_rag": entries(pack, "week")[0]["overall_rag"],
        "created_at": pack.created_at,
        "hash": pack.hash,
        "supersedes": pack.supersedes,
    }


def _judged(one: Judged) -> dict[str, Any]:
    return {
        "line": one.line.id,
        "title_en": one.line.title,
        "title_ar": one.line.title_ar,
        "definition_id": one.line.metric,
        "value": number(one.value) if isinstance(one.value, Decimal) else one.value,
        "colour": one.colour.value,
        "needed": one.line.needed,
        "thresholds": {
            name: getattr(one.line, name)
            for name in ("amber_from", "red_from", "amber_below", "red_below")
            if getattr(one.line, name) is not None
        },
    }


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
