"""
`/os/*`: ask the rules, or let the house act, with the field names that callers already know.

Rule 1: `/os/process` is pure: it reads nothing of any contact and writes nothing.
Rule 2: everywhere else the stored stage counts; a caller cannot set one.
Rule 3: a send is reported as what it is: queued, accepted by a provider, simulated, held, in doubt.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bot.ask import Ask, Asked, Reported
from bot.errors import BadRequest
from bot.phones import BadPhone, normalise
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts
from flows.deal import STAGES

# One call is bounded; more than this belongs into a durable job.
BULK_AT_MOST = 500

Stage = Literal[
    "new_lead",
    "qualifying",
    "qualified",
    "nurturing",
    "meeting_booked",
    "meeting_done",
    "proposal_sent",
    "negotiating",
    "payment_requested",
    "pilot_active",
    "closed_won",
    "closed_lost",
    "opted_out",
]
Source = Literal[
    "whatsapp_inbound",
    "website_form",
    "linkedin_reply",
    "email_reply",
    "outreach_reply",
    "referral",
    "partner",
    "manual",
]
Short = Annotated[str, StringConstraints(max_length=200)]


class Event(BaseModel):
    """Something a lead did, as a caller reports it."""

    model_config = ConfigDict(extra="ignore")

    lead_id: Short = ""
    phone: Short = ""
    email: Short = ""
    company: Short = ""
    sector: Short = ""
    source: Source = "whatsapp_inbound"
    message: str = Field("", max_length=65_536)
    event_type: Short = "inbound_message"
    event_id: Short = Field("", description="The caller's own id of this event; the same id is handled once.")
    button_id: Short = ""
    sent_at: AwareDatetime | None = None
    current_stage: Stage = Field(
        "new_lead", description="Counts for /os/process only; elsewhere the stored stage does."
    )

    @field_validator("phone")
    @classmethod
    def _one_phone_form(cls, value: str) -> str:
        if not value:
            return ""
        try:
            return normalise(value)
        except BadPhone as refused:
            raise ValueError(refused.message_en) from refused


class PureEvent(Event):
    """The same, with a context that exists only for this question."""

    expects: Literal["", "yes_no", "number", "date", "choice", "text", "opt_out_check"] = ""
    last_question: Short = ""
    unclear_before: int = Field(0, ge=0, le=100)


class BulkEvents(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: list[dict[str, Any]]


class TestSend(BaseModel):
    phone: Short = ""
    message: str = Field("", max_length=4096)


TEST_TEXT = "اختبار Dealix: القناة تعمل"


def router(ask: Ask, callers: Callers) -> APIRouter:
    """The origin's six routes."""
    routes = APIRouter(prefix="/os", tags=["os"])

    Caller = caller_of(callers)

    @routes.post("/process")
    async def process(event: PureEvent, caller: Caller) -> dict[str, Any]:
        """What the rules would decide; nothing is stored or sent."""
        decided = ask.decide(caller.tenant_id, _asked(event))
        return {**decided, "timestamp": _now()}

    @routes.post("/process-and-act", status_code=202, dependencies=[acts])
    async def process_and_act(event: Event, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Handle an event of a lead as if it had come through a webhook."""
        caller.require("admin", "agent", "service", "approver")
        reported = await ask.act(caller.tenant_id, _reported(event, effect_id))
        return {**reported, "timestamp": _now()}

    @routes.post("/bulk-process")
    async def bulk_process(bulk: BulkEvents, caller: Caller) -> dict[str, Any]:
        """Ask about many events; one bad item spoils only itself."""
        if len(bulk.events) > BULK_AT_MOST:
            raise TooMany(len(bulk.events))
        results = [_bulk_item(ask, caller.tenant_id, index, item) for index, item in enumerate(bulk.events)]
        return {"processed": sum(1 for r in results if r["status"] == "ok"), "results": results}

    @routes.get("/stages")
    async def stages(caller: Caller) -> dict[str, Any]:
        """All stages, with what the rules in force do at each."""
        listed = ask.stages(caller.tenant_id)
        return {"stages": listed, "total": len(listed), "book_version": ask.book_version(caller.tenant_id)}

    @routes.get("/whatsapp-providers")
    async def providers(caller: Caller) -> dict[str, Any]:
        """Which providers are configured, and what their own state says."""
        return await ask.providers(caller.tenant_id)

    @routes.post("/test-send", status_code=202, dependencies=[acts])
    async def test_send(
        caller: Caller,
        effect_id: EffectId,
        order: TestSend | None = None,
        phone: Annotated[str, Query(max_length=200)] = "",
        message: Annotated[str, Query(max_length=4096)] = "",
    ) -> dict[str, Any]:
        """Send one text to an allow-listed number, through the gate like everything else."""
        caller.require("admin")
        wanted = order or TestSend()
        to, text = wanted.phone or phone, wanted.message or message or TEST_TEXT
        return await ask.test_send(caller.tenant_id, caller.subject, normalise(to), text, effect_id)

    return routes


class TooMany(BadRequest):
    """More items than one call may carry."""

    code, status = "too_many_items", 413

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} events in one call; send at most {BULK_AT_MOST}",
            f"عدد الأحداث {count} في طلب واحد؛ الحد الأقصى {BULK_AT_MOST}",
        )


def _bulk_item(ask: Ask, tenant_id: str, index: int, item: dict[str, Any]) -> dict[str, Any]:
    """One item of a bulk; what is wrong with it is its own result."""
    try:
        event = PureEvent.model_validate(item)
    except ValueError as invalid:
        errors = getattr(invalid, "errors", list)()
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors) or "not an event"
        return {"index": index, "status": "error", "error": reasons}
    return {"index": index, "status": "ok", **ask.decide(tenant_id, _asked(event)), "timestamp": _now()}


def _asked(event: PureEvent) -> Asked:
    assert event.current_stage in STAGES
    return Asked(
        lead_id=event.lead_id,
        text=event.message,
        stage=event.current_stage,
        expects=event.expects,
        last_question=event.last_question,
        button_id=event.button_id,
        unclear_before=event.unclear_before,
    )


def _reported(event: Event, effect_id: str) -> Reported:
    if not event.phone and not event.lead_id:
        raise BadRequest(
            "say who the lead is: phone, or lead_id of a contact that exists",
            "حدد العميل: رقم الجوال phone أو المعرّف lead_id لعميل موجود",
        )
    return Reported(
        lead_id=event.lead_id,
        phone=event.phone,
        name=event.company,
        text=event.message,
        button_id=event.button_id,
        is_from_whatsapp=event.source == "whatsapp_inbound",
        source=event.source,
        event_id=event.event_id or effect_id,
        sent_at=event.sent_at,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
