"""
What follows a decision: the grant, the entry in the audit, and everybody who waited for it.

Rule 1: a decision stands before anybody hears of it; whoever could not be told is told again, across crashes,
        until it worked. Hearing of it twice must not matter.
Rule 2: the grant is made before anybody hears that there is one, and once: its id is part of the decision.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalRows, ApprovalStatus
from bot.authority.grants import Grants
from bot.authority.mandates import Bonds, Grant
from bot.errors import DealixError
from bot.logs import trail
from bot.people import Human

logger = structlog.get_logger()

# What somebody agreed to must happen while it is still what they agreed to.
GRANT_LASTS = timedelta(hours=24)

# How many undelivered decisions are tried in one round.
AT_ONCE = 200

WhenDecided = Callable[[Approval], Awaitable[None]]


class Deliveries:
    """Tells decisions."""

    def __init__(self, rows: ApprovalRows, grants: Grants, audit: Audit) -> None:
        self._rows = rows
        self._grants = grants
        self._audit = audit
        self._waiting: dict[str, list[WhenDecided]] = {}

    def when_decided(self, kind: str, callback: WhenDecided) -> None:
        """
        Hear of every final decision about requests of a kind: approved, rejected, expired, cancelled, superseded.

        Called again after a crash or an exception until it returned; it must not matter to be called twice.
        """
        self._waiting.setdefault(kind, []).append(callback)

    async def look_at(self, tenant_id: str) -> None:
        """Tell decisions that somebody has not heard of yet; what fails is tried again in the next round."""
        for approval in await self._rows.unpublished(tenant_id, AT_ONCE):
            await self.tell(approval)

    async def tell(self, approval: Approval) -> None:
        """Tell one decision; what fails is written down and tried again later."""
        try:
            await self._publish(approval)
        except DealixError as later:
            logger.info("decision_waits", approval=approval.id, kind=approval.kind, reason=later.code)
        except Exception as fault:  # noqa: BLE001  (the decision stands; whoever waits for it is told again)
            logger.error("decision_not_delivered", approval=approval.id, kind=approval.kind, **trail(fault))

    async def _publish(self, approval: Approval) -> None:
        if approval.status is ApprovalStatus.APPROVED:
            await self._grants.publish(_grant(approval))
        if not approval.is_noted:  # however often somebody fails to hear of it, it is decided once
            await self.note(f"approval_{approval.status}", approval, approval.decided_by, approval.on_behalf_of)
            await self._rows.noted(approval.tenant_id, approval.id)
        for callback in self._waiting.get(approval.kind, ()):
            await callback(approval)
        await self._rows.published(approval.tenant_id, approval.id)

    async def note(self, what: str, approval: Approval, by: Human, behalf: Human) -> None:
        """Write down that something was done about a request."""
        await self._audit.note(
            approval.tenant_id,
            what,
            by,
            correlation_id=approval.correlation_id,
            approval=approval.id,
            kind=approval.kind,
            action=approval.action,
            resource=approval.resource,
            content_sha256=approval.content_sha256,
            version=approval.v,
            **({"on_behalf_of": behalf.id} if behalf.id else {}),
            **({"note": approval.decision_note} if approval.decision_note else {}),
        )


def _grant(approval: Approval) -> Grant:
    assert approval.decided_at is not None
    bonds = Bonds(approval.action, approval.resource, approval.content_sha256, approval.recipient)
    return Grant(
        id=approval.grant_id,
        tenant_id=approval.tenant_id,
        bonds=bonds,
        approval_id=approval.id,
        approver=approval.decided_by,
        granted_at=approval.decided_at,
        expires_at=approval.decided_at + GRANT_LASTS,
        correlation_id=approval.correlation_id,
    )
