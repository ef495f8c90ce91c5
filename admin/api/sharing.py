"""
Partners, and passing data on to them, over HTTP.

Rule 1: whoever asks does not decide; the yes is given in the approval centre, by others.
Rule 2: the file leaves once, to whoever holds its key, and its content is in no other answer.
Rule 3: the tenant comes from the token; another tenant's partner or request is as unknown as one that never was.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.sharing.judge import ContactConsent
from bot.sharing.partners import Agreement, Partner, PartnerFacts
from bot.sharing.request import SharingRequest, SharingStatus, Wish
from bot.sharing.room import CONTACTS_AT_MOST, Sharing
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts, shows_secret_once

ROLES = ("admin", "dpo")

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]
_Ref = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,24}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PartnerBody(_Body):
    name: _Text
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 alpha-2: SA, AE, ...")
    contact_name: _Text
    contact_email: _Email
    agreement: Agreement = Field(Agreement.NONE, description="The data processing agreement.")
    agreement_ref: _Ref = ""
    agreed_on: date | None = None
    agreed_until: date | None = None
    is_active: bool = True

    def facts(self) -> PartnerFacts:
        return PartnerFacts(**{name: getattr(self, name) for name in PartnerBody.model_fields})


class PartnerChange(PartnerBody):
    v: int = Field(ge=1, le=1_000_000, description="The version you saw.")


class Ask(_Body):
    partner_id: str = Field(min_length=1, max_length=80)
    data_categories: list[str] = Field(min_length=1, max_length=40)
    contact_ids: list[Annotated[str, StringConstraints(min_length=1, max_length=80)]] = Field(
        min_length=1, max_length=CONTACTS_AT_MOST
    )
    purpose: str = Field(min_length=5, max_length=500, description="What the partner does with the data.")
    channel: Literal["whatsapp", "email", "sms", "phone"] = "whatsapp"
    consent_policy: Literal["exclude", "block"] = Field(
        "exclude", description="Whether who has not agreed is left out, or stops the whole request."
    )
    transfer_assessment_ref: _Ref = Field("", description="Where the assessment of a transfer abroad lies.")
    file_format: Literal["csv", "json"] = "csv"

    def wish(self) -> Wish:
        return Wish(
            partner_id=self.partner_id,
            categories=tuple(self.data_categories),
            contact_ids=tuple(self.contact_ids),
            purpose=self.purpose.strip(),
            channel=self.channel,
            consent_policy=self.consent_policy,
            transfer_assessment_ref=self.transfer_assessment_ref,
            file_format=self.file_format,
        )


_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "application/json": {}}}}


def router(sharing: Sharing, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["sharing"])

    Caller = caller_of(callers)

    @routes.post("/partners", status_code=201, dependencies=[acts])
    async def add_partner(body: PartnerBody, caller: Caller) -> dict[str, Any]:
        caller.require(*ROLES)
        return _partner(await sharing.partners.add(caller.tenant_id, body.facts(), caller.human))

    @routes.get("/partners")
    async def partners(caller: Caller) -> dict[str, Any]:
        caller.require(*ROLES)
        found = await sharing.partners.every(caller.tenant_id)
        return {"partners": [_partner(p) for p in found], "total": len(found)}

    @routes.get("/partners/{partner_id}")
    async def partner(partner_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*ROLES)
        return _partner(await sharing.partners.get(caller.tenant_id, partner_id))

    @routes.put("/partners/{partner_id}", dependencies=[acts])
    async def change_partner(partner_id: str, body: PartnerChange, caller: Caller) -> dict[str, Any]:
        """Change a partner as you saw it; there is no way to remove one, only to switch it off."""
        caller.require(*ROLES)
        changed = await sharing.partners.change(caller.tenant_id, partner_id, body.v, body.facts(), caller.human)
        return _partner(changed)

    @routes.get("/sharing/categories")
    async def categories(caller: Caller) -> dict[str, Any]:
        """What may be asked for, and how sensitive each is."""
        caller.require(*ROLES)
        return {
            "edition": sharing.catalogue.edition,
            "categories": [
                {
                    "id": c.id,
                    "level": c.level.value,
                    "is_held": c.holds != "nothing",
                    "title_en": c.title_en,
                    "title_ar": c.title_ar,
                }
                for c in sharing.catalogue.categories
            ],
        }

    @routes.post("/sharing", status_code=202, dependencies=[acts])
    async def ask(body: Ask, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Ask to pass data on; it waits for a yes, or is blocked with the reason."""
        caller.require(*ROLES)
        return _request(await sharing.ask(caller.tenant_id, body.wish(), caller.human, effect_id=effect_id))

    @routes.get("/sharing")
    async def requests(
        caller: Caller, status: SharingStatus | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        """Newest first, the blocked ones too."""
        caller.require(*ROLES)
        found = await sharing.latest(caller.tenant_id, status.value if status else "", limit)
        return {"requests": [_request(r) for r in found], "total": len(found)}

    @routes.get("/sharing/{request_id}")
    async def request(request_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*ROLES)
        return _request(await sharing.get(caller.tenant_id, request_id))

    @routes.post("/sharing/{request_id}/link", status_code=201, dependencies=[acts, shows_secret_once])
    async def link(request_id: str, caller: Caller) -> dict[str, Any]:
        """Make the key that fetches the file once; an earlier key is worth nothing then."""
        caller.require(*ROLES)
        opened, key = await sharing.handing_out.open_link(caller.tenant_id, request_id, caller.human)
        assert opened.link is not None
        return {"key": key, "expires_at": _at(opened.link.expires_at)}

    @routes.get("/sharing/{request_id}/download", response_class=Response, responses=_FILES)
    async def download(
        request_id: str, caller: Caller, key: Annotated[str, Query(min_length=1, max_length=200)]
    ) -> Response:
        """Fetch the file, once."""
        caller.require(*ROLES)
        fetched, content = await sharing.handing_out.download(caller.tenant_id, request_id, key, caller.human)
        kind = "application/json" if fetched.wish.file_format == "json" else "text/csv; charset=utf-8"
        name = f"sharing-{fetched.id}.{fetched.wish.file_format}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-SHA256": fetched.file.sha256 if fetched.file else "",
        }
        return Response(content, media_type=kind, headers=headers)

    return routes


