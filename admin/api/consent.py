"""
Consents and requests about personal data over HTTP.

Rule 1: tenant and person come from the credential; another tenant's id is as unknown as one that never existed.
Rule 2: nothing here decides: each route is one function of `bot.privacy.consents` or `bot.privacy.data_rights`.
Rule 3: a phone is shown in full only inside an export, and that only to whoever answers for data protection.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from bot.phones import mask
from bot.privacy.consent import ALL, Allowance
from bot.privacy.consents import Consents, Shown, Wanted, fields_of
from bot.privacy.data_requests import COMPLETED, PENDING, PROCESSING, REJECTED, DataRequest
from bot.privacy.data_rights import DataRights
from bot.storable import well_formed
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

KEEPERS = ("admin", "dpo")
"""Who answers for data protection."""
STAFF = (*KEEPERS, "approver", "agent")

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def _in_our_century(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"a time between {_FIRST_YEAR} and {_LAST_YEAR}, please")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_century)]
Text = Annotated[str, AfterValidator(well_formed)]
ContactName = Annotated[
    str,
    Path(min_length=1, max_length=200, description="A phone, or the id of a conversation"),
    AfterValidator(well_formed),
]
RequestName = Annotated[
    str,
    Path(min_length=1, max_length=200, description="The id, or the number the contact was told"),
    AfterValidator(well_formed),
]
Status = Literal["pending", "processing", "completed", "rejected"]
assert {PENDING, PROCESSING, COMPLETED, REJECTED} == set(Status.__args__)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Grant(_Body):
    contact: Text = Field(min_length=1, max_length=200, description="A phone, or the id of a conversation")
    channel: str = Field(max_length=40, description="whatsapp, email, sms or phone")
    purpose: str = Field(max_length=40, description="marketing, sales, service, analytics, sales_reply, ...")
    basis: str = Field(
        max_length=40,
        description="explicit_consent, form_submission, positive_reply, confirmed_booking or existing_client",
    )
    evidence_ref: Text = Field(min_length=1, max_length=500, description="Where it can be looked up")
    text: Text = Field("", max_length=4_000, description="What the contact agreed to, in words")
    text_version: Text = Field("", max_length=100)
    at: Moment | None = Field(None, description="When the contact agreed; now when left out")
    expires_at: Moment | None = Field(None, description="Twelve calendar months later when left out")


class Revoke(_Body):
    contact: Text = Field(min_length=1, max_length=200)
    channel: str = Field(ALL, max_length=40)
    purpose: str = Field(ALL, max_length=40)
    evidence_ref: Text = Field("", max_length=500)


class Create(_Body):
    kind: Literal["access", "correction", "deletion", "restriction"]
    contact: Text = Field(min_length=1, max_length=200)
    note: Text = Field("", max_length=500, description="How the contact asked, for whoever looks it up")


class Complete(_Body):
    correction: dict[str, Text] = Field(
        default_factory=dict, max_length=20, description="What is right, by field"
    )


class Reject(_Body):
    reason: Text = Field(min_length=3, max_length=500)


def router(consents: Consents, rights: DataRights, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["privacy"])
    Caller = caller_of(callers)

    @routes.get("/consents/{contact}")
    async def show(contact: ContactName, caller: Caller) -> dict[str, Any]:
        """Everything a contact granted and revoked, and what holds now."""
        caller.require(*STAFF)
        return _shown(await consents.show(caller.tenant_id, contact))

    @routes.get("/consents/{contact}/check")
    async def check(
        contact: ContactName,
        caller: Caller,
        channel: Annotated[str, Query(max_length=40)],
        purpose: Annotated[str, Query(max_length=40)],
        at: Moment | None = None,
    ) -> dict[str, Any]:
        """Whether we may, at a moment, and by which record."""
        caller.require(*STAFF, "service")
        return _allowed(await consents.check(caller.tenant_id, contact, channel, purpose, at))

    @routes.post("/consents", status_code=201, dependencies=[acts])
    async def grant(body: Grant, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Record a consent with its evidence."""
        caller.require(*KEEPERS)
        wanted = Wanted(**body.model_dump(exclude={"contact"}))
        event = await consents.grant(caller.tenant_id, body.contact, wanted, caller.human, "api", effect_id)
        held = await consents.check(caller.tenant_id, body.contact, event.channel, event.purpose)
        return {**fields_of(event), "now": _allowed(held)}

    @routes.post("/consents/revoke", status_code=201, dependencies=[acts])
    async def revoke(body: Revoke, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Withdraw a consent, or all of them; it acts at once."""
        caller.require(*STAFF)
        event = await consents.revoke(
            caller.tenant_id,
            body.contact,
            caller.human,
            "api",
            channel=body.channel,
            purpose=body.purpose,
            evidence_ref=body.evidence_ref,
            event_id=effect_id,
        )
        return dict(fields_of(event))

    @routes.get("/consents/report/bare-sends")
    async def bare_sends(
        caller: Caller, until: Moment | None = None, days: Annotated[int, Query(ge=1, le=366)] = 30
    ) -> dict[str, Any]:
        """Messages that nobody asked for, sent without a consent on record: there must be none."""
        caller.require(*KEEPERS, "executive", "service")
        end = until or rights.now()
        found = await consents.bare_sends(caller.tenant_id, end - timedelta(days=days), end)
        return {
            "since": end - timedelta(days=days),
            "until": end,
            "count": len(found),
            "sends": [asdict(s) for s in found],
        }

    @routes.get("/data-requests")
    async def listed(
        caller: Caller, status: Status | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 100
    ) -> dict[str, Any]:
        """Requests about personal data, newest first."""
        caller.require(*STAFF)
        found = await rights.list(caller.tenant_id, status or "", limit)
        now = rights.now()
        return {"data_requests": [_public(request, now) for request in found], "total": len(found)}

    @routes.post("/data-requests", status_code=201, dependencies=[acts])
    async def create(body: Create, caller: Caller) -> dict[str, Any]:
        """Write down what a contact asked for; one that is open already is answered instead of a second one."""
        caller.require(*STAFF)
        request = await rights.create(caller.tenant_id, body.kind, body.contact, caller.human, "api", body.note)
        return _public(request, rights.now())

    @routes.get("/data-requests/{request_id}")
    async def one(request_id: RequestName, caller: Caller) -> dict[str, Any]:
        caller.require(*STAFF)
        return _public(await rights.show(caller.tenant_id, request_id), rights.now())

    @routes.post("/data-requests/{request_id}/complete", dependencies=[acts])
    async def complete(request_id: RequestName, body: Complete, caller: Caller) -> dict[str, Any]:
        """Do what is asked for: a deletion deletes, a correction corrects, and the request is closed."""
        caller.require(*KEEPERS)
        done = await rights.complete(caller.tenant_id, request_id, caller.human, body.correction)
        return _public(done, rights.now())

    @routes.post("/data-requests/{request_id}/reject", dependencies=[acts])
    async def reject(request_id: RequestName, body: Reject, caller: Caller) -> dict[str, Any]:
        caller.require(*KEEPERS)
        return _public(await rights.reject(caller.tenant_id, request_id, caller.human, body.reason), rights.now())

    @routes.post("/data-requests/{request_id}/lift", dependencies=[acts])
    async def lift(request_id: RequestName, caller: Caller) -> dict[str, Any]:
        """End a restriction at the contact's wish."""
        caller.require(*KEEPERS)
        return _public(await rights.lift(caller.tenant_id, request_id, caller.human), rights.now())

    @routes.post("/data-requests/{request_id}/export", dependencies=[acts])
    async def export(request_id: RequestName, caller: Caller) -> dict[str, Any]:
        """Put together everything that is held about the contact; it can be downloaded for some days."""
        caller.require(*KEEPERS)
        return _public(await rights.export(caller.tenant_id, request_id, caller.human), rights.now())

    @routes.get("/data-requests/{request_id}/export")
    async def download(
        request_id: RequestName,
        caller: Caller,
        as_file: Annotated[Literal["json", "html"], Query(alias="format")] = "json",
    ) -> Response:
        """The export, as a file for machines or a page for people."""
        caller.require(*KEEPERS)
        made = await rights.download(caller.tenant_id, request_id, caller.human)
        kinds = {"json": "application/json", "html": "text/html; charset=utf-8"}
        headers = {
            "content-disposition": f'attachment; filename="data-export.{as_file}"',
            "cache-control": "no-store",
            "x-content-sha256": made.sha256,
        }
        return Response(made.json if as_file == "json" else made.html, media_type=kinds[as_file], headers=headers)

    return routes


def _allowed(allowance: Allowance) -> dict[str, Any]:
    return {
        **asdict(allowance),
        "reason_en": allowance.reason_en,
        "reason_ar": allowance.reason_ar,
    }


def _shown(shown: Shown) -> dict[str, Any]:
    return {
        "contact_id": shown.contact_id,
        "phone_masked": mask(shown.phone) if shown.phone else "",
        "events": [fields_of(event) for event in shown.events],
        "now": [
            {"channel": channel, "purpose": purpose, **_allowed(held)} for channel, purpose, held in shown.now
        ],
    }


def _public(request: DataRequest, now: datetime) -> dict[str, Any]:
    fields = asdict(request)
    subject = fields.pop("subject")
    return {
        **fields,
        "contact_name": subject["name"],
        "phone_masked": mask(subject["phone"]) if subject["phone"] else "",
        "conversation_ids": subject["conversation_ids"],
        "is_overdue": request.is_overdue(now),
    }
