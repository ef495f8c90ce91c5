"""
Proposals over HTTP: offer one, look at it, open its paper.

Rule 1: whoever offers does not decide: it is printed, and waits in the approval centre.
Rule 2: a number is never handed in: lines name prices of the list, by their id.
Rule 3: the tenant comes from the token; another tenant's proposal is as unknown as one that never was.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.proposals.pricing import MOST_DISCOUNT_PERCENT, MOST_LINES, MOST_OF_ONE, Wanted
from bot.proposals.proposal import ProposalStatus
from bot.proposals.room import MOST_VALID_DAYS, VALID_DAYS, Proposals, Wish
from bot.proposals.telling import fields_of
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

OFFERERS = ("admin", "approver", "service")
READERS = (*OFFERERS, "agent", "executive", "dpo")

_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineBody(_Body):
    price_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    quantity: int = Field(1, strict=True, ge=1, le=MOST_OF_ONE)


class ProposalBody(_Body):
    """What to offer to whom."""

    conversation_id: _Id
    lines: list[LineBody] = Field(min_length=1, max_length=MOST_LINES)
    language: Literal["", "ar", "en"] = ""
    """Empty: the contact's own."""
    discount_percent: int = Field(0, strict=True, ge=0, le=MOST_DISCOUNT_PERCENT)
    discount_reason: str = Field("", max_length=300)
    valid_days: int = Field(VALID_DAYS, strict=True, ge=1, le=MOST_VALID_DAYS)
    note: str = Field("", max_length=1_000)

    def wish(self) -> Wish:
        lines = [Wanted(line.price_id, line.quantity) for line in self.lines]
        return Wish(
            conversation_id=self.conversation_id,
            lines=lines,
            language=self.language,
            discount_percent=self.discount_percent,
            discount_reason=self.discount_reason,
            valid_days=self.valid_days,
            note=self.note,
        )


def router(proposals: Proposals, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])

    Caller = caller_of(callers)

    @routes.post("", status_code=202, dependencies=[acts])
    async def offer(body: ProposalBody, caller: Caller, effect_id: EffectId) -> dict[str, Any]:
        """Draw a proposal up at today's prices, print it, and ask for the yes."""
        caller.require(*OFFERERS)
        drawn, begun = await proposals.offer(caller.tenant_id, body.wish(), caller.human, caller.roles, effect_id)
        return {**fields_of(drawn), "action_id": begun.id, "action_state": begun.state}

    @routes.get("")
    async def every(
        caller: Caller,
        conversation_id: Annotated[str, Query(max_length=200)] = "",
        status: ProposalStatus | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await proposals.list(
            caller.tenant_id,
            conversation_id=conversation_id,
            status=status.value if status else "",
            limit=limit,
        )
        return {"proposals": found, "total": len(found)}

    @routes.get("/{proposal_id}")
    async def one(proposal_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        return dict(await proposals.get(caller.tenant_id, proposal_id))

    @routes.get("/{proposal_id}/paper", response_class=Response, responses=PDF)
    async def paper(proposal_id: str, caller: Caller) -> Response:
        """The PDF that people agree to."""
        caller.require(*READERS)
        found, content = await proposals.paper(caller.tenant_id, proposal_id)
        return pdf(content, f"proposal-{found.number}")

    return routes


def pdf(content: bytes, name: str) -> Response:
    """A paper, to be shown and not kept by anybody in between."""
    headers = {
        "content-disposition": f'inline; filename="{name}.pdf"',
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex, nofollow",
    }
    return Response(content, media_type="application/pdf", headers=headers)
