"""What an approver reads about a request to pass data on. Pure, but for the shape of the centre that asks."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.authority.approval import Approval
from bot.sharing.judge import Judgement
from bot.sharing.partners import Partner
from bot.sharing.request import SharingRequest

KIND = "data_sharing"
ACTION = "share_data"

_RISK = {"internal": "medium", "confidential": "high", "restricted": "critical"}


class Centre(Protocol):
    """`bot.authority.centre.ApprovalCentre`, as far as this room asks it."""

    async def ask(self, tenant_id: str, **asked: Any) -> Approval: ...

    async def read(self, tenant_id: str, approval_id: str) -> Approval: ...

    def when_decided(self, kind: str, callback: Callable[[Approval], Awaitable[None]]) -> None: ...


def question_of(request: SharingRequest, partner: Partner, judgement: Judgement) -> dict[str, Any]:
    """The arguments of `ask`: who gets what, of how many, on what ground."""
    wish = request.wish
    listed = ", ".join(wish.categories)
    who, left_out = len(judgement.included), len(judgement.excluded)
    return {
        "kind": KIND,
        "action": ACTION,
        "resource": request.resource,
        "content_sha256": request.content_sha256,
        "recipient": wish.partner_id,
        "title_en": f"Share data of {who} contacts with {partner.facts.name} ({partner.facts.country})",
        "title_ar": f"مشاركة بيانات {who} عميل مع {partner.facts.name} ({partner.facts.country})",
        "summary_en": f"{listed} for: {wish.purpose}. {left_out} contacts without consent are left out.",
        "summary_ar": f"{listed} لغرض: {wish.purpose}. يُستثنى {left_out} عميل دون موافقة.",
        "requested_by": request.requested_by,
        "correlation_id": request.correlation_id,
        "steps": judgement.steps,
        "risk": _RISK[request.level.value],
        "evidence": request.id,
        "four_eyes": True,
        "facts": {
            "request": request.id,
            "partner": wish.partner_id,
            "country": partner.facts.country,
            "zone": judgement.zone.value,
            "level": request.level.value,
            "categories": listed,
            "contacts": str(who),
            "left_out": str(left_out),
            "agreement": partner.facts.agreement_ref,
            "transfer_assessment": wish.transfer_assessment_ref,
            "format": wish.file_format,
        },
    }
