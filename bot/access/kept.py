"""What is kept about credentials, and where: keys of machines, and sessions that count no more."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.people import Human

MARK = "dlx_"


@dataclass(frozen=True, slots=True)
class MachineKey:
    """A key, without its secret."""

    id: str
    """The prefix: 12 characters."""
    tenant_id: str
    name: str
    roles: frozenset[str]
    scopes: frozenset[str]
    created_at: datetime
    created_by: Human
    expires_at: datetime
    sha256: str = field(repr=False)
    revoked_at: datetime | None = None
    revoked_by: str = ""
    last_used_at: datetime | None = None

    @property
    def shown(self) -> str:
        """How people recognise it: the part that is no secret."""
        return f"{MARK}{self.tenant_id}.{self.id}"

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class MachineKeyStore(Protocol):
    """Where keys are kept."""

    async def add(self, key: MachineKey) -> None: ...

    async def find(self, tenant_id: str, key_id: str) -> MachineKey | None: ...

    async def all(self, tenant_id: str) -> list[MachineKey]:
        """Newest first."""

    async def revoke(self, tenant_id: str, key_id: str, by: str, at: datetime) -> bool:
        """False when it was revoked before."""

    async def used(self, tenant_id: str, key_id: str, at: datetime, unless_after: datetime) -> None: ...


class EndedSessions(Protocol):
    """Sessions of the console that count no more."""

    async def add(self, tenant_id: str, key: str, before: datetime, gone_at: datetime) -> None: ...

    async def all(self, tenant_id: str) -> dict[str, datetime]:
        """Key -> sessions of it that began before this moment are over."""
