"""
Campaigns over HTTP: whom one would reach, asking for the yes, how far it is, ending it.

Rule 1: nothing leaves before an approver who is not the one who asked has said yes to the whole of it.
Rule 2: the tenant comes from the token; another tenant's campaign is as unknown as one that never was.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.access import Principal
from bot.campaigns.campaign import CONTACTS_AT_MOST, Audience, ContactStatus
from bot.campaigns.room import PAGE_AT_MOST, Campaigns, Proposal
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts, reads_only
from rules.vocabulary import STAGES

PROPOSERS = ("admin", "approver", "service")
ENDERS = ("admin", "approver")
READERS = (*PROPOSERS, "agent", "executive", "dpo")

Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
StageName = Literal[tuple(stage for stage in STAGES if stage != "opted_out")]  # type: ignore[valid-type]


class AudienceBody(BaseModel):
    """Whom to write to: contacts at stages of the deal, and contacts by phone or id."""

    model_config = ConfigDict(extra="forbid")

    stages: list[StageName] = Field(default_factory=list, max_length=len(STAGES))
    contacts: list[Id] = Field(default_factory=list, max_length=CONTACTS_AT_MOST)

    @model_validator(mode="after")
    def _somebody(self) -> "AudienceBody":
        if not self.stages and not self.contacts:
            raise ValueError("name stages or contacts / اذكر مراحل أو جهات اتصال")
        return self


class CampaignBody(BaseModel):
    """What to send to whom."""

    model_config = ConfigDict(extra="forbid")

    name: Named
    template: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,511}$")]
    language: Literal["", "ar", "en"] = ""
    """Empty: each contact's own, as far as the template has it."""
    audience: AudienceBody
    channel: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,39})?$")] = ""
    """Empty: the first number that carries templates."""


def router(campaigns: Campaigns, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])

    Caller = caller_of(callers)

    @routes.post("", status_code=202, dependencies=[acts])
    async def propose(body: CampaignBody, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Store a campaign and ask for the yes to the whole of it; the answer is its preview."""
        caller.require(*PROPOSERS)
        return await campaigns.propose(_proposal(body, caller), effect_id)

    @routes.post("/preview", dependencies=[reads_only])
    async def preview(body: CampaignBody, caller: Caller) -> dict[str, Any]:
        """Whom it would reach, who is left out and why; nothing is stored and nobody is asked."""
        caller.require(*PROPOSERS)
        return await campaigns.preview(_proposal(body, caller))

    @routes.get("")
    async def every(caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await campaigns.list(caller.tenant_id, limit)
        return {"campaigns": found, "total": len(found)}

    @routes.get("/{campaign_id}")
    async def one(campaign_id: str, caller: Caller) -> dict[str, Any]:
        """How far it is, and how many contacts came to what."""
        caller.require(*READERS)
        return await campaigns.get(caller.tenant_id, campaign_id)

    @routes.get("/{campaign_id}/items")
    async def items(
        campaign_id: str,
        caller: Caller,
        status: ContactStatus | None = None,
        after: Annotated[int, Query(ge=-1, le=CONTACTS_AT_MOST)] = -1,
        limit: Annotated[int, Query(ge=1, le=PAGE_AT_MOST)] = 100,
    ) -> dict[str, Any]:
        """Contacts and what became of each, a page at a time; `next_after` leads to the next page."""
        caller.require(*READERS)
        chosen = status.value if status else ""
        page = await campaigns.items(caller.tenant_id, campaign_id, status=chosen, after=after, limit=limit)
        return {"items": page, "next_after": page[-1]["index"] if len(page) == limit else None}

    @routes.post("/{campaign_id}/cancel", dependencies=[acts])
    async def cancel(campaign_id: str, caller: Caller) -> dict[str, Any]:
        """End it at once: nothing more of it leaves."""
        caller.require(*ENDERS)
        return await campaigns.cancel(caller.tenant_id, campaign_id, caller.human)

    return routes


def _proposal(body: CampaignBody, caller: Principal) -> Proposal:
    audience = Audience(tuple(body.audience.stages), tuple(body.audience.contacts))
    return Proposal(
        caller.tenant_id, body.name, body.template, body.language, audience, caller.human, body.channel
    )
