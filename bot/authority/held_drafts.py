"""
Drafts of conversations as the approval centre sees them: one list for whoever decides.

Rule: what is decided here is decided by `bot.approvals`, in the conversation; nothing is kept twice.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from bot.approvals import Approvals
from bot.audit import Audit
from bot.authority.approval_view import ApprovalView, view_of_draft
from bot.authority.delegation import Authority
from bot.cards import REJECT_REASONS, Card
from bot.conversation import Status
from bot.people import Human

# More drafts than any team decides about in a day.
MOST = 1_000


class HeldDrafts:
    """What waits in conversations."""

    def __init__(self, approvals: Approvals, audit: Audit, now: Callable[[], datetime]) -> None:
        self._approvals = approvals
        self._audit = audit
        self._now = now

    async def waiting(self, tenant_id: str) -> list[ApprovalView]:
        """Drafts that are held now; sends in doubt are no decisions, and not among them."""
        cards = await self._approvals.queue(tenant_id, MOST)
        return [self._view(card) for card in cards if card.status is Status.HELD]

    async def view(self, tenant_id: str, draft_id: str) -> ApprovalView:
        """Raises NotFound."""
        return self._view(await self._approvals.card(tenant_id, draft_id))

    async def approve(
        self, tenant_id: str, draft_id: str, text_version: int, by: Human, authority: Authority
    ) -> ApprovalView:
        """Raises as `Approvals.approve`."""
        card = await self._approvals.approve(tenant_id, draft_id, text_version, _named(by, authority))
        await self._lent(card, by, authority)
        return self._view(card)

    async def reject(
        self, tenant_id: str, draft_id: str, by: Human, authority: Authority, note: str
    ) -> ApprovalView:
        """`note` is a reason code, or a remark to the reason `other`. Raises as `Approvals.reject`."""
        reason, remark = (note, "") if note in REJECT_REASONS else ("other", note)
        card = await self._approvals.reject(tenant_id, draft_id, _named(by, authority), reason, remark)
        await self._lent(card, by, authority)
        return self._view(card)

    def _view(self, card: Card) -> ApprovalView:
        return view_of_draft(card, hashlib.sha256(card.text.encode()).hexdigest(), self._now())

    async def _lent(self, card: Card, by: Human, authority: Authority) -> None:
        if authority.on_behalf_of.id:
            await self._audit.note(
                card.tenant_id,
                "draft_decided_for_another",
                by,
                conversation_id=card.conversation_id,
                correlation_id=card.correlation_id,
                draft=card.draft_id,
                on_behalf_of=authority.on_behalf_of.id,
                decision=card.decision,
            )


def _named(by: Human, authority: Authority) -> Human:
    """A decision says on whose behalf."""
    lender = authority.on_behalf_of
    return Human(by.id, f"{by.name} (for {lender.name})") if lender.id else by
