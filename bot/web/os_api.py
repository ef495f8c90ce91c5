"""
`/os/*`: ask the rules, or let the house act, with the field names that callers already know.

Rule 1: `/os/process` is pure: it reads nothing of any contact and writes nothing.
Rule 2: everywhere else the stored stage counts; a caller cannot set one.
Rule 3: a send is reported as what it is: queued, accepted by a provider, simulated, held, in doubt.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.ask import Ask, Reported
from bot.bulk.job import Mode
from bot.errors import BadRequest
from bot.phones import normalise
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts
from bot.web.os_bulk import BulkEventsDesk
from bot.web.os_events import Event, PureEvent, Short, asked_of

# One call is bounded; more than this belongs into a durable job.
BULK_AT_MOST = 500


class BulkEvents(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: list[dict[str, Any]]
    mode: Mode = Field(Mode.DRY_RUN, description="`create_drafts` makes a held draft for each; nothing sends.")


class TestSend(BaseModel):
    phone: Short = ""
    message: str = Field("", max_length=4096)


TEST_TEXT = "اختبار Dealix: القناة تعمل"


def router(ask: Ask, bulk: BulkEventsDesk, callers: Callers) -> APIRouter:
    """The origin's six routes."""
    routes = APIRouter(prefix="/os", tags=["os"])

    Caller = caller_of(callers)

    @routes.post("/process")
    async def process(event: PureEvent, caller: Caller) -> dict[str, Any]:
        """What the rules would decide; nothing is stored or sent."""
        decided = ask.decide(caller.tenant_id, asked_of(event))
        return {**decided, "timestamp": _now()}

    @routes.post("/process-and-act", status_code=202, dependencies=[acts])
    async def process_and_act(event: Event, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Handle an event of a lead as if it had come through a webhook."""
        caller.require("admin", "agent", "service", "approver")
        reported = await ask.act(caller.tenant_id, _reported(event, effect_id))
        return {**reported, "timestamp": _now()}

    @routes.post("/bulk-process")
    async def bulk_process(order: BulkEvents, caller: Caller) -> dict[str, Any]:
        """Ask about many events, or make a held draft for each; one bad item spoils only itself."""
        if len(order.events) > BULK_AT_MOST:
            raise TooMany(len(order.events))
        if order.mode is Mode.DRY_RUN:
            return await bulk.ask_about(caller.tenant_id, order.events)
        caller.require("admin", "agent", "service", "approver")
        return await bulk.make_drafts(caller.tenant_id, order.events, caller.human)

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
