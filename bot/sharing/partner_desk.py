"""
Where partners are added and changed.

Rule 1: a change names the version it was made from; of two, one wins.
Rule 2: a partner is never removed, only switched off: what was passed on to it stays provable.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime
from enum import StrEnum

from bot.audit import Audit
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.people import Human
from bot.sharing.partners import Agreement, Partner, PartnerFacts, PartnerRows


class Partners:
    """Keeps partners."""

    def __init__(
        self, rows: PartnerRows, audit: Audit, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._rows = rows
        self._audit = audit
        self._now = now
        self._new_id = new_id

    async def add(self, tenant_id: str, facts: PartnerFacts, by: Human) -> Partner:
        """Raises BadRequest."""
        _check(facts)
        now = self._now()
        partner = Partner(self._new_id(), tenant_id, facts, now, now)
        await self._rows.add(partner)
        await self._note("partner_added", partner, by)
        return partner

    async def change(self, tenant_id: str, partner_id: str, v: int, facts: PartnerFacts, by: Human) -> Partner:
        """Raises NotFound, BadRequest, AlreadyDecided when somebody changed it meanwhile."""
        _check(facts)
        before = await self.get(tenant_id, partner_id)
        changed = replace(before, facts=facts, updated_at=self._now(), v=v)
        if before.v != v or not await self._rows.write(changed):
            raise AlreadyDecided(
                "somebody changed this partner since you looked; look again",
                "عدّل شخص آخر بيانات هذا الشريك بعد اطلاعك؛ راجعها من جديد",
            )
        after = replace(changed, v=v + 1)
        await self._note("partner_changed", after, by, before=_plain(before.facts))
        return after

    async def get(self, tenant_id: str, partner_id: str) -> Partner:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, partner_id)
        if found is None:
            raise NotFound(f"there is no partner {partner_id}", "لا يوجد شريك بهذا المعرّف")
        return found

    async def every(self, tenant_id: str) -> list[Partner]:
        """By name."""
        return await self._rows.every(tenant_id)

    async def _note(self, what: str, partner: Partner, by: Human, **more: object) -> None:
        facts = _plain(partner.facts)
        await self._audit.note(partner.tenant_id, what, by, partner=partner.id, after=facts, **more)


def _plain(facts: PartnerFacts) -> dict[str, object]:
    """What the audit log keeps: dates as text, and not how to reach a person."""
    kept = {
        name: str(value) if isinstance(value, date | StrEnum) else value for name, value in asdict(facts).items()
    }
    kept.pop("contact_email")
    kept.pop("contact_name")
    return kept


def _check(facts: PartnerFacts) -> None:
    if facts.agreement is Agreement.SIGNED and (facts.agreed_on is None or not facts.agreement_ref):
        raise BadRequest(
            "an agreement that is signed says when, and where it lies",
            "الاتفاقية الموقعة تتطلب تاريخ التوقيع ومرجع الوثيقة",
        )
    if facts.agreed_on and facts.agreed_until and facts.agreed_until < facts.agreed_on:
        raise BadRequest("an agreement ends after it begins", "نهاية الاتفاقية قبل بدايتها")