def _partner(p: Partner) -> dict[str, Any]:
    facts = p.facts
    return {
        "id": p.id,
        "name": facts.name,
        "country": facts.country,
        "contact_name": facts.contact_name,
        "contact_email": facts.contact_email,
        "agreement": facts.agreement.value,
        "agreement_ref": facts.agreement_ref,
        "agreed_on": facts.agreed_on.isoformat() if facts.agreed_on else None,
        "agreed_until": facts.agreed_until.isoformat() if facts.agreed_until else None,
        "is_active": facts.is_active,
        "v": p.v,
    }


def _request(r: SharingRequest) -> dict[str, Any]:
    agreed = [c for c in r.consents if c.may_share]
    return {
        "id": r.id,
        "status": r.status.value,
        "partner_id": r.wish.partner_id,
        "partner_name": r.partner_name,
        "country": r.country,
        "zone": r.zone,
        "data_categories": list(r.wish.categories),
        "purpose": r.wish.purpose,
        "classification": {
            "level": r.level.value,
            "pdpl_applicable": r.pdpl_applies,
            "requires_dpo_review": r.needs_dpo,
            "not_held": list(r.not_held),
        },
        "consent": {
            "policy": r.wish.consent_policy,
            "asked": len(r.wish.contact_ids),
            "agreed": len(agreed),
            "left_out": [_left_out(c) for c in r.consents if not c.may_share],
        },
        "steps": list(r.steps),
        "approval_id": r.approval_id,
        "approved_by": list(r.approved_by),
        "decision_note": r.decision_note,
        "blocked_code": r.blocked_code,
        "blocked_reason_en": r.blocked_reason_en,
        "blocked_reason_ar": r.blocked_reason_ar,
        "content_sha256": r.content_sha256,
        "file": _file(r),
        "requested_by": r.requested_by.name,
        "requested_at": _at(r.requested_at),
        "decided_at": _at(r.decided_at),
        "downloaded_by": r.downloaded_by,
        "downloaded_at": _at(r.downloaded_at),
        "deleted_at": _at(r.deleted_at),
        "evidence_id": r.evidence_id,
        "correlation_id": r.correlation_id,
    }


def _file(r: SharingRequest) -> dict[str, Any] | None:
    if r.file is None:
        return None
    return {
        "sha256": r.file.sha256,
        "size_bytes": r.file.size_bytes,
        "rows": r.file.rows,
        "columns": list(r.file.columns),
        "made_at": _at(r.file.made_at),
        "expires_at": _at(r.file.expires_at),
        "left_out": [_left_out(c) for c in r.file.left_out],
    }


def _left_out(c: ContactConsent) -> dict[str, str]:
    return {"contact_id": c.contact_id, "reason": c.reason or "no_consent_to_transfer_abroad"}


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
