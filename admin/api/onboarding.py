"""The first steps with customers, and the daily reports of pilots, over HTTP."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from admin.api.proposals import PDF, pdf
from bot.onboarding.room import OnboardingRoom, fields_of
from bot.outputs.stored import Stored
from bot.pilots.room import Pilots
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

WORKERS = ("admin", "approver", "agent")
READERS = (*WORKERS, "executive", "dpo", "rules_editor")

_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenBody(_Body):
    conversation_id: _Id


class TickBody(_Body):
    done: bool = Field(description="false takes a tick back")


class ReportBody(_Body):
    day: date | None = Field(None, description="A day in Riyadh that is over; the last one when left out.")


def router(onboarding: OnboardingRoom, now: Callable[[], datetime], callers: Callers) -> APIRouter:
    """The lists of one installation."""
    routes = APIRouter(prefix="/api/v1/onboarding", tags=["onboarding"])

    Caller = caller_of(callers)

    @routes.post("", status_code=201, dependencies=[acts])
    async def begin(body: OpenBody, caller: Caller) -> dict[str, Any]:
        """Open the list of a customer; one that is open is answered."""
        caller.require("admin", "approver")
        made = await onboarding.open(caller.tenant_id, body.conversation_id, caller.human)
        return fields_of(made, now())

    @routes.get("")
    async def every(caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await onboarding.list(caller.tenant_id, limit)
        return {"onboarding": [fields_of(one, now()) for one in found], "total": len(found)}

    @routes.get("/{conversation_id}")
    async def one(conversation_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return fields_of(await onboarding.get(caller.tenant_id, conversation_id), now())

    @routes.post("/{conversation_id}/items/{item_id}", dependencies=[acts])
    async def tick(conversation_id: str, item_id: str, body: TickBody, caller: Caller) -> dict[str, Any]:
        """Say that an item is done, or that it is not after all."""
        caller.require(*WORKERS)
        ticked = await onboarding.tick(
            caller.tenant_id, conversation_id, item_id, caller.human, is_done=body.done
        )
        return fields_of(ticked, now())

    return routes


def reports(pilots: Pilots, callers: Callers) -> APIRouter:
    """The reports of pilots."""
    routes = APIRouter(prefix="/api/v1/pilots", tags=["pilots"])

    Caller = caller_of(callers)

    @routes.post("/{conversation_id}/reports", status_code=201, dependencies=[acts])
    async def make(conversation_id: str, body: ReportBody, caller: Caller) -> dict[str, Any]:
        """Make the report of a day that is over; one that was made is answered as it was."""
        caller.require("admin", "approver", "executive")
        return _fields(await pilots.report(caller.tenant_id, conversation_id, body.day))

    @routes.get("/{conversation_id}/reports")
    async def every(
        conversation_id: str, caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 60
    ) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await pilots.list(caller.tenant_id, conversation_id, limit)
        return {"reports": [_fields(one) for one in found], "total": len(found)}

    @routes.get("/{conversation_id}/reports/{day}/paper", response_class=Response, responses=PDF)
    async def paper(
        conversation_id: str, day: str, caller: Caller, language: Literal["ar", "en"] = "ar"
    ) -> Response:
        """One of them as a PDF."""
        caller.require(*READERS)
        content = await pilots.printed(caller.tenant_id, conversation_id, day, language)
        return pdf(content, f"pilot-{day}")

    return routes


def _fields(stored: Stored) -> dict[str, Any]:
    return {
        "output_id": stored.id,
        "content_sha256": stored.content_sha256,
        "created_at": stored.created_at,
        "report": stored.output,
    }
