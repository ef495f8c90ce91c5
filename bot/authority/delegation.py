"""
Somebody decides for somebody else, for a time: a colleague during a holiday, the backup of a night.

Rule 1: a person lends a role that is his own; what is borrowed cannot be lent on.
Rule 2: it has a first and a last moment, and can be taken back before; outside them it is nothing.
Rule 3: whoever stands in counts as both people: for four-eyes, and for steps that want distinct ones.
Rule 4: what is lent ends with what the lender has: whoever left, or decides no more, has lent nothing.
Rule 5: a program borrows nothing. What people are asked for, no key can answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.access.user import Rosters
from bot.audit import Audit
from bot.authority.mandates import Delegation, DelegationRows
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import NOBODY, Human, is_same_person, person_of

# Longer than any holiday: whoever is away for longer needs a successor, not somebody who stands in.
LONGEST = timedelta(days=60)

# What can be lent: the roles in which people decide.
LENDABLE = ("approver", "dpo")

# A role that includes another one.
INCLUDES = {"approver": frozenset({"approver", "admin"})}


@dataclass(frozen=True, slots=True)
class Authority:
    """In whose name somebody may take a step."""

    on_behalf_of: Human = NOBODY


def holds(role: str, roles: Sequence[str]) -> bool:
    """Whether somebody with these roles may take a step that wants this one."""
    return not INCLUDES.get(role, frozenset({role})).isdisjoint(roles)


class Delegations:
    """Lends, takes back, and says in whose name somebody may decide."""

    def __init__(
        self,
        rows: DelegationRows,
        rosters: Rosters,
        audit: Audit,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._rosters = rosters
        self._audit = audit
        self._now = now
        self._new_id = new_id

    async def lend(
        self,
        tenant_id: str,
        lender: Human,
        roles: Sequence[str],
        borrower: Human,
        *,
        role: str = "approver",
        from_at: datetime,
        until_at: datetime,
        reason: str = "",
    ) -> Delegation:
        """
        Lend a role to somebody. Raises BadRequest (dates, the role), NotAllowed (not the lender's to lend).

        Args:
            roles: the lender's own.
            borrower: by the id that this person has everywhere, `user:<id>`.
        """
        now = self._now()
        _check(lender, roles, borrower, role, from_at, until_at, now)
        lent = Delegation(
            self._new_id(), tenant_id, lender, borrower, role, from_at, until_at, reason.strip(), now
        )
        await self._rows.add(lent)
        await self._audit.note(
            tenant_id,
            "role_lent",
            lender,
            delegation=lent.id,
            role=role,
            to=borrower.id,
            from_at=from_at,
            until_at=until_at,
        )
        return lent

    async def revoke(self, tenant_id: str, delegation_id: str, by: Human, roles: Sequence[str]) -> Delegation:
        """End it now: the lender, the borrower, or an admin. Raises NotFound, NotAllowed, BadRequest."""
        found = await self._rows.read(tenant_id, delegation_id)
        if found is None:
            raise NotFound(f"there is no delegation {delegation_id}", "لا يوجد تفويض بهذا المعرّف")
        if by.id not in (found.lender.id, found.borrower.id) and "admin" not in roles:
            raise NotAllowed(
                "only the two people of a delegation and an admin can end it",
                "لا ينهي التفويض إلا طرفاه أو مدير",
            )
        ended = await self._rows.revoke(tenant_id, delegation_id, by, self._now())
        if ended is None:
            raise BadRequest("this delegation was ended before", "سبق إنهاء هذا التفويض")
        await self._audit.note(tenant_id, "role_taken_back", by, delegation=delegation_id, role=ended.role)
        return ended

    async def list(self, tenant_id: str, limit: int = 200) -> Sequence[Delegation]:
        """Newest first, ended ones too."""
        return await self._rows.of(tenant_id, limit)

    async def backups(self, tenant_id: str, role: str, at: datetime) -> tuple[str, ...]:
        """The ids of those who stand in for a role at a moment."""
        lent = await self._good(tenant_id, await self._rows.in_force(tenant_id, role, at))
        return tuple(one.borrower.id for one in lent)

    async def authority(
        self,
        tenant_id: str,
        by: Human,
        roles: Sequence[str],
        role: str,
        at: datetime,
        *,
        besides: frozenset[str] = frozenset(),
    ) -> Authority | None:
        """
        In whose name somebody may take a step that wants a role; None when in nobody's.

        Args:
            besides: ids of people in whose name he may not act here: those who agreed before, and who asked.
        """
        if by.is_machine:
            return None
        if holds(role, roles):
            return Authority()
        others = {person_of(one) for one in besides}
        for lent in await self._good(tenant_id, await self._rows.to(tenant_id, by.id, at)):
            if lent.role == role and person_of(lent.lender.id) not in others:
                return Authority(lent.lender)
        return None

    async def _good(self, tenant_id: str, lent: Sequence[Delegation]) -> Sequence[Delegation]:
        """Those whose lender could lend the same now; strangers to the list of users have had a token."""
        if not lent:
            return lent
        users = {user.human.id: user for user in (await self._rosters.read(tenant_id)).users}
        good = []
        for one in lent:
            lender = users.get(one.lender.id)
            if lender is None or (lender.is_active and holds(one.role, tuple(lender.roles))):
                good.append(one)
        return good


def _check(
    lender: Human,
    roles: Sequence[str],
    borrower: Human,
    role: str,
    from_at: datetime,
    until_at: datetime,
    now: datetime,
) -> None:
    if role not in LENDABLE:
        known = ", ".join(LENDABLE)
        raise BadRequest(
            f"the role {role!r} cannot be lent: choose one of {known}", f"هذا الدور لا يُفوَّض؛ اختر من: {known}"
        )
    if not holds(role, roles):
        raise NotAllowed(f"you can lend only what is yours, and you are no {role}", "لا تفوّض إلا دورًا تملكه أنت")
    if not borrower.id.strip() or is_same_person(borrower.id, lender.id) or borrower.is_machine:
        raise BadRequest("name another person to lend it to", "اذكر شخصًا آخر تفوّضه")
    if not from_at < until_at or until_at <= now:
        raise BadRequest(
            "a delegation ends after it begins, and not in the past", "نهاية التفويض بعد بدايته وليست في الماضي"
        )
    if until_at - from_at > LONGEST:
        raise BadRequest(
            f"a delegation lasts at most {LONGEST.days} days", f"مدة التفويض {LONGEST.days} يومًا على الأكثر"
        )
