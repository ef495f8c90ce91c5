"""
Permissions that are used up: what an approval creates, and the doer of exactly that thing consumes.

Rule 1: only an approval makes a grant; its id is random and says nothing.
Rule 2: it is bound to tenant, action, resource, content, recipient, approver and time; whoever changes one
        of them has no grant.
Rule 3: using it is one atomic write: of twenty who try at once, one succeeds.
Rule 4: every refusal says which bond did not hold, and is written down.
"""

from datetime import datetime

from bot.audit import Audit
from bot.authority.mandates import Bonds, Grant, GrantRows
from bot.errors import NotAllowed
from bot.people import NOBODY, Human


class GrantRefused(NotAllowed):
    """A grant that is none, or not for this."""

    code, status = "grant_refused", 403

    def __init__(self, code: str) -> None:
        super().__init__(*REFUSALS[code])
        self.code = code


REFUSALS = {
    "grant_unknown": (
        "no approval has made such a grant; ask for an approval",
        "لا توجد موافقة أصدرت هذا الإذن؛ اطلب موافقة",
    ),
    "grant_used": (
        "this grant was used already; each one is good for one deed",
        "استُخدم هذا الإذن من قبل؛ كل إذن صالح لإجراء واحد",
    ),
    "grant_expired": ("this grant is too old; ask for a new approval", "انتهت مدة هذا الإذن؛ اطلب موافقة جديدة"),
    "grant_revoked": ("this grant was taken back", "سُحب هذا الإذن"),
    "grant_other_action": ("this grant is for another action", "هذا الإذن لإجراء آخر"),
    "grant_other_resource": ("this grant is for another thing", "هذا الإذن لعنصر آخر"),
    "grant_other_content": (
        "the content has changed since somebody agreed to it; ask again",
        "تغيّر المحتوى بعد الموافقة عليه؛ اطلب موافقة جديدة",
    ),
    "grant_other_recipient": ("this grant is for another recipient", "هذا الإذن لمستلم آخر"),
}


def mismatch(grant: Grant, bonds: Bonds, now: datetime) -> str:
    """The code of the first bond that does not hold; empty when the grant may be used."""
    checks = (
        ("grant_other_action", grant.bonds.action != bonds.action),
        ("grant_other_resource", grant.bonds.resource != bonds.resource),
        ("grant_other_content", grant.bonds.content_sha256 != bonds.content_sha256),
        ("grant_other_recipient", grant.bonds.recipient != bonds.recipient),
        ("grant_revoked", grant.revoked_at is not None),
        ("grant_used", grant.used_at is not None),
        ("grant_expired", grant.expires_at <= now),
    )
    return next((code for code, is_so in checks if is_so), "")


class Grants:
    """Uses grants up, and writes down who tried what."""

    def __init__(self, rows: GrantRows, audit: Audit) -> None:
        self._rows = rows
        self._audit = audit

    async def publish(self, grant: Grant) -> None:
        """Make a grant usable; a second time changes nothing. Only the approval centre calls this."""
        await self._rows.add(grant)

    async def revoke_unused(self, tenant_id: str, approval_id: str, now: datetime) -> int:
        """Take back what an approval granted and nobody used yet; answers how many."""
        return await self._rows.revoke_unused(tenant_id, approval_id, now)

    async def use(
        self,
        tenant_id: str,
        grant_id: str,
        *,
        action: str,
        resource: str,
        content_sha256: str,
        recipient: str,
        now: datetime,
        by: Human = NOBODY,
        used_for: str = "",
    ) -> Grant:
        """
        Use a grant up for exactly this. Raises GrantRefused with the code of what did not hold.

        Args:
            used_for: the run or send that it is used for; kept with it.
        """
        bonds = Bonds(action, resource, content_sha256, recipient)
        used = await self._rows.use(tenant_id, grant_id, bonds, now, used_for) if grant_id else None
        if used is None:
            found = await self._rows.read(tenant_id, grant_id) if grant_id else None
            # Between the two reads somebody may have used it up; what is then left to say is that it is used.
            code = (mismatch(found, bonds, now) or "grant_used") if found else "grant_unknown"
            await self._note(tenant_id, "grant_refused", by, found, bonds, reason=code)
            raise GrantRefused(code)
        await self._note(tenant_id, "grant_used", by, used, bonds, used_for=used_for)
        return used

    async def _note(
        self, tenant_id: str, what: str, by: Human, grant: Grant | None, bonds: Bonds, **more: str
    ) -> None:
        known = {"approval": grant.approval_id, "approver": grant.approver.id} if grant else {}
        await self._audit.note(
            tenant_id,
            what,
            by,
            correlation_id=grant.correlation_id if grant else "",
            action=bonds.action,
            resource=bonds.resource,
            **known,
            **more,
        )
