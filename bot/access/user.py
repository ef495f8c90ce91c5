"""A person of a tenant, and all of them together; the room that changes them is `bot.access.users`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.access.principal import ROLES
from bot.people import Human


@dataclass(frozen=True, slots=True)
class User:
    """A person of a tenant."""

    id: str
    name: str
    roles: frozenset[str]
    created_at: datetime
    telegram_id: int = 0
    email: str = ""
    """As the identity provider writes it, in small letters."""
    issuer: str = ""
    subject: str = ""
    """The person at the identity provider, known since they first came from there."""
    is_active: bool = True
    code_sha256: str = ""
    code_until: datetime | None = None

    @property
    def human(self) -> Human:
        """This person as an actor, by whichever door they came."""
        return Human(f"user:{self.id}", self.name)

    @property
    def role(self) -> str:
        """The first of the roles, for those who show one."""
        return next((role for role in ROLES if role in self.roles), "")


@dataclass(frozen=True, slots=True)
class People:
    """All users of a tenant, as they were at version `v`; 0 for a tenant that has none."""

    v: int = 0
    users: tuple[User, ...] = ()

    def find(self, is_meant: Callable[[User], bool]) -> User | None:
        return next((user for user in self.users if is_meant(user)), None)


class Rosters(Protocol):
    """Where the people of each tenant are kept."""

    async def read(self, tenant_id: str) -> People: ...

    async def write(self, tenant_id: str, people: People) -> bool:
        """Store these as version `people.v + 1` if `people.v` is still the stored one; else False."""
