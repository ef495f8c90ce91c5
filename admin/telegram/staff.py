"""
Who is who in Telegram: which tenants a person belongs to, as whom, and what they may do there.

Rule 1: a person that is bound to a user of a tenant is that user everywhere: the same name as on the console, so
        that nobody is two people. A Telegram id that is only listed in the tenant's configuration is an approver.
Rule 2: whoever acts is looked up in the database at that moment. What is merely shown by itself follows within
        seconds.
Rule 3: a user who was shut out is out, also when the same Telegram id is still listed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aiogram.types import User as TelegramUser

from admin.telegram.plain import one_line
from bot.access import ROLES
from bot.access.user import User
from bot.access.users import Users
from bot.authority.delegation import LENDABLE, Delegations
from bot.people import Human
from bot.tenant import Tenant

DECIDERS = frozenset({"admin", "approver"})
LISTED_ROLES = ("approver",)


@dataclass(frozen=True, slots=True)
class Member:
    """One person in one tenant."""

    tenant_id: str
    chat_id: int
    human: Human
    roles: tuple[str, ...]
    since: datetime | None = None
    """Since when this person is a user of the tenant."""
    is_bound: bool = False
    borrowed: tuple[str, ...] = ()
    """Roles that somebody has lent to this person, for now."""

    @property
    def may_decide(self) -> bool:
        return bool(DECIDERS & {*self.roles, *self.borrowed})


Loans = Mapping[str, frozenset[str]]
"""Role -> the ids of those who have borrowed it."""


@dataclass(slots=True)
class _Seen:
    """What the last look found."""

    members: dict[str, tuple[Member, ...]] = field(default_factory=dict)
    tenants_of: dict[int, int] = field(default_factory=dict)


class Staff:
    """The people of all tenants."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        users: Users,
        delegations: Delegations,
        now: Callable[[], datetime],
    ) -> None:
        self._tenants = tenants
        self._delegations = delegations
        self._now = now
        self._users = users
        self._seen = _Seen()
        self._has_looked = asyncio.Event()

    async def member_of(self, person: TelegramUser) -> tuple[Member, ...]:
        """Where somebody who writes to us belongs, asked anew. The order is that of the configuration."""
        bound = dict(await self._users.by_telegram(person.id))
        found = (_member(t, person.id, bound.get(t.id), _called(person)) for t in self._tenants.values())
        members = [member for member in found if member is not None]
        return tuple([_with_loans(member, await self._loans(member.tenant_id)) for member in members])

    async def look(self) -> None:
        """See who belongs where now."""
        seen = _Seen()
        for tenant in self._tenants.values():
            people = await self._users.people(tenant.id)
            bound = {user.telegram_id: user for user in people.users if user.telegram_id}
            ids = dict.fromkeys((*tenant.approver_chats, *bound))
            found = (_member(tenant, chat_id, bound.get(chat_id), "") for chat_id in ids)
            loans = await self._loans(tenant.id)
            seen.members[tenant.id] = tuple(_with_loans(member, loans) for member in found if member is not None)
            for member in seen.members[tenant.id]:
                seen.tenants_of[member.chat_id] = seen.tenants_of.get(member.chat_id, 0) + 1
        self._seen = seen
        self._has_looked.set()

    async def _loans(self, tenant_id: str) -> Loans:
        now = self._now()
        return {role: frozenset(await self._delegations.backups(tenant_id, role, now)) for role in LENDABLE}

    async def ready(self) -> None:
        """Wait for the first look: before it nobody is shown anything."""
        await self._has_looked.wait()

    def members(self, tenant_id: str) -> tuple[Member, ...]:
        """The people of a tenant, as of the last look."""
        return self._seen.members.get(tenant_id, ())

    def deciders(self, tenant_id: str) -> tuple[int, ...]:
        """The chats of those who may decide."""
        return tuple(member.chat_id for member in self.members(tenant_id) if member.may_decide)

    def is_shown_things(self, chat_id: int) -> bool:
        """Whether a chat belonged to somebody at the last look."""
        return chat_id in self._seen.tenants_of

    def has_several(self, chat_id: int) -> bool:
        """Whether the person of a chat belongs to more than one tenant."""
        return self._seen.tenants_of.get(chat_id, 0) > 1


def _member(tenant: Tenant, chat_id: int, bound: User | None, called: str) -> Member | None:
    if bound is not None:
        member = bound_member(tenant.id, chat_id, bound)
        return member if bound.is_active else None
    if chat_id not in tenant.approver_chats:
        return None
    named = f"telegram:{chat_id}"
    return Member(tenant.id, chat_id, Human(named, called or named), LISTED_ROLES)


def bound_member(tenant_id: str, chat_id: int, user: User) -> Member:
    """A user as a person in Telegram."""
    roles = tuple(role for role in ROLES if role in user.roles)
    return Member(tenant_id, chat_id, user.human, roles, user.created_at, is_bound=True)


def _with_loans(member: Member, loans: Loans) -> Member:
    lent = tuple(role for role, borrowers in loans.items() if member.human.id in borrowers)
    return replace(member, borrowed=lent) if lent else member


def _called(person: TelegramUser) -> str:
    return one_line(person.full_name, 40)
