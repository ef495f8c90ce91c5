"""
Typed results over HTTP: make one from a record, read it, and learn its shape.

Rule: a request names a record; what is in a result is computed from it, and nobody can hand it in.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import NotFound
from bot.evidence.room import EvidenceRoom
from bot.outputs.models import KINDS, Output
from bot.outputs.room import schemas
from bot.outputs.stored import Stored
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "executive", "dpo")
MAKERS = (*READERS, "agent", "service")

Kind = Literal[
    "lead_score_card",
    "approval_packet",
    "evidence_pack",
    "partner_dossier",
    "economics_model",
    "pricing_decision_record",
    "daily_pilot_report",
    "exec_weekly_pack",
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Scored(_Body):
    conversation_id: str = Field(min_length=1, max_length=200)
    trace_id: str = Field("", max_length=200)


class Packet(_Body):
    approval_id: str = Field(min_length=1, max_length=200)
    trace_id: str = Field("", max_length=200)


class Summary(_Body):
    pack_id: str = Field(min_length=1, max_length=200)
    trace_id: str = Field("", max_length=200)


class OutputView(_Body):
    output_id: str
    kind: Kind
    about: str
    created_at: datetime
    content_sha256: str
    output: Output


class OutputLine(_Body):
    output_id: str
    kind: Kind
    about: str
    created_at: datetime
    content_sha256: str


class Listed(_Body):
    outputs: list[OutputLine]


def router(evidence: EvidenceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/structured-outputs", tags=["structured outputs"])
    outputs = evidence.outputs

    Caller = caller_of(callers)

    @routes.post("/lead-score-card", status_code=201, dependencies=[acts])
    async def lead_score_card(body: Scored, caller: Caller) -> OutputView:
        """Score a lead by what it has answered, against the thresholds in force."""
        caller.require(*MAKERS)
        return _view(await outputs.lead_score_card(caller.tenant_id, body.conversation_id, body.trace_id))

    @routes.post("/approval-packet", status_code=201, dependencies=[acts])
    async def approval_packet(body: Packet, caller: Caller) -> OutputView:
        """Keep a request for a yes as it stands now."""
        caller.require(*READERS)
        return _view(await outputs.approval_packet(caller.tenant_id, body.approval_id, body.trace_id))

    @routes.post("/evidence-pack", status_code=201, dependencies=[acts])
    async def evidence_pack(body: Summary, caller: Caller) -> OutputView:
        """Keep what a pack is, and what a check of it says now."""
        caller.require(*READERS)
        return _view(await outputs.evidence_pack(caller.tenant_id, body.pack_id, body.trace_id))

    @routes.get("/schemas")
    async def all_schemas(caller: Caller) -> dict[str, dict[str, Any]]:
        """The JSON Schema of every kind of result."""
        caller.require(*MAKERS)
        return schemas()

    @routes.get("/schemas/{kind}")
    async def schema(kind: str, caller: Caller) -> dict[str, Any]:
        caller.require(*MAKERS)
        if kind not in KINDS:
            raise NotFound(
                f"there is no kind of result called {kind}; there are {', '.join(KINDS)}",
                f"لا يوجد نوع نتيجة بهذا الاسم؛ الموجود: {'، '.join(KINDS)}",
            )
        return schemas()[kind]

    @routes.get("")
    async def listed(
        caller: Caller,
        kind: Annotated[Kind | None, Query()] = None,
        about: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Listed:
        """Newest first."""
        caller.require(*READERS)
        found = await outputs.listed(caller.tenant_id, kind or "", about, limit)
        return Listed(outputs=[OutputLine(**_line(stored)) for stored in found])

    @routes.get("/{output_id}")
    async def one(output_id: str, caller: Caller) -> OutputView:
        caller.require(*READERS)
        return _view(await outputs.get(caller.tenant_id, output_id))

    return routes


def _view(stored: Stored) -> OutputView:
    return OutputView(**_line(stored), output=stored.output)


def _line(stored: Stored) -> dict[str, Any]:
    return {
        "output_id": stored.id,
        "kind": stored.kind,
        "about": stored.about,
        "created_at": stored.created_at,
        "content_sha256": stored.content_sha256,
    }
